#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "base/text.h"
#include "base/yaml.h"
#include "model/readers.h"

namespace ostiary::model {

namespace {

constexpr std::size_t kMostFront = 4u << 20;
constexpr std::size_t kMostItems = 10'000;  // of a list

// Fields that only cards have; a page of some website has other ones.
constexpr std::array<std::string_view, 12> kOfModels{
    "license",      "license_name", "license_link", "base_model", "base_model_relation", "library_name",
    "pipeline_tag", "model-index",  "model_name",   "inference",  "extra_gated_prompt",  "quantized_by"};
constexpr std::array<std::string_view, 7> kOfDatasets{
    "dataset_info",      "size_categories", "annotations_creators", "task_categories",
    "language_creators", "source_datasets", "multilinguality"};

// Between the first line, of three hyphens, and the next such line; empty where there is none.
std::string_view front_matter(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (!text.starts_with("---")) return {};
  const auto begin = text.find('\n');
  if (begin == std::string_view::npos || !text::trim(text.substr(3, begin - 3)).empty()) return {};
  for (auto line = begin + 1; line < text.size();) {
    const auto end = std::min(text.find('\n', line), text.size());
    const auto trimmed = text::trim(text.substr(line, end - line));
    if (trimmed == "---" && text[line] == '-') return text.substr(begin + 1, line - begin - 1);
    line = end + 1;
  }
  return {};
}

std::string scalar(const yaml::Node& card, std::string_view name) {
  const auto* node = card.find(name);
  return node && node->kind == yaml::Kind::scalar ? node->scalar : std::string();
}

// A scalar, or each of a sequence.
void each(const yaml::Node& card, std::string_view name, const auto& take) {
  const auto* node = card.find(name);
  if (!node) return;
  if (node->kind == yaml::Kind::scalar) return take(std::string_view(node->scalar), std::string(name));
  for (std::size_t i = 0; i < std::min(node->items.size(), kMostItems); ++i)
    if (node->items[i].kind == yaml::Kind::scalar)
      take(std::string_view(node->items[i].scalar), fmt::format("{}[{}]", name, i));
}

void read_licenses(const yaml::Node& card, Facts& out) {
  const auto link = scalar(card, "license_link");
  const auto named = scalar(card, "license_name");
  each(card, "license", [&](std::string_view text, const std::string& field) {
    // "other" says that the name beside it is meant.
    if (!(text::iequals(text, "other") && !named.empty())) out.declares(text, "card", field, link);
  });
  if (!named.empty())
    out.declares(named, "card", "license_name", link);
  else if (!card.find("license") && !link.empty())
    out.declares(link, "card", "license_link", link);
  each(card, "tags", [&](std::string_view tag, const std::string& field) {
    if (tag.starts_with("license:")) out.declares(tag.substr(8), "card", field);
  });
  if (const auto prompt = scalar(card, "extra_gated_prompt"); !prompt.empty())
    out.declares_whole(prompt, "prompt", "extra_gated_prompt");
}

void read_lineage(const yaml::Node& card, Facts& out) {
  each(card, "base_model",
       [&](std::string_view name, const std::string& field) { out.based_on(name, field); });
  each(card, "datasets",
       [&](std::string_view name, const std::string& field) { out.learned_from(name, field); });
  each(card, "tags", [&](std::string_view tag, const std::string& field) {
    if (tag.starts_with("base_model:")) {
      const auto name = tag.substr(tag.rfind(':') + 1);
      if (std::ranges::none_of(out.base_models, [&](const auto& one) { return one.name == name; }))
        out.based_on(name, field);
    } else if (tag.starts_with("dataset:")) {
      out.learned_from(tag.substr(8), field);
    }
  });
}

// Of a card that our reader of YAML refuses: what its lines say at their beginning.
yaml::Node by_lines(std::string_view front) {
  yaml::Node out;
  out.kind = yaml::Kind::mapping;
  for (const auto line : text::split(front, '\n')) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || line.starts_with(' ') || line.starts_with('#')) continue;
    auto value = text::trim(line.substr(colon + 1));
    if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front())
      value = value.substr(1, value.size() - 2);
    if (value.empty() || value.find_first_of("|>[{&*!") == 0 || out.members.size() >= Facts::kMost) continue;
    yaml::Node node;
    node.kind = yaml::Kind::scalar;
    node.scalar = value;
    const auto name = text::trim(line.substr(0, colon));
    if (!out.find(name)) out.members.push_back({std::string(name), 0, 0, std::move(node)});
  }
  return out;
}

bool has_any(const yaml::Node& card, const auto& names) {
  return std::ranges::any_of(names, [&](auto name) { return card.find(name) != nullptr; });
}

}  // namespace

bool is_card(std::string_view name) {
  return text::iequals(name, "README.md") || text::iequals(name, "MODEL_CARD.md");
}

void read_card(const Input& in, Facts& out) {
  const auto front = front_matter(in.bytes);
  if (front.empty() || front.size() > kMostFront) {
    if (!front.empty()) out.not_read(files::Why::too_large, "its front matter is over 4 MiB");
    return;
  }
  auto parsed = yaml::parse(front, "front matter");
  if (parsed && parsed->kind != yaml::Kind::mapping) return;
  const auto card = parsed ? std::move(*parsed) : by_lines(front);
  const bool of_data = has_any(card, kOfDatasets), of_model = has_any(card, kOfModels);
  if ((!of_model && !of_data) || card.find("sdk")) return;
  if (!parsed)
    out.not_read(files::Why::damaged,
                 fmt::format("its front matter is read line by line only: {}", parsed.error().text()));
  out.role = Role::context;
  out.format = of_data && !card.find("base_model") && !card.find("pipeline_tag") ? "dataset-card" : "card";
  out.anchors = out.format == "card";
  out.name = scalar(card, "model_name");
  read_licenses(card, out);
  read_lineage(card, out);
}

}  // namespace ostiary::model
