#include "license/metadata.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "json/document.h"
#include "license/expression.h"

namespace ostiary::license {

namespace {

struct Name {
  std::string_view words;  // small letters and digits, one blank between
  std::string_view license;
};

// Names as forms and classifiers of registries have them, without "the", "license" and "version".
constexpr std::array<Name, 40> kNames = {{
    {"apache 2.0", "Apache-2.0"},
    {"apache 2", "Apache-2.0"},
    {"apache software 2.0", "Apache-2.0"},
    {"apache 2.0 apache 2.0", "Apache-2.0"},
    {"asl 2.0", "Apache-2.0"},
    {"mit", "MIT"},
    {"expat", "MIT"},
    {"mit expat", "MIT"},
    {"bsd 3 clause", "BSD-3-Clause"},
    {"3 clause bsd", "BSD-3-Clause"},
    {"new bsd", "BSD-3-Clause"},
    {"modified bsd", "BSD-3-Clause"},
    {"revised bsd", "BSD-3-Clause"},
    {"bsd 2 clause", "BSD-2-Clause"},
    {"2 clause bsd", "BSD-2-Clause"},
    {"simplified bsd", "BSD-2-Clause"},
    {"isc", "ISC"},
    {"isc iscl", "ISC"},
    {"zlib", "Zlib"},
    {"unlicense", "Unlicense"},
    {"unlicense unlicense", "Unlicense"},
    {"mozilla public 2.0 mpl 2.0", "MPL-2.0"},
    {"mozilla public 2.0", "MPL-2.0"},
    {"mpl 2.0", "MPL-2.0"},
    {"eclipse public 2.0", "EPL-2.0"},
    {"eclipse public 1.0", "EPL-1.0"},
    {"eclipse public v 2.0", "EPL-2.0"},
    {"eclipse public v2.0", "EPL-2.0"},
    {"boost software 1.0 bsl 1.0", "BSL-1.0"},
    {"gnu general public v2 gplv2", "GPL-2.0-only"},
    {"gnu general public v2 or later gplv2+", "GPL-2.0-or-later"},
    {"gnu general public v3 gplv3", "GPL-3.0-only"},
    {"gnu general public v3 or later gplv3+", "GPL-3.0-or-later"},
    {"gnu lesser general public v2 or later lgplv2+", "LGPL-2.0-or-later"},
    {"gnu lesser general public v3 lgplv3", "LGPL-3.0-only"},
    {"gnu lesser general public v3 or later lgplv3+", "LGPL-3.0-or-later"},
    {"gnu affero general public v3", "AGPL-3.0-only"},
    {"gnu affero general public v3 or later agplv3+", "AGPL-3.0-or-later"},
    {"python software foundation", "PSF-2.0"},
    {"academic free afl", "AFL-3.0"},
}};

std::string words_of_name(std::string_view name) {
  std::string out, word;
  const auto finish = [&] {
    if (!word.empty() && word != "the" && word != "license" && word != "licence" && word != "version")
      out += (out.empty() ? "" : " ") + word;
    word.clear();
  };
  for (const char c : text::lower(name)) {
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '+')
      word += c;
    else
      finish();
  }
  finish();
  return out;
}

// Gathers what a file declares.
class Declared {
 public:
  explicit Declared(std::string_view bytes) : bytes_(bytes) {}

  // `value` is a part of the bytes; several of a list are joined by the caller.
  void add(std::string_view value) {
    if (auto expression = spdx_of_name(value)) put(std::move(*expression), value);
  }
  void put(std::string expression, std::string_view where) {
    const auto start = static_cast<std::size_t>(where.data() - bytes_.data());
    out_.push_back({.expression = std::move(expression),
                    .start = start,
                    .end = start + where.size(),
                    .method = Method::metadata});
  }
  std::vector<FoundLicense> take() { return std::move(out_); }
  std::string_view bytes() const { return bytes_; }

