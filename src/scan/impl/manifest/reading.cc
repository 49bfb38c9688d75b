#include "scan/impl/manifest/reading.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"

namespace ostiary::scan {

namespace {

constexpr std::size_t kLongestName = 512;
constexpr std::size_t kLongestVersion = 256;

// Words of a name that say what the packages are for.
constexpr std::array<std::string_view, 16> kDevelopment = {
    "dev",  "devel", "development", "test", "tests",  "testing", "lint",   "linting",
    "docs", "doc",   "build",       "ci",   "typing", "types",   "format", "tooling"};

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

bool may_be_name(std::string_view name) {
  if (name.empty() || name.size() > kLongestName) return false;
  if (name.contains("${") || name.contains("$(") || name.contains("{{")) return false;
  return text::is_utf8(name) && std::ranges::none_of(name, [](char c) {
           return is_control(c) || c == ' ' || c == '"' || c == '\'' || c == '<' || c == '>';
         });
}

// What a line of text can show of it.
std::string_view shown(std::string_view text, std::size_t most) {
  text = text.substr(0, most);
  text = text.substr(0, static_cast<std::size_t>(std::ranges::find_if(text, is_control) - text.begin()));
  return text::is_utf8(text) ? text : std::string_view();
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
  one.version = shown(said.version, kLongestVersion);
  one.alias = shown(said.alias, kLongestName);
  one.locked = said.locked;
  one.development = said.development;
  one.direct = said.direct;
  one.own = said.own;
  one.start = std::min(start, text_.size());
  one.end = std::min(std::max(start, end), text_.size());
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

std::string_view take_until(std::string_view& text, std::string_view marks) {
  const auto end = text.find_first_of(marks);
  const auto part = text::trim(text.substr(0, end));
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return part;
}

bool says_development(std::string_view name) {
  const auto small = text::lower(name.substr(0, kLongestName));
  for (std::string_view rest = small; !rest.empty();) {
    const auto word = take_until(rest, "/-_. ");
    if (std::ranges::find(kDevelopment, word) != kDevelopment.end()) return true;
  }
  return false;
}

bool is_exact(std::string_view version) {
  if (version.starts_with('v') || version.starts_with('V')) version.remove_prefix(1);
  if (version.empty() || version.front() < '0' || version.front() > '9') return false;
  return std::ranges::all_of(version,
                             [](char c) {
                               return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
                                      c == '.' || c == '-' || c == '+' || c == '_' || c == '~' || c == ':';
                             }) &&
         !version.ends_with(".x") && !version.contains(".x.");
}

Said with_version(Said said, std::string_view version) {
  said.version = version;
  said.locked = is_exact(version);
  return said;
}

void set_if_empty(std::string& field, std::string_view text) {
  if (field.empty()) field = shown(text::trim(text), kLongestVersion);
}

void tell(Reading& reading, const Tree& tree) {
  for (const auto& one : tree.trouble()) reading.partial(one.why, one.text);
}

void tell(Reading& reading, const Script& source) {
  if (source.too_large())
    reading.partial(files::Why::too_large, "a program of more than " + text::format_bytes(Script::kMaxBytes));
}

void add_requirements(Reading& reading, Branch list, const Said& said) {
  for (const auto one : list)
    if (one.is_scalar()) add_requirement(reading, one.text(), one.start(), said);
}

}  // namespace ostiary::scan
