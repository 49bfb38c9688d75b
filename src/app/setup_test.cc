// `setup` over a temporary home folder: what it writes for each client, and that it can be taken back.

#include "app/setup.h"

#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/testing.h"
#include "base/yaml.h"
#include "json/document.h"

namespace ostiary::app {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::string_view kKey = "ost_3fK9aQ2z_abcdefghijklmnopqrstuvwxyz0123456789";

class Setup : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(folder_ / "home");
    request_.home = home("");
    request_.home.pop_back();
    request_.state = (folder_ / "state").string();
    request_.key = kKey;
    request_.model = "gpt-4o";
  }

  std::string home(const std::string& file) const { return (folder_ / "home" / file).string(); }
  std::string text(const std::string& file) const { return read_file(home(file)).value_or("(no file)"); }
  unsigned mode(const std::string& file) const {
    struct stat info{};
    return ::stat(home(file).c_str(), &info) == 0 ? info.st_mode & 07777 : 0;
  }
  void given(const std::string& file, std::string_view text, unsigned mode = 0644) const {
    fs::create_directories(fs::path(home(file)).parent_path());
    ASSERT_TRUE(write_file_atomic(home(file), text));
    ASSERT_EQ(::chmod(home(file).c_str(), mode), 0);
  }
  Result<SetupPlan> plan(std::string_view client) const {
    return plan_setup(*find_setup_client(client), request_);
  }
  // The number of files that it changed.
  Result<std::size_t> set_up(std::string_view client) const {
    TRY(const auto plan, plan_setup(*find_setup_client(client), request_));
    TRY_VOID(carry_out(plan, request_));
    return plan.edits.size();
  }
  Result<std::size_t> undo(std::string_view client) const {
    TRY(const auto plan, plan_undo(*find_setup_client(client), request_));
    TRY_VOID(carry_out(plan, request_));
    return plan.edits.size();
  }
  std::string refusal(std::string_view client) const {
    const auto done = plan(client);
    return done ? "(not refused)" : done.error().text();
  }

  testing::TempFolder temp_;
  fs::path folder_ = fs::canonical(temp_.path());
  SetupRequest request_;
};

// A file of a client with what somebody may have in it.
struct Case {
  std::string client, file, before;
  std::vector<std::string> holds;  // afterwards
};

const std::vector<Case>& cases() {
  static const std::vector<Case> all = {
      {"openai",
       ".profile",
       "umask 022\nexport PATH=$HOME/bin:$PATH",
       {"export OPENAI_BASE_URL='http://127.0.0.1:8484/v1'\n", "export OPENAI_API_KEY='ost_"}},
      {"claude-code",
       ".claude/settings.json",
       "{\n    \"model\": \"opus\",\n    \"env\": {\n        \"A\": \"b\"\n    },\n    \"hooks\": {}\n}\n",
       {"        \"A\": \"b\",\n        \"ANTHROPIC_BASE_URL\": \"http://127.0.0.1:8484\",\n",
        "\"ANTHROPIC_AUTH_TOKEN\": \"ost_"}},
      {"codex",
       ".codex/config.toml",
       "# mine\nmodel = \"o3\"\nmodel_provider = \"openai\"  # was\n\n[model_providers.other]\nname = "
       "\"x\"\n",
       {"# mine\n", "model_provider = \"ostiary\"\n", "model = \"gpt-4o\"\n", "[model_providers.other]\n",
        "[model_providers.ostiary]\nname = \"Ostiary\"\nbase_url = \"http://127.0.0.1:8484/v1\"\n",
        "env_key = \"OSTIARY_KEY\"\nwire_api = \"responses\"\n"}},
      {"continue",
       ".continue/config.yaml",
       "name: Mine\nversion: 0.0.1\nschema: v1\nmodels:\n    - name: Local  # kept\n      provider: ollama\n"
       "rules: []\n",
       {"    - name: \"Ostiary gpt-4o\"\n      provider: openai\n",
        "      apiBase: \"http://127.0.0.1:8484/v1\"\n", "      apiKey: \"${{ secrets.OSTIARY_KEY }}\"\n",
        "    - name: Local  # kept\n"}},
      {"aider",
       ".aider.conf.yml",
       "# aider\ndark-mode: true\nopenai-api-base: https://api.openai.com/v1\n",
       {"dark-mode: true\n", "openai-api-base: \"http://127.0.0.1:8484/v1\"\n", "openai-api-key: \"ost_",
        "model: \"openai/gpt-4o\"\n"}},
      {"vscode",
       ".config/Code/User/chatLanguageModels.json",
       "[\n\t{ \"name\": \"Other\", \"vendor\": \"ollama\" }\n]\n",
       {"\t{ \"name\": \"Other\", \"vendor\": \"ollama\" },\n\t{\n", "\"vendor\": \"customendpoint\"",
        "\"url\": \"http://127.0.0.1:8484/v1/chat/completions\"", "\"apiKey\": \"ost_"}},
  };
  return all;
}

