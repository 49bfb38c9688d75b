#include <algorithm>
#include <utility>

#include "base/clean.h"
#include "base/text.h"
#include "model/facts.h"

namespace ostiary::model {

namespace {

constexpr std::size_t kMostName = 500;
constexpr std::size_t kMostDetail = 300;

// One line of it.
std::string line_of(std::string_view text, std::size_t most) {
  auto out = text::clean(text.substr(0, most * 4), most);
  for (auto& c : out)
    if (c == '\n' || c == '\t') c = ' ';
  return out;
}

}  // namespace

std::string_view name(Severity severity) {
  switch (severity) {
    case Severity::low:
      return "low";
    case Severity::medium:
      return "medium";
    case Severity::high:
      break;
  }
  return "high";
}

void Facts::declares(std::string_view text, std::string_view source, std::string_view field,
                     std::string_view link) {
  auto line = line_of(text, kMostDeclared);
  if ((line.empty() && link.empty()) || licenses.size() >= kMost) return;
  licenses.push_back({.text = std::move(line),
                      .expression = {},
                      .category = {},
                      .source = std::string(source),
                      .link = line_of(link, kMostName),
                      .whole = {},
                      .place = {path, line_of(field, kMostName)}});
}

void Facts::declares_whole(std::string_view text, std::string_view source, std::string_view field) {
  const auto begins = text::trim(text);
  if (begins.empty() || licenses.size() >= kMost) return;
  declares(begins.substr(0, std::min(begins.find('\n'), kMostDeclared)), source, field);
  if (!licenses.empty()) licenses.back().whole = text::clean(text.substr(0, kMostText), kMostText);
}

void Facts::based_on(std::string_view other, std::string_view field) {
  auto line = line_of(other, kMostName);
  if (!line.empty() && base_models.size() < kMost)
    base_models.push_back({std::move(line), {path, line_of(field, kMostName)}});
}

void Facts::learned_from(std::string_view data, std::string_view field) {
  auto line = line_of(data, kMostName);
  if (!line.empty() && datasets.size() < kMost)
    datasets.push_back({std::move(line), {path, line_of(field, kMostName)}});
}

void Facts::hazard(std::string_view id, Severity severity, std::string_view detail, std::uint64_t start,
                   std::uint64_t end) {
  if (hazards.size() >= kMost) return;
  hazards.push_back({.id = std::string(id),
                     .severity = severity,
                     .detail = line_of(detail, kMostDetail),
                     .file = path,
                     .start = start,
                     .end = end});
}

void Facts::not_read(files::Why why, std::string text) {
  if (partial.size() < kMost) partial.push_back({path, why, std::move(text)});
}

}  // namespace ostiary::model
