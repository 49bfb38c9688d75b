#include "scan/impl/reading.h"

#include <algorithm>
#include <utility>

namespace ostiary::scan {

namespace {

constexpr std::size_t kLongestName = 512;
constexpr std::size_t kLongestVersion = 256;

bool may_be_name(std::string_view name) {
  if (name.empty() || name.size() > kLongestName) return false;
  if (name.contains("${") || name.contains("$(") || name.contains("{{")) return false;
  return std::ranges::none_of(name, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= 0x20 || byte == 0x7f || c == '"' || c == '\'' || c == '<' || c == '>';
  });
}

}  // namespace

bool Reading::add(Ecosystem ecosystem, std::string_view name, std::size_t start, std::size_t end,
                  const Said& said) {
  if (full_) return false;
  if (!may_be_name(name)) return true;
  if (out_->declared.size() >= kManifestPackages) {
    full_ = true;
    partial(files::Why::too_many, "more than " + std::to_string(kManifestPackages) + " packages");
    return false;
  }
  Declared one;
  one.ecosystem = ecosystem;
  one.name = normalized(ecosystem, name);
  one.version = said.version.substr(0, kLongestVersion);
  one.alias = said.alias.substr(0, kLongestName);
  one.locked = said.locked;
  one.development = said.development;
  one.direct = said.direct;
  one.start = start;
  one.end = end;
  if (!one.name.empty()) out_->declared.push_back(std::move(one));
  return true;
}

void Reading::partial(files::Why why, std::string text) {
  if (std::ranges::any_of(out_->partial, [&](const auto& one) { return one.why == why; })) return;
  out_->partial.push_back({std::string(path_), why, std::move(text)});
}

std::string_view take_line(std::string_view& text) {
  const auto end = text.find('\n');
  auto line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace ostiary::scan