TEST_F(Setup, EveryClientThatIsWrittenForHasACase) {
  std::vector<std::string> written;
  for (const auto& client : setup_clients())
    if (const auto targets = client.targets(request_); targets && !targets->empty())
      written.emplace_back(client.name);
  for (const auto& one : cases()) std::erase(written, one.client);
  EXPECT_THAT(written, ::testing::IsEmpty());
}

TEST_F(Setup, AFileThatWasNotThereIsMadeForItsOwnerOnlyAndGoesAgain) {
  for (const auto& one : cases()) {
    SCOPED_TRACE(one.client);
    ASSERT_TRUE(set_up(one.client));
    EXPECT_THAT(text(one.file), HasSubstr("127.0.0.1:8484"));
    EXPECT_EQ(mode(one.file), 0600u);
    const auto undone = undo(one.client);
    ASSERT_TRUE(undone) << undone.error().text();
    EXPECT_FALSE(fs::exists(home(one.file)));
    EXPECT_FALSE(undo(one.client)) << "nothing is recorded any more";
  }
}

TEST_F(Setup, WhatStoodInTheFileStaysAndUndoingGivesBackEveryByteAndTheMode) {
  for (const auto& one : cases()) {
    SCOPED_TRACE(one.client);
    given(one.file, one.before, 0640);
    const auto done = set_up(one.client);
    ASSERT_TRUE(done) << done.error().text();
    for (const auto& part : one.holds) EXPECT_THAT(text(one.file), HasSubstr(part));
    const bool key_inside = text(one.file).find(kKey) != std::string::npos;
    EXPECT_EQ(mode(one.file), key_inside ? 0600u : 0640u);
    ASSERT_TRUE(undo(one.client));
    EXPECT_EQ(text(one.file), one.before);
    EXPECT_EQ(mode(one.file), 0640u);
  }
}

TEST_F(Setup, ASecondCallChangesNothingAndAnotherGateOnlyThatAndUndoingStillGivesBackTheFirstText) {
  for (const auto& one : cases()) {
    SCOPED_TRACE(one.client);
    given(one.file, one.before);
    ASSERT_TRUE(set_up(one.client));
    const auto first = text(one.file);
    EXPECT_EQ(set_up(one.client).value_or(99), 0u);
    EXPECT_EQ(text(one.file), first);
    request_.gate = "https://gate.example.com/v1/";
    ASSERT_TRUE(request_.check());
    EXPECT_EQ(set_up(one.client).value_or(99), 1u);
    EXPECT_THAT(text(one.file), AllOf(HasSubstr("https://gate.example.com"), Not(HasSubstr("127.0.0.1"))));
    request_.gate = "http://127.0.0.1:8484";
    EXPECT_EQ(set_up(one.client).value_or(99), 1u);
    EXPECT_EQ(text(one.file), first);
    ASSERT_TRUE(undo(one.client));
    EXPECT_EQ(text(one.file), one.before);
  }
}

