// The command line as scripts meet it: the program is run, and its exit code, stdout and stderr are judged.

#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <mutex>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "app/control_client.h"
#include "app/impl/record_line.h"
#include "app/impl/terminal.h"
#include "base/file.h"
#include "base/testing.h"
#include "base/text.h"
#include "json/document.h"

namespace ostiary::app {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

struct Done {
  int code = -1;
  std::string out, err;
};

class Verbs : public ::testing::Test {
 protected:
  std::string in(const std::string& name) const { return folder_ / name; }
  std::string data() const { return in("data"); }

  Done run(std::vector<std::string> arguments, const std::vector<std::string>& environment = {}) const {
    const auto out = in("stdout"), err = in("stderr");
    const auto pid = ::fork();
    if (pid == 0) {
      const int o = ::open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
      const int e = ::open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
      if (o < 0 || e < 0) ::_exit(126);
      ::dup2(o, 1);
      ::dup2(e, 2);
      for (const auto& variable : environment) {
        const auto equals = variable.find('=');
        ::setenv(variable.substr(0, equals).c_str(), variable.substr(equals + 1).c_str(), 1);
      }
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
  // A key made offline, as JSON members.
  std::map<std::string, std::string> make_key(const std::string& team = "research",
                                              const std::string& user = "ada") const {
    const auto done =
        run({"key", "create", "--team", team, "--user", user, "--data", data(), "--format", "json"});
    EXPECT_EQ(done.code, 0) << done.err;
    const auto document = json::Document::parse(done.out);
    std::map<std::string, std::string> members;
    if (document)
      for (const auto value : document->root())
        members[value.key()] = value.as_string().value_or(std::string(value.raw()));
    return members;
  }
  testing::TempFolder folder_;
};

// ---- wrong calls

TEST_F(Verbs, AWrongCallIsExit2WithOneLineThatSaysHowToMendIt) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"sreve"}, "unknown verb 'sreve'; did you mean 'serve'? 'ostiary --help' lists them"},
      {{"key", "crate"},
       "unknown verb 'crate' of 'ostiary key'; did you mean 'create'? 'ostiary key --help' lists them"},
      {{"ledger", "tail", "--folow"},
       "'ostiary ledger tail' has no flag --folow; did you mean '--follow'? 'ostiary ledger"},
      {{"key", "list", "--fromat=json"}, "has no flag --fromat; did you mean '--format'?"},
      {{"version", "extra"}, "'ostiary version' does not take 'extra'"},
      {{"key", "create", "--team", "x"}, "--user"},
      {{"key"}, "'ostiary key' needs one of create, list, revoke, request; 'ostiary key --help' shows how"},
      {{"wrong-verb"}, "unknown verb 'wrong-verb'; 'ostiary --help' lists them"},
      {{"serve", "-c", "/tmp"}, "/tmp: is a folder"},
      {{"version", "--format", "yaml"}, "--format: is text or json; "},
      {{"ledger", "tail", "-n", "many"}, "-n takes a whole number from 1 to 1,000,000"},
      {{"ledger", "tail", "-n", "0"}, "-n takes"},
      {{"ledger", "tail", "-n", "1000001"}, "-n takes"},
      {{"serve", "-c", "/no/such/file.yaml"}, "/no/such/file.yaml"},
      {{"ledger", "verify", "--data", "/no/such/folder"}, "there is no"},
      {{"docs", "poetry"}, "configuration"},
  };
  for (const auto& [arguments, message] : cases) {
    const auto done = run(arguments);
    EXPECT_EQ(done.code, 2) << fmt::format("{}", fmt::join(arguments, " "));
    EXPECT_EQ(done.out, "");
    EXPECT_THAT(done.err, AllOf(StartsWith("ostiary: "), HasSubstr(message)));
    EXPECT_EQ(std::ranges::count(done.err, '\n'), 1) << done.err;
  }
}

