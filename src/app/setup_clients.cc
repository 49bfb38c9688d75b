// The clients that `setup` knows: their files, their keys, and what of their traffic cannot be redirected.
//
// Sources, as of 2026-11-25: developers.openai.com/codex (config), docs.anthropic.com/claude-code
// (llm-gateway, settings), docs.continue.dev/reference (config.yaml, secrets), aider.chat/docs/config,
// code.visualstudio.com (agent-customization/language-models) with microsoft/vscode#316916
// (chatLanguageModels.json), cursor/cursor#1380 (loopback addresses), and the README files of openai-python
// and openai-node.
//
// Tried on that day against a server on loopback, whose requests came with the gate's key: Codex 0.169.0,
// aider 0.86.2 and Continue's command line (with the key from .continue/.env). The others are from their
// documentation.

#include <filesystem>
#include <fmt/format.h>

#include "app/impl/setup_formats.h"
#include "app/setup.h"
#include "json/writer.h"

namespace ostiary::app {

namespace {

using Changes = Result<std::vector<SetupChange>>;
using Targets = Result<std::vector<SetupTarget>>;

constexpr std::string_view kShells =
    "It holds for login shells that start from now on. zsh and fish do not read ~/.profile: --file "
    "~/.zprofile is "
    "for zsh.";
constexpr std::string_view kNoKey =
    "No key was given: 'ostiary key create' makes one. Put it into the variable OSTIARY_KEY where this tool "
    "starts, or call setup again with it.";

std::unexpected<Error> model_is_missing(std::string_view client) {
  return fail(Code::invalid,
              fmt::format("{} needs --model NAME; GET /v1/models of the gate lists them", client));
}

std::string in_home(const SetupRequest& request, std::string_view file) {
  return fmt::format("{}/{}", request.home, file);
}

// A file of the tool's own folder.
std::string in_own(const SetupRequest& request, std::string_view usual, std::string_view file) {
  return fmt::format("{}/{}", request.own.empty() ? in_home(request, usual) : request.own, file);
}

std::string profile_of(const SetupRequest& request) {
  std::error_code error;
  return request.file.empty() ? in_home(request, ".profile")
                              : std::filesystem::absolute(request.file, error).string();
}

// ---- openai: every program that uses OpenAI's libraries and is started from a login shell

// In a shell's single quotes nothing is special, and check() lets no quote into a value.
Changes openai_profile(std::string_view base, const SetupRequest& request) {
  const bool known = !request.key.empty() && !request.key_is_exported;
  return std::vector{
      block("openai",
            fmt::format("export OPENAI_BASE_URL='{}'\nexport OPENAI_API_KEY={}\n", request.api(),
                        known ? fmt::format("'{}'", request.key) : std::string("\"${OSTIARY_KEY:-}\"")),
            base.size())};
}

Targets openai_targets(const SetupRequest& request) {
  return std::vector<SetupTarget>{{profile_of(request), openai_profile}};
}

SetupAdvice openai_advice(const SetupRequest& request) {
  SetupAdvice out;
  out.not_redirected = {
      "programs that set base_url in their code",
      "programs that do not start from a login shell: services, cron, applications of the desktop",
      "openai-python before 1.0, which reads OPENAI_API_BASE",
      "audio, images, files, batches, fine-tuning and the realtime API: the gate serves them only where "
      "gate.pass_through is on, and never WebSockets",
      "chatgpt.com and OpenAI's own applications",
  };
  out.notes.emplace_back(kShells);
  if (request.key.empty()) out.notes.emplace_back(kNoKey);
  return out;
}

// ---- claude-code

Changes claude_settings(std::string_view, const SetupRequest& request) {
  std::vector<SetupChange> changes;
  changes.push_back(member({"env", "ANTHROPIC_BASE_URL"}, json::quoted(request.gate)));
  if (!request.key.empty() && request.keep_login)
    changes.push_back(
        member({"env", "ANTHROPIC_CUSTOM_HEADERS"}, json::quoted("x-ostiary-key: " + request.key)));
  else if (!request.key.empty())
    changes.push_back(member({"env", "ANTHROPIC_AUTH_TOKEN"}, json::quoted(request.key)));
  return changes;
}

Targets claude_targets(const SetupRequest& request) {
  return std::vector<SetupTarget>{{in_own(request, ".claude", "settings.json"), claude_settings}};
}

SetupAdvice claude_advice(const SetupRequest& request) {
  SetupAdvice out;
  out.not_redirected = {
      "signing in, updates, error reports and usage statistics, which go to Anthropic "
      "(CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1 turns most of them off)",
      "web fetches and MCP servers, which the tool asks by itself",
      "Claude on the web and on the desktop, and sessions that run in Anthropic's cloud",
      "sessions on Bedrock or Vertex (CLAUDE_CODE_USE_BEDROCK, CLAUDE_CODE_USE_VERTEX)",
      "a project whose own .claude/settings.json sets another address: it wins",
  };
  out.notes = {
      "This version of the gate does not speak Anthropic's protocol: where gate.pass_through is on, its "
      "requests "
      "are passed to the first service as they are; where it is off they get a 404."};
  if (request.keep_login)
    out.notes.emplace_back(
        "The tool's own login goes on to the service only where that service's credential is 'client'. "
        "Headers "
        "in ANTHROPIC_CUSTOM_HEADERS are replaced.");
  if (!request.key.empty() && !request.keep_login)
    out.notes.emplace_back(
        "ANTHROPIC_API_KEY and apiKeyHelper compete with the token: take them out where they are set.");
  if (request.key.empty())
    out.notes.emplace_back(
        "No key was given: 'ostiary key create' makes one. Export it as ANTHROPIC_AUTH_TOKEN, or call setup "
        "again with it.");
  return out;
}

// ---- codex

// Root settings of TOML stand in front of all tables, and the key is only referred to.
Changes codex_config(std::string_view base, const SetupRequest& request) {
  std::vector<SettingLine> root = {{"model_provider", "model_provider = \"ostiary\""}};
  if (!request.model.empty())
    root.push_back({"model", fmt::format("model = {}", json::quoted(request.model))});
  return toml_changes(base, "codex", root, "model_providers.ostiary",
                      fmt::format("name = \"Ostiary\"\nbase_url = {}\nenv_key = \"OSTIARY_KEY\"\nwire_api = "
                                  "\"responses\"\n",
                                  json::quoted(request.api())));
}

Changes codex_profile(std::string_view base, const SetupRequest& request) {
  return std::vector{block("codex", fmt::format("export OSTIARY_KEY='{}'\n", request.key), base.size())};
}

Targets codex_targets(const SetupRequest& request) {
  std::vector<SetupTarget> out = {{in_own(request, ".codex", "config.toml"), codex_config}};
  if (!request.key.empty() && !request.key_is_exported) out.push_back({profile_of(request), codex_profile});
  return out;
}

SetupAdvice codex_advice(const SetupRequest& request) {
  SetupAdvice out;
  out.not_redirected = {
      "tasks in Codex cloud, and code reviews on GitHub",
      "a ChatGPT login: with this provider the tool uses the gate's key, and what signing in and updates "
      "ask goes to OpenAI",
      "MCP servers and commands that the tool starts, which use the network by themselves",
      "calls with --oss, or with another profile or provider chosen",
  };
  out.notes = {"The tool reads the gate's key from the variable OSTIARY_KEY.", std::string(kShells)};
  if (request.key.empty()) out.notes.emplace_back(kNoKey);
  return out;
}

// ---- continue

Changes continue_config(std::string_view base, const SetupRequest& request) {
  return yaml_item_change(base, "continue", "models",
                          fmt::format("- name: {0}\n  provider: openai\n  model: {1}\n  apiBase: {2}\n"
                                      "  apiKey: \"${{{{ secrets.OSTIARY_KEY }}}}\"\n",
                                      json::quoted("Ostiary " + request.model), json::quoted(request.model),
                                      json::quoted(request.api())),
                          "name: Local\nversion: 1.0.0\nschema: v1\n");
}

Changes continue_secrets(std::string_view base, const SetupRequest& request) {
  return std::vector{block("continue", fmt::format("OSTIARY_KEY={}\n", request.key), base.size())};
}

Targets continue_targets(const SetupRequest& request) {
  if (request.model.empty()) return model_is_missing("continue");
  std::vector<SetupTarget> out = {{in_own(request, ".continue", "config.yaml"), continue_config}};
  if (!request.key.empty()) out.push_back({in_own(request, ".continue", ".env"), continue_secrets});
  return out;
}

SetupAdvice continue_advice(const SetupRequest& request) {
  SetupAdvice out;
  out.not_redirected = {
      "the other models of the file, autocomplete and embeddings among them, until their apiBase is the "
      "gate's",
      "assistants and models of Continue's hub, which come from its servers",
      "its usage statistics, until they are turned off in its settings",
      "documentation that it indexes, and MCP servers",
  };
  out.notes = {"Choose the model 'Ostiary …' in the tool."};
  if (request.key.empty())
    out.notes.emplace_back(
        "No key was given: put OSTIARY_KEY=… into ~/.continue/.env, or call setup again "
        "with it.");
  return out;
}

// ---- aider

Changes aider_config(std::string_view base, const SetupRequest& request) {
  std::vector<SettingLine> root = {
      {"openai-api-base", fmt::format("openai-api-base: {}", json::quoted(request.api()))}};
  if (!request.key.empty())
    root.push_back({"openai-api-key", fmt::format("openai-api-key: {}", json::quoted(request.key))});
  if (!request.model.empty())
    root.push_back({"model", fmt::format("model: {}", json::quoted("openai/" + request.model))});
  return yaml_changes(base, "aider", root);
}

Targets aider_targets(const SetupRequest& request) {
  return std::vector<SetupTarget>{{in_home(request, ".aider.conf.yml"), aider_config}};
}

SetupAdvice aider_advice(const SetupRequest& request) {
  SetupAdvice out;
  out.not_redirected = {
      "models whose name does not start with openai/: they go to their own provider, and so do a weak-model "
      "or "
      "an editor-model of another provider",
      "a repository whose own .aider.conf.yml or .env says otherwise: it wins",
      "voice: the gate does not serve audio",
      "looking for updates (PyPI), prices of models (GitHub), web pages that /web reads, and its statistics "
      "where somebody agreed to them",
  };
  if (request.key.empty())
    out.notes.emplace_back(
        "No key was given: 'ostiary key create' makes one. Export it as OPENAI_API_KEY, or "
        "call setup again with it.");
  return out;
}

// ---- vscode

// The limits are what the editor needs to be told; it cannot ask the gate.
Changes vscode_models(std::string_view, const SetupRequest& request) {
  const auto key =
      request.key.empty() ? std::string() : fmt::format("  \"apiKey\": {},\n", json::quoted(request.key));
  return std::vector{element(
      "Ostiary",
      fmt::format("{{\n  \"name\": \"Ostiary\",\n  \"vendor\": \"customendpoint\",\n{0}"
                  "  \"apiType\": \"chat-completions\",\n  \"models\": [\n    {{\n      \"id\": {1},\n"
                  "      \"name\": {1},\n      \"url\": {2},\n      \"toolCalling\": true,\n"
                  "      \"vision\": false,\n      \"maxInputTokens\": 128000,\n"
                  "      \"maxOutputTokens\": 16000\n    }}\n  ]\n}}",
                  key, json::quoted(request.model), json::quoted(request.api() + "/chat/completions")))};
}

Targets vscode_targets(const SetupRequest& request) {
  if (request.model.empty()) return model_is_missing("vscode");
  return std::vector<SetupTarget>{
      {in_home(request, ".config/Code/User/chatLanguageModels.json"), vscode_models}};
}

SetupAdvice vscode_advice(const SetupRequest& request) {
  SetupAdvice out;
  out.not_redirected = {
      "inline completions and next-edit suggestions: they work with Copilot's own models only",
      "Copilot's own models in chat and agents, which go to GitHub; only the model added here goes to the "
      "gate",
      "the search index of the workspace, and cloud agents, which are GitHub's",
      "other extensions with AI in them, and MCP servers",
  };
  out.by_hand = {"Choose the model in the chat's list; a restart of the editor may be needed."};
  if (request.key.empty())
    out.by_hand.emplace_back(
        "'Chat: Manage Language Models' → Ostiary → enter the gate's key there, so that the "
        "editor keeps it in its secret storage.");
  out.notes = {
      "Needs VS Code 1.122 or newer on Linux, in its default profile. A Copilot Business or Enterprise "
      "policy "
      "may forbid models of one's own.",
      "128,000 tokens in and 16,000 out are assumed; mend the entry where the model has other limits."};
  return out;
}

// ---- cursor

Targets cursor_targets(const SetupRequest&) {
  return std::vector<SetupTarget>{};
}

SetupAdvice cursor_advice(const SetupRequest& request) {
  SetupAdvice out;
  out.by_hand = {
      "Settings → Models → API Keys: turn on 'OpenAI API Key' and enter a key of the gate.",
      fmt::format("Turn on 'Override OpenAI Base URL' and enter the gate's public address, such as "
                  "https://gate.example.com/v1 (not {}, unless Cursor's servers reach it).",
                  request.api()),
      "Add the model's name as the gate lists it, and turn the other models off.",
      "To undo it, turn both switches off.",
  };
  out.not_redirected = {
      "everything, as long as the gate listens on this machine or an internal network only: Cursor builds "
      "its "
      "prompts on its own servers, and those call the address",
      "every prompt passes Cursor's servers before it comes to the gate",
      "tab completion, apply, the index of the code base, background agents and its own models",
      "models of Anthropic, Google and others, which have switches of their own",
  };
  out.notes = {"Nothing is written: Cursor keeps these settings in a database of its own."};
  return out;
}

constexpr SetupClient kClients[] = {
    {"aider", "aider: ~/.aider.conf.yml", "", aider_targets, aider_advice},
    {"claude-code", "Claude Code: ~/.claude/settings.json", "CLAUDE_CONFIG_DIR", claude_targets,
     claude_advice},
    {"codex", "Codex: ~/.codex/config.toml", "CODEX_HOME", codex_targets, codex_advice},
    {"continue", "Continue: ~/.continue/config.yaml", "CONTINUE_GLOBAL_DIR", continue_targets,
     continue_advice},
    {"cursor", "Cursor: the steps to take by hand, and what they are worth", "", cursor_targets,
     cursor_advice},
    {"openai", "OpenAI's libraries: two variables in the shell profile", "", openai_targets, openai_advice},
    {"vscode", "VS Code's chat: a model of one's own", "", vscode_targets, vscode_advice},
};

}  // namespace

std::span<const SetupClient> setup_clients() {
  return kClients;
}

}  // namespace ostiary::app