TEST_F(Setup, AnEditElsewhereInTheFileSurvivesASecondCallAndUndoing) {
  for (const auto& one : cases()) {
    SCOPED_TRACE(one.client);
    given(one.file, one.before);
    ASSERT_TRUE(set_up(one.client));
    auto edited = text(one.file);
    const bool is_json = one.file.ends_with(".json");
    if (is_json)
      edited.insert(edited.find(one.client == "vscode" ? "\t{ \"name\"" : "\"model\""),
                    one.client == "vscode" ? "{\"name\": \"added\"},\n" : "\"added\": 1, ");
    else
      edited += "# added\n";
    given(one.file, edited);
    EXPECT_EQ(set_up(one.client).value_or(99), 0u) << "it stands already";
    const auto undone = undo(one.client);
    ASSERT_TRUE(undone) << undone.error().text();
    EXPECT_THAT(text(one.file), AllOf(HasSubstr("added"), Not(HasSubstr("127.0.0.1")), Not(HasSubstr(kKey)),
                                      Not(HasSubstr("ostiary"))));
    for (const auto word : {"mine", "\"A\": \"b\"", "umask 022", "Local  # kept", "dark-mode: true", "Other"})
      if (one.before.find(word) != std::string::npos) EXPECT_THAT(text(one.file), HasSubstr(word));
  }
}

TEST_F(Setup, UndoingChangesNothingWhereOursWasEdited) {
  for (const auto& one : cases()) {
    SCOPED_TRACE(one.client);
    given(one.file, one.before);
    ASSERT_TRUE(set_up(one.client));
    auto edited = text(one.file);
    edited.replace(edited.find("127.0.0.1"), 9, "10.0.0.1");
    given(one.file, edited);
    const auto undone = undo(one.client);
    ASSERT_FALSE(undone);
    EXPECT_EQ(undone.error().code, Code::invalid);
    EXPECT_THAT(undone.error().text(),
                AllOf(HasSubstr("by hand"), HasSubstr(one.file), Not(HasSubstr(kKey))));
    EXPECT_EQ(text(one.file), edited);
  }
}

TEST_F(Setup, AMarkThatIsGoneLeavesTheFileAlone) {
  given(".profile", "a=1\n");
  ASSERT_TRUE(set_up("openai"));
  auto edited = text(".profile");
  edited.resize(edited.find("# <<<"));
  given(".profile", edited);
  ASSERT_FALSE(undo("openai"));
  EXPECT_EQ(text(".profile"), edited);
}

TEST_F(Setup, TwoClientsShareAFileAndEachTakesBackItsOwn) {
  given(".profile", "a=1\n");
  ASSERT_TRUE(set_up("openai"));
  ASSERT_TRUE(set_up("codex"));
  EXPECT_THAT(text(".profile"), HasSubstr("export OSTIARY_KEY='ost_"));
  ASSERT_TRUE(undo("openai"));
  EXPECT_THAT(text(".profile"), AllOf(HasSubstr("OSTIARY_KEY"), Not(HasSubstr("OPENAI_BASE_URL"))));
  ASSERT_TRUE(undo("codex"));
  EXPECT_EQ(text(".profile"), "a=1\n");
}

TEST_F(Setup, AKeyThatIsExportedAlreadyIsOnlyReferredTo) {
  request_.key_is_exported = true;
  ASSERT_TRUE(set_up("openai"));
  EXPECT_THAT(text(".profile"), AllOf(HasSubstr("\"${OSTIARY_KEY:-}\""), Not(HasSubstr(kKey))));
  ASSERT_TRUE(set_up("codex"));
  EXPECT_THAT(text(".profile"), Not(HasSubstr(kKey)));
  EXPECT_THAT(text(".codex/config.toml"), Not(HasSubstr(kKey)));
}

TEST_F(Setup, ClaudeCodeKeepsItsOwnLoginWhereAsked) {
  request_.keep_login = true;
  ASSERT_TRUE(set_up("claude-code"));
  EXPECT_THAT(text(".claude/settings.json"),
              AllOf(HasSubstr("\"ANTHROPIC_CUSTOM_HEADERS\": \"x-ostiary-key: ost_"),
                    Not(HasSubstr("ANTHROPIC_AUTH_TOKEN"))));
}

TEST_F(Setup, WhatIsWrittenCanBeRead) {
  for (const auto& one : cases()) {
    SCOPED_TRACE(one.client);
    for (const bool fresh : {true, false}) {
      if (!fresh) given(one.file, one.before);
      ASSERT_TRUE(set_up(one.client));
      if (one.file.ends_with(".json")) EXPECT_TRUE(json::Document::parse(text(one.file))) << text(one.file);
      if (one.file.ends_with("ml") && !one.file.ends_with(".toml"))
        EXPECT_TRUE(yaml::parse(text(one.file), one.file)) << text(one.file);
      ASSERT_TRUE(undo(one.client));
    }
  }
}

