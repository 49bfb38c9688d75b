#include "scan/prefilter.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>

#include "base/text.h"
#include "catalog/catalog.h"

namespace ostiary::scan {

namespace {

using inspect::Literals;

constexpr std::size_t kShort = 5;  // a name of fewer bytes is looked for only where syntax stands around it
constexpr std::size_t kLongest = 200;       // of what is looked for, so that a hit across blocks is seen
constexpr std::size_t kBlock = 64UL << 10;  // looked through at once

struct Way {
  bool any_case = false, open_front = false, open_back = false;
  bool key = false;        // letters and digits of a key follow
  bool named = false;      // it is a service's name, and "key" or its like follows
  bool by_itself = false;  // neither need be
};

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// Letters only: what may stand in any text.
bool is_ordinary(std::string_view name) {
  return std::ranges::none_of(name, [](char c) { return (c >= '0' && c <= '9') || c == '-'; });
}

// Texts by which a name is looked for, with how each may stand.
class Texts {
 public:
  void add(std::string_view text, Way way = {}) {
    if (text.size() < 3 || text.size() > kLongest) return;
    auto& known = all_[way.any_case ? text::lower(text) : std::string(text)];
    known.any_case |= way.any_case;
    known.open_front |= way.open_front;
    known.open_back |= way.open_back;
    known.key |= way.key;
    known.named |= way.named;
    known.by_itself |= !way.key && !way.named;
  }
  // The longest part of a pattern without `*`; where that is short, with what stands before a value.
  void add_pattern(std::string_view pattern, Way way) {
    std::string_view longest;
    std::size_t from = 0, at = 0;
    for (; at <= pattern.size(); ++at) {
      if (at < pattern.size() && pattern[at] != '*') continue;
      if (at - from > longest.size()) longest = pattern.substr(from, at - from);
      from = at + 1;
    }
    if (longest.empty()) return;
    way.open_front |= longest.data() != pattern.data();
    way.open_back |= longest.data() + longest.size() != pattern.data() + pattern.size();
    if (longest.size() >= kShort) return add(longest, way);
    for (const auto* mark : {"\"", "'", "/", "=", ": "}) add(mark + std::string(longest), way);
  }
  const std::map<std::string, Way>& all() const { return all_; }