TEST_F(Verbs, AVariableThatLooksLikeConfigurationAndIsNoneStopsTheStart) {
  const auto done = run({"serve", "--data", data(), "--listen", "127.0.0.1:0"}, {"OSTIARY_GATE_LOPS=2"});
  EXPECT_EQ(done.code, 2);
  EXPECT_THAT(done.err, HasSubstr("did you mean 'OSTIARY_GATE_LOOPS'?"));
}

TEST_F(Verbs, NoVerbShowsTheHelpAndIsExit2) {
  const auto done = run({});
  EXPECT_EQ(done.code, 2);
  EXPECT_THAT(done.err, AllOf(HasSubstr("serve"), HasSubstr("ledger"), Not(HasSubstr("docs"))));
}

TEST_F(Verbs, EveryVerbHasHelpWithAnExample) {
  const std::vector<std::vector<std::string>> verbs = {
      {"serve"},         {"key"},    {"key", "create"},    {"key", "list"},
      {"key", "revoke"}, {"ledger"}, {"ledger", "verify"}, {"ledger", "tail"},
      {"version"}};
  for (auto verb : verbs) {
    verb.emplace_back("--help");
    const auto done = run(verb);
    EXPECT_EQ(done.code, 0);
    EXPECT_EQ(done.err, "");
    verb.pop_back();
    EXPECT_THAT(done.out, AllOf(HasSubstr(fmt::format("Usage: ostiary {} ", fmt::join(verb, " "))),
                                HasSubstr("Example"), HasSubstr("ostiary " + verb.front())));
  }
}

TEST_F(Verbs, AControlCharacterFromOutsideNeverReachesTheTerminal) {
  const auto done = run({"\x1b[31mred\nline"});
  EXPECT_EQ(done.err.find('\x1b'), std::string::npos);
  EXPECT_EQ(std::ranges::count(done.err, '\n'), 1);
}

// ---- version, configuration

TEST_F(Verbs, VersionTellsBuildFactsInBothFormats) {
  EXPECT_THAT(run({"version"}).out, StartsWith("ostiary 0."));
  const auto done = run({"version", "--format", "json"});
  const auto document = json::Document::parse(done.out);
  ASSERT_TRUE(document);
  EXPECT_EQ(document->root()["kind"].as_string(), "version");
  EXPECT_EQ(document->root()["ostiary"].as_uint(), 1u);
  EXPECT_EQ(document->root()["catalog"].as_string()->size(), 12u);
  EXPECT_EQ(run({"--version"}).out, run({"version"}).out);
}

TEST_F(Verbs, OutputGoesToAFileWholeOrNotAtAll) {
  EXPECT_EQ(run({"version", "-o", in("v")}).out, "");
  EXPECT_EQ(read_file(in("v")), run({"version"}).out);
  const auto done = run({"version", "-o", in("none/v")});
  EXPECT_EQ(done.code, 2);
  EXPECT_THAT(done.err, HasSubstr(in("none/v")));
}

TEST_F(Verbs, TheShellIsToldWhatMayComeNext) {
  EXPECT_EQ(run({"__complete", "le"}).out, "ledger\n");
  EXPECT_EQ(run({"__complete", "key", ""}).out, "create\nlist\nrevoke\nrequest\n");
  EXPECT_EQ(run({"__complete", "ledger", "tail", "--fo"}).out, "--follow\n--format\n");
  EXPECT_EQ(run({"__complete", "key", "list", "--format", "j"}).out, "json\n");
  EXPECT_EQ(run({"__complete", "serve", "-c", ""}).out, "");
  for (const auto* shell : {"bash", "zsh", "fish"})
    EXPECT_THAT(run({"completion", shell}).out, HasSubstr("ostiary __complete"));
  EXPECT_EQ(run({"completion", "csh"}).code, 2);
}

// ---- keys