// What a command says, without its last line feed.
std::string said(const std::string& command) {
  std::string out;
  FILE* pipe = ::popen(command.c_str(), "r");
  char buffer[4096];
  for (std::size_t n = 0; pipe && (n = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;)
    out.append(buffer, n);
  if (pipe) ::pclose(pipe);
  while (out.ends_with('\n')) out.pop_back();
  return out;
}

TEST_F(Setup, AShellReadsTheProfile) {
  given(".profile", "OPENAI_API_KEY=old");
  ASSERT_TRUE(set_up("openai"));
  EXPECT_EQ(said(fmt::format("sh -c '. {}; echo $OPENAI_BASE_URL $OPENAI_API_KEY'", home(".profile"))),
            fmt::format("http://127.0.0.1:8484/v1 {}", kKey));
}

TEST_F(Setup, APythonReadsTheTomlWithOursAndTheirs) {
  if (said("python3 -c 'import tomllib; print(1)' 2>&1") != "1") GTEST_SKIP() << "no python3 with tomllib";
  given(".codex/config.toml", "x = [\n  \"a\",\n]\n[model_providers.other]\nname = \"o\"\n[t]\nmodel = 1");
  ASSERT_TRUE(set_up("codex"));
  EXPECT_EQ(
      said(fmt::format(
          "python3 -c 'import tomllib; c = tomllib.load(open(\"{}\", \"rb\")); print(c[\"model_provider\"], "
          "c[\"model\"], sorted(c[\"model_providers\"]), c[\"t\"], "
          "c[\"model_providers\"][c[\"model_provider\"]][\"base_url\"])'",
          home(".codex/config.toml"))),
      "ostiary gpt-4o ['ostiary', 'other'] {'model': 1} http://127.0.0.1:8484/v1");
}

TEST_F(Setup, AToolThatHasItsFolderElsewhereIsSetUpThere) {
  request_.own = home("elsewhere");
  ASSERT_TRUE(set_up("codex"));
  EXPECT_THAT(text("elsewhere/config.toml"), HasSubstr("model_provider"));
  EXPECT_FALSE(fs::exists(home(".codex")));
}

TEST_F(Setup, AFileThatSomebodyRemovedIsMadeAgainAndGoesAgain) {
  given(".profile", "a=1\n");
  ASSERT_TRUE(set_up("openai"));
  fs::remove(home(".profile"));
  EXPECT_EQ(set_up("openai").value_or(99), 1u);
  ASSERT_TRUE(undo("openai"));
  EXPECT_FALSE(fs::exists(home(".profile")));
}

TEST_F(Setup, ContinuesListsOfEveryLayout) {
  for (const std::string before :
       {"models: []\n", "models:\n", "models:\n- name: a\n  provider: b\n", "name: x\n"}) {
    given(".continue/config.yaml", before);
    const auto done = set_up("continue");
    ASSERT_TRUE(done) << before << done.error().text();
    const auto root = yaml::parse(text(".continue/config.yaml"), "it");
    ASSERT_TRUE(root) << text(".continue/config.yaml");
    ASSERT_NE(root->find("models"), nullptr);
    EXPECT_EQ(root->find("models")->items.front().find("name")->scalar, "Ostiary gpt-4o");
    ASSERT_TRUE(undo("continue"));
    EXPECT_EQ(text(".continue/config.yaml"), before);
  }
}

// ---- what is refused, with the file as it was

TEST_F(Setup, FilesThatCannotBeChangedSafelyAreLeftAloneWithWhatToDoByHand) {
  const std::vector<std::tuple<std::string, std::string, std::string, std::string>> refused = {
      {"claude-code", ".claude/settings.json", "{\n  // mine\n  \"a\": 1\n}\n",
       "is not strict JSON (a name was expected"},
      {"claude-code", ".claude/settings.json", "{\"a\": 1,}",
       "add by hand: \"env\": {\"ANTHROPIC_BASE_URL\""},
      {"claude-code", ".claude/settings.json", "[]", "its root is not an object"},
      {"claude-code", ".claude/settings.json", "{\"env\": 3}", "'env' is not an object"},
      {"claude-code", ".claude/settings.json", "{\"env\": {\"ANTHROPIC_BASE_URL\": []}}", "is not a text"},
      {"vscode", ".config/Code/User/chatLanguageModels.json", "{}", "its root is not an array"},
      {"aider", ".aider.conf.yml", "- a\n", "is not a mapping"},
      {"aider", ".aider.conf.yml", "a: &x 1\n", "cannot be read as simple YAML"},
      {"aider", ".aider.conf.yml", "openai-api-base: [a]\n", "'openai-api-base' is not a text"},
      {"aider", ".aider.conf.yml", "{a: 1}\n", "cannot be changed line by line"},
      {"aider", ".aider.conf.yml", "openai-api-base: \"a\n  b\"\nx: 1\n", "cannot be changed line by line"},
      {"continue", ".continue/config.yaml", "models: x\n", "'models' is not a list"},
      {"continue", ".continue/config.yaml", "models: [{name: a}]\n", "not a list of one item a line"},
      {"codex", ".codex/config.toml", "[model_providers.ostiary]\nname = \"x\"\n", "that is not from here"},
      {"openai", ".profile", "a=\xff\n", "is not a text in UTF-8"},
  };
  for (const auto& [client, file, before, message] : refused) {
    SCOPED_TRACE(fmt::format("{}: {}", client, before));
    given(file, before);
    const auto word = refusal(client);
    if (!message.starts_with("is not strict")) EXPECT_THAT(word, HasSubstr(message));
    EXPECT_THAT(word, AllOf(HasSubstr(file), HasSubstr("othing was changed"), Not(HasSubstr(kKey))));
    EXPECT_EQ(text(file), before);
    fs::remove(home(file));
  }
}

TEST_F(Setup, TomlIsReadAroundStringsOfSeveralLines) {
  const std::string before =
      "a = \"\"\"\nmodel_provider = \"no\"\n[x]\n\"\"\"\nmodel_provider = \"openai\"\n[x]\n";
  given(".codex/config.toml", before);
  ASSERT_TRUE(set_up("codex"));
  EXPECT_THAT(text(".codex/config.toml"),
              AllOf(HasSubstr("model_provider = \"no\"\n"), Not(HasSubstr("model_provider = \"openai\""))));
}

TEST_F(Setup, ALinkOutOfTheHomeFolderIsNotFollowedAndOneWithinItStays) {
  const auto outside = (folder_ / "outside").string();
  ASSERT_TRUE(write_file_atomic(outside, "a=1\n"));
  fs::create_symlink(outside, home(".profile"));
  EXPECT_THAT(refusal("openai"), HasSubstr("leads out of the home folder"));
  EXPECT_EQ(read_file(outside).value_or(""), "a=1\n");
  fs::remove(home(".profile"));

  given("dotfiles/profile", "a=1\n");
  fs::create_symlink("dotfiles/profile", home(".profile"));
  ASSERT_TRUE(set_up("openai"));
  EXPECT_TRUE(fs::is_symlink(home(".profile")));
  EXPECT_THAT(text("dotfiles/profile"), HasSubstr("OPENAI_BASE_URL"));
  ASSERT_TRUE(undo("openai"));
  EXPECT_EQ(text("dotfiles/profile"), "a=1\n");
  EXPECT_TRUE(fs::is_symlink(home(".profile")));
  fs::remove(home(".profile"));

  fs::create_symlink("nowhere", home(".profile"));
  EXPECT_THAT(refusal("openai"), HasSubstr("is a link to nothing"));
  fs::remove(home(".profile"));
  fs::create_directory(home(".profile"));
  EXPECT_THAT(refusal("openai"), HasSubstr("is not a file"));
}

TEST_F(Setup, AFileThatChangedBetweenShowingAndWritingIsNotWritten) {
  given(".profile", "a=1\n");
  const auto shown = plan("openai");
  ASSERT_TRUE(shown);
  given(".profile", "a=2\n");
  EXPECT_FALSE(carry_out(*shown, request_));
  EXPECT_EQ(text(".profile"), "a=2\n");
}

TEST_F(Setup, ValuesThatCouldBreakOutOfAFileAreRefused) {
  for (const auto* gate :
       {"ftp://x", "http://", "http://a b", "http://user@host", "http://x'$(id)", "http://x\n"}) {
    request_.gate = gate;
    EXPECT_FALSE(request_.check()) << gate;
  }
  request_.gate = "http://[::1]:8484/";
  EXPECT_TRUE(request_.check());
  EXPECT_EQ(request_.api(), "http://[::1]:8484/v1");
  request_.model = "a\"b";
  EXPECT_FALSE(request_.check());
  request_.model = "";
  request_.key = "a'b";
  EXPECT_FALSE(request_.check());
}

TEST_F(Setup, TheDiffShowsTheChangeAndMasksEveryCredential) {
  const SetupEdit edit{
      .file = "/h/x",
      .before = "one\ntwo\nGEMINI_KEY=AIzaSyDUMMY123\nB=sk-abcdefghijkl1234567890\nold\nsix\nseven\neight\n",
      .after = fmt::format("one\ntwo\nGEMINI_KEY=AIzaSyDUMMY123\nB=sk-abcdefghijkl1234567890\nkey: {}\n"
                           "env_key = \"OSTIARY_KEY\"\nsix\nseven\neight",
                           kKey)};
  EXPECT_EQ(setup_diff(edit, request_),
            "--- /h/x\n+++ /h/x\n@@ -3,6 +3,7 @@\n GEMINI_KEY=********\n B=********\n-old\n+key:********\n"
            "+env_key = \"OSTIARY_KEY\"\n six\n seven\n-eight\n+eight\n\\ No newline at end of file\n");
}

// ---- the program

struct Done {
  int code = -1;
  std::string out, err;
};

Done run(const fs::path& folder, std::vector<std::string> arguments, bool with_key = false) {
  const auto out = (folder / "stdout").string(), err = (folder / "stderr").string();
  const auto pid = ::fork();
  if (pid == 0) {
    ::dup2(::open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), 1);
    ::dup2(::open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), 2);
    ::dup2(::open("/dev/null", O_RDONLY), 0);
    ::unsetenv("OSTIARY_KEY");
    if (with_key) ::setenv("OSTIARY_KEY", std::string(kKey).c_str(), 1);
    arguments.insert(arguments.begin(), OSTIARY_BINARY);
    std::vector<char*> argv;
    for (auto& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    ::execv(OSTIARY_BINARY, argv.data());
    ::_exit(127);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, *read_file(out), *read_file(err)};
}

