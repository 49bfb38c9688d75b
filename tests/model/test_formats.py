"""Formats of model files: what each ecosystem's own writer makes, and what hostile files of it try."""

import json
import pathlib
import struct
import zipfile

import flatbuffers
import h5py
import numpy
import onnx
import pytest
import tflite
from onnx import TensorProto, helper

from lib.gate import run

FIXTURES = pathlib.Path(__file__).parent / "fixtures"


def report(*arguments):
    done = run("model", "--format", "json", *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def model(*arguments):
    [one] = report(*arguments)["models"]
    return one


def licenses(one):
    return {(license["declared"], license["source"], license["location"]["field"]) for license in one["licenses"]}


def hazards(one):
    return {(hazard["id"], hazard["severity"]) for hazard in one["hazards"]}


# ONNX

def onnx_model(location=None, properties=None):
    weight = helper.make_tensor("w", TensorProto.FLOAT16, [8, 4], numpy.zeros((8, 4), numpy.float16))
    if location:
        weight = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[8, 4],
                             data_location=TensorProto.EXTERNAL)
        weight.external_data.add(key="location", value=location)
    node = helper.make_node("MatMul", ["x", "w"], ["y"])
    graph = helper.make_graph([node], "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT16, [1, 8])],
                              [helper.make_tensor_value_info("y", TensorProto.FLOAT16, [1, 4])], [weight])
    made = helper.make_model(graph, producer_name="ostiary-tests")
    helper.set_model_props(made, properties or {})
    return made


def test_onnx_says_its_license_behind_the_graph(tmp_path):
    onnx.save(onnx_model(properties={"license": "cc-by-nc-4.0", "base_model": "acme/base", "model_name": "Tiny"}),
              tmp_path / "m.onnx")
    one = model(tmp_path / "m.onnx")
    assert (one["format"], one["parameters"], one["quantization"], one["name"]) == ("onnx", 32, "F16", "Tiny")
    assert licenses(one) == {("cc-by-nc-4.0", "weights", "metadata_props.license")}
    assert [base["name"] for base in one["base_models"]] == ["acme/base"]
    assert one["hazards"] == []


def test_onnx_is_told_without_its_name(tmp_path):
    onnx.save(onnx_model(), tmp_path / "blob")
    assert model(tmp_path / "blob")["format"] == "onnx"


@pytest.mark.parametrize("location", ["../../etc/passwd", "/etc/passwd", "a\\..\\..\\b", "C:\\secrets"])
def test_weights_outside_of_the_folder_of_an_onnx_are_a_hazard(tmp_path, location):
    (tmp_path / "m.onnx").write_bytes(onnx_model(location).SerializeToString())
    assert ("outside-path", "high") in hazards(model(tmp_path / "m.onnx"))
    (tmp_path / "m.onnx").write_bytes(onnx_model("weights/m.data").SerializeToString())
    assert hazards(model(tmp_path / "m.onnx")) == set()


def test_an_onnx_that_is_cut_is_partial(tmp_path):
    raw = onnx_model(properties={"license": "mit"}).SerializeToString()
    (tmp_path / "m.onnx").write_bytes(raw[:-5])
    assert report(tmp_path)["partial"]


# Keras

@pytest.mark.parametrize("name, kind", [("plain.keras", "keras"), ("plain.h5", "keras-hdf5")])
def test_keras_of_its_own_writer_has_no_hazard(name, kind):
    one = model("--only-named", FIXTURES / name)
    assert (one["format"], one["architecture"], one["name"]) == (kind, "Sequential", "plain")
    assert one["hazards"] == []


@pytest.mark.parametrize("name", ["lambda.keras", "lambda.h5"])
def test_a_lambda_layer_of_keras_is_a_hazard(name):
    assert ("keras-lambda", "high") in hazards(model("--only-named", FIXTURES / name))


def test_a_lambda_of_a_function_of_keras_is_judged_as_that_function():
    assert hazards(model("--only-named", FIXTURES / "named-function.keras")) == set()