 private:
  std::string_view bytes_;
  std::vector<FoundLicense> out_;
};

std::string_view inner(const json::Value& string) {
  const auto raw = string.raw();
  return raw.size() < 2 ? raw : raw.substr(1, raw.size() - 2);
}

void json_license(const json::Value& value, Declared& out) {
  if (value.is_string()) out.add(inner(value));
  if (value.is_object() && value["type"].is_string()) out.add(inner(value["type"]));
}

void npm(Declared& out) {
  const auto document = json::Document::parse(out.bytes());
  if (!document || !document->root().is_object()) return;
  json_license(document->root()["license"], out);
  for (const auto one : document->root()["licenses"]) json_license(one, out);
}

void composer(Declared& out) {
  const auto document = json::Document::parse(out.bytes());
  if (!document || !document->root().is_object()) return;
  const auto license = document->root()["license"];
  json_license(license, out);
  if (!license.is_array()) return;
  std::string choice;
  for (const auto one : license) {
    const auto part = spdx_of_name(one.string_or(""));
    if (!part) return;
    choice += (choice.empty() ? "" : " OR ") + *part;
  }
  if (const auto parsed = parse_expression(choice)) out.put(parsed->text(), license.raw());
}

// Calls `take(name, value)` for each "name SEPARATOR value" line of the part before `end`.
template <class Take>
void each_line(std::string_view bytes, char separator, Take take) {
  for (const auto line : text::split(bytes, '\n'))
    if (const auto at = line.find(separator); at != std::string_view::npos)
      take(text::trim(line.substr(0, at)), text::trim(line.substr(at + 1)));
}

void python_metadata(Declared& out) {
  const auto head = out.bytes().substr(0, std::min(out.bytes().find("\n\n"), out.bytes().size()));
  bool expression = false;
  std::string_view field, classifier;
  each_line(head, ':', [&](std::string_view name, std::string_view value) {
    if (text::iequals(name, "License-Expression")) out.add(value), expression = true;
    if (text::iequals(name, "License")) field = value;
    constexpr std::string_view kOsi = "License :: OSI Approved :: ";
    if (text::iequals(name, "Classifier") && value.starts_with(kOsi)) classifier = value.substr(kOsi.size());
  });
  if (expression) return;
  if (!field.empty() && spdx_of_name(field)) return out.add(field);
  if (!classifier.empty()) out.add(classifier);
}

// The text between the first pair of quotes of `value`.
std::string_view quoted(std::string_view value) {
  const auto open = value.find_first_of("\"'");
  if (open == std::string_view::npos) return {};
  const auto close = value.find(value[open], open + 1);
  return close == std::string_view::npos ? std::string_view{} : value.substr(open + 1, close - open - 1);
}

void toml(Declared& out, std::string_view table) {
  std::string_view current;
  for (const auto line : text::split(out.bytes(), '\n')) {
    const auto trimmed = text::trim(line);
    if (trimmed.starts_with('[')) current = trimmed;
    const auto at = trimmed.find('=');
    if (at == std::string_view::npos || current != table || text::trim(trimmed.substr(0, at)) != "license")
      continue;
    const auto value = text::trim(trimmed.substr(at + 1));
    if (value.starts_with('{') && !value.contains("text")) continue;  // a file
    out.add(quoted(value));
  }
}

void gemspec(Declared& out) {
  each_line(out.bytes(), '=', [&](std::string_view name, std::string_view value) {
    if (name.ends_with(".license")) out.add(quoted(value));
    if (!name.ends_with(".licenses")) return;
    for (auto rest = value; !quoted(rest).empty();) {
      const auto one = quoted(rest);
      out.add(one);
      rest = rest.substr(static_cast<std::size_t>(one.data() - rest.data()) + one.size() + 1);
    }
  });
}

// What stands in the elements `name` within `text`, outside of comments.
std::vector<std::string_view> elements(std::string_view text, std::string_view name) {
  std::vector<std::string_view> out;
  const auto open = "<" + std::string(name), close = "</" + std::string(name) + ">";
  for (auto at = text.find(open); at != std::string_view::npos && out.size() < 64;
       at = text.find(open, at + 1)) {
    const auto start = text.find('>', at);
    const char next = at + open.size() < text.size() ? text[at + open.size()] : '\0';
    const auto end = text.find(close, at);
    if (start == std::string_view::npos || end == std::string_view::npos) break;
    if ((next == '>' || next == ' ') && start < end) out.push_back(text.substr(start + 1, end - start - 1));
  }
  return out;
}

void maven(Declared& out) {
  for (const auto list : elements(out.bytes(), "licenses"))
    for (const auto one : elements(list, "license"))
      for (const auto name : elements(one, "name")) out.add(text::trim(name));
}

void nuget(Declared& out) {
  const auto at = out.bytes().find("<license type=\"expression\"");
  if (at == std::string_view::npos) return;
  for (const auto one : elements(out.bytes().substr(at), "license")) return out.add(text::trim(one));
}

}  // namespace

std::optional<std::string> spdx_of_name(std::string_view name) {
  name = text::trim(name);
  if (name.empty() || name.size() > 4096) return std::nullopt;
  if (const auto parsed = parse_expression(name, {.loose = true})) return parsed->text();
  const auto words = words_of_name(name);
  const auto found = std::ranges::find(kNames, words, &Name::words);
  if (found != kNames.end()) return std::string(found->license);
  return spdx_of_debian(name);
}

std::optional<std::vector<FoundLicense>> declared_in(std::string_view name, std::string_view bytes) {
  const auto file = name.substr(name.rfind('/') + 1);
  Declared out(bytes);
  if (file == "package.json")
    npm(out);
  else if (file == "composer.json")
    composer(out);
  else if (file == "METADATA" || file == "PKG-INFO")
    python_metadata(out);
  else if (file == "pyproject.toml")
    toml(out, "[project]");
  else if (file == "Cargo.toml")
    toml(out, "[package]");
  else if (file == "pom.xml" || file.ends_with(".pom"))
    maven(out);
  else if (file.ends_with(".nuspec"))
    nuget(out);
  else if (file.ends_with(".gemspec"))
    gemspec(out);
  else
    return std::nullopt;
  return out.take();
}

}  // namespace ostiary::license