TEST_F(Verbs, AKeyIsShownOnceAndListedWithoutItsSecret) {
  const auto key = make_key();
  EXPECT_EQ(key.at("kind"), "key");
  EXPECT_EQ(key.at("ostiary"), "1");
  EXPECT_EQ(key.at("partial"), "[]");
  EXPECT_EQ(key.at("team"), "research");
  EXPECT_EQ(key.at("user"), "ada");
  EXPECT_THAT(key.at("subject"), StartsWith("sub_"));
  EXPECT_THAT(key.at("key"), StartsWith("ost_" + key.at("id") + "_"));
  const auto secret = key.at("key").substr(key.at("key").rfind('_') + 1);
  for (const auto* format : {"text", "json"}) {
    const auto done = run({"key", "list", "--data", data(), "--format", format});
    EXPECT_EQ(done.code, 0);
    EXPECT_THAT(done.out, AllOf(HasSubstr(key.at("id")), HasSubstr("ada"), Not(HasSubstr(secret))));
  }
}

TEST_F(Verbs, QuietKeyCreatePrintsTheKeyAlone) {
  const auto done = run({"key", "create", "--team", "t", "--user", "u", "--data", data(), "--quiet"});
  EXPECT_THAT(done.out, MatchesRegex("ost_[0-9A-Za-z]+_[0-9A-Za-z]+\n"));
  EXPECT_EQ(done.err, "");
}

TEST_F(Verbs, TheDataFolderComesFromTheEnvironmentUnlessAFlagNamesIt) {
  EXPECT_EQ(run({"key", "create", "--team", "t", "--user", "u"}, {"OSTIARY_DATA=" + in("env")}).code, 0);
  EXPECT_TRUE(fs::exists(in("env/store.sqlite")));
  EXPECT_THAT(run({"key", "list", "--data", in("env")}, {"OSTIARY_DATA=" + in("other")}).out, HasSubstr("u"));
  EXPECT_FALSE(fs::exists(in("other")));
}

TEST_F(Verbs, ARevokedKeyIsSaidToBeAndCannotBeRevokedAgain) {
  const auto key = make_key();
  const auto done = run({"key", "revoke", key.at("id"), "--data", data(), "--format", "json"});
  EXPECT_EQ(done.code, 0) << done.err;
  const auto document = json::Document::parse(done.out);
  EXPECT_TRUE(document->root()["revoked"].is_string());
  EXPECT_THAT(run({"key", "list", "--data", data()}).out, HasSubstr("revoked 20"));
  EXPECT_EQ(run({"key", "revoke", key.at("id"), "--data", data()}).code, 2);
  EXPECT_EQ(run({"key", "revoke", "NOSUCHID", "--data", data()}).code, 2);
}

TEST_F(Verbs, KeyChangesStandInTheLedgerWithoutSecretOrName) {
  const auto key = make_key("research", "Ada Lovelace");
  run({"key", "revoke", key.at("id"), "--data", data()});
  const auto done = run({"ledger", "tail", "--data", data(), "--format", "json"});
  EXPECT_THAT(done.out, AllOf(HasSubstr(R"("action":"key-created")"), HasSubstr(R"("action":"key-revoked")"),
                              HasSubstr(key.at("id")), HasSubstr(key.at("subject")), Not(HasSubstr("Ada")),
                              Not(HasSubstr(key.at("key")))));
  EXPECT_EQ(run({"ledger", "verify", "--data", data()}).code, 0);
}

TEST_F(Verbs, RevokeTakesTheIdOutOfAKeyAndNeverRepeatsItsSecret) {
  const auto key = make_key();
  const auto unknown = run({"key", "revoke", "ost_AAAAAAAA_topsecret", "--data", data()});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, Not(HasSubstr("topsecret")));
  const auto wrong = run({"key", "revoke", "ost_topsecret", "--data", data()});
  EXPECT_EQ(wrong.code, 2);
  EXPECT_THAT(wrong.err, AllOf(HasSubstr("8 letters and digits"), Not(HasSubstr("topsecret"))));
  const auto twice = run({"key", "revoke", key.at("id"), "ost_topsecret", "--data", data()});
  EXPECT_EQ(twice.code, 2);
  EXPECT_THAT(twice.err, Not(HasSubstr("topsecret")));
  EXPECT_THAT(run({"ost_topsecret"}).err, Not(HasSubstr("topsecret")));
  const auto done = run({"key", "revoke", key.at("key"), "--data", data()});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_THAT(done.out, AllOf(HasSubstr(key.at("id")), Not(HasSubstr(key.at("key")))));
}

