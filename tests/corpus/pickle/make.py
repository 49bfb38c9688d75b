#!/usr/bin/env python3
"""Writes the labelled pickles of this folder: hostile/ must each be told as a hazard, harmless/ must pass.

usage: make.py [FOLDER]     (default: this folder; what numpy, joblib and scikit-learn write needs them installed)

A file's name says what it tries, its folder is its label. The hostile ones were written for this project and do
nothing but name what they would call; none is ever loaded. Opcodes are those of CPython's Lib/pickletools.py.
"""
import bz2
import collections
import datetime
import decimal
import fractions
import gzip
import io
import lzma
import pathlib
import pickle
import struct
import sys
import tarfile
import uuid
import zipfile
import zlib

HERE = pathlib.Path(__file__).resolve().parent
WHAT = "echo ostiary"  # that a command would do


# Opcodes, as bytes.
def proto(n):
    return b"\x80" + bytes([n])


def short(text):
    raw = text.encode()
    return b"\x8c" + bytes([len(raw)]) + raw


def global_(module, name):
    return f"c{module}\n{name}\n".encode()


def stack_global(module, name):
    return short(module) + short(name) + b"\x93"


def call(module, name, *arguments, stop=b"."):
    """Protocol 2: the global, its arguments as a tuple, REDUCE."""
    return proto(2) + global_(module, name) + b"(" + b"".join(map(value, arguments)) + b"tR" + stop


def value(it):
    if isinstance(it, bytes):
        return it
    if isinstance(it, int):
        return f"I{it}\n".encode()
    raw = it.encode()
    return b"X" + struct.pack("<I", len(raw)) + raw


SYSTEM = call("os", "system", WHAT, stop=b"")
PAYLOAD = SYSTEM + b"."


def put(archive, name, data):
    """A member of a zip without the day on which it was written."""
    info = zipfile.ZipInfo(name)
    info.compress_type = archive.compression
    archive.writestr(info, data)