TEST_F(Setup, TheProgramShowsWritesAndUndoesAndNeverPrintsTheKey) {
  for (const auto& client : setup_clients()) {
    SCOPED_TRACE(client.name);
    const std::vector<std::string> call = {
        "setup", std::string(client.name), "--home", request_.home, "--model", "gpt-4o",
        "--key", std::string(kKey)};
    const auto with = [&](const std::string& flag) {
      auto all = call;
      all.push_back(flag);
      return run(folder_, all);
    };
    const auto silent = [](const Done& done) {
      return done.out.find(kKey) == std::string::npos && done.err.find(kKey) == std::string::npos;
    };
    const bool writes = client.name != "cursor";
    for (const auto& shown : {run(folder_, call), with("--dry-run")}) {
      EXPECT_EQ(shown.code, 0) << shown.err;
      EXPECT_TRUE(silent(shown));
      EXPECT_THAT(shown.out, HasSubstr("Not redirected"));
      EXPECT_EQ(shown.out.find("\n+") != std::string::npos, writes) << shown.out;
      EXPECT_FALSE(fs::exists(home(".local/state/ostiary/setup/" + std::string(client.name) + ".json")));
    }
    const auto written = with("--yes");
    EXPECT_EQ(written.code, 0) << written.err;
    EXPECT_TRUE(silent(written));
    EXPECT_EQ(fs::exists(home(".local/state/ostiary/setup/" + std::string(client.name) + ".json")), writes);
    auto undo = run(folder_, {"setup", std::string(client.name), "--home", request_.home, "--undo", "--yes"});
    EXPECT_EQ(undo.code, writes ? 0 : 2) << undo.err;
    EXPECT_TRUE(silent(undo)) << undo.out;
  }
}