TEST_F(Verbs, AKeyIsMadeForNamesThatOneCanShow) {
  for (const auto& wrong : {std::string(), std::string("a\x1b[2J"), std::string(201, 'x')}) {
    EXPECT_EQ(run({"key", "create", "--team", wrong, "--user", "u", "--data", data()}).code, 2);
    EXPECT_EQ(run({"key", "create", "--team", "t", "--user", wrong, "--data", data()}).code, 2);
  }
  EXPECT_FALSE(fs::exists(data()));
}

// ---- the data folder

TEST_F(Verbs, AFolderThatIsNoDataFolderIsLeftAlone) {
  fs::create_directory(in("etc"));
  std::ofstream(in("etc/hosts")) << "x";
  for (const auto& call : std::vector<std::vector<std::string>>{
           {"serve", "--data", in("etc"), "--listen", "127.0.0.1:0"},
           {"key", "create", "--team", "t", "--user", "u", "--data", in("etc")},
           {"key", "revoke", "AAAAAAAA", "--data", in("etc")},
           {"key", "list", "--data", in("etc")}}) {
    const auto done = run(call);
    EXPECT_EQ(done.code, 2) << call.front();
    EXPECT_THAT(done.err, HasSubstr("data folder of ostiary"));
  }
  EXPECT_EQ(std::distance(fs::directory_iterator(in("etc")), {}), 1);
}

TEST_F(Verbs, ReadingVerbsMakeNoFolder) {
  for (const auto& call : std::vector<std::vector<std::string>>{
           {"key", "list"}, {"key", "revoke", "AAAAAAAA"}, {"ledger", "verify"}, {"ledger", "tail"}}) {
    auto arguments = call;
    arguments.insert(arguments.end(), {"--data", data()});
    EXPECT_EQ(run(arguments).code, 2) << call.back();
    EXPECT_FALSE(fs::exists(data()));
  }
}

TEST_F(Verbs, ADataFolderOfANewerProgramIsRefusedByEveryVerb) {
  make_key();
  std::ofstream(data() + "/VERSION") << "ostiary-data 2\n";
  for (const auto& call :
       std::vector<std::vector<std::string>>{{"key", "list"}, {"ledger", "verify"}, {"ledger", "tail"}}) {
    auto arguments = call;
    arguments.insert(arguments.end(), {"--data", data()});
    const auto done = run(arguments);
    EXPECT_EQ(done.code, 3) << call.back();
    EXPECT_THAT(done.err, HasSubstr("use the newer ostiary"));
  }
}

TEST_F(Verbs, AFolderThatMayNotBeReadIsNoMissingLedger) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
  make_key();
  fs::permissions(data(), fs::perms::none);
  const auto done = run({"ledger", "verify", "--data", data()});
  fs::permissions(data(), fs::perms::owner_all);
  EXPECT_EQ(done.code, 3);
  EXPECT_THAT(done.err, HasSubstr("ermission denied"));
}

// ---- ledger

TEST_F(Verbs, VerifyOfAGoodLedgerIsExit0InBothFormats) {
  make_key();
  const auto text = run({"ledger", "verify", "--data", data()});
  EXPECT_EQ(text.code, 0);
  EXPECT_THAT(text.out,
              AllOf(HasSubstr("The ledger is what was written."), HasSubstr("1 segment"), HasSubstr("root")));
  EXPECT_THAT(text.err, HasSubstr("verified in"));
  EXPECT_EQ(text.out.find('\x1b'), std::string::npos);
  const auto json = run({"ledger", "verify", "--data", data(), "--format", "json"});
  const auto document = json::Document::parse(json.out);
  ASSERT_TRUE(document);
  EXPECT_EQ(document->root()["ok"].as_bool(), true);
  EXPECT_EQ(document->root()["problems"].size(), 0u);
  EXPECT_EQ(document->root()["covered"].as_uint(), document->root()["records"].as_uint());
}

