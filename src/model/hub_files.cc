#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "base/text.h"
#include "files/content.h"
#include "json/document.h"
#include "model/impl/template.h"
#include "model/readers.h"

namespace ostiary::model {

namespace {

constexpr std::array<std::string_view, 9> kNames{
    "config.json",      "adapter_config.json",   "tokenizer_config.json",
    "model_index.json", "chat_template.json",    "chat_template.jinja",
    "params.json",      "processor_config.json", "preprocessor_config.json"};

constexpr std::size_t kMostParts = 200;  // of a pipeline that are looked at

std::string_view last_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

// Code of the repository that who loads the model is asked to run ("trust_remote_code").
void read_auto_map(json::Value root, Facts& out) {
  const auto map = root["auto_map"];
  for (const auto one : map) {
    auto code = one.as_string();
    if (!code && one.is_array())
      for (const auto item : one)
        if (!code) code = item.as_string();
    if (!code) continue;
    out.hazard("own-code", Severity::medium,
               fmt::format("{} is loaded from the model's own code ({}) where remote code is trusted",
                           one.key(), *code),
               one.node().start, one.node().end);
    return;
  }
}

void read_quantization(json::Value root, Facts& out) {
  const auto how = root["quantization_config"];
  auto method = how["quant_method"].string_or("");
  if (method.empty() && how["load_in_4bit"].as_bool().value_or(false)) method = "bitsandbytes";
  auto bits = how["bits"].as_uint();
  if (!bits) bits = how["w_bit"].as_uint();
  if (!bits && how["load_in_4bit"].as_bool().value_or(false)) bits = 4;
  if (!bits && how["load_in_8bit"].as_bool().value_or(false)) bits = 8;
  if (!method.empty()) out.quantization = bits ? fmt::format("{} {} bit", method, *bits) : method;
}

void read_config(json::Value root, Facts& out) {
  const auto architecture = root["architectures"].at(0).as_string();
  const auto type = root["model_type"].as_string();
  if (!architecture && !type && !root["torch_dtype"] && !root["dtype"] && !root["auto_map"]) return;
  out.role = Role::context;
  out.anchors = true;
  out.architecture = architecture ? *architecture : type.value_or("");
  read_quantization(root, out);
  read_auto_map(root, out);
  if (const auto license = root["license"].as_string()) out.declares(*license, "config", "license");
}

void read_adapter(json::Value root, Facts& out) {
  if (!root["peft_type"] && !root["base_model_name_or_path"]) return;
  out.role = Role::context;
  out.anchors = true;
  out.architecture = root["peft_type"].string_or("adapter");
  out.based_on(root["base_model_name_or_path"].string_or(""), "base_model_name_or_path");
  read_auto_map(root, out);
}

// Of diffusers: each part is ["library", "Class"].
void read_pipeline(json::Value root, Facts& out) {
  const auto pipeline = root["_class_name"];
  out.role = Role::context;
  out.anchors = true;
  out.architecture = pipeline.is_array() ? pipeline.at(1).string_or("") : pipeline.string_or("");
  const auto own = [&](json::Value part) {
    const auto library = part.at(0).string_or("");
    if (library.empty() || library == "diffusers" || library == "transformers" ||
        library == "onnxruntime.training" || !root[library])
      return;
    out.hazard("own-code", Severity::medium,
               fmt::format("{} is loaded from the model's own code", part.at(1).string_or("")),
               part.node().start, part.node().end);
  };
  std::size_t parts = 0;
  for (const auto part : root)
    if (part.is_array() && ++parts <= kMostParts) own(part);
}

void read_templates(json::Value root, Facts& out) {
  const auto chat = root["chat_template"];
  if (const auto text = chat.as_string()) judge_template(*text, "chat_template", out);
  if (!chat.is_array() && !chat.is_object()) return;
  for (const auto one : chat) {
    const auto text = one.is_object() ? one["template"].as_string() : one.as_string();
    if (text) judge_template(*text, "chat_template", out);
  }
}

void read_index(json::Value root, Facts& out) {
  if (!root["weight_map"]) return;
  out.role = Role::context;
  std::string_view last;
  std::string scratch;
  for (const auto shard : root["weight_map"]) {
    const auto file = shard.as_string(scratch);
    if (!file || *file == last) continue;
    last = shard.raw().substr(1, file->size());
    if (file->contains("..") || file->starts_with('/'))
      return out.hazard("outside-path", Severity::high,
                        fmt::format("the index names a shard outside: {}", *file), shard.node().start,
                        shard.node().end);
  }
}

}  // namespace

bool is_hub_file(std::string_view name) {
  return std::ranges::find(kNames, name) != kNames.end() || name.ends_with(".safetensors.index.json") ||
         name.ends_with(".bin.index.json") || name.ends_with(".jinja");
}

void read_hub_file(const Input& in, Facts& out) {
  const auto name = last_name(in.path);
  out.format = "config";
  if (name.ends_with(".jinja")) {
    out.role = Role::context;
    return judge_template(in.bytes, "template", out);
  }
  const auto document = json::Document::parse(in.bytes);
  // Many programs call a file so.
  if (!document) {
    if (name != "config.json")
      out.role = Role::context, out.not_read(files::Why::damaged, "no JSON: " + document.error().text());
    return;
  }
  const auto root = document->root();
  if (!root.is_object()) return;
  if (name.ends_with(".index.json")) return read_index(root, out);
  if (name == "adapter_config.json") return read_adapter(root, out);
  if (name == "model_index.json") return read_pipeline(root, out);
  if (name == "config.json") read_config(root, out);
  if (root["chat_template"] || name == "tokenizer_config.json") {
    out.role = Role::context;
    read_templates(root, out);
    read_auto_map(root, out);
  }
  if (root["auto_map"] && out.role == Role::none) {
    out.role = Role::context;
    read_auto_map(root, out);
  }
}

bool is_license_file(std::string_view name) {
  const auto small = text::lower(name);
  const auto stem = std::string_view(small).substr(0, small.find('.'));
  const auto ending = small.size() > stem.size() ? std::string_view(small).substr(stem.size()) : "";
  if (!(ending.empty() || ending == ".md" || ending == ".txt" || ending == ".rst")) return false;
  for (const std::string_view begins :
       {"license", "licence", "copying", "unlicense", "use_policy", "model_license"})
    if (stem.starts_with(begins)) return true;
  return stem.ends_with("license") || stem.ends_with("licence") || stem == "notice";
}

void read_license_file(const Input& in, Facts& out) {
  if (files::encoding_of(in.bytes) == files::Encoding::binary) return;
  out.role = Role::context;
  out.format = "license-file";
  if (in.whole > kMostText)
    out.not_read(files::Why::too_large, fmt::format("of this licence file only the first {} are kept",
                                                    text::format_bytes(kMostText)));
  out.declares_whole(in.bytes.substr(0, kMostText), "license-file", "");
}

}  // namespace ostiary::model
