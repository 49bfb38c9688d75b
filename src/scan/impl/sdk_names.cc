#include "scan/impl/sdk_names.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/text.h"
#include "catalog/word.h"
#include "scan/impl/languages.h"

namespace ostiary::scan {

namespace {

using std::string_view;

struct Hash {
  using is_transparent = void;
  std::size_t operator()(string_view text) const { return std::hash<string_view>()(text); }
};
template <class T>
using Map = std::unordered_map<std::string, T, Hash, std::equal_to<>>;
using Lists = Map<SdkList>;

void add(Lists& lists, string_view key, const catalog::Sdk& sdk) {
  auto& list = lists[std::string(key)];
  if (std::ranges::find(list, &sdk) == list.end()) list.push_back(&sdk);
}

const SdkList* find(const Lists& lists, string_view key) {
  const auto found = lists.find(key);
  return found == lists.end() ? nullptr : &found->second;
}

bool is_constant(string_view word) {
  return !word.empty() && word.front() >= 'A' && word.front() <= 'Z';
}

struct Language {
  Lists imports, packages;
  std::unordered_set<std::string, Hash, std::equal_to<>> firsts;
  Map<std::vector<CallName>> constants;
};

class All {
 public:
  All() {
    for (const auto& sdk : catalog::sdks()) {
      auto& calls = calls_[&sdk];
      for (const auto& call : sdk.calls) calls.push_back({&sdk, parts_of(call)});
      for (const auto& import : sdk.imports) add_import(sdk, import);
      for (const auto& library : sdk.libraries) add(libraries_, library, sdk);
      for (const auto& command : sdk.commands) add(commands_, command, sdk);
      for (const auto& package : sdk.packages) add_package(sdk, package);
    }
  }
  const Language* language(string_view name) const {
    const auto found = languages_.find(name);
    return found == languages_.end() ? nullptr : &found->second;
  }
  const std::vector<CallName>& calls(const catalog::Sdk& sdk) const { return calls_.at(&sdk); }
  const Lists& libraries() const { return libraries_; }
  const Lists& commands() const { return commands_; }

 private:
  void add_import(const catalog::Sdk& sdk, const catalog::Sdk::Import& import) {
    auto& language = languages_[import.language];
    add(language.imports, import.name, sdk);
    const auto parts = parts_of(import.name);
    if (!parts.empty()) language.firsts.emplace(parts.front());
    for (const auto& call : calls_[&sdk])
      if (call.parts.size() > 1 && is_constant(call.parts.front()))
        if (auto& known = language.constants[std::string(call.parts.front())]; std::ranges::none_of(
                known, [&](const auto& k) { return k.sdk == &sdk && k.parts == call.parts; }))
          known.push_back(call);
  }
  void add_package(const catalog::Sdk& sdk, const catalog::Sdk::Package& package) {
    const auto ecosystem = ecosystem_named(package.ecosystem);
    if (!ecosystem) return;
    const auto language = language_for(*ecosystem);
    if (!language.empty())
      add(languages_[std::string(language)].packages, normalized(*ecosystem, package.name), sdk);
  }

  Map<Language> languages_;
  std::unordered_map<const catalog::Sdk*, std::vector<CallName>> calls_;
  Lists libraries_, commands_;
};

const All& all() {
  static const All names;
  return names;
}

// Of an included path each ending that begins at a folder.
Named find_included(const Language& language, string_view path) {
  constexpr std::ptrdiff_t deepest = 8;  // folders
  while (std::ranges::count(path, '/') > deepest) path.remove_prefix(path.find('/') + 1);
  for (auto rest = path;;) {
    for (auto name = rest; !name.empty();) {
      if (const auto* list = find(language.imports, name)) return {list, name};
      const auto cut = name.rfind('/');
      if (cut == string_view::npos) break;
      name = name.substr(0, cut);
    }
    const auto slash = rest.find('/');
    if (slash == string_view::npos) return {};
    rest.remove_prefix(slash + 1);
  }
}

}  // namespace

bool is_common_module(string_view name) {
  return catalog::says(name, catalog::Says::common_module);
}

bool is_common_word(string_view name) {
  return catalog::says(name, catalog::Says::common_name) || is_common_module(name);
}

string_view separator_of(string_view language) {
  if (language == "rust") return "::";
  if (language == "php") return "\\";
  if (language == "javascript" || language == "go" || language == "c" || language == "ruby") return "/";
  return ".";
}

std::vector<string_view> parts_of(string_view path) {
  std::vector<string_view> out;
  std::size_t from = 0;
  for (std::size_t at = 0; at <= path.size(); ++at) {
    const bool ends = at == path.size() || path[at] == '.' || path[at] == ':' || path[at] == '\\' ||
                      (path[at] == '-' && path.substr(at).starts_with("->"));
    if (!ends) continue;
    if (at > from) out.push_back(path.substr(from, at - from));
    from = at + (at < path.size() && path[at] == '-' ? 2 : 1);
  }
  return out;
}

Named sdks_of_import(string_view language, string_view module) {
  constexpr std::size_t longest = 300;
  const auto* names = all().language(language);
  if (names == nullptr || module.size() > longest) return {};
  if (language == "c") return find_included(*names, module);
  const auto separator = separator_of(language);
  while (!module.empty()) {
    if (const auto* list = find(names->imports, module)) return {list, module};
    const auto cut = module.rfind(separator);
    if (cut == string_view::npos) return {};
    module = module.substr(0, cut);
  }
  return {};
}

bool begins_import(string_view language, string_view first) {
  const auto* names = all().language(language);
  return names != nullptr && names->firsts.contains(first);
}

const SdkList* sdks_of_library(string_view name) {
  return find(all().libraries(), name);
}

const SdkList* sdks_of_command(string_view name) {
  return find(all().commands(), name);
}

const SdkList* sdks_of_package_name(string_view language, string_view name) {
  const auto* names = all().language(language);
  return names == nullptr ? nullptr : find(names->packages, name);
}

std::set<std::pair<string_view, std::string>> modules_of(const catalog::Sdk& sdk, string_view language) {
  std::set<std::pair<string_view, std::string>> out;
  const auto separator = separator_of(language);
  for (const auto& import : sdk.imports)
    if (import.language == language)
      out.emplace(language, import.name.substr(0, import.name.find(separator)));
  return out;
}

const std::vector<CallName>& calls_of(const catalog::Sdk& sdk) {
  return all().calls(sdk);
}

const std::vector<CallName>* calls_by_constant(string_view language, string_view constant) {
  const auto* names = all().language(language);
  if (names == nullptr) return nullptr;
  const auto found = names->constants.find(constant);
  return found == names->constants.end() ? nullptr : &found->second;
}

}  // namespace ostiary::scan