TEST_F(Verbs, VerifyOfAChangedLedgerIsExit1AndSaysWhatToDo) {
  make_key("research", "ada");
  make_key("research", "bob");
  for (const auto& entry : fs::directory_iterator(data() + "/ledger")) {
    if (entry.path().extension() != ".log" || entry.path().stem() == "checkpoints") continue;
    auto bytes = *read_file(entry.path().string());
    bytes[bytes.find("research")] = 'R';
    std::ofstream(entry.path(), std::ios::binary | std::ios::trunc) << bytes;
  }
  const auto text = run({"ledger", "verify", "--data", data()});
  EXPECT_EQ(text.code, 1);
  EXPECT_THAT(text.out,
              AllOf(HasSubstr("not what was written"), HasSubstr("record-changed"), HasSubstr("→ ")));
  const auto json = run({"ledger", "verify", "--data", data(), "--format", "json"});
  EXPECT_EQ(json.code, 1);
  EXPECT_THAT(json.out, AllOf(HasSubstr(R"("ok":false)"), HasSubstr(R"("what":"record-changed")")));
}

TEST_F(Verbs, VerifyOfATruncatedLedgerCountsWhatIsLeft) {
  make_key();
  make_key();
  const auto log = data() + "/ledger/00000000000000000000.log";
  const auto bytes = *read_file(log);
  fs::resize_file(log, bytes.rfind('\n', bytes.size() - 2) + 1);
  const auto done = run({"ledger", "verify", "--data", data()});
  EXPECT_EQ(done.code, 1);
  EXPECT_THAT(done.out, HasSubstr("2 records that once were, 1 is left"));
}

TEST_F(Verbs, VerifySaysHowMuchIsNotSigned) {
  make_key();
  for (const auto* name : {"checkpoint", "checkpoints.log"}) fs::copy(data() + "/ledger/" + name, in(name));
  make_key();
  for (const auto* name : {"checkpoint", "checkpoints.log"})
    fs::copy(in(name), data() + "/ledger/" + name, fs::copy_options::overwrite_existing);
  const auto done = run({"ledger", "verify", "--data", data()});
  EXPECT_EQ(done.code, 0);
  EXPECT_THAT(
      done.out,
      AllOf(HasSubstr("The signed part is what was written; 1 of 2 records are not signed yet."),
            HasSubstr("the next start signs the rest"), Not(HasSubstr("running gate")), Not(HasSubstr("✔"))));
}

TEST_F(Verbs, VerifyTakesACheckpointAndAKeyKeptElsewhere) {
  make_key();
  fs::copy(data() + "/ledger/checkpoint", in("kept"));
  fs::copy(data() + "/ledger/verify-key", in("key"));
  make_key();
  EXPECT_EQ(run({"ledger", "verify", "--data", data(), "--checkpoint", in("kept"), "--key", in("key")}).code,
            0);
  const auto key = std::string(text::trim(*read_file(in("key"))));
  EXPECT_EQ(run({"ledger", "verify", "--data", data(), "--checkpoint", in("kept"), "--key", key}).code, 0);
  EXPECT_EQ(run({"ledger", "verify", "--data", data(), "--checkpoint", in("none")}).code, 2);
}

TEST_F(Verbs, TailShowsReadableLinesAndRawRecords) {
  const auto key = make_key();
  make_key();
  make_key();
  const auto text = run({"ledger", "tail", "-n", "3", "--data", data()});
  EXPECT_EQ(text.code, 0);
  EXPECT_THAT(text.out, AllOf(StartsWith("TIME (UTC)"), HasSubstr("key-created"), HasSubstr(key.at("id"))));
  EXPECT_EQ(std::ranges::count(run({"ledger", "tail", "-n", "2", "--quiet", "--data", data()}).out, '\n'), 2);
  const auto raw = run({"ledger", "tail", "-n", "2", "--format", "json", "--data", data()});
  for (const auto line : text::split(text::trim(raw.out), '\n'))
    EXPECT_TRUE(json::Document::parse(line)) << line;
  EXPECT_EQ(run({"ledger", "tail", "--follow", "-o", in("x"), "--data", data()}).code, 2);
}

// ---- lines

