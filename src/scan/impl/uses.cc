#include "scan/impl/uses.h"

#include <algorithm>
#include <cctype>

#include "catalog/word.h"
#include "scan/impl/detectors.h"

namespace ostiary::scan {

namespace {

using std::string_view;
using Path = std::vector<string_view>;

constexpr std::size_t kMostCalls = 60;  // of one SDK in one file

std::string last_part(string_view path) {
  const auto parts = parts_of(path);
  const auto last = parts.empty() ? path : parts.back();
  return std::string(last.substr(last.rfind('/') + 1));
}

bool ends_with_any(string_view name, std::initializer_list<string_view> endings) {
  return std::ranges::any_of(endings, [&](string_view ending) { return name.ends_with(ending); });
}

// An exception, a type of data, or a helper that runs no model.
bool is_no_use(string_view name) {
  return name.empty() || catalog::says(name, catalog::Says::helper) ||
         catalog::ends_with_word(name, catalog::Says::data_ending);
}

// What Go calls a package, by its path: go-openai is openai, anthropic-sdk-go anthropic.
std::string go_name(string_view path) {
  auto parts = path;
  if (const auto cut = parts.rfind('/'); cut != string_view::npos) {
    const auto last = parts.substr(cut + 1);
    if (last.size() > 1 && last.front() == 'v' &&
        last.find_first_not_of("0123456789", 1) == string_view::npos)
      parts = parts.substr(0, cut);
  }
  auto name = parts.substr(parts.rfind('/') + 1);
  name = name.substr(0, name.find(".v"));
  if (name.starts_with("go-")) name.remove_prefix(3);
  for (const string_view ending : {"-go", "-sdk", ".go"})
    if (name.ends_with(ending)) name.remove_suffix(ending.size());
  std::string out(name);
  std::erase(out, '-');
  return out;
}

bool starts_upper(string_view word) {
  return !word.empty() && word.front() >= 'A' && word.front() <= 'Z';
}

}  // namespace

bool Uses::take(const Taken& taken) {
  const auto separator = separator_of(language_);
  const auto whole =
      taken.member.empty() ? taken.module : taken.module + std::string(separator) + taken.member;
  const auto named = sdks_of_import(language_, whole);
  if (!named) return false;
  const auto first = std::string(
      language_ == "c" ? string_view(taken.module)
                       : string_view(whole).substr(0, std::min(whole.find(separator), whole.size())));
  if (hidden_.contains(first)) return false;
  for (const auto* sdk : *named.sdks) {
    watch(*sdk, first);
    if (!taken.versioned) declared_.insert(sdk);
    if (named.sdks->size() > 1) sharing_[sdk] = named.sdks;
    add(*sdk, named.sdks, Grade::imported, taken.versioned ? "import-of-version" : "import", taken.start,
        taken.end, first, sdk->ambiguous || is_common_module(named.name));
  }
  if (taken.types)
    types_.insert(taken.local);
  else if (taken.binds)
    bind(taken, named);
  return true;
}

void Uses::bind(const Taken& taken, const Named& named) {
  Bound bound{.path = {}, .stands_for = {}, .sdks = named.sdks, .module = {}};
  const auto& source = taken.member.empty() ? taken.module : taken.member;
  if (language_ == "go") {
    bound.path = {taken.local.empty() ? go_name(taken.module) : taken.local};
  } else if (!taken.local.empty()) {
    bound.path = {taken.local};
  } else if (taken.full || (language_ == "python" && taken.member.empty())) {
    for (const auto part : parts_of(taken.module)) bound.path.emplace_back(part);
  } else {
    bound.path = {last_part(source)};
  }
  // A gem's constant begins as the gem does: `require "langchain"`, Langchain::LLM.
  if (language_ == "ruby" && !bound.path.front().empty()) {
    auto& constant = bound.path.front();
    constant = taken.module.substr(0, taken.module.find_first_of("-_/"));
    if (constant.empty()) return;
    constant.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(constant.front())));
  }
  if (bound.path.empty()) return;
  if (language_ == "python" || language_ == "rust" || language_ == "java" || language_ == "php")
    for (const auto part : parts_of(taken.module)) bound.stands_for.emplace_back(part);
  else if (language_ == "go")
    bound.stands_for = {go_name(taken.module)};
  else
    bound.stands_for = {last_part(taken.module)};
  const auto& part = taken.member.empty() ? taken.stands_for : taken.member;
  for (const auto one : parts_of(part)) bound.stands_for.emplace_back(one);
  const auto first = bound.path.front();
  auto& all = bound_[first];
  if (all.size() < 20) all.push_back(std::move(bound));
}

void Uses::declare(string_view type, string_view variable) {
  constexpr std::size_t most = 2000;
  if (bound_.size() > most || bound_.contains(variable)) return;
  Bound bound{
      .path = {std::string(variable)}, .stands_for = {std::string(type)}, .sdks = nullptr, .module = {}};
  if (const auto known = bound_.find(type); known != bound_.end()) {
    bound.sdks = known->second.front().sdks;
  } else {
    const auto found = watched_.find(type);
    if (found == watched_.end()) return;
    for (const auto* call : found->second)
      if (call->parts.size() == 1) lists_.push_back({call->sdk});
    if (lists_.empty()) return;
    bound.sdks = &lists_.back();
  }
  bound_[std::string(variable)].push_back(std::move(bound));
}

void Uses::watch(const catalog::Sdk& sdk, string_view module) {
  if (!imported_.emplace(&sdk, module).second) return;
  for (const auto& call : calls_of(sdk))
    if (!call.parts.empty()) watched_[call.parts.back()].push_back(&call);
}

