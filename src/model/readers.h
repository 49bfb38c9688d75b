#pragma once

#include "model/facts.h"

// A reader for each format. All are total over any bytes: what cannot be read is in Facts::partial, what was
// read before it stays. Time is linear in the bytes that are looked at, memory bounded by what is kept.
// Thread-safe. `out.path` and `out.bytes` are set by the caller.
namespace ostiary::model {

// GGUF (ggml/docs/gguf.md), versions 1 to 3 in both byte orders: all of general.*, templates, types of
// tensors. Only the header is read, whatever the size of the file.
void read_gguf(const Input& in, Facts& out);
// safetensors (format of huggingface/safetensors): the header, with __metadata__.
void read_safetensors(const Input& in, Facts& out);

// The card of a model or dataset: YAML between lines of three hyphens at the beginning of README.md (Hugging
// Face, "Model cards"). One without any of the fields that cards have is no card: Role::none.
void read_card(const Input& in, Facts& out);
// What libraries write beside weights, by the file's name: config.json, adapter_config.json,
// tokenizer_config.json, model_index.json, *.index.json, chat templates.
void read_hub_file(const Input& in, Facts& out);
// LICENSE, COPYING, NOTICE, USE_POLICY and their like.
void read_license_file(const Input& in, Facts& out);

// What unpickles when it is loaded: PyTorch's zips and older files, pickles, joblib's, arrays of objects of
// numpy.
void read_pickled(const Input& in, Facts& out);
bool is_pickled(const Input& in);
bool is_torch_zip(std::string_view bytes);

// ONNX (onnx.proto): metadata_props behind the graph, initialisers, where external data lies.
void read_onnx(const Input& in, Facts& out);
bool is_onnx(const Input& in);
// TensorFlow's SavedModel (saved_model.proto), by its saved_model.pb; operations that touch files or run
// Python.
void read_saved_model(const Input& in, Facts& out);
// What Keras keeps beside it (keras_metadata.pb): the configuration of layers.
void read_keras_metadata(const Input& in, Facts& out);
// Core ML (Model.proto), alone or within an .mlpackage.
void read_coreml(const Input& in, Facts& out);
bool is_coreml(const Input& in);
// TensorFlow Lite (schema.fbs v3, metadata_schema.fbs) with its metadata and the zip behind it.
void read_tflite(const Input& in, Facts& out);
// Keras: the zip of version 3 and HDF5 of versions 1 and 2.
void read_keras(const Input& in, Facts& out);
void read_keras_h5(const Input& in, Facts& out);
bool is_keras(const Input& in);
// A llamafile: a program with a zip behind it that holds a GGUF.
void read_llamafile(const Input& in, Facts& out);
bool is_llamafile(const Input& in);
// A manifest of Ollama (OCI image manifest with layers of weights, licences, templates).
void read_ollama(const Input& in, Facts& out);
bool is_ollama(const Input& in);

bool is_card(std::string_view name);
bool is_hub_file(std::string_view name);
bool is_license_file(std::string_view name);

}  // namespace ostiary::model