constexpr const char* kIntent =
    R"({"at":"2026-11-23T08:00:00.000Z","id":"01900000-0000-7000-8000-000000000001","kind":"intent"})";
constexpr const char* kOutcome =
    R"({"at":"2026-11-23T08:00:00.123Z","error":null,"id":"01900000-0000-7000-8000-000000000001",)"
    R"("kind":"outcome","model":"gpt-4o-mini-with-a-very-long-name-that-goes-on","outcome":"complete",)"
    R"("service":"openai","status":200,"team":"research","timings":{"total":152300},)"
    R"("usage":{"input":12,"output":34}})";
constexpr const char* kRefused =
    R"({"at":"2026-11-23T08:00:01.123Z","error":"policy_denied","id":"01900000-0000-7000-8000-000000000002",)"
    R"("kind":"outcome","outcome":"refused","status":403,"team":"research"})";
constexpr const char* kChange =
    R"({"action":"key-created","at":"2026-11-23T08:00:02Z.....","detail":{"team":"t"},"kind":"change",)"
    R"("what":"AbCdEf12"})";

TEST(RecordTable, FitsTheWidthAndShowsIdsWhereThereIsRoom) {
  for (const std::size_t width : {80U, 100U, 120U, 200U}) {
    const RecordTable table({kOutcome, kRefused, kChange}, width, Style(false));
    const auto text = table.heading() + table.lines();
    for (const auto line : text::split(text, '\n')) EXPECT_LE(width_of(line), width) << line;
    EXPECT_EQ(text.find("01900000-0000-7000-8000-000000000001") != std::string::npos, width == 200) << width;
  }
  const RecordTable table({kOutcome, kRefused, kChange}, 100, Style(false));
  EXPECT_EQ(
      table.heading() + table.lines(),
      "TIME (UTC)      WHAT         TEAM     SERVICE   MODEL        HTTP     TOKENS       MS  DETAIL\n"
      "11-23 08:00:00  complete     resear…  openai    gpt-4o-min…   200    12 → 34    152.3\n"
      "11-23 08:00:01  refused      resear…                          403                      "
      "policy_denied\n"
      "11-23 08:00:02  key-created  t                                                         AbCdEf12\n");
}

TEST(RecordTable, LeavesOutAnIntentWhoseOutcomeFollows) {
  EXPECT_THAT(RecordTable({kIntent, kOutcome}, 100, Style(false)).lines(), Not(HasSubstr("intent")));
  EXPECT_THAT(RecordTable({kIntent, kRefused}, 100, Style(false)).lines(), HasSubstr("intent"));
  EXPECT_THAT(RecordTable({kIntent}, 100, Style(false)).line(kIntent), HasSubstr("intent"));
}

TEST(RecordTable, SaysWhatARecoveryFoundAndShowsWhatIsNoRecordAsItIs) {
  const RecordTable table({}, 200, Style(false));
  EXPECT_EQ(table.line("no \x1b record"), "no ? record\n");
  const auto* recovery = R"({"bytes_cut":0,"intents_open":1,"kind":"recovery","records_unsigned":10})";
  EXPECT_THAT(RecordTable({recovery}, 200, Style(false)).lines(),
              HasSubstr("10 not signed, 1 without outcome"));
  EXPECT_THAT(RecordTable({}, 100, Style(true)).line(R"({"kind":"outcome","outcome":"failed"})"),
              HasSubstr("\x1b[31mfailed"));
}

TEST(Terminal, ColumnsCountCodePointsAndCutWithAnEllipsis) {
  EXPECT_EQ(table({{"grün", "x"}, {"a", "yy"}}), "grün  x\na     yy\n");
  EXPECT_EQ(fitted("größer", 4), "grö…");
  EXPECT_EQ(fitted("ab", 4), "ab  ");
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(1234567), "1,234,567");
  EXPECT_EQ(human_bytes(1536), "1.5 KiB");
}

// ---- the way through a running gate