void Uses::add(const catalog::Sdk& sdk, const SdkList* sharing, Grade grade, string_view detector,
               std::uint64_t start, std::uint64_t end, string_view module, bool weak) {
  auto sign = sign_of(sdk, grade, detector == "import-of-version" ? "import" : detector,
                      source_->place(start), source_->place(end));
  if (grade == Grade::imported && !out_->all.empty()) {  // one statement may take many names
    const auto& last = out_->all.back();
    if (last.name == sign.name && last.start == sign.start && last.grade == grade) return;
  }
  sign.weak = weak;
  if (detector != "import-of-version" && declared_.contains(&sdk)) {
    sign.module = module;
    sign.language = language_;
  }
  if (sharing != nullptr)
    for (const auto* other : *sharing)
      if (other != &sdk) sign.rivals.push_back(other->id);
  out_->add(std::move(sign));
}

bool Uses::may_call(const catalog::Sdk& sdk) {
  return calls_[&sdk]++ < kMostCalls;
}

// Whether a catalogued call of an imported SDK ends at a part of the path; adds signs for those.
bool Uses::matches(const Path& path, bool bound, std::uint64_t start, std::uint64_t end) {
  constexpr std::size_t telling = 12;  // bytes of a name that is hardly something else
  bool any = false;
  for (std::size_t at = 0; at < path.size(); ++at) {
    auto found = watched_.find(path[at]);
    if (found == watched_.end() && language_ == "csharp" && path[at].ends_with("Async"))
      found = watched_.find(path[at].substr(0, path[at].size() - 5));
    if (found == watched_.end()) continue;
    for (const auto* call : found->second) {
      const auto& parts = call->parts;
      if (parts.size() > at + 1 ||
          !std::equal(parts.begin(), parts.end(),
                      path.begin() + static_cast<std::ptrdiff_t>(at + 1 - parts.size())))
        continue;
      // Of what is ambiguous a single name must come from the import, or say much.
      if (call->sdk->ambiguous && !bound && parts.size() == 1 && parts.front().size() < telling) continue;
      any = true;
      if (!may_call(*call->sdk)) continue;
      const auto sharing = sharing_.find(call->sdk);
      add(*call->sdk, sharing == sharing_.end() ? nullptr : sharing->second, Grade::called, "call", start,
          end, imported_[call->sdk], false);
    }
  }
  return any;
}

void Uses::call(const Path& written, std::uint64_t start, std::uint64_t end) {
  auto path = written;
  if (path.size() > 1 && (path.front() == "this" || path.front() == "self" || path.front() == "$this"))
    path.erase(path.begin());
  if (path.empty() || types_.contains(path.front())) return;
  const auto found = bound_.find(path.front());
  if (found != bound_.end()) {
    for (const auto& bound : found->second) {
      if (bound.path.size() > path.size() || !std::equal(bound.path.begin(), bound.path.end(), path.begin()))
        continue;
      Path whole(bound.stands_for.begin(), bound.stands_for.end());
      whole.insert(whole.end(), path.begin() + static_cast<std::ptrdiff_t>(bound.path.size()), path.end());
      if (matches(whole, true, start, end) || matches(path, true, start, end)) return;
      if (is_no_use(path.back()) || is_no_use(whole.back())) continue;
      for (const auto* sdk : *bound.sdks) {
        if (!may_call(*sdk)) continue;
        // Of what is ambiguous it shows no more than the import does.
        const auto sharing = sharing_.find(sdk);
        add(*sdk, sharing == sharing_.end() ? nullptr : sharing->second, Grade::called,
            sdk->ambiguous ? "import" : "call", start, end, imported_[sdk], sdk->ambiguous);
      }
      return;
    }
  }
  if (matches(path, false, start, end)) return;
  call_unbound(path, start, end);
}

// What a framework loads by itself is called without an import (Rails, PHP's global classes). In C# and Java
// whole packages are imported, so that their clients are made by names that nobody listed.
void Uses::call_unbound(const Path& path, std::uint64_t start, std::uint64_t end) {
  if (language_ == "ruby" || language_ == "php") {
    const auto* calls = calls_by_constant(language_, path.front());
    if (calls == nullptr) return;
    for (const auto& call : *calls)
      if (call.parts.size() <= path.size() &&
          std::equal(call.parts.begin(), call.parts.end(), path.begin()) && !imported_.contains(call.sdk) &&
          may_call(*call.sdk)) {
        static const SdkList none;
        auto sign = sign_of(*call.sdk, Grade::called, "call", source_->place(start), source_->place(end));
        sign.weak = true;
        sign.language = language_;
        out_->add(std::move(sign));
      }
    return;
  }
  if (imported_.size() != 1 || (language_ != "csharp" && language_ != "java")) return;
  const auto name = path.back();
  if (!starts_upper(name) || name.starts_with("Http") || name.starts_with("Web") ||
      !ends_with_any(name,
                     {"Client", "Service", "Kernel", "Agent", "Session", "Engine", "Executor", "Pipeline"}))
    return;
  const auto& [sdk, module] = *imported_.begin();
  if (!sdk->ambiguous && may_call(*sdk)) add(*sdk, nullptr, Grade::called, "call", start, end, module, false);
}

void Uses::argument(string_view value, std::uint64_t start, std::uint64_t end) {
  const auto found = watched_.find(value);
  if (found == watched_.end()) return;
  for (const auto* call : found->second)
    if (call->parts.size() == 1 && value.find('-') != string_view::npos && may_call(*call->sdk))
      add(*call->sdk, nullptr, Grade::called, "call", start, end, imported_[call->sdk], false);
}

}  // namespace ostiary::scan