def keras_zip(path, config):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.0.0", "license": "mit"}))
        archive.writestr("config.json", config if isinstance(config, str) else json.dumps(config))
        archive.writestr("model.weights.h5", b"\x89HDF\r\n\x1a\n")


@pytest.mark.parametrize("layer", [
    {"module": "builtins", "class_name": "function", "config": "eval", "registered_name": "function"},
    {"module": "os", "class_name": "function", "config": "system"},
    {"module": "keras.utils", "class_name": "function", "config": "get_file"},
    {"module": "keras.src.saving", "class_name": "function", "config": "load_model"},
    {"module": "payload", "class_name": "Layer", "config": {}},
    {"module": "keras.layers", "class_name": "TorchModuleWrapper", "config": {}},
    {"module": "keras.layers", "class_name": "StringLookup", "config": {"vocabulary": "/etc/passwd"}},
    {"class_name": "__lambda__", "config": {"code": "4wAA"}},
])
def test_what_keras_would_import_by_name_is_a_hazard(tmp_path, layer):
    keras_zip(tmp_path / "m.keras", {"module": "keras", "class_name": "Sequential", "config": {"layers": [layer]}})
    one = model(tmp_path / "m.keras")
    assert any(severity in ("medium", "high") for _, severity in hazards(one)), one["hazards"]
    assert ("mit", "weights", "metadata.json: license") in licenses(one)


def test_a_configuration_of_keras_that_cannot_be_read_is_no_clean_one(tmp_path):
    for config in ("{", "[" * 5000 + "]" * 5000, '{"class_name": "A", "class_name": "Lambda"}'):
        keras_zip(tmp_path / "m.keras", config)
        out = report(tmp_path)
        assert ("keras-unread", "medium") in hazards(out["models"][0]) and out["partial"]


@pytest.mark.parametrize("how", ["earliest", "latest"])
def test_attributes_of_hdf5_are_read_as_h5py_writes_them(tmp_path, how):
    config = {"class_name": "Functional", "config": {"name": "f", "layers": [{"class_name": "Lambda", "config": {"function": ["4wAA"]}}]}}
    with h5py.File(tmp_path / "m.h5", "w", libver=how) as file:
        file.attrs["keras_version"] = "2.15.0"
        file.attrs["license"] = numpy.bytes_("apache-2.0")
        file.attrs["model_config"] = json.dumps(config)
        file.create_group("model_weights")
    one = model(tmp_path / "m.h5")
    assert one["architecture"] == "Functional" and ("keras-lambda", "high") in hazards(one)
    assert ("apache-2.0", "weights", "license") in licenses(one)


def test_attributes_in_a_heap_are_told_as_not_read(tmp_path):
    with h5py.File(tmp_path / "m.h5", "w", libver="latest") as file:
        for i in range(40):
            file.attrs[f"a{i}"] = "x"
        file.attrs["model_config"] = "{}"
    out = report(tmp_path)
    assert ("keras-unread", "medium") in hazards(out["models"][0]) and out["partial"]


# TensorFlow Lite and SavedModel