TEST_F(Setup, WhereThereIsNoTerminalItSaysThatNothingWasWritten) {
  const auto done = run(folder_, {"setup", "openai", "--home", request_.home}, true);
  EXPECT_EQ(done.code, 0);
  EXPECT_THAT(done.err, HasSubstr("Nothing was written"));
  EXPECT_THAT(done.out, HasSubstr("${OSTIARY_KEY:-}"));
  EXPECT_FALSE(fs::exists(home(".profile")));
}

// The program at a terminal of its own, where somebody answers. Gives all that the terminal showed.
std::string at_terminal(std::vector<std::string> arguments, std::string_view answer, bool colours) {
  int terminal = -1;
  const auto pid = ::forkpty(&terminal, nullptr, nullptr, nullptr);
  if (pid == 0) {
    ::setenv("TERM", "xterm", 1);
    colours ? ::unsetenv("NO_COLOR") : ::setenv("NO_COLOR", "1", 1);
    ::unsetenv("OSTIARY_KEY");
    arguments.insert(arguments.begin(), OSTIARY_BINARY);
    std::vector<char*> argv;
    for (auto& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    ::execv(OSTIARY_BINARY, argv.data());
    ::_exit(127);
  }
  const Fd owner(terminal);
  EXPECT_TRUE(write_all(terminal, answer, "the terminal"));
  std::string shown;
  char buffer[4096];
  for (ssize_t n = 0; (n = ::read(terminal, buffer, sizeof buffer)) > 0;)
    shown.append(buffer, static_cast<std::size_t>(n));
  int status = 0;
  ::waitpid(pid, &status, 0);
  EXPECT_EQ(status, 0);
  return shown;
}

TEST_F(Setup, AtATerminalItAsksAndWritesOnlyWhatWasAgreedTo) {
  const std::vector<std::string> call = {"setup", "openai", "--home", request_.home};
  EXPECT_THAT(at_terminal(call, "\n", true),
              AllOf(HasSubstr("Write this? [y/N]"), HasSubstr("\x1b[32m+export")));
  EXPECT_FALSE(fs::exists(home(".profile")));
  EXPECT_THAT(at_terminal(call, "y\n", false), AllOf(HasSubstr("Written."), Not(HasSubstr("\x1b"))));
  EXPECT_TRUE(fs::exists(home(".profile")));
}

TEST_F(Setup, JsonHoldsTheChangesAndWhatIsNotRedirected) {
  const auto done = run(
      folder_, {"setup", "codex", "--home", request_.home, "--format", "json", "--key", std::string(kKey)});
  ASSERT_EQ(done.code, 0) << done.err;
  const auto document = json::Document::parse(done.out);
  ASSERT_TRUE(document);
  const auto root = document->root();
  EXPECT_EQ(root["ostiary"].as_uint(), 1u);
  EXPECT_EQ(root["kind"].string_or(""), "setup");
  EXPECT_EQ(root["client"].string_or(""), "codex");
  EXPECT_EQ(root["changes"].size(), 2u);
  EXPECT_EQ(root["changes"].at(0)["before_exists"].as_bool(), false);
  EXPECT_THAT(root["changes"].at(0)["diff"].string_or(""), HasSubstr("+model_provider = \"ostiary\"\n"));
  EXPECT_GT(root["not_redirected"].size(), 0u);
  EXPECT_EQ(root["written"].as_bool(), false);
  EXPECT_THAT(done.out, Not(HasSubstr(kKey)));
}

TEST_F(Setup, AWrongCallIsExit2) {
  EXPECT_EQ(run(folder_, {"setup", "emacs"}).code, 2);
  EXPECT_EQ(run(folder_, {"setup", "codex", "--undo", "--home", request_.home}).code, 2);
  const auto done = run(folder_, {"setup", "continue", "--home", request_.home});
  EXPECT_EQ(done.code, 2);
  EXPECT_THAT(done.err, HasSubstr("--model NAME"));
}

}  // namespace
}  // namespace ostiary::app