// A socket that answers one connection with what it was told and keeps what it heard.
class ScriptedGate {
 public:
  ScriptedGate(const std::string& folder, std::string answer) : answer_(std::move(answer)) {
    fs::create_directories(folder);
    listener_ = Fd(::socket(AF_UNIX, SOCK_STREAM, 0));
    const Fd place(::open(folder.c_str(), O_PATH | O_DIRECTORY));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const auto path = fmt::format("/proc/self/fd/{}/control.sock", place.get());
    std::memcpy(address.sun_path, path.c_str(), path.size());
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener_.get(), 8), 0);
    thread_ = std::jthread([this] { serve(); });
  }
  ~ScriptedGate() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }
  std::string heard() const {
    const std::lock_guard lock(mutex_);
    return heard_;
  }

 private:
  void serve() {
    for (;;) {
      const Fd peer(::accept(listener_.get(), nullptr, nullptr));
      if (!peer) return;
      std::string in;
      char buffer[4096];
      while (in.find("\r\n\r\n") == std::string::npos) {
        const auto n = ::read(peer.get(), buffer, sizeof buffer);
        if (n <= 0) break;
        in.append(buffer, static_cast<std::size_t>(n));
      }
      if (in.empty()) continue;  // somebody looked whether we are there
      {
        const std::lock_guard lock(mutex_);
        heard_ = in;
      }
      [[maybe_unused]] const auto sent = write_all(peer.get(), answer_, "peer");
    }
  }
  const std::string answer_;
  mutable std::mutex mutex_;
  std::string heard_;
  Fd listener_;
  std::jthread thread_;
};

std::string http(int status, std::string_view body) {
  return fmt::format("HTTP/1.1 {} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
                     status, body.size(), body);
}

TEST_F(Verbs, WhereAGateRunsAKeyIsMadeThroughItsSocketAlsoInADeepFolder) {
  const auto deep = in(std::string(60, 'd') + "/" + std::string(60, 'e'));
  ScriptedGate gate(
      deep, http(200, R"({"id":"abc","key":"ost_abc_secret","subject":"sub_1","team":"t","user":"u\n"})"));
  const auto done =
      run({"key", "create", "--team", "t\"", "--user", "u", "--data", deep, "--format", "json"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_THAT(done.out, HasSubstr(R"("key":"ost_abc_secret")"));
  EXPECT_THAT(gate.heard(),
              AllOf(StartsWith("POST /api/v1/keys HTTP/1.1\r\n"), HasSubstr(R"({"team":"t\"","user":"u"})")));
  EXPECT_FALSE(fs::exists(deep + "/store.sqlite"));
}

TEST_F(Verbs, WhatTheGateRefusesIsToldInItsWords) {
  {
    ScriptedGate gate(data(), http(404, R"({"error":{"message":"there is no key abc","code":"not_found"}})"));
    const auto done = run({"key", "revoke", "ost_AbCdEf12_secret", "--data", data()});
    EXPECT_EQ(done.code, 2);
    EXPECT_EQ(done.err, "ostiary: there is no key abc\n");
    EXPECT_THAT(gate.heard(), StartsWith("DELETE /api/v1/keys/AbCdEf12 HTTP/1.1\r\n"));
  }
  fs::remove(data() + "/control.sock");
  ScriptedGate broken(data(), "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}");
  EXPECT_EQ(run({"key", "list", "--data", data()}).code, 3);
}

TEST_F(Verbs, ASocketThatNobodyServesIsNoGate) {
  {
    ScriptedGate gone(data(), "");
  }
  EXPECT_TRUE(fs::exists(data() + "/control.sock"));
  EXPECT_EQ(run({"key", "create", "--team", "t", "--user", "u", "--data", data()}).code, 0);
}

TEST(ControlAnswer, TakesTheBodyByItsLength) {
  EXPECT_EQ(parse_answer(http(200, "{}") + "junk")->body, "{}");
  EXPECT_EQ(parse_answer("HTTP/1.1 404 X\r\n\r\nall")->body, "all");
  EXPECT_EQ(parse_answer("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n{}"), std::nullopt);
  EXPECT_EQ(parse_answer("SSH-2.0-x"), std::nullopt);
  EXPECT_EQ(parse_answer(""), std::nullopt);
}

}  // namespace
}  // namespace ostiary::app
