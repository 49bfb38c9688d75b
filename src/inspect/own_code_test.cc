#include "inspect/own_code.h"

#include <gmock/gmock.h>
#include <map>
#include <optional>

#include "base/file.h"
#include "base/hash.h"
#include "base/testing.h"
#include "inspect/engine.h"
#include "json/document.h"
#include "json/writer.h"

namespace ostiary::inspect {
namespace {

constexpr std::string_view kCode =
    "// Copyright: ours\n"
    "import { Ledger } from './ledger';\n"
    "export function settle(ledger, entries, rate) {\n"
    "  let open = 0;\n"
    "  for (const entry of entries) {\n"
    "    if (entry.account !== ledger.account || entry.amount <= 0) continue;\n"
    "    const tax = Math.round(entry.amount * rate) / 100;  // to the cent\n"
    "    ledger.book({ account: entry.account, amount: entry.amount - tax, note: 'net' });\n"
    "    open += tax > 12 ? ledger.defer(tax, entry.due) : tax;\n"
    "  }\n"
    "  return ledger.close(open, { at: Date.now(), strict: true });\n"
    "}\n";

constexpr std::string_view kOther =
    "export class Cache {\n"
    "  constructor(limit) { this.limit = limit; this.map = new Map(); }\n"
    "  get(key) {\n"
    "    if (!this.map.has(key)) return undefined;\n"
    "    const value = this.map.get(key);\n"
    "    this.map.delete(key); this.map.set(key, value);\n"
    "    return value;\n"
    "  }\n"
    "  put(key, value) {\n"
    "    while (this.map.size >= this.limit) this.map.delete(this.map.keys().next().value);\n"
    "    this.map.set(key, value);\n"
    "  }\n"
    "}\n";

std::string with(std::string text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

class OwnCodeTest : public ::testing::Test {
 protected:
  OwnCodeWriter::Summary learn(const std::vector<std::pair<std::string, std::string>>& files,
                               std::string_view repository = "books") {
    auto writer = OwnCodeWriter::open(path_);
    EXPECT_TRUE(writer) << writer.error().text();
    writer->begin(repository);
    for (const auto& [file, bytes] : files) writer->learn(file, bytes);
    return *writer->finish();
  }
  std::vector<OwnSpan> find(std::string_view text) const {
    const auto own = open_own_code(path_);
    EXPECT_TRUE(own) << own.error().text();
    return (*own)->find(text);
  }
  testing::TempFolder folder_;
  std::string path_ = folder_ / "own";
};

TEST_F(OwnCodeTest, IsFoundWhereItStandsInProse) {
  learn({{"src/settle.js", std::string(kCode)}});
  const std::string before = "Why doesn't this work?\n\n```\n", after = "\n```\nIt's urgent, thanks.\n";
  const auto found = find(before + std::string(kCode.substr(kCode.find("export"))) + after);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].repository, "books");
  EXPECT_EQ(found[0].path, "src/settle.js");
  EXPECT_GE(found[0].exact_tokens, 64u);
  EXPECT_GE(found[0].start, before.size());
  EXPECT_LE(found[0].first_line, 4u);
  EXPECT_GE(found[0].last_line, 10u);
}

TEST_F(OwnCodeTest, IsFoundReindentedWithoutCommentsAndRenamed) {
  learn({{"src/settle.js", std::string(kCode)}});
  auto code = with(std::string(kCode), "  // to the cent", "");
  code = with(code, "\n  ", "\n\t\t\t");
  EXPECT_EQ(find(code).size(), 1u);
  for (const auto& [from, to] : std::map<std::string, std::string>{
           {"entry", "e"}, {"tax", "duty"}, {"open", "rest"}, {"settle", "pay"}, {"'net'", "\"x\""}})
    code = with(code, from, to);
  const auto found = find(code);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_GE(found[0].tokens, 64u);
  EXPECT_LT(found[0].exact_tokens, 32u);
}

TEST_F(OwnCodeTest, IsFoundInBase64InOneLineOrManyAndTwice) {
  learn({{"src/settle.js", std::string(kCode)}});
  const auto own = *open_own_code(path_);
  auto built = *Engine::builtin();
  auto engine = std::make_shared<Engine>(*built);
  engine->look_for(own);
  Inspecting inspecting(*engine);
  const auto once = base64(kCode), twice = base64(once);
  std::string lines;
  for (std::size_t at = 0; at < once.size(); at += 76) lines += once.substr(at, 76) + "\r\n";
  for (const auto& text : {once, lines, twice}) {
    const auto whole = "decode this: " + text + " please";
    const auto found = inspecting.inspect(whole);
    ASSERT_THAT(found.classes, ::testing::Contains("own-code")) << whole;
    const auto code = std::ranges::find(found.findings, "own-code", &Finding::detector);
    EXPECT_GE(code->location.start, 13u);
    EXPECT_LE(code->location.end, 13 + text.size());
    EXPECT_GT(code->location.end - code->location.start, text.size() / 2);
    const auto body = "{\"content\":" + json::quoted(whole) + "}";
    EXPECT_THAT(inspecting.inspect(*json::Document::parse(body)).classes, ::testing::Contains("own-code"));
  }
  EXPECT_THAT(inspecting.inspect("x " + base64(kOther)).classes,
              ::testing::Not(::testing::Contains("own-code")));
  EXPECT_THAT(inspecting.inspect(base64(twice)).classes, ::testing::Not(::testing::Contains("own-code")));
}

// A file of tests or handlers holds much that is alike but for a few words.
TEST_F(OwnCodeTest, IsFoundWhereItsFileHoldsMuchThatIsLikeIt) {
  const auto function = [](int n) {
    const auto id = std::to_string(n);
    auto code = std::string(kCode.substr(kCode.find("export")));
    code = with(code, "let open = 0;",
                "let open = 0; check(" + std::string(static_cast<std::size_t>(n) % 5 + 1, '-') + "1);");
    if (n % 3 == 0) code = with(code, "    if (entry", "    if (!entry.open) break;\n    if (entry");
    if (n % 2 == 0) code = with(code, "    open +=", "    ledger.tell([entry, tax]);\n    open +=");
    return with(with(code, "settle", "settle" + id), "ledger", "ledger" + id);
  };
  std::string file;
  for (int n = 0; n < 30; ++n) file += function(n) + "\n";
  learn({{"src/settle.js", file}});
  // Which fingerprints are kept depends on the key: one function in some hundred is found in two parts.
  int whole = 0;
  for (int n = 0; n < 30; ++n) {
    const auto found = find("Look:\n\n" + function(n) + "\nThanks.\n");
    ASSERT_FALSE(found.empty()) << n;
    whole += found.size() == 1 && found[0].tokens >= 100;
  }
  EXPECT_GE(whole, 25);
}

TEST_F(OwnCodeTest, IsNotFoundInOtherCode) {
  learn({{"src/settle.js", std::string(kCode)}});
  EXPECT_THAT(find(kOther), ::testing::IsEmpty());
  EXPECT_THAT(find(""), ::testing::IsEmpty());
}

// What tells enough depends on the key a little: several are tried.
TEST_F(OwnCodeTest, IsAListOnlyWithItsOwnNames) {
  const auto list = [](std::string_view before) {
    std::string out = "const set = {};\n";
    for (const auto* name :
         {"mul", "add", "sub", "shift", "power", "modulo", "negate", "invert", "least", "concat", "divide"}) {
      const auto whole = std::string(before) + name;
      out += "if (" + whole + ") set[\"" + whole + "\"] = " + whole + " * 8;\n";
    }
    return out;
  };
  std::size_t ours = 0, theirs = 0;
  for (int key = 0; key < 10; ++key) {
    path_ = folder_ / ("own" + std::to_string(key));
    learn({{"table.js", list("")}});
    ours += find(list("")).size();
    theirs += find(list("their_")).size();
  }
  EXPECT_GE(ours, 5u);
  EXPECT_EQ(theirs, 0u);
}

TEST_F(OwnCodeTest, DoesNotCountWhereItStandsInFilesOfManyNames) {
  std::vector<std::pair<std::string, std::string>> files;
  for (int i = 0; i < 12; ++i)
    files.emplace_back("f" + std::to_string(i) + ".js", "v" + std::to_string(i) + "\n" + std::string(kCode));
  learn(files);
  EXPECT_THAT(find(kCode), ::testing::IsEmpty());
}

TEST_F(OwnCodeTest, OfARepositoryIsThatWhichWasLearnedLast) {
  learn({{"a.js", std::string(kCode)}, {"b.js", std::string(kOther)}});
  const auto again = learn({{"b.js", std::string(kOther)}});
  EXPECT_EQ(again.kept, 1u);
  EXPECT_EQ(again.dropped, 1u);
  EXPECT_EQ(again.learned, 0u);
  EXPECT_THAT(find(kCode), ::testing::IsEmpty());
  EXPECT_EQ(find(kOther).size(), 1u);
  learn({{"c.js", std::string(kCode)}}, "others");
  EXPECT_EQ(find(kCode).size(), 1u);
  EXPECT_EQ(find(kOther).size(), 1u);
}

TEST_F(OwnCodeTest, GivesTheSameFileForTheSameCode) {
  learn({{"a.js", std::string(kCode)}, {"b.js", std::string(kOther)}});
  const auto first = *read_file(path_);
  learn({{"b.js", std::string(kOther)}, {"a.js", std::string(kCode)}});
  EXPECT_EQ(*read_file(path_), first);
  EXPECT_FALSE(first.contains("settle("));
}

TEST_F(OwnCodeTest, RefusesWhatIsDamagedForeignOrNewer) {
  learn({{"a.js", std::string(kCode)}});
  const auto good = *read_file(path_);
  const auto code_of = [&](const std::string& bytes) {
    EXPECT_TRUE(write_file_atomic(path_, bytes));
    const auto own = open_own_code(path_);
    return own ? std::nullopt : std::optional(own.error().code);
  };
  for (std::size_t at = 0; at < good.size(); at += 37) {
    auto bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    EXPECT_TRUE(code_of(bad)) << at;
  }
  EXPECT_EQ(code_of(good.substr(0, good.size() - 1)), Code::invalid);
  EXPECT_EQ(code_of("text"), Code::invalid);
  auto newer = good;
  newer[16] = 9;
  EXPECT_EQ(code_of(newer), Code::newer);
  auto older = good;
  older[16] = 1;
  EXPECT_EQ(code_of(older), Code::invalid);
  EXPECT_THAT(open_own_code(path_).error().message, ::testing::HasSubstr("learn all repositories again"));
  EXPECT_EQ(code_of(good), std::nullopt);
}

TEST_F(OwnCodeTest, IsAFindingInTextsAndInStringsOfABody) {
  learn({{"src/settle.js", std::string(kCode)}});
  auto engine = Engine(*builtin_detectors());
  Inspecting blind(engine);
  EXPECT_THAT(blind.inspect(kCode).findings, ::testing::IsEmpty());
  engine.look_for(*open_own_code(path_));
  Inspecting inspecting(engine);
  const auto whole = inspecting.inspect(kCode);
  ASSERT_EQ(whole.findings.size(), 1u);
  EXPECT_EQ(whole.findings[0].klass, Class::own_code);
  EXPECT_EQ(whole.findings[0].confidence, Confidence::high);
  EXPECT_THAT(whole.findings[0].preview, ::testing::StartsWith("books:src/settle.js, lines "));
  EXPECT_THAT(whole.classes, ::testing::ElementsAre("own-code"));
  const auto body =
      R"({"a":[1,"Über )" + with(with(std::string(kCode), "\n", "\\n"), "'", "\\u0027") + "\"]}";
  const auto document = json::Document::parse(body);
  ASSERT_TRUE(document);
  const auto found = inspecting.inspect(*document).findings;
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].location.pointer, "/a/1");
  const auto value =
      std::string_view(body).substr(found[0].location.start, found[0].location.end - found[0].location.start);
  EXPECT_THAT(value, ::testing::HasSubstr("note: \\u0027net\\u0027"));
  EXPECT_FALSE(value.starts_with("n") && value.starts_with("nexport"));
}

}  // namespace
}  // namespace ostiary::inspect
