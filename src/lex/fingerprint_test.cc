#include "lex/fingerprint.h"

#include <algorithm>
#include <gmock/gmock.h>
#include <set>
#include <string>

namespace ostiary::lex {
namespace {

Key256 key(std::uint8_t first) {
  Key256 out{};
  for (auto& byte : out) byte = first = static_cast<std::uint8_t>(first * 5 + 3);
  return out;
}

constexpr std::string_view kCode =
    "int total(const std::vector<int>& prices, int rate) {  // with tax\n"
    "  int sum = 0;\n"
    "  for (const auto price : prices) { sum += price * (100 + rate) / 100; log(\"added\", price); }\n"
    "  return sum;\n"
    "}\n";

std::vector<Window> windows_of(const std::string& text, std::uint8_t k = 1) {
  const Fingerprints prints(key(k));
  return prints.windows(prints.items(text));
}

std::string with(std::string text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

std::set<std::uint64_t> renamed(const std::vector<Window>& windows) {
  std::set<std::uint64_t> out;
  for (const auto& window : windows) out.insert(window.renamed);
  return out;
}

std::set<std::uint32_t> exact(const std::vector<Window>& windows) {
  std::set<std::uint32_t> out;
  for (const auto& window : windows) out.insert(window.exact);
  return out;
}

TEST(Fingerprints, StayWhenCodeIsReformattedAndItsCommentsGo) {
  auto other = with(std::string(kCode), "// with tax", "");
  other = with(with(other, "\n", "\r\n\t"), "sum = 0", "sum /* so far */=0");
  EXPECT_EQ(exact(windows_of(other)), exact(windows_of(std::string(kCode))));
  EXPECT_GT(windows_of(other).size(), 20u);
}

TEST(Fingerprints, OfRenamedCodeDifferOnlyWhereTheyAreExact) {
  const auto other = with(with(with(std::string(kCode), "price", "p"), "sum", "t"), "added", "!");
  EXPECT_EQ(renamed(windows_of(other)), renamed(windows_of(std::string(kCode))));
  for (const auto hash : exact(windows_of(other)))
    EXPECT_FALSE(exact(windows_of(std::string(kCode))).contains(hash));
}

TEST(Fingerprints, OfNamesThatAreKeywordsElsewhereStayWhenTheyAreRenamed) {
  for (const auto* name : {"module", "type", "match", "end", "val", "template"}) {
    const auto other = with(std::string(kCode), "price", name);
    EXPECT_EQ(renamed(windows_of(other)), renamed(windows_of(std::string(kCode)))) << name;
  }
}

TEST(Fingerprints, TellApartWhatIsNamedAlikeAndWhatIsNot) {
  const auto other = with(std::string(kCode), "return sum", "return rate");
  EXPECT_NE(renamed(windows_of(other)), renamed(windows_of(std::string(kCode))));
}

// A window has the same hash wherever it stands.
TEST(Fingerprints, DoNotDependOnWhatStandsBefore) {
  const auto alone = renamed(windows_of(std::string(kCode)));
  const auto within = renamed(windows_of("int price = sum + prices(rate);\n" + std::string(kCode)));
  EXPECT_TRUE(std::ranges::includes(within, alone));
}

TEST(Fingerprints, DependOnTheKey) {
  const auto one = renamed(windows_of(std::string(kCode), 1)),
             other = renamed(windows_of(std::string(kCode), 2));
  std::vector<std::uint64_t> both;
  std::ranges::set_intersection(one, other, std::back_inserter(both));
  EXPECT_THAT(both, testing::IsEmpty());
}

TEST(Fingerprints, LeaveImportsOut) {
  const Fingerprints prints(key(1));
  EXPECT_EQ(prints.items("import a.b\nfrom x import y\n#include <c>\nuse d::e;\nf\n").size(), 1u);
  EXPECT_EQ(prints.items("x = import\n").size(), 3u);
}

TEST(Fingerprints, OfTablesAndProseAreNotTelling) {
  std::string table, prose;
  for (int i = 0; i < 50; ++i) table += "0x1f, ";
  for (const auto* word : {"the", "quick", "brown", "fox", "jumps", "over", "some", "lazy", "dogs"})
    for (const auto* other : {"and", "so", "it", "went", "on"})
      (prose += word).append(" ").append(other) += ' ';
  for (const auto& text : {table, prose})
    for (const auto& window : windows_of(text)) EXPECT_FALSE(window.telling);
  EXPECT_TRUE(windows_of(std::string(kCode)).front().telling);
}

TEST(Fingerprints, TellWhereTheSameIsSaidAgainAndAgain) {
  std::string entries, settings;
  for (const auto* name : {"mul", "add", "sub", "shift", "power", "modulo", "negate", "invert", "concat"}) {
    entries += std::string(name) + ": 8,\n";
    settings += std::string("if ") + name + " is not None: kw[\"" + name + "\"] = " + name + "\n";
  }
  for (const auto& text : {entries, settings}) {
    EXPECT_GT(windows_of(text).size(), 10u);
    for (const auto& window : windows_of(text)) EXPECT_TRUE(window.repeats);
  }
  for (const auto& window : windows_of(std::string(kCode))) EXPECT_FALSE(window.repeats);
  // It ends with what is repeated.
  EXPECT_FALSE(windows_of(entries + std::string(kCode)).back().repeats);
}

TEST(Winnowing, KeepsOneOfEachRunAndTheSameWhereverTheRunStands) {
  std::vector<Window> windows;
  std::uint64_t x = 1;
  for (std::uint32_t i = 0; i < 500; ++i)
    windows.push_back({x = x * 6364136223846793005ULL + 1, 0, i, true, false});
  constexpr std::size_t width = 8;
  const auto kept = winnowed(windows, width);
  for (std::size_t i = 1; i < kept.size(); ++i) EXPECT_LE(kept[i] - kept[i - 1], width);
  EXPECT_LT(kept.size(), windows.size() / 3);
  const auto part = winnowed(std::span(windows).subspan(100, 50), width);
  for (const auto at : part) EXPECT_THAT(kept, testing::Contains(at + 100));
  EXPECT_EQ(winnowed(std::span(windows).first(3), width).size(), 1u);
  EXPECT_TRUE(winnowed({}, width).empty());
}

}  // namespace
}  // namespace ostiary::lex
