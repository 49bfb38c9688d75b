#!/usr/bin/env python3
"""Writes fixtures/ by Keras and coremltools, which are too large for every run of the tests.

usage: pip install keras==3.15.1 coremltools==9.0 h5py tflite flatbuffers && make_fixtures.py
What is in them is our own; the files are committed.
"""
import os
import pathlib
import sys

os.environ["KERAS_BACKEND"] = "numpy"
TO = pathlib.Path(__file__).resolve().parent / "fixtures"


def keras_files():
    import keras
    # Marshalled code holds the name of its file, which is none of ours.
    double = eval(compile("lambda x: x * 2", "doubled", "eval"))
    plain = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="relu", name="first"),
                              keras.layers.Dense(2, name="second")], name="plain")
    hidden = keras.Sequential([keras.Input((4,)), keras.layers.Lambda(double, name="doubled")], name="hidden")
    named = keras.Sequential([keras.Input((4,)), keras.layers.Lambda(keras.activations.relu, name="named")], name="named")
    for name, model in (("plain", plain), ("lambda", hidden), ("named-function", named)):
        model.save(TO / f"{name}.keras")
        if name != "named-function":
            model.save(TO / f"{name}.h5")


def coreml_files():
    import coremltools
    from coremltools.models import datatypes
    from coremltools.models.neural_network import NeuralNetworkBuilder
    import numpy
    builder = NeuralNetworkBuilder([("x", datatypes.Array(3))], [("y", datatypes.Array(2))])
    builder.add_inner_product("dense", numpy.ones((2, 3)), numpy.zeros(2), 3, 2, True, "x", "y")
    spec = builder.spec
    spec.description.metadata.license = "CC-BY-NC-4.0"
    spec.description.metadata.userDefined["base_model"] = "acme/base"
    coremltools.models.utils.save_spec(spec, str(TO / "plain.mlmodel"))


def main():
    TO.mkdir(exist_ok=True)
    keras_files()
    coreml_files()
    for path in sorted(TO.iterdir()):
        print(path.name, path.stat().st_size)


if __name__ == "__main__":
    sys.exit(main())