 private:
  std::map<std::string, Way> all_;
};

// What stands around a short or ambiguous import in its language.
void add_import(Texts& texts, const catalog::Sdk& sdk, const catalog::Sdk::Import& import) {
  const auto& name = import.name;
  // from google import genai
  if (const auto dot = name.rfind('.'); import.language == "python" && dot != std::string::npos)
    texts.add(name.substr(0, dot) + " import " + name.substr(dot + 1), {.open_back = true});
  if (name.size() >= kShort && !sdk.ambiguous) return texts.add(name, {.open_back = true});
  const auto forms = [&]() -> std::vector<std::string> {
    if (import.language == "python") return {"import " + name, "from " + name};
    if (import.language == "javascript") return {"\"" + name, "'" + name, "npm:" + name};
    if (import.language == "rust") return {"use " + name, name + "::", "crate " + name};
    if (import.language == "ruby") return {"\"" + name, "'" + name};
    if (import.language == "csharp") return {"using " + name, "open " + name};
    if (import.language == "swift") return {"import " + name};
    if (import.language == "php") return {name + "\\", "\"" + name, "'" + name};
    if (import.language == "c") return {"<" + name, "\"" + name, "/" + name};
    return {name};
  }();
  for (const auto& form : forms) texts.add(form, {.open_back = true});
}

// Constants that Ruby and PHP load by themselves: RubyLLM.chat.
void add_constants(Texts& texts, const catalog::Sdk& sdk) {
  const bool loads = std::ranges::any_of(
      sdk.imports, [](const auto& import) { return import.language == "ruby" || import.language == "php"; });
  if (!loads || sdk.ambiguous) return;
  for (const auto& call : sdk.calls) {
    const auto end = call.find_first_of(".:");
    if (end != std::string::npos && end >= kShort && call.front() >= 'A' && call.front() <= 'Z')
      texts.add(call.substr(0, end));
  }
}

void add_sdks(Texts& texts) {
  for (const auto& sdk : catalog::sdks()) {
    for (const auto& import : sdk.imports) add_import(texts, sdk, import);
    for (const auto& package : sdk.packages) {
      auto name = std::string_view(package.name);
      if (const auto colon = name.find(':'); colon != std::string_view::npos) name = name.substr(0, colon);
      if (name.ends_with("/*")) name.remove_suffix(1);
      if (name.size() >= kShort && !sdk.ambiguous) texts.add(name, {.open_back = true});
    }
    for (const auto& library : sdk.libraries) {
      texts.add("-l" + library);
      if (library.size() > kShort && !sdk.ambiguous) texts.add(library, {.open_back = true});
    }
    for (const auto& command : sdk.commands) {
      if (command.size() >= kShort && !sdk.ambiguous)
        texts.add(command);
      else
        texts.add(command + " -");
    }
    add_constants(texts, sdk);
  }
}

void add_providers(Texts& texts) {
  for (const auto& provider : catalog::providers()) {
    for (const auto& endpoint : provider.endpoints) texts.add_pattern(endpoint.host, {.any_case = true});
    for (const auto& variable : provider.variables) texts.add(variable);
    for (const auto& header : provider.headers)
      if (header.size() >= kShort) texts.add(header, {.any_case = true});
    for (const auto& resource : provider.resources) texts.add_pattern(resource, {});
  }
}

void add_servers(Texts& texts) {
  for (const auto& server : catalog::servers()) {
    for (const auto port : server.ports) texts.add(fmt::format(":{}", port));
    for (const auto& image : server.images) texts.add(image);
    for (const auto& command : server.commands) texts.add(command);
    for (const auto& path : server.paths) texts.add(path, {.open_front = true, .open_back = true});
    for (const auto& variable : server.variables) texts.add(variable);
    for (const auto& chart : server.charts) texts.add(chart);
  }
}

void add_tools(Texts& texts) {
  for (const auto& tool : catalog::tools()) {
    for (const auto& domain : tool.domains) texts.add(domain.name, {.any_case = true});
    for (const auto& author : tool.authors) texts.add(author);
    for (const auto& mark : tool.marks) texts.add(mark);
    for (const auto& action : tool.actions) texts.add(action);
    for (const auto& command : tool.commands)
      for (const auto* next : {" -", " exec ", " run ", "\", \"", "', '"})
        texts.add(command + next, {.open_back = true});
  }
}

// Phrases by which a file may begin that a tool wrote.
void add_authors(Texts& texts) {
  for (const auto& tool : catalog::tools()) {
    if (tool.kind != "assistant" && tool.kind != "agent" && tool.kind != "chat" && tool.kind != "builder")
      continue;
    const auto& name = tool.id == "github-copilot" ? "Copilot" : tool.name;
    for (const auto* word : {"by ", "with ", "using ", "via ", "author ", "Author: "}) texts.add(word + name);
    if (name != tool.name)
      for (const auto* word : {"by ", "with ", "using ", "author "}) texts.add(word + tool.name);
  }
}

// How keys of services of models begin, or, of those that have no beginning of their own, the names that
// stand before them.
void add_keys(Texts& texts) {
  for (const auto& detector : catalog::detectors()) {
    if (detector.models_provider.empty()) continue;
    for (const auto& keyword : detector.keywords) {
      const bool named = (!detector.before.empty() || detector.where == "near") && is_word(keyword.front());
      texts.add(keyword, {.any_case = named || detector.any_case,
                          .open_front = true,
                          .open_back = true,
                          .key = !named,
                          .named = named});
    }
  }
}

void add_models(Texts& texts) {
  for (const auto& model : catalog::models()) {
    // An ordinary word counts only beside another sign, which is looked for itself.
    for (const auto& pattern : model.names)
      if (!model.ambiguous || !is_ordinary(pattern)) texts.add_pattern(pattern, {.any_case = true});
    for (const auto& repository : model.repositories) {
      const auto owner = std::string_view(repository).substr(0, repository.find('/') + 1);
      texts.add(owner, {.any_case = true, .open_back = true});
    }
  }
}

bool is_key_byte(char c) {
  return is_word(c) || c == '-';
}

// Whether what stands behind a key's beginning goes on as one.
bool goes_on_as_key(std::string_view bytes, std::size_t from, std::size_t size) {
  constexpr std::size_t kLeast = 20;
  const auto part = bytes.substr(from, kLeast);
  // Of so short a beginning many names begin; keys that have one hold no `_`.
  const bool strict = size <= 3;
  return part.size() == kLeast &&
         std::ranges::all_of(part, [&](char c) { return is_key_byte(c) && !(strict && c == '_'); });
}

// Whether a name is that of a key, as in mistral_api_key or cohereToken.
bool names_key(std::string_view bytes, std::size_t from, std::size_t size) {
  auto part = bytes.substr(from - size, size + 48);
  part = part.substr(0, part.find('\n'));
  const auto small = text::lower(part);
  return small.contains("key") || small.contains("token") || small.contains("secret");
}

const std::map<std::string, Way>& all_texts() {
  static const auto all = [] {
    Texts texts;
    add_sdks(texts);
    add_providers(texts);
    add_servers(texts);
    add_tools(texts);
    add_authors(texts);
    add_keys(texts);
    add_models(texts);
    for (const auto* name : {"mcpServers", "mcp_servers", "context_servers", "modelContextProtocolServers"})
      texts.add(name);
    texts.add("GGUF");
    return texts.all();
  }();
  return all;
}

}  // namespace

std::vector<Literals::Literal> Prefilter::texts() {
  std::vector<Literals::Literal> out;
  for (const auto& [text, way] : all_texts()) out.push_back({text, way.any_case});
  return out;
}

Result<std::string> Prefilter::compiled() {
  TRY(const auto literals, Literals::compile(texts()));
  return literals.serialise();
}

Result<Prefilter> Prefilter::load(std::string_view compiled) {
  TRY(auto literals, Literals::load(compiled));
  return Prefilter(std::move(literals));
}

Prefilter::Prefilter(Literals literals) : literals_(std::move(literals)) {
  for (const auto& [text, way] : all_texts()) {
    sizes_.push_back(static_cast<std::uint16_t>(text.size()));
    open_front_.push_back(way.open_front || !is_word(text.front()));
    open_back_.push_back(way.open_back || !is_word(text.back()));
    keys_.push_back(way.key && !way.by_itself);
    named_.push_back(way.named && !way.by_itself);
  }
}

Prefilter::Look::Look(std::shared_ptr<const Prefilter> prefilter)
    : prefilter_(std::move(prefilter)), scratch_(prefilter_->literals_) {}

bool Prefilter::Look::stands_alone(std::string_view bytes, const Literals::Hit& hit,
                                   std::uint64_t base) const {
  const auto end = base + hit.end, start = end - prefilter_->sizes_[hit.literal];
  if (!prefilter_->open_front_[hit.literal] && start > 0 && is_word(bytes[start - 1])) return false;
  const std::size_t size = prefilter_->sizes_[hit.literal];
  if (prefilter_->keys_[hit.literal]) return goes_on_as_key(bytes, end, size);
  if (prefilter_->named_[hit.literal]) return names_key(bytes, end, size);
  return prefilter_->open_back_[hit.literal] || end >= bytes.size() || !is_word(bytes[end]);
}

bool Prefilter::Look::any(std::string_view bytes) {
  for (std::uint64_t base = 0; base < bytes.size(); base += kBlock - kLongest) {
    hits_.clear();
    prefilter_->literals_.scan(bytes.substr(base, kBlock), scratch_, hits_);
    for (const auto& hit : hits_)
      if (stands_alone(bytes, hit, base)) return true;
    if (bytes.size() - base <= kBlock) break;
  }
  return false;
}

}  // namespace ostiary::scan
