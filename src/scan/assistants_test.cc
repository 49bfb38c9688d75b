#include "scan/impl/assistants.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scan/impl/detectors.h"

namespace ostiary::scan {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

Signs signs_in(std::string_view path, std::string_view bytes) {
  Signs out;
  signs_of_assistants({path, bytes}, out);
  signs_of_servers({path, bytes}, out);
  return out;
}

// "kind name", in the order of the file.
std::vector<std::string> found_in(std::string_view path, std::string_view bytes) {
  std::vector<std::string> out;
  for (const auto& sign : signs_in(path, bytes).all)
    out.push_back(fmt::format("{} {}", name(sign.kind), sign.name));
  return out;
}

std::string note_in(std::string_view path, std::string_view bytes) {
  const auto signs = signs_in(path, bytes);
  EXPECT_THAT(signs.all, SizeIs(1));
  return signs.all.empty() ? std::string() : signs.all.front().note;
}

std::string server_note(std::string_view server) {
  return note_in(".mcp.json", fmt::format(R"({{"mcpServers": {{"one": {}}}}})", server));
}

TEST(ToolFiles, ANameCountsAnywhereAndAPathInAnyFolder) {
  EXPECT_THAT(found_in("CLAUDE.md", "x"), ElementsAre("assistant-config claude-code"));
  EXPECT_THAT(found_in("a/b/AGENTS.md", "x"), ElementsAre("assistant-config agents-md"));
  EXPECT_THAT(found_in("app/.claude/skills/a/b/SKILL.md", "x"), ElementsAre("agent-config claude-code"));
  EXPECT_THAT(found_in("app.zip!/x/.cursor/rules/deep/one.mdc", "x"), ElementsAre("assistant-config cursor"));
  EXPECT_THAT(found_in("web/.windsurf/rules/tests.md", "x"), ElementsAre("assistant-config windsurf"));
}

TEST(ToolFiles, OtherFilesAreNone) {
  for (const auto* path :
       {"docs/agents.md", "claude.md", "cursor/rules.css", "x.claude/settings.json", "SKILL.md",
        ".claude/settings.json.orig", "claude/agents/a.md", ".cursor/rules/notes.txt", ""})
    EXPECT_THAT(found_in(path, "x"), IsEmpty()) << path;
}

TEST(ToolFiles, TheLongestRuleWins) {
  EXPECT_THAT(tools_of_file("p/.cursor/mcp.json"), SizeIs(1));
  EXPECT_EQ(tools_of_file("p/.cursor/mcp.json").front().tool->id, "cursor");
  EXPECT_EQ(tools_of_file("p/mcp.json").front().tool->id, "mcp");
}

TEST(ToolFiles, ALongPathIsLookedAtInLinearTime) {
  std::string path;
  for (int i = 0; i < 100'000; ++i) path += ".claude/";
  EXPECT_THAT(found_in(path + "CLAUDE.md", "x"), SizeIs(1));
  EXPECT_THAT(found_in(path + "x.md", "x"), IsEmpty());
}

TEST(Mcp, EveryClientsWayToNameServersIsRead) {
  const std::string one = R"({"command": "tool"})";
  EXPECT_THAT(
      found_in(".mcp.json", R"({"mcpServers": {"a": {"command": "x"}, "b": {"url": "https://h/p"}}})"),
      ElementsAre("mcp-server a", "mcp-server b"));
  EXPECT_THAT(found_in(".vscode/mcp.json", "{ // said\n \"servers\": {\"a\": {\"command\": \"x\",},},}"),
              ElementsAre("mcp-server a"));
  EXPECT_THAT(found_in(".vscode/settings.json", R"({"mcp": {"servers": {"a": {"url": "http://h"}}}})"),
              ElementsAre("mcp-server a"));
  EXPECT_THAT(found_in(".codex/config.toml", "[mcp_servers.docs]\ncommand = \"npx\"\nargs = [\"x\"]\n"),
              ElementsAre("mcp-server docs", "agent-config codex"));
  EXPECT_THAT(found_in(".zed/settings.json", R"({"context_servers": {"pg": {"command": {"path": "x"}}}})"),
              ElementsAre("mcp-server pg"));
  EXPECT_THAT(found_in(".gemini/settings.json", R"({"mcpServers": {"g": {"httpUrl": "https://h/mcp"}}})"),
              ElementsAre("mcp-server g", "agent-config gemini-cli"));
  EXPECT_THAT(found_in("opencode.json", R"({"mcp": {"o": {"type": "local", "command": ["bun", "x"]}}})"),
              ElementsAre("mcp-server o", "agent-config opencode"));
  EXPECT_THAT(
      found_in("conf/agents.yaml", "mcpServers:\n  - name: listed\n    command: npx\n    args: [x]\n"),
      ElementsAre("mcp-server listed"));
  EXPECT_THAT(found_in("x/goose.yaml", "# mcp\nextensions:\n  dev:\n    type: stdio\n    cmd: npx\n"),
              ElementsAre("mcp-server dev"));
  EXPECT_THAT(found_in(".devcontainer/devcontainer.json",
                       R"({"customizations": {"vscode": {"mcp": {"servers": {"d": {"command": "x"}}}}}})"),
              ElementsAre("mcp-server d"));
}

TEST(Mcp, WhatOnlyLooksLikeServersIsNone) {
  EXPECT_THAT(found_in("mcpack/mcp.json", R"({"format": 2, "servers": ["eu", "us"]})"), IsEmpty());
  EXPECT_THAT(found_in("compose.json", R"({"servers": {"a": {"command": "x"}}})"), IsEmpty());
  EXPECT_THAT(found_in("schema.json", R"({"properties": {"mcpServers": {"type": "object",
      "additionalProperties": {"properties": {"command": {"type": "string"}}}}}})"),
              IsEmpty());
  EXPECT_THAT(found_in("app.yaml", "mcp:\n  client:\n    url: http://h\n"), IsEmpty());
  EXPECT_THAT(found_in("docs/start.md", "```json\n{\"mcpServers\": {\"a\": {\"command\": \"x\"}}}\n```\n"),
              IsEmpty());
}

TEST(Mcp, AServerStandsWhereItsKeyDoes) {
  const std::string text = "\xef\xbb\xbf{\"mcpServers\": {\"files\": {\"command\": \"x\"}}}";
  const auto signs = signs_in(".mcp.json", text);
  ASSERT_THAT(signs.all, SizeIs(1));
  EXPECT_EQ(text.substr(signs.all[0].start, signs.all[0].end - signs.all[0].start), "files");
}

TEST(Mcp, TheNoteSaysWhatRunsAndWhetherItIsPinned) {
  constexpr const char* kUnpinned = "unpinned";
  EXPECT_EQ(
      server_note(
          R"({"command": "npx", "args": ["-y", "@modelcontextprotocol/server-filesystem", "./docs"]})"),
      "runs npx -y @modelcontextprotocol/server-filesystem ./docs (unpinned: runs whatever is published)");
  EXPECT_EQ(server_note(R"({"command": "npx", "args": ["@playwright/mcp@0.0.32"]})"),
            "runs npx @playwright/mcp@0.0.32");
  EXPECT_THAT(server_note(R"({"command": "npx", "args": ["@playwright/mcp@latest"]})"), HasSubstr(kUnpinned));
  EXPECT_THAT(server_note(R"({"command": "uvx", "args": ["--from", "pkg==1.2", "run"]})"),
              Not(HasSubstr(kUnpinned)));
  EXPECT_THAT(server_note(R"({"command": "uvx", "args": ["postgres-mcp"]})"), HasSubstr(kUnpinned));
  EXPECT_THAT(server_note(R"({"command": "cmd", "args": ["/c", "npx", "-y", "tool"]})"),
              HasSubstr(kUnpinned));
  EXPECT_THAT(server_note(R"({"command": "docker run -i --rm -e TOKEN ghcr.io/a/b"})"),
              HasSubstr("whatever image is published"));
  EXPECT_THAT(server_note(R"({"command": "docker", "args": ["run", "ghcr.io/a/b:1.2"]})"),
              Not(HasSubstr(kUnpinned)));
  EXPECT_THAT(server_note(R"({"command": "node", "args": ["server.js"]})"), Not(HasSubstr(kUnpinned)));
}

TEST(Mcp, TheNoteSaysWhatIsReachedAndGivenWithoutSecrets) {
  EXPECT_EQ(server_note(R"({"url": "https://h.example:8443/s/abc?key=1",
                            "headers": {"Authorization": "Bearer ${T}"}})"),
            "reaches https://h.example:8443; sends Authorization");
  EXPECT_EQ(
      server_note(R"({"command": "x", "env": {"A_TOKEN": "hunter2", "LEVEL": "warn", "B_KEY": "${K}"}})"),
      "runs x; gets A_TOKEN (its value stands in the file), LEVEL, B_KEY");
  EXPECT_THAT(server_note(R"({"command": "x", "alwaysAllow": ["read", "write"], "disabled": true})"),
              AllOf(HasSubstr("is not asked about read, write"), HasSubstr("is switched off")));
}

TEST(Mcp, NoSecretLeavesThroughANote) {
  const std::string password = "correct-horse", key = "Zx9Qw3" + std::string("Er7TyU1io2Pa5s");
  for (const auto& server : {
           fmt::format(R"({{"command": "x", "args": ["--password", "{}"]}})", password),
           fmt::format(R"({{"command": "x", "args": ["--api-key={}"]}})", password),
           fmt::format(R"({{"command": "x", "args": ["postgresql://me:{}@db.example/x"]}})", password),
           fmt::format(R"({{"command": "x", "args": ["--dsn", "postgresql://me:{}@db.example/x"]}})",
                       password),
           fmt::format(R"({{"command": "docker", "args": ["run", "-e", "HIDDEN={}", "img"]}})", password),
           fmt::format(R"({{"command": "x", "args": ["--header", "Authorization: Bearer {}"]}})", password),
           fmt::format(R"({{"command": "x", "args": ["{}"]}})", key),
           fmt::format(R"({{"command": "x {}"}})", key),
           fmt::format(R"({{"url": "https://{}@h.example/{}"}})", key, key),
           fmt::format(R"({{"command": "x", "env": {{"TOKEN": "{}"}}}})", key),
       }) {
    const auto note = server_note(server);
    EXPECT_THAT(note, AllOf(Not(HasSubstr(password)), Not(HasSubstr(key)))) << server;
    EXPECT_THAT(note, Not(IsEmpty()));
  }
}

TEST(Powers, OfClaudeCodeAreSaid) {
  EXPECT_EQ(
      note_in(".claude/settings.json", R"~({
    "permissions": {"allow": ["Bash(go test:*)", "Read(./**)"], "deny": ["WebFetch"]},
    "hooks": {
  "PostToolUse" : [ {"matcher" : "Edit", "hooks" : [ {"type" : "command", "command" : "gofmt -l ."} ]} ]
}
})~"),
      "may without asking: Bash(go test:*), Read(./**); must not: WebFetch; runs by itself: gofmt -l .");
  EXPECT_THAT(note_in(".claude/settings.json", R"~({"permissions": {"defaultMode": "bypassPermissions"}})~"),
              HasSubstr("asked about nothing"));
  EXPECT_EQ(note_in(".claude/agents/reader.md",
                    "---\nname: r\ntools: Read, Bash(git log:*, git show:*)\n"
                    "model: sonnet\n---\nRead.\n"),
            "may use: Read, Bash(git log:*, git show:*); asks the model sonnet");
}

TEST(Powers, OfOtherAgentsAreSaid) {
  EXPECT_EQ(
      note_in(".codex/config.toml", "approval_policy = \"never\"\nsandbox_mode = \"danger-full-access\"\n"),
      "asks for nothing; has no sandbox: it may write and reach everything");
  EXPECT_THAT(note_in(".codex/config.toml", "[sandbox_workspace_write]\nnetwork_access = true\n"),
              HasSubstr("may reach the network"));
  EXPECT_THAT(note_in(".gemini/settings.json", R"~({"tools": {"allowed": ["run_shell_command(git)"]
}
})~"),
              HasSubstr("may without asking: run_shell_command(git)"));
  EXPECT_EQ(note_in("opencode.json", R"~({"permission": {"edit": "allow", "bash": {"git push": "ask"}}})~"),
            "may without asking: edit; asks before: bash 'git push'");
  EXPECT_THAT(note_in(".aider.conf.yml", "yes-always: true\n"), HasSubstr("asked about nothing"));
  EXPECT_THAT(note_in(".vscode/settings.json", R"~({"chat.tools.autoApprove": true})~"),
              HasSubstr("run without asking"));
}