def tflite_model(license_text="Apache-2.0", custom=None):
    metadata = flatbuffers.Builder()
    name, license_at = metadata.CreateString("Tiny"), metadata.CreateString(license_text)
    metadata.StartObject(8)
    metadata.PrependUOffsetTRelativeSlot(0, name, 0)
    metadata.PrependUOffsetTRelativeSlot(5, license_at, 0)
    metadata.Finish(metadata.EndObject(), file_identifier=b"M001")

    b = flatbuffers.Builder()
    datas = [b.CreateByteVector(b"\0" * 24), b.CreateByteVector(bytes(metadata.Output()))]
    buffers = []
    for data in [None, *datas]:
        tflite.BufferStart(b)
        if data:
            tflite.BufferAddData(b, data)
        buffers.append(tflite.BufferEnd(b))
    shape = b.CreateNumpyVector(numpy.array([6, 4], numpy.int32))
    tflite.TensorStart(b)
    tflite.TensorAddShape(b, shape)
    tflite.TensorAddType(b, tflite.TensorType.INT8)
    tflite.TensorAddBuffer(b, 1)
    tensor = tflite.TensorEnd(b)

    def vector(items):
        b.StartVector(4, len(items), 4)
        for item in reversed(items):
            b.PrependUOffsetTRelative(item)
        return b.EndVector()
    tensors = vector([tensor])
    tflite.SubGraphStart(b)
    tflite.SubGraphAddTensors(b, tensors)
    graph = tflite.SubGraphEnd(b)
    codes = []
    if custom:
        text = b.CreateString(custom)
        tflite.OperatorCodeStart(b)
        tflite.OperatorCodeAddCustomCode(b, text)
        codes.append(tflite.OperatorCodeEnd(b))
    key = b.CreateString("TFLITE_METADATA")
    tflite.MetadataStart(b)
    tflite.MetadataAddName(b, key)
    tflite.MetadataAddBuffer(b, 2)
    entry = tflite.MetadataEnd(b)
    graphs, all_buffers, entries, all_codes = vector([graph]), vector(buffers), vector([entry]), vector(codes)
    tflite.ModelStart(b)
    tflite.ModelAddVersion(b, 3)
    tflite.ModelAddOperatorCodes(b, all_codes)
    tflite.ModelAddSubgraphs(b, graphs)
    tflite.ModelAddBuffers(b, all_buffers)
    tflite.ModelAddMetadata(b, entries)
    b.Finish(tflite.ModelEnd(b), file_identifier=b"TFL3")
    return bytes(b.Output())


def test_tflite_says_its_license_in_its_metadata_and_in_the_zip_behind_it(tmp_path):
    path = tmp_path / "m.tflite"
    path.write_bytes(tflite_model())
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("labels.txt", "cat\n")
        archive.writestr("LICENSE", "MIT License\n\nPermission is hereby granted")
    one = model(path)
    assert (one["format"], one["name"], one["parameters"], one["quantization"]) == ("tflite", "Tiny", 24, "I8")
    assert licenses(one) == {("Apache-2.0", "weights", "metadata.license"), ("MIT License", "license-file", "LICENSE")}
    assert one["hazards"] == []


def test_operations_of_tensorflow_in_tflite_are_judged(tmp_path):
    (tmp_path / "m.tflite").write_bytes(tflite_model(custom="FlexWriteFile"))
    assert hazards(model(tmp_path / "m.tflite")) == {("graph-operation", "high")}
    (tmp_path / "m.tflite").write_bytes(tflite_model(custom="OwnOperation"))
    assert hazards(model(tmp_path / "m.tflite")) == {("own-code", "low")}


def field(number, data):
    def varint(n):
        out = b""
        while n > 127:
            out, n = out + bytes([n & 127 | 128]), n >> 7
        return out + bytes([n])
    if isinstance(data, int):
        return varint(number << 3) + varint(data)
    return varint(number << 3 | 2) + varint(len(data)) + data


def saved_model(*operations, in_function=()):
    def node(operation, number):
        return field(number, field(1, b"n_" + operation.encode()) + field(2, operation.encode()))
    function = field(1, b"".join(node(one, 3) for one in in_function))
    graph = b"".join(node(one, 1) for one in operations) + field(2, function)
    return field(1, 1) + field(2, field(1, field(5, b"2.15.0")) + field(2, graph))


def test_operations_of_a_saved_model_that_touch_files_are_hazards(tmp_path):
    path = tmp_path / "saved_model.pb"
    path.write_bytes(saved_model("Const", "MatMul", "SaveV2", "RestoreV2", "MergeV2Checkpoints"))
    one = model(tmp_path)
    assert (one["format"], one["architecture"]) == ("tensorflow-saved-model", "TensorFlow 2.15.0")
    assert one["hazards"] == []
    path.write_bytes(saved_model("Const", "ReadFile"))
    assert hazards(model(tmp_path)) == {("graph-operation", "high")}
    path.write_bytes(saved_model("Const", in_function=["WriteFile", "PyFunc"]))
    assert len(model(tmp_path)["hazards"]) == 2