def torch_zip(data, prefix="archive", method=zipfile.ZIP_STORED, storages=(b"\0" * 16,)):
    """What torch.save writes since 1.6."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        put(archive, f"{prefix}/data.pkl", data)
        put(archive, f"{prefix}/byteorder", b"little")
        for i, storage in enumerate(storages):
            put(archive, f"{prefix}/data/{i}", storage)
        put(archive, f"{prefix}/version", b"3\n")
    return out.getvalue()


def torch_legacy(data, storages=b"\1\0\0\0\0\0\0\0" + b"\0" * 4):
    """Before that: a magic number, a version, facts of the system, the object, keys of storages, their bytes."""
    magic = pickle.dumps(0x1950A86A20F9469CFC6C, 2)
    facts = {"protocol_version": 1001, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}
    return magic + pickle.dumps(1001, 2) + pickle.dumps(facts, 2) + data + pickle.dumps(["0"], 2) + storages


def tensor(key="0", kind="FloatStorage", numbers=4, shape=(4,), pid_extra=()):
    """_rebuild_tensor_v2 over a storage that a persistent id names."""
    parts = [b"(", value("storage"), global_("torch", kind), value(key), value("cpu"), value(numbers), *pid_extra]
    storage = b"".join(parts) + b"tQ"
    size = b"(" + b"".join(value(n) for n in shape) + b"t"
    strides = b"(" + b"".join(value(1) for _ in shape) + b"t"
    hooks = global_("collections", "OrderedDict") + b")R"
    return (global_("torch._utils", "_rebuild_tensor_v2") + b"(" + storage + value(0) + size + strides + b"\x89"
            + hooks + b"tR")


def state_dict(*tensors, head=b""):
    items = b"".join(value(f"layer{i}.weight") + one for i, one in enumerate(tensors))
    return proto(2) + head + global_("collections", "OrderedDict") + b")R(" + items + b"u."


def local_header_at(raw, name):
    at = raw.index(name) - 30
    assert raw[at:at + 4] == b"PK\3\4"
    return at


def central_header_at(raw, name):
    at = raw.rindex(name) - 46
    assert raw[at:at + 4] == b"PK\1\2"
    return at


def patched(raw, at, fmt, number):
    out = bytearray(raw)
    struct.pack_into(fmt, out, at, number)
    return bytes(out)


def zip_twice(first, second):
    out = io.BytesIO()
    import warnings
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with zipfile.ZipFile(out, "w") as archive:
            put(archive, "archive/data.pkl", first)
            put(archive, "archive/data.pkl", second)
            put(archive, "archive/version", b"3\n")
    return out.getvalue()


def zipped(name, raw, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        put(archive, name, raw)
    return out.getvalue()


def tarred(members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, raw in members:
            info = tarfile.TarInfo(name)
            info.size = len(raw)
            archive.addfile(info, io.BytesIO(raw))
    return out.getvalue()


def npy(data, shape="(1,)"):
    head = ("{'descr': '|O', 'fortran_order': False, 'shape': %s, }" % shape).ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode() + data


def hostile():
    good = state_dict(tensor())
    simple = {
        "os-system": PAYLOAD,
        "os-system-protocol-0": b"cos\nsystem\n(S'" + WHAT.encode() + b"'\ntR.",
        "posix-system": call("posix", "system", WHAT),
        "nt-system": call("nt", "system", WHAT),
        "eval": call("builtins", "eval", "1+1"),
        "exec": call("builtins", "exec", "pass"),
        "eval-of-python-2": call("__builtin__", "eval", "1+1"),
        "compile": call("builtins", "compile", "pass", "x", "exec"),
        "dunder-import": call("builtins", "__import__", "os"),
        "open-to-write": call("builtins", "open", "x", "w"),
        "io-open": call("io", "open", "x", "w"),
        "getattr": call("builtins", "getattr", global_("os", "path"), "system"),
        "getattr-of-what-is-allowed": call("builtins", "getattr", global_("collections", "OrderedDict"), "__class__"),
        "import-module": call("importlib", "import_module", "os"),
        "attrgetter": call("operator", "attrgetter", "system"),
        "methodcaller": call("operator", "methodcaller", "system", WHAT),
        "partial": call("functools", "partial", global_("os", "system"), WHAT),
        "subprocess-popen": call("subprocess", "Popen", WHAT),
        "subprocess-newobj-ex": proto(4) + stack_global("subprocess", "Popen") + b"(" + short(WHAT) + b"t}\x92.",
        "run-code": call("runpy", "_run_code", "pass", b"}"),
        "socket": call("socket", "create_connection", b"(X\x09\x00\x00\x00127.0.0.1I9\nt"),
        "urlopen": call("urllib.request", "urlopen", "http://127.0.0.1:9/"),
        "requests-get": call("requests.api", "get", "http://127.0.0.1:9/"),
        "webbrowser": call("webbrowser", "open", "http://127.0.0.1:9/"),
        "rmtree": call("shutil", "rmtree", "/nonexistent"),
        "pty-spawn": call("pty", "spawn", "true"),
        "ctypes": call("ctypes", "CDLL", "libc.so.6"),
        "code-object": call("types", "CodeType"),
        "marshal-loads": call("marshal", "loads", b"C\x01N"),
        "dill-function": call("dill._dill", "_create_function"),
        "cloudpickle-function": call("cloudpickle.cloudpickle", "_make_function"),
        "timeit": call("timeit", "timeit", "pass"),
        "debugger": call("pdb", "run", "pass"),
        "profiler": call("cProfile", "run", "pass"),
        "interpreter": call("code", "interact"),
        "logging-listen": call("logging.config", "listen", 9),
        "ensurepip": call("ensurepip", "_run_pip", b"]"),
        "pip-main": call("pip", "main", b"]"),
        "multiprocessing": call("multiprocessing.util", "spawnv_passfds", "true", b"]", b"]"),
        "asyncio": call("asyncio.unix_events", "_UnixSubprocessTransport._start"),
        "numpy-runstring": call("numpy.testing._private.utils", "runstring", "pass", b"}"),
        "numpy-load": call("numpy", "load", "x.npy"),
        "joblib-load": call("joblib", "load", "x"),
        "torch-load": call("torch.serialization", "load", "x.pt"),
        "torch-hub": call("torch.hub", "load", "a/b", "c"),
        "pandas-read-pickle": call("pandas.io.pickle", "read_pickle", "x"),
        "write-text": call("pathlib", "Path.write_text", "x", "y"),
        "own-module": call("payload_of_nobody", "run"),
        "dotted-name-in-an-allowed-module": proto(4) + stack_global("torch", "os.system") + b"(" + short(WHAT) + b"tR.",
        "dotted-name-of-an-allowed-class":
            proto(4) + stack_global("collections", "OrderedDict.__init__.__globals__") + b".",
        "modules-changed": proto(2) + global_("sys", "modules") + value("os") + b"Ns.",
    }
    forms = {
        "inst": b"(S'" + WHAT.encode() + b"'\nios\nsystem\n.",
        "obj": b"(cos\nsystem\nS'" + WHAT.encode() + b"'\no.",
        "newobj": proto(2) + global_("subprocess", "Popen") + value(WHAT) + b"\x85\x81.",
        "stack-global": proto(4) + stack_global("os", "system") + short(WHAT) + b"\x85R.",
        "stack-global-of-old-strings": b"S'os'\nS'system'\n\x93(S'" + WHAT.encode() + b"'\ntR.",
        "stack-global-with-escapes": b"Vo\\u0073\nVs\\u0079stem\n\x93(V" + WHAT.encode() + b"\ntR.",
        "stack-global-with-escapes-of-bytes": b"S'\\x6fs'\nS'sys\\164em'\n\x93(V" + WHAT.encode() + b"\ntR.",
        "names-from-the-memo":
            proto(4) + short("os") + b"\x94" + short("system") + b"\x94" + b"00" + b"h\0h\1\x93" + short(WHAT) + b"\x85R.",
        "memo-overwritten":
            proto(4) + short("collections") + b"q\x000" + short("os") + b"q\x000" + b"h\0" + short("system") + b"\x93"
            + short(WHAT) + b"\x85R.",
        "memo-far-away":
            proto(4) + short("os") + b"r\xff\xff\xff\x7f0" + b"j\xff\xff\xff\x7f" + short("system") + b"\x93"
            + short(WHAT) + b"\x85R.",
        "memo-by-text": b"Vos\np99999\n0g99999\nVsystem\n\x93(V" + WHAT.encode() + b"\ntR.",
        "global-from-the-memo": proto(2) + global_("os", "system") + b"q\1" + b"0" + b"h\1" + value(WHAT) + b"\x85R.",
        "names-computed":
            proto(4) + stack_global("_codecs", "encode") + short("fl") + short("rot13") + b"\x86R" + short("system")
            + b"\x93.",
        "discarded": SYSTEM + b"0" + b"}" + b".",
        "discarded-with-a-mark": proto(2) + b"(" + SYSTEM[2:] + b"1" + b"}.",
        "duplicated": SYSTEM + b"2" + b"0" + b".",
        "state-of-a-harmless-object":
            proto(2) + global_("collections", "OrderedDict") + b")R" + SYSTEM[2:] + b"b.",
        "called-by-what-was-computed": proto(2) + global_("functools", "partial") + b")R" + b")R.",
        "attributes-of-a-class-changed":
            proto(2) + global_("collections", "OrderedDict") + b"N}" + value("keys") + value("x") + b"s\x86b.",
        "broken-after": SYSTEM + b"\xff",
        "cut-after": SYSTEM,
        "error-after": SYSTEM + b"000000.",
        "unknown-protocol-after": SYSTEM + proto(99) + b".",
        "wrong-protocol-first": proto(5) + b"cos\nsystem\n(V" + WHAT.encode() + b"\ntR.",
        "protocol-in-the-middle": proto(2) + b"}0" + proto(4) + stack_global("os", "system") + short(WHAT) + b"\x85R.",
        "frame-that-claims-everything": proto(4) + b"\x95" + struct.pack("<Q", 1 << 60) + SYSTEM[2:] + b".",
        "behind-a-harmless-one": pickle.dumps({"a": 1}) + PAYLOAD,
        "behind-three-harmless-ones": pickle.dumps({"a": 1}) * 3 + PAYLOAD,
        "extension-1": proto(2) + b"\x82\x01.",
        "extension-2": proto(2) + b"\x83\x01\x01.",
        "extension-4": proto(2) + b"\x84\x01\x01\x01\x01" + value(WHAT) + b"\x85R.",
        "persistent-id": proto(2) + SYSTEM[2:] + b"Q.",
        "persistent-id-of-text": b"Pwhatever\n.",
        "within-bytes-that-torch-loads":
            call("torch.storage", "_load_from_bytes", b"B" + struct.pack("<I", len(PAYLOAD)) + PAYLOAD),
        "loading-bytes-through-another-function":
            call("torch._tensor", "_rebuild_from_type_v2", global_("torch.storage", "_load_from_bytes"),
                 global_("torch", "Tensor"), b"(B" + struct.pack("<I", len(PAYLOAD)) + PAYLOAD + b"t", b"N"),
        "loading-bytes-as-a-constructor":
            call("numpy.random._pickle", "__generator_ctor", b"B" + struct.pack("<I", len(PAYLOAD)) + PAYLOAD,
                 global_("torch.storage", "_load_from_bytes")),
        "loading-bytes-as-a-setter":
            proto(2) + global_("collections", "OrderedDict") + b")R}" + value("__setstate__")
            + global_("torch.storage", "_load_from_bytes") + b"sb" + b"B" + struct.pack("<I", len(PAYLOAD)) + PAYLOAD + b"b.",
        "bytearray-within":
            call("torch.storage", "_load_from_bytes", b"\x96" + struct.pack("<Q", len(PAYLOAD)) + PAYLOAD),
    }
    files = {
        "zip": ("model.pt", torch_zip(state_dict(tensor(), head=SYSTEM[2:] + b"0"))),
        "zip-packed": ("model.bin", torch_zip(PAYLOAD, method=zipfile.ZIP_DEFLATED)),
        "zip-renamed": ("notes.txt", torch_zip(PAYLOAD)),
        "zip-in-a-zip": ("model.zip", zipped("inner.pt", torch_zip(PAYLOAD))),
        "zip-behind-bytes": ("model.pt", b"#!/bin/sh\n" + torch_zip(PAYLOAD)),
        "zip-other-member": ("model.pt", zipped("archive/extra.pkl", PAYLOAD)),
        "zip-member-without-ending": ("model.pt", zipped("archive/weights", PAYLOAD)),
        "zip-name-differs": ("model.pt", torch_zip(PAYLOAD).replace(b"archive/data.pkl", b"archive/data.txt", 1)),
        "zip-twice-the-same-name": ("model.pt", zip_twice(good, PAYLOAD)),
        "zip-twice-the-same-name-first": ("model.pt", zip_twice(PAYLOAD, good)),
        "zip-behind-a-pickle": ("model.pkl", PAYLOAD[2:] + torch_zip(good)),
        "end-of-a-zip-in-a-text": ("model.pkl", b"VPK\5\6" + b"\0" * 18 + b"\n0" + PAYLOAD[2:]),
        "tar-whose-first-name-is-a-pickle": ("model.pkl", tarred([("cos\nsystem\n(V" + WHAT + "\ntR.", b"x")])),
        "legacy": ("model.pt", torch_legacy(PAYLOAD)),
        "legacy-first": ("model.pt", PAYLOAD + torch_legacy(good)),
        "legacy-tar": ("model.pt", tarred([("sys_info", pickle.dumps({}, 2)), ("pickle", PAYLOAD), ("tensors", b"")])),
        "gzip": ("model.joblib", gzip.compress(PAYLOAD, mtime=0)),
        "zlib": ("model.joblib", zlib.compress(PAYLOAD)),
        "bzip2": ("model.joblib", bz2.compress(PAYLOAD)),
        "xz": ("model.joblib", lzma.compress(PAYLOAD)),
        "7z": ("model.pt", b"7z\xbc\xaf\x27\x1c\0\4" + bytes(range(64))),
        "npy": ("x.npy", npy(PAYLOAD)),
        "npz": ("x.npz", zipped("arr_0.npy", npy(PAYLOAD))),
    }
    raw = torch_zip(PAYLOAD)
    name = b"archive/data.pkl"
    files["zip-marked-as-encrypted"] = ("model.pt", patched(raw, central_header_at(raw, name) + 8, "<H", 1))
    files["zip-marked-as-encrypted-in-front"] = ("model.pt", patched(raw, local_header_at(raw, name) + 6, "<H", 1))
    files["zip-method-differs"] = ("model.pt", patched(raw, local_header_at(raw, name) + 8, "<H", 8))
    files["zip-wrong-checksum"] = ("model.pt", patched(raw, central_header_at(raw, name) + 16, "<I", 1))
    files["zip-wrong-size"] = ("model.pt", patched(raw, central_header_at(raw, name) + 24, "<I", 3))
    files["zip-without-a-directory"] = ("model.pt", raw[:central_header_at(raw, name)])
    out = {f"{key}.pkl": data for key, data in (simple | forms).items()}
    out |= {f"{key}--{name_of}": data for key, (name_of, data) in files.items()}
    return out


def harmless():
    plain = {"a": [1, 2.5, None, True, "text", b"bytes", (1, 2, 3)], "big": 1 << 100, "small": -1, "set": {1, 2}}
    out = {f"plain-protocol-{n}.pkl": pickle.dumps(plain, n) for n in range(6)}
    loop = []
    loop.append(loop)
    things = {
        "recursive": loop,
        "frozenset": frozenset([1, 2]),
        "ordered-dict": collections.OrderedDict(a=1),
        "defaultdict": collections.defaultdict(list, a=[1]),
        "counter": collections.Counter("abca"),
        "deque": collections.deque([1, 2], 5),
        "datetime": [datetime.datetime(2026, 11, 26, tzinfo=datetime.timezone.utc), datetime.date(2026, 1, 1),
                     datetime.timedelta(1)],
        "decimal": decimal.Decimal("1.5"),
        "fraction": fractions.Fraction(1, 3),
        "uuid": uuid.UUID(int=1),
        "complex": 1 + 2j,
        "range-and-slice": [range(3), slice(1, 2)],
        "bytearray": bytearray(b"abc"),
        "long-list": list(range(3000)),
        "long-texts": ["x" * 300, "y" * 70000],
        "many-shared": [("shared",)] * 300,
        "text-that-speaks-of-os-system": ["os", "system", "cos\nsystem\n", "builtins.eval", "__reduce__"],
        "bytes-that-are-a-pickle": PAYLOAD,
    }
    for name, it in things.items():
        out[f"{name}.pkl"] = pickle.dumps(it, 4)
        if name in ("ordered-dict", "datetime", "complex"):
            out[f"{name}-protocol-0.pkl"] = pickle.dumps(it, 0)
    out["two-in-one-file.pkl"] = pickle.dumps({"a": 1}) + pickle.dumps([2])
    out["vocabulary.pkl"] = pickle.dumps({f"word{i}": i for i in range(2000)}, 4)
    out |= torch_files()
    out |= of_libraries()
    return out


def torch_files():
    bf16 = tensor(kind="BFloat16Storage")
    parameter = (global_("torch._utils", "_rebuild_parameter") + b"(" + tensor() + b"\x88" + global_("collections", "OrderedDict")
                 + b")RtR")
    untyped = proto(2) + b"}(" + value("w") + (
        global_("torch._utils", "_rebuild_tensor_v3") + b"(" + b"(" + value("storage") + global_("torch.storage", "UntypedStorage")
        + value("0") + value("cpu") + value(16) + b"tQ" + value(0) + b"(I4\nt(I1\nt\x89" + global_("collections", "OrderedDict")
        + b")R" + global_("torch", "float8_e4m3fn") + b"tR") + b"u."
    checkpoint = proto(2) + b"}(" + value("state_dict") + state_dict(tensor())[2:-1] + value("epoch") + value(3) \
        + value("device") + global_("torch", "device") + value("cpu") + b"\x85R" + value("size") \
        + global_("torch", "Size") + b"(I2\nt\x85R" + b"u."
    script = proto(2) + global_("__torch__.model", "Net") + b")\x81}(" + value("training") + b"\x89" \
        + value("weight") + tensor() + b"ub."
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        put(archive, "model/data.pkl", script)
        put(archive, "model/code/__torch__/model.py", "class Net(Module):\n  weight : Tensor\n")
        put(archive, "model/constants.pkl", proto(2) + b").")
        put(archive, "model/data/0", b"\0" * 16)
        put(archive, "model/version", b"3\n")
    return {
        "torch--model.pt": torch_zip(state_dict(tensor(), tensor(shape=(2, 2)))),
        "torch-packed--model.pth": torch_zip(state_dict(tensor()), method=zipfile.ZIP_DEFLATED),
        "torch-bfloat16--pytorch_model.bin": torch_zip(state_dict(bf16)),
        "torch-parameter--model.pt": torch_zip(state_dict(parameter)),
        "torch-untyped--model.pt": torch_zip(untyped),
        "torch-checkpoint--model.ckpt": torch_zip(checkpoint, prefix="last"),
        "torch-script--model.pt": made.getvalue(),
        "torch-legacy--model.pt": torch_legacy(state_dict(tensor(pid_extra=(b"N",)))),
        "torch-in-a-zip--models.zip": zipped("deep/model.pt", torch_zip(state_dict(tensor()))),
    }


def of_libraries():
    """What the libraries themselves write, where they are installed."""
    out = {}
    try:
        import numpy
    except ImportError:
        return out
    array = numpy.arange(6, dtype="f4").reshape(2, 3)
    for n in (0, 2, 4, 5):
        out[f"numpy-protocol-{n}.pkl"] = pickle.dumps({"w": array, "scalar": numpy.float64(1.5)}, n)
    out["numpy-objects.pkl"] = pickle.dumps(numpy.array([{"a": 1}, None], dtype=object), 4)
    out["numpy-structured.pkl"] = pickle.dumps(numpy.zeros(2, dtype=[("a", "i4"), ("b", "U3")]), 4)
    out["numpy-in-fortran-order.pkl"] = pickle.dumps(numpy.asfortranarray(array), 4)
    file = io.BytesIO()
    numpy.save(file, array)
    out["numpy--x.npy"] = file.getvalue()
    file = io.BytesIO()
    numpy.savez_compressed(file, a=array)
    out["numpy--x.npz"] = file.getvalue()
    try:
        import joblib
        from sklearn import cluster, ensemble, feature_extraction, linear_model, pipeline, preprocessing, svm
    except ImportError:
        return out
    x, y = numpy.arange(12, dtype=float).reshape(6, 2) % 5, [0, 1, 0, 1, 0, 1]
    texts = ["a cat", "a dog", "the cat", "the dog", "one cat", "one dog"]
    fitted = {
        "logistic-regression": linear_model.LogisticRegression().fit(x, y),
        "random-forest": ensemble.RandomForestClassifier(n_estimators=2, max_depth=2, random_state=0).fit(x, y),
        "pipeline": pipeline.make_pipeline(preprocessing.StandardScaler(), svm.SVC()).fit(x, y),
        "words": feature_extraction.text.TfidfVectorizer().fit(texts),
        "kmeans": cluster.KMeans(2, n_init=1, random_state=0).fit(x),
    }
    for name, model in fitted.items():
        out[f"sklearn-{name}.pkl"] = pickle.dumps(model, 4)
        file = io.BytesIO()
        joblib.dump(model, file)
        out[f"joblib-{name}--model.joblib"] = file.getvalue()
    for name, how in {"zlib": 3, "gzip": ("gzip", 3), "xz": ("xz", 3), "bzip2": ("bz2", 3)}.items():
        file = io.BytesIO()
        joblib.dump({"model": fitted["pipeline"], "w": array}, file, compress=how)
        out[f"joblib-{name}--model.joblib"] = file.getvalue()
    return out


def main():
    to = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    for label, files in (("hostile", hostile()), ("harmless", harmless())):
        folder = to / label
        folder.mkdir(parents=True, exist_ok=True)
        for name, raw in sorted(files.items()):
            (folder / name).write_bytes(raw)
        print(f"{len(files)} {label}")


if __name__ == "__main__":
    main()