TEST(Powers, SettingsThatCannotBeReadArePartial) {
  EXPECT_THAT(signs_in(".claude/settings.json", "{\"permissions\": {").partial, SizeIs(1));
  EXPECT_THAT(signs_in(".claude/settings.json", "{}").partial, IsEmpty());
  EXPECT_THAT(found_in(".claude/settings.json", "{\"permissions\": {"),
              ElementsAre("agent-config claude-code"));
}

TEST(Assistants, ExtensionsOfAnEditorAreTheirTools) {
  EXPECT_THAT(
      found_in(".vscode/extensions.json", R"~({"recommendations": ["GitHub.copilot", "golang.go"]})~"),
      ElementsAre("assistant-config github-copilot"));
  EXPECT_THAT(
      found_in(
          ".devcontainer/devcontainer.json",
          R"~({"customizations": {"vscode": {"extensions": ["anthropic.claude-code", "-GitHub.copilot"]}}})~"),
      ElementsAre("assistant-config claude-code"));
}

TEST(Assistants, SettingsOfAnEditorThatSetAnAssistantUpAreItsTool) {
  EXPECT_THAT(found_in(".vscode/settings.json",
                       R"({"editor.tabSize": 2, "github.copilot.chat.localeOverride": "de"})"),
              ElementsAre("assistant-config github-copilot"));
  EXPECT_THAT(found_in(".vscode/settings.json", R"({"github.copilot.enable": {"*": false}})"), IsEmpty());
  EXPECT_THAT(found_in("conf/settings.json", R"({"github.copilot.enable": true})"), IsEmpty());
}

TEST(Assistants, HostileFilesAreReadInLinearTime) {
  std::string deep(200'000, '{'), names;
  for (int i = 0; i < 100'000; ++i) names += fmt::format(R"("mcpServers": {{"a": {{"command": "x"}}}},)", i);
  for (const auto* path : {".mcp.json", ".claude/settings.json", ".codex/config.toml", ".aider.conf.yml",
                           ".claude/agents/a.md", ".vscode/extensions.json", "a.json"}) {
    signs_in(path, deep);
    signs_in(path, "{" + names + "}");
    signs_in(path, "---\n" + deep + "\n---\n");
    signs_in(path, std::string(500'000, '['));
    signs_in(path, std::string(500'000, '"'));
  }
}

}  // namespace
}  // namespace ostiary::scan
