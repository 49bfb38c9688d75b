#!/usr/bin/env python3
"""Prints catalog/pickle entries of what installed libraries need to rebuild their own values.

usage: tools/pickle_names.py numpy|sklearn > catalog/pickle/NAME.yaml

The names are asked of the libraries themselves: types of numbers and the functions that numpy's arrays reduce to;
of scikit-learn its estimators (sklearn.utils.all_estimators) by the module that defines them and by the public one, and
the compiled types that they hold. What is printed is read by a person before it is committed.
"""
import collections
import contextlib
import datetime
import importlib
import io
import pkgutil
import sys
import warnings


def numpy_names():
    import numpy
    found = collections.defaultdict(set)
    for name in dir(numpy):
        it = getattr(numpy, name)
        if isinstance(it, type) and (issubclass(it, numpy.generic) or it in (numpy.dtype, numpy.ndarray, numpy.matrix)):
            found["numpy"].add(name)
    found["numpy"] |= {"bool8", "float_", "int0", "string_", "unicode_", "object0"}
    for core in ("numpy.core", "numpy._core"):
        found[f"{core}.multiarray"] |= {"_reconstruct", "scalar"}
        found[f"{core}.numeric"].add("_frombuffer")
    found["numpy.core._internal"].add("_reconstruct")
    found["numpy.matrixlib.defmatrix"].add("matrix")
    found["numpy.ma.core"] |= {"MaskedArray", "_mareconstruct"}
    for name in dir(numpy.dtypes):
        if name.endswith("DType"):
            found["numpy.dtypes"].add(name)
    found["numpy.random._pickle"] |= {"__bit_generator_ctor", "__generator_ctor", "__randomstate_ctor"}
    for module, name in (("_mt19937", "MT19937"), ("_pcg64", "PCG64"), ("_pcg64", "PCG64DXSM"), ("_philox", "Philox"),
                         ("_sfc64", "SFC64"), ("bit_generator", "SeedSequence"),
                         ("bit_generator", "__pyx_unpickle_SeedSequence"), ("mtrand", "RandomState"),
                         ("_generator", "Generator")):
        found[f"numpy.random.{module}"].add(name)
    return found, f"numpy {numpy.__version__}", "Arrays, scalars and generators of numpy"


def sklearn_names():
    import sklearn
    from sklearn.utils import all_estimators
    found = collections.defaultdict(set)
    for _, kind in all_estimators():
        found[kind.__module__].add(kind.__name__)
        public = kind.__module__.split("._")[0]
        found[public].add(kind.__name__)
    wanted = ("Tree", "KDTree", "BallTree", "DistanceMetric", "Loss", "Link", "Distance", "TreePredictor", "_BinMapper",
              "Bunch", "newObj", "Kernel")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for info in pkgutil.walk_packages(sklearn.__path__, "sklearn."):
            if ".tests" in info.name or "conftest" in info.name:
                continue
            try:
                with contextlib.redirect_stdout(io.StringIO()):
                    module = importlib.import_module(info.name)
            except Exception:
                continue
            for name, it in vars(module).items():
                kind = isinstance(it, type) and it.__module__ == info.name
                if kind and (name.rstrip("0123456").endswith(wanted) or ".kernels" in info.name or "loss" in info.name
                             or name.startswith("_BinMapper")):
                    found[info.name].add(name)
                if name in ("newObj",) or name.startswith("__pyx_unpickle"):
                    found[info.name].add(name)
    found["joblib.numpy_pickle"].add("NumpyArrayWrapper")
    found["sklearn.externals.joblib.numpy_pickle"].add("NumpyArrayWrapper")
    for kind in ("bsr", "coo", "csc", "csr", "dia", "dok", "lil"):
        for form in ("matrix", "array"):
            found[f"scipy.sparse._{kind}"].add(f"{kind}_{form}")
            found[f"scipy.sparse.{kind}"].add(f"{kind}_{form}")
    return found, f"scikit-learn {sklearn.__version__}", "Estimators of scikit-learn, and what they hold"


def main():
    which = sys.argv[1]
    found, source, name = {"numpy": numpy_names, "sklearn": sklearn_names}[which]()
    print(f"id: {which}\nname: {name}\neffect: rebuilds\nmodules:")
    for module in sorted(found):
        print(f"  - {{module: {module}, names: [{', '.join(sorted(found[module]))}]}}")
    print(f"origin:\n  source: {source}, by tools/pickle_names.py\n  date: {datetime.date.today()}")


if __name__ == "__main__":
    main()
