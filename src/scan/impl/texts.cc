#include "scan/impl/texts.h"

#include <algorithm>
#include <fmt/format.h>
#include <string_view>

#include "base/text.h"
#include "catalog/catalog.h"
#include "scan/impl/sdk_names.h"
#include "scan/impl/word_finder.h"

namespace ostiary::scan {

namespace {

constexpr std::size_t kShort = 5;  // a name of fewer bytes is looked for only where syntax stands around it
constexpr std::size_t kLongest = 200;  // of what is looked for

// Letters only: what may stand in any text.
bool is_ordinary(std::string_view name) {
  return std::ranges::none_of(name, [](char c) { return (c >= '0' && c <= '9') || c == '-'; });
}

// Texts by which a name is looked for, with how each may stand.
class Texts {
 public:
  void add(std::string_view text, Way way = {}, Where where = Where::anywhere) {
    if (text.size() < 3 || text.size() > kLongest) return;
    auto& known = all_[way.any_case ? text::lower(text) : std::string(text)];
    known.any_case |= way.any_case;
    known.open_front |= way.open_front;
    known.open_back |= way.open_back;
    known.where |= static_cast<std::uint8_t>(where);
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
    texts.add(name.substr(0, dot) + " import " + name.substr(dot + 1));
  // A name ends where a part of a module does.
  if (name.size() >= kShort && !sdk.ambiguous)
    return texts.add(name, {}, is_common_word(name) ? Where::in_import : Where::anywhere);
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
  for (const auto& form : forms) texts.add(form);
}

// Constants that Ruby and PHP load by themselves: RubyLLM.chat.
void add_constants(Texts& texts, const catalog::Sdk& sdk) {
  const bool loads = std::ranges::any_of(
      sdk.imports, [](const auto& import) { return import.language == "ruby" || import.language == "php"; });
  if (!loads || sdk.ambiguous) return;
  for (const auto& call : sdk.calls) {
    const auto end = call.find_first_of(".:");
    if (end == std::string::npos || end < kShort || call.front() < 'A' || call.front() > 'Z') continue;
    for (const auto* next : {".", "::", "->"}) texts.add(call.substr(0, end) + next);
  }
}

void add_sdks(Texts& texts) {
  for (const auto& sdk : catalog::sdks()) {
    for (const auto& import : sdk.imports) add_import(texts, sdk, import);
    for (const auto& package : sdk.packages) {
      auto name = std::string_view(package.name);
      if (const auto colon = name.find(':'); colon != std::string_view::npos) name = name.substr(0, colon);
      if (name.ends_with("/*")) name.remove_suffix(1);
      if (name.size() >= kShort && !sdk.ambiguous)
        texts.add(name, {}, is_common_word(name) ? Where::in_import : Where::anywhere);
    }
    for (const auto& library : sdk.libraries) {
      texts.add("-l" + library);
      if (library.size() > kShort && !sdk.ambiguous)
        texts.add(library, {.open_back = true});
      else
        texts.add(library, {}, Where::in_import);
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
    for (const auto& mark : tool.marks) texts.add(mark, {}, Where::in_head);
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
    const std::string name = tool.id == "github-copilot" ? "Copilot" : tool.name;
    for (const auto* word : {"by ", "with ", "using ", "via ", "author ", "Author: "})
      for (const auto* called : {&name, &tool.name}) texts.add(word + *called, {}, Where::in_head);
  }
}

// How keys of services of models begin, or, of those that have no beginning of their own, the names that
// stand before them.
void add_keys(Texts& texts) {
  for (const auto& detector : catalog::detectors()) {
    if (detector.models_provider.empty()) continue;
    for (const auto& keyword : detector.keywords) {
      const bool named =
          (!detector.before.empty() || detector.where == "near") && is_word_byte(keyword.front());
      const auto where = named                   ? Where::in_key_name
                         : detector.inside_words ? Where::in_long_key
                                                 : Where::before_key;
      texts.add(keyword, {.any_case = named || detector.any_case, .open_front = true, .open_back = true},
                where);
    }
  }
}

void add_models(Texts& texts) {
  for (const auto& model : catalog::models()) {
    // An ordinary word counts only beside another sign, which is looked for itself.
    for (const auto& pattern : model.names)
      if (!model.ambiguous || !is_ordinary(pattern)) texts.add_pattern(pattern, {.any_case = true});
    for (const auto& repository : model.repositories) texts.add_pattern(repository, {.any_case = true});
  }
}

}  // namespace

std::map<std::string, Way> texts_of_catalogue() {
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
}

}  // namespace ostiary::scan