def test_lambdas_in_the_metadata_of_a_saved_model_are_hazards(tmp_path):
    (tmp_path / "saved_model.pb").write_bytes(saved_model("Const"))
    layer = json.dumps({"class_name": "Lambda", "config": {"function": {"items": ["4wAA"]}}}).encode()
    (tmp_path / "keras_metadata.pb").write_bytes(field(1, field(2, 1) + field(5, layer)))
    assert hazards(model(tmp_path)) == {("keras-lambda", "high")}


# Core ML, llamafile, Ollama

def test_core_ml_of_its_own_writer():
    one = model("--only-named", FIXTURES / "plain.mlmodel")
    assert (one["format"], one["architecture"]) == ("coreml", "neural network")
    assert licenses(one) == {("CC-BY-NC-4.0", "weights", "metadata.license")}
    assert [base["name"] for base in one["base_models"]] == ["acme/base"]


def tiny_gguf(license="mit"):
    def text(s):
        return struct.pack("<Q", len(s)) + s.encode()
    pairs = text("general.architecture") + struct.pack("<I", 8) + text("llama") \
        + text("general.license") + struct.pack("<I", 8) + text(license)
    return b"GGUF" + struct.pack("<IQQ", 3, 0, 2) + pairs


def test_the_model_in_a_llamafile_is_found_behind_the_program(tmp_path):
    path = tmp_path / "tiny.llamafile"
    path.write_bytes(b"MZqFpD='\n" + b"PK\3\4 stands in programs, too" + b"\0" * 5000)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_STORED) as archive:
        archive.writestr(".args", "-m\ntiny.gguf\n")
        archive.writestr("tiny.gguf", tiny_gguf())
    one = model(path)
    assert (one["format"], one["architecture"]) == ("llamafile", "llama")
    assert licenses(one) == {("mit", "weights", "general.license")}


def test_a_manifest_of_ollama_leads_to_weights_and_licenses(tmp_path):
    import hashlib
    blobs = tmp_path / "models" / "blobs"
    blobs.mkdir(parents=True)

    def blob(raw, kind):
        digest = hashlib.sha256(raw).hexdigest()
        (blobs / f"sha256-{digest}").write_bytes(raw)
        return {"mediaType": f"application/vnd.ollama.image.{kind}", "digest": f"sha256:{digest}", "size": len(raw)}
    layers = [blob(tiny_gguf("apache-2.0"), "model"), blob(b"{{ .Prompt }}", "template"),
              blob(b"ACME COMMUNITY LICENSE\n\nYou may not", "license"), blob(b'{"stop":["x"]}', "params")]
    manifest = tmp_path / "models" / "manifests" / "registry.ollama.ai" / "library" / "tiny" / "8b"
    manifest.parent.mkdir(parents=True)
    manifest.write_text(json.dumps({"schemaVersion": 2, "layers": layers}))
    for named in (tmp_path / "models", manifest):
        one = model(named)
        assert (one["path"], one["name"], one["format"]) == (str(manifest), "tiny:8b", "gguf")
        assert {(text, source) for text, source, _ in licenses(one)} == {("apache-2.0", "weights"),
                                                                         ("ACME COMMUNITY LICENSE", "layer")}


# Folders of Hugging Face

def test_adapters_pipelines_and_own_code(tmp_path):
    (tmp_path / "adapter_config.json").write_text(json.dumps(
        {"peft_type": "LORA", "base_model_name_or_path": "acme/base"}))
    (tmp_path / "config.json").write_text(json.dumps(
        {"model_type": "own", "auto_map": {"AutoModel": "modeling_own.OwnModel"},
         "quantization_config": {"quant_method": "gptq", "bits": 4}}))
    one = model(tmp_path)
    assert (one["format"], one["quantization"]) == ("huggingface", "gptq 4 bit")
    assert [base["name"] for base in one["base_models"]] == ["acme/base"]
    assert ("own-code", "medium") in hazards(one)


