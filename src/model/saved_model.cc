#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "model/impl/keras_config.h"
#include "model/impl/protobuf.h"
#include "model/impl/tensorflow_ops.h"
#include "model/readers.h"

namespace ostiary::model {

namespace {

constexpr unsigned kMostNesting = 8;

// A node of a graph or function: the operation's name is field 2 of NodeDef (node_def.proto).
void read_node(std::string_view node, Facts& out) {
  judge_operation(Protobuf::find(node, 2), Protobuf::find(node, 1), out);
}

// GraphDef (graph.proto): nodes, and functions with nodes of their own (function.proto).
void read_graph(std::string_view graph, Facts& out) {
  Protobuf walk(graph);
  for (Protobuf::Field field; walk.next(field);) {
    if (!field.is_bytes) continue;
    if (field.number == 1) read_node(field.bytes, out);
    if (field.number != 2) continue;
    Protobuf library(field.bytes);
    for (Protobuf::Field function; library.next(function);) {
      if (!function.is_bytes || function.number != 1) continue;
      Protobuf nodes(function.bytes);
      for (Protobuf::Field node; nodes.next(node);)
        if (node.is_bytes && node.number == 3) read_node(node.bytes, out);
    }
  }
  if (walk.failed()) out.not_read(files::Why::damaged, "its graph is damaged");
}

// Kinds of models of Core ML by their field in Model.proto.
constexpr std::array kCoreKinds =
    std::to_array<std::pair<std::uint32_t, std::string_view>>({{200, "pipeline classifier"},
                                                               {201, "pipeline regressor"},
                                                               {202, "pipeline"},
                                                               {300, "linear regressor"},
                                                               {301, "support vectors"},
                                                               {302, "tree ensemble"},
                                                               {303, "neural network"},
                                                               {400, "linear classifier"},
                                                               {401, "support vectors"},
                                                               {402, "tree ensemble"},
                                                               {403, "neural network"},
                                                               {404, "nearest neighbors"},
                                                               {500, "neural network"},
                                                               {501, "recommender"},
                                                               {502, "ML program"},
                                                               {555, "custom model"},
                                                               {556, "linked model"},
                                                               {3000, "serialized model"}});

void read_core_metadata(std::string_view metadata, Facts& out) {
  Protobuf walk(metadata);
  for (Protobuf::Field field; walk.next(field);) {
    if (!field.is_bytes) continue;
    if (field.number == 4) out.declares(field.bytes, "weights", "metadata.license");
    if (field.number != 100) continue;
    const auto key = Protobuf::find(field.bytes, 1), value = Protobuf::find(field.bytes, 2);
    const auto where = fmt::format("metadata.userDefined.{}", key.substr(0, 100));
    if (key == "license" || key.ends_with(".license")) out.declares(value, "weights", where);
    if (key == "base_model" || key.ends_with(".base_model")) out.based_on(value, where);
    if (key == "name" && out.name.empty()) out.name = value.substr(0, 200);
  }
}

void read_core_model(std::string_view model, unsigned nesting, Facts& out) {
  if (nesting > kMostNesting) return out.not_read(files::Why::too_deep, "pipelines deeper than are read");
  Protobuf walk(model);
  for (Protobuf::Field field; walk.next(field);) {
    if (!field.is_bytes) continue;
    if (field.number == 2) read_core_metadata(Protobuf::find(field.bytes, 100), out);
    const auto kind =
        std::ranges::find(kCoreKinds, field.number, [](const auto& pair) { return pair.first; });
    if (kind != kCoreKinds.end() && out.architecture.empty()) out.architecture = kind->second;
    if (field.number == 555)
      out.hazard(
          "own-code", Severity::medium,
          fmt::format("it is run by a class of the app: {}", Protobuf::find(field.bytes, 10).substr(0, 100)));
    if (field.number == 556)
      out.hazard("outside-path", Severity::low, "it is linked to another model that is not here");
    if (field.number < 200 || field.number > 202) continue;
    // PipelineClassifier and PipelineRegressor hold a Pipeline, whose models are field 1.
    Protobuf pipeline(field.number == 202 ? field.bytes : Protobuf::find(field.bytes, 1));
    for (Protobuf::Field one; pipeline.next(one);)
      if (one.is_bytes && one.number == 1) read_core_model(one.bytes, nesting + 1, out);
  }
  if (walk.failed()) out.not_read(files::Why::damaged, "the file ends within a field, or is damaged");
}

}  // namespace

void read_saved_model(const Input& in, Facts& out) {
  out.role = Role::weights;
  out.format = "tensorflow-saved-model";
  if (in.cut()) out.not_read(files::Why::too_large, "only its beginning was looked at");
  Protobuf walk(in.bytes);
  for (Protobuf::Field field; walk.next(field);) {
    if (field.number != 2 || !field.is_bytes) continue;  // MetaGraphDef
    read_graph(Protobuf::find(field.bytes, 2), out);
    const auto version = Protobuf::find(Protobuf::find(field.bytes, 1), 5);
    if (!version.empty() && out.architecture.empty())
      out.architecture = fmt::format("TensorFlow {}", version.substr(0, 40));
  }
  if (walk.failed() && !in.cut())
    out.not_read(files::Why::damaged, "the file ends within a field, or is damaged");
}

void read_keras_metadata(const Input& in, Facts& out) {
  out.role = Role::context;
  out.format = "config";
  Protobuf walk(in.bytes);
  for (Protobuf::Field field; walk.next(field);)
    if (field.number == 1 && field.is_bytes) {
      const auto metadata = Protobuf::find(field.bytes, 5);
      if (!metadata.empty()) judge_keras_config(metadata, "", out);
    }
  if (walk.failed()) out.not_read(files::Why::damaged, "the file ends within a field, or is damaged");
}

bool is_coreml(const Input& in) {
  return in.path.ends_with(".mlmodel") && in.bytes.starts_with('\x08');
}

void read_coreml(const Input& in, Facts& out) {
  out.role = Role::weights;
  out.format = "coreml";
  if (in.cut()) out.not_read(files::Why::too_large, "only its beginning was looked at");
  read_core_model(in.bytes, 0, out);
}

}  // namespace ostiary::model
