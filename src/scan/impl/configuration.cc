// What settings say.
#include "scan/impl/configuration.h"

#include <algorithm>
#include <unordered_set>

#include "base/ascii.h"
#include "base/text.h"
#include "catalog/word.h"
#include "scan/impl/installing.h"
#include "scan/impl/models.h"

namespace ostiary::scan {

namespace {

using catalog::Says;
using std::string_view;
using text::is_space;

template <class List>
bool among(const List& list, string_view word) {
  return std::ranges::find(list, word) != list.end();
}

// A resource of Terraform, CloudFormation or Bicep that reaches or deploys models.
bool is_resource(string_view type) {
  static const auto all = [] {
    std::unordered_set<std::string> out;
    for (const auto& provider : catalog::providers())
      for (const auto& resource : provider.resources) out.insert(resource);
    return out;
  }();
  return all.contains(std::string(type.substr(0, type.find('@'))));
}

const catalog::Tool* tool_of_action(string_view action) {
  const auto name = action.substr(0, action.find('@'));
  for (const auto& tool : catalog::tools())
    for (const auto& known : tool.actions)
      if (text::iequals(name, known)) return &tool;
  return nullptr;
}

At at_of(const Value& value) {
  return [&value](std::size_t i) { return value.at(i); };
}

bool holds_environment(const std::vector<string_view>& path) {
  return std::ranges::any_of(
      path, [](string_view key) { return catalog::says(text::lower(key), Says::environment_key); });
}

// Whether a key's value is a part of a command line: `claude_args`, `EXTRA_ARGS`, `vllmOptions`.
bool holds_options(string_view key) {
  return catalog::ends_with_word(text::lower(key.substr(0, 64)), Says::option_ending);
}

}  // namespace

bool deploys(Purpose purpose) {
  return purpose != Purpose::settings && purpose != Purpose::scripts;
}

bool is_known_variable(string_view name) {
  static const auto all = [] {
    std::unordered_set<std::string> out;
    for (const auto& provider : catalog::providers())
      out.insert(provider.variables.begin(), provider.variables.end());
    for (const auto& server : catalog::servers())
      out.insert(server.variables.begin(), server.variables.end());
    return out;
  }();
  return name.size() < 64 && all.contains(std::string(name));
}

// A value that stands for itself; what a deployment's own fields say is deployed.
Stands Settings::stated(const Setting& setting) const {
  const auto& path = setting.path;
  if (purpose_ == Purpose::cloud && std::ranges::any_of(path, is_resource)) return {Grade::deployed};
  if (!resource_.empty() && path.size() > resource_.size() &&
      std::equal(resource_.begin(), resource_.end(), path.begin()))
    return {Grade::deployed};
  if (purpose_ == Purpose::ci && path.size() > 1 && path[path.size() - 2] == "with") return {Grade::deployed};
  if (purpose_ == Purpose::helm && server_ && names_model(setting.key()) != Wanted::no &&
      !holds_environment(path))
    return {Grade::deployed};
  return kSetting;
}

void Settings::take(const Setting& setting) {
  if (!words_.empty() && (setting.group != words_group_ || !std::ranges::equal(setting.path, words_path_)))
    flush();
  const auto text = setting.value.text();
  if (text.empty()) return;
  const auto key = text::lower(setting.key().substr(0, 64));
  if (is_known_variable(setting.key()) || is_known_variable(text)) uses_.speaks_of_ai();
  if (take_command(setting, key)) return;
  if (deploys(purpose_) && take_deployment(setting, key)) return;
  take_variable(setting, key);
}

// Commands, and what they install.
void Settings::run(string_view text, const At& at) {
  uses_in_shell(text, at, ran(), uses_);
  signs_of_installs(text, at, [this](Sign sign) {
    sign.ecosystem.reset();  // no manifest of a program: imports elsewhere are not declared by it
    uses_.add(std::move(sign));
  });
}

// A command, or a word of one.
bool Settings::take_command(const Setting& setting, string_view key) {
  if (purpose_ == Purpose::settings) return false;
  const auto text = setting.value.text();
  const bool scripts = purpose_ == Purpose::scripts && setting.path.size() > 1 &&
                       setting.path[setting.path.size() - 2] == "scripts";
  if (catalog::says(key, Says::script_key) || scripts || (purpose_ == Purpose::ci && key == "command")) {
    run(text, at_of(setting.value));
    return true;
  }
  if (!catalog::says(key, Says::command_key) || purpose_ == Purpose::scripts) return false;
  // Arguments of a build are variables.
  if (key == "args" && !setting.item && setting.path.size() > 1 &&
      setting.path[setting.path.size() - 2] != "containers" && purpose_ == Purpose::compose)
    return false;
  if (!setting.item) {
    run(text, at_of(setting.value));
    if (server_) {
      Commands commands(text);
      for (Command command; commands.next(command);)
        uses_in_server_arguments(command.words, at_of(setting.value), ran(), uses_);
    }
    return true;
  }
  if (words_.empty()) {
    words_group_ = setting.group;
    words_path_.assign(setting.path.begin(), setting.path.end());
  }
  if (words_.size() < 4096) words_.push_back({std::string(text), setting.value.at(0), setting.value.end()});
  return true;
}

void Settings::flush() {
  if (words_.empty()) return;
  const auto words = std::exchange(words_, {});
  const At at = [](std::size_t i) { return i; };
  if (server_) uses_in_server_arguments(words, at, ran(), uses_);
  // A script, given to a shell that another list may name.
  for (const auto& word : words)
    if (word.text.contains('\n') || (words.size() == 1 && std::ranges::any_of(word.text, is_space)))
      run(word.text, [&](std::size_t i) { return std::min(word.start + i, word.end); });
  uses_in_words(words, at, ran(), uses_);
}

bool Settings::take_deployment(const Setting& setting, string_view key) {
  const auto text = setting.value.text();
  const auto& value = setting.value;
  if (key == "registry") registry_ = text;
  if (key == "type" && is_resource(text)) resource_.assign(setting.path.begin(), setting.path.end() - 1);
  if (purpose_ == Purpose::ci && key == "uses") {
    action(text, value);
    if (!text.starts_with("docker://")) return true;
  }
  if (key == "kind" || key == "chart" || key == "name")
    custom_resource(text, value, key, among(setting.path, "dependencies"));
  const bool names = catalog::says(key, Says::image_key) || setting.item;
  if (!names || std::ranges::any_of(text, is_space)) return false;
  auto name = text.starts_with("docker://") ? text.substr(9) : text;
  const auto together = registry_ + "/" + std::string(name);
  if (key == "image" || key == "repository") server_ = nullptr;
  const auto* server = server_of_image(name);
  if (!server && key == "repository" && !registry_.empty()) server = server_of_image(name = together);
  if (!server) return false;
  server_ = server;
  uses_.service(*server, value.at(0), value.end(), {Grade::deployed}, "image " + std::string(name));
  return true;
}

void Settings::action(string_view text, const Value& value) {
  const auto* tool = tool_of_action(text);
  if (!tool) return;
  uses_.add({.kind = Kind::agent_config,
             .name = tool->id,
             .grade = Grade::deployed,
             .detector = "action",
             .start = value.at(0),
             .end = value.end(),
             .provider = tool->provider,
             .note = "runs " + std::string(text)});
}

// A kind of Kubernetes, or a chart of Helm.
void Settings::custom_resource(string_view text, const Value& value, string_view key, bool in_chart) {
  if (purpose_ != Purpose::kubernetes && purpose_ != Purpose::helm && purpose_ != Purpose::cloud) return;
  const auto* server = server_of_chart(text);
  if (!server) return;
  const bool is_kind = text[0] >= 'A' && text[0] <= 'Z';
  const bool is_chart = !is_kind && (key == "chart" || (key == "name" && in_chart));
  Sign sign{.kind = Kind::service,
            .name = server->id,
            .grade = Grade::deployed,
            .detector = "chart",
            .start = value.at(0),
            .end = value.end(),
            .surface = "self-hosted",
            .note = std::string(text)};
  if (server->license != "unknown") sign.license = server->license;
  if ((is_kind && key == "kind" && !server->ambiguous) || is_chart)
    uses_.add(std::move(sign));
  else if (is_kind && key == "kind")
    uses_.add_if_ai(std::move(sign));
}

// A value under a key, or `KEY=value`, or `name` and `value` apart.
void Settings::take_variable(const Setting& setting, string_view key) {
  const auto text = setting.value.text();
  const auto at = at_of(setting.value);
  if (key == "name" || key == "parameterkey") variable_ = text.substr(0, 64), variable_group_ = setting.group;
  if (setting.item && (holds_environment(setting.path) || purpose_ == Purpose::compose)) {
    const auto equals = text.find('=');
    if (equals != string_view::npos && equals < 64) {
      const auto name = text.substr(0, equals);
      if (is_known_variable(name)) uses_.speaks_of_ai();
      const auto rest = text.substr(equals + 1);
      return take_value(rest, [&](std::size_t i) { return at(equals + 1 + i); }, name, kSetting);
    }
  }
  if (purpose_ == Purpose::unit && key == "environment") return take_assignments(text, at);
  const bool named =
      (key == "value" || key == "parametervalue") && variable_group_ == setting.group && setting.group > 0;
  take_value(text, at, named ? string_view(variable_) : setting.key(), stated(setting));
}

// `A=b "C=d"`.
void Settings::take_assignments(string_view text, const At& at) {
  Commands commands(text);
  for (Command command; commands.next(command);)
    for (const auto& word : command.words) {
      const auto whole = string_view(word.text);
      const auto equals = whole.find('=');
      if (equals == string_view::npos) continue;
      const At place = [&](std::size_t i) { return at(std::min(word.start + equals + 1 + i, text.size())); };
      take_value(whole.substr(equals + 1), place, whole.substr(0, equals), kSetting);
    }
}

void Settings::take_value(string_view text, const At& at, string_view key, Stands stands) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '"' || text.back() == '\''))
    text.remove_suffix(1);
  if (text.size() < 2) return;
  if (text[0] == '"' || text[0] == '\'') {
    text.remove_prefix(1);
    return take_value(text, [&at](std::size_t i) { return at(i + 1); }, key, stands);
  }
  const bool blanks = std::ranges::any_of(text, is_space);
  if (text.starts_with("#!")) return uses_in_shell(text, at, ran(), uses_);
  if (!blanks || text.starts_with("http") || text.contains("url") || text.contains("proxy_pass"))
    uses_.addresses(text, at, stands);
  if (blanks && (text[0] == '{' || text[0] == '[')) uses_.models_in_body(text, at, stands);
  if (blanks && text.starts_with('-') && holds_options(key)) return uses_in_options(text, at, stands, uses_);
  if (blanks || text.size() > 4096) return;
  if (text.contains("model") || text.contains("deployments/")) {
    uses_.models_in_path(text, at, stands);
    uses_.models_in_body(text, at, stands);
  }
  const auto wanted = names_model(key);
  for (std::size_t from = 0; from <= text.size();) {
    const auto end = std::min(text.find(',', from), text.size());
    uses_.model(text.substr(from, end - from), at(from), at(end), stands, wanted);
    from = end + 1;
  }
}

}  // namespace ostiary::scan
