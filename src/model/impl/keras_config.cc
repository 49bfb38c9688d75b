#include "model/impl/keras_config.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "json/document.h"
#include "model/impl/pickle_names.h"

namespace ostiary::model {

namespace {

// Where Keras keeps functions that compute on tensors and nothing else.
constexpr std::array<std::string_view, 9> kOfTensors{"activations", "constraints", "initializers",
                                                     "layers",      "losses",      "metrics",
                                                     "ops",         "optimizers",  "regularizers"};

bool is_keras_module(std::string_view module) {
  for (const std::string_view own :
       {"keras", "keras_nlp", "keras_hub", "keras_cv", "tf_keras", "tensorflow.keras"})
    if (module == own || (module.starts_with(own) && module[own.size()] == '.')) return true;
  return false;
}

// One of the names between dots.
bool has_part(std::string_view module, const auto& parts) {
  for (std::size_t from = 0; from <= module.size();) {
    const auto to = std::min(module.find('.', from), module.size());
    if (std::ranges::find(parts, module.substr(from, to - from)) != parts.end()) return true;
    from = to + 1;
  }
  return false;
}

class Judge {
 public:
  Judge(std::string_view where, Facts& out) : where_(where), out_(out) {}

  // Every object of the document, in order: the walk is over its nodes, so that depth costs nothing.
  void run(const json::Document& document) {
    for (std::uint32_t i = 0; i < document.nodes().size(); ++i) {
      const json::Value value(&document, i);
      if (value.is_object() && value["class_name"].is_string()) object(value);
    }
  }

 private:
  void tell(std::string_view id, Severity severity, const std::string& what) {
    out_.hazard(id, severity, where_.empty() ? what : fmt::format("{}: {}", where_, what));
  }

  static std::string name_of(json::Value layer) {
    auto name = layer["config"]["name"].string_or("");
    if (name.empty()) name = layer["name"].string_or("");
    return name.empty() ? "a layer" : fmt::format("layer {}", name);
  }

  void object(json::Value value) {
    const auto kind = value["class_name"].string_or("");
    if (kind == "Lambda") return lambda(value);
    if (kind == "__lambda__" && value.parent().key_raw() != "config")
      return tell("keras-lambda", Severity::high, "a function is marshalled Python code");
    if (kind == "TorchModuleWrapper")
      return tell("keras-import", Severity::high,
                  fmt::format("{} unpickles a module of torch", name_of(value)));
    if ((kind == "StringLookup" || kind == "IntegerLookup" || kind == "TextVectorization") &&
        value["config"]["vocabulary"].is_string())
      tell("keras-import", Severity::medium,
           fmt::format("{} reads its vocabulary from a file", name_of(value)));
    imported(value, kind);
  }

  void lambda(json::Value layer) {
    const auto function = layer["config"]["function"];
    const auto name = name_of(layer);
    if (function.is_string() && layer["config"]["function_type"].string_or("") != "lambda")
      return tell("keras-lambda", Severity::medium,
                  fmt::format("{} calls a function by its name: {}", name, function.string_or("")));
    if (function.is_object() && function["class_name"].string_or("") == "function")
      return;  // judged as what it is, when the walk comes there
    tell("keras-lambda", Severity::high,
         fmt::format("{} runs Python code that is marshalled in the file", name));
  }

  // Version 3 names the module of what it makes, and imports it.
  void imported(json::Value value, std::string_view kind) {
    const auto module = value["module"].string_or("");
    if (module.empty()) return;
    const bool function = kind == "function";
    const auto name = function ? value["config"].string_or("") : std::string(kind);
    const auto shown = fmt::format("{}.{}", module, name);
    if (!is_keras_module(module)) {
      const auto effect = effect_of(module, name);
      // A plain name of builtins is looked for among Keras' own functions first.
      if (effect == Effect::rebuilds || (module == "builtins" && effect != Effect::runs)) return;
      return tell("keras-import", effect == Effect::runs ? Severity::high : Severity::medium,
                  fmt::format("imports {}", shown));
    }
    if (function && !has_part(module, kOfTensors))
      tell("keras-import", Severity::high, fmt::format("calls {}, which is no function of tensors", shown));
  }

  std::string_view where_;
  Facts& out_;
};

}  // namespace

void judge_keras_config(std::string_view json, std::string_view where, Facts& out) {
  const auto document = json::Document::parse(json, {.max_depth = 512});
  if (!document) {
    out.hazard("keras-unread", Severity::medium,
               fmt::format("{} is no JSON, so that its layers are not known", where));
    return out.not_read(files::Why::damaged,
                        fmt::format("{}{}{}", where, where.empty() ? "" : ": ", document.error().text()));
  }
  if (out.architecture.empty())
    out.architecture = document->root()["class_name"].string_or("").substr(0, 100);
  if (out.name.empty()) out.name = document->root()["config"]["name"].string_or("").substr(0, 100);
  Judge(where, out).run(*document);
}

}  // namespace ostiary::model