def test_an_index_that_names_shards_outside_is_told(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "x"}')
    (tmp_path / "model.safetensors.index.json").write_text('{"weight_map": {"a": "../../x.safetensors"}}')
    assert ("outside-path", "high") in hazards(model(tmp_path))


def test_a_chat_template_beside_the_weights_is_judged(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "x"}')
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(
        {"chat_template": [{"name": "default", "template": "{{ ''.__class__.__mro__ }}"}]}))
    assert ("template-attribute", "high") in hazards(model(tmp_path))


# What the licences come to

def test_names_and_expressions_of_licenses_become_spdx(tmp_path):
    def expression(text):
        (tmp_path / "README.md").write_text(f"---\nlicense: '{text}'\nlibrary_name: x\n---\n")
        [license] = model(tmp_path)["licenses"]
        return license["expression"], license["category"]
    assert expression("apache-2.0") == ("Apache-2.0", "permissive")
    assert expression("mit or apache-2.0") == ("MIT OR Apache-2.0", "permissive")
    assert expression("MIT AND GPL-3.0-only") == ("MIT AND GPL-3.0-only", "copyleft")
    assert expression("llama3.1")[0].startswith("LicenseRef-")
    assert expression("who knows") == ("NOASSERTION", "unknown")


def test_a_card_that_its_base_model_does_not_allow_is_a_conflict(tmp_path):
    (tmp_path / "README.md").write_text("---\nlicense: apache-2.0\nbase_model: meta-llama/Llama-3.1-8B\n---\n")
    one = model(tmp_path)
    assert any(conflict["weight"] == "conflict" and "Llama-3.1" in conflict["text"] for conflict in one["conflicts"])


def test_a_model_in_an_image_is_found(tmp_path):
    import io
    import tarfile
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as archive:
        info = tarfile.TarInfo("srv/tiny.gguf")
        info.size = len(tiny_gguf())
        archive.addfile(info, io.BytesIO(tiny_gguf()))
    with tarfile.open(tmp_path / "image.tar", "w") as archive:
        for name, raw in (("layer.tar", layer.getvalue()), ("config.json", b"{}"),
                          ("manifest.json", b'[{"Config":"config.json","Layers":["layer.tar"]}]')):
            info = tarfile.TarInfo(name)
            info.size = len(raw)
            archive.addfile(info, io.BytesIO(raw))
    assert model("--only-named", tmp_path / "image.tar")["path"].endswith("image.tar!/srv/tiny.gguf")


@pytest.mark.parametrize("name", ["plain.keras", "lambda.keras", "plain.h5", "lambda.h5"])
def test_files_of_keras_that_are_cut_are_never_clean(tmp_path, name):
    raw = (FIXTURES / name).read_bytes()
    for size in (len(raw) // 8, len(raw) // 2, len(raw) * 7 // 8):
        (tmp_path / name).write_bytes(raw[:size])
        out = report(tmp_path)
        # What Keras says stands at the beginning of HDF5, weights behind it.
        told = any(one["hazards"] for one in out["models"]) or out["partial"]
        assert told or (name == "plain.h5" and out["models"][0]["architecture"] == "Sequential"), (name, size)


def test_the_same_facts_come_whatever_the_order_of_the_fields(tmp_path):
    made = onnx_model(properties={"license": "mit"})
    graph, rest = onnx.ModelProto(graph=made.graph), onnx.ModelProto()
    rest.CopyFrom(made)
    rest.ClearField("graph")
    for order in ([graph, rest], [rest, graph]):
        (tmp_path / "m.onnx").write_bytes(b"".join(part.SerializeToString() for part in order))
        one = model(tmp_path)
        assert one["parameters"] == 32 and licenses(one) == {("mit", "weights", "metadata_props.license")}
