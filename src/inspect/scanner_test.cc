#include "inspect/scanner.h"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>
#include <set>

#include "inspect/engine.h"
#include "inspect/impl/labelled.h"

namespace ostiary::inspect {
namespace {

catalog::Detector spec(std::string id, std::vector<std::string> keywords, std::string pattern) {
  catalog::Detector d;
  d.id = std::move(id), d.klass = "secret", d.confidence = "high";
  d.keywords = std::move(keywords), d.pattern = std::move(pattern);
  return d;
}

DetectorSet set_of(std::vector<catalog::Detector> specs) {
  auto set = DetectorSet::make(specs, {});
  EXPECT_TRUE(set) << (set ? "" : set.error().text());
  return std::move(*set);
}

using Places = std::set<std::tuple<std::uint64_t, std::uint64_t, std::uint16_t, int>>;

Places places(const Scanner& scanner) {
  Places out;
  for (const auto& c : scanner.candidates())
    out.emplace(c.start, c.end, c.detector, static_cast<int>(c.confidence));
  return out;
}

std::vector<std::string> values(const DetectorSet& set, std::string_view text) {
  Scanner scanner(set);
  scanner.begin();
  scanner.scan(text, 0, true);
  std::vector<std::string> out;
  for (const auto& [start, end, detector, confidence] : places(scanner))
    out.emplace_back(text.substr(start, end - start));
  return out;
}

std::string catalog_id(std::uint16_t number) {
  return number < catalog::detectors().size() ? catalog::detectors()[number].id : "?";
}

// Gives the scanner the text in pieces that end at `cuts`, keeping no more of it than it asks for.
class InPieces {
 public:
  InPieces(Scanner& scanner, std::string_view text) : scanner_(scanner), text_(text) { scanner_.begin(); }
  void feed_to(std::size_t end) {
    const auto base = scanner_.keep_from();
    // A copy, so that reading beyond it would be seen.
    const std::string known(text_.substr(base, end - base));
    scanner_.scan(known, base, end == text_.size());
    EXPECT_LE(scanner_.settled(), end);
    EXPECT_LE(scanner_.keep_from(), scanner_.settled());
    EXPECT_GE(scanner_.settled(), settled_) << "what was settled stays so";
    // A candidate that appears later begins where nothing was settled.
    for (const auto& place : places(scanner_))
      if (!seen_.contains(place))
        EXPECT_GE(std::get<0>(place), settled_)
            << "detector " << catalog_id(std::get<2>(place)) << ", settled up to ..."
            << text_.substr(settled_ < 40 ? 0 : settled_ - 40, 40);
    seen_ = places(scanner_);
    settled_ = scanner_.settled();
  }
  const Places& seen() const { return seen_; }

 private:
  Scanner& scanner_;
  std::string_view text_;
  std::uint64_t settled_ = 0;
  Places seen_;
};

TEST(Scanner, FindsAValueAtItsKeyword) {
  const auto set = set_of({spec("token", {"tok_"}, "tok_[0-9a-z]{8}")});
  EXPECT_THAT(values(set, "a tok_abcd1234, b"), testing::ElementsAre("tok_abcd1234"));
  EXPECT_THAT(values(set, "tok_abcd1234"), testing::ElementsAre("tok_abcd1234"));
  EXPECT_THAT(values(set, "tok_abcd12345"), testing::IsEmpty()) << "the value goes on";
  EXPECT_THAT(values(set, "xtok_abcd1234"), testing::IsEmpty()) << "it begins within a word";
  EXPECT_THAT(values(set, R"("\ntok_abcd1234")"), testing::ElementsAre("tok_abcd1234")) << "behind an escape";
  EXPECT_THAT(values(set, "tok_tok_abcd1234"), testing::IsEmpty());
}

TEST(Scanner, FindsAValueBehindItsName) {
  auto password = spec("password", {"password"}, "[!-~]{6,20}");
  password.any_case = true;
  password.before = R"(password\s*[=:]\s*"?)";
  password.after = R"([\s"])";
  const auto set = set_of({password});
  EXPECT_THAT(values(set, "DB_PASSWORD = hunter22\n"), testing::ElementsAre("hunter22"));
  EXPECT_THAT(values(set, "password:\"s3cretly\n"), testing::ElementsAre("s3cretly"));
  EXPECT_THAT(values(set, "password is long"), testing::IsEmpty());
}

TEST(Scanner, FindsValuesNearAWord) {
  auto number = spec("number", {"PESEL"}, "[0-9]{11}");
  number.where = "near", number.within = 30;
  const auto set = set_of({number});
  EXPECT_THAT(values(set, "pesel: 85073004562"), testing::ElementsAre("85073004562"));
  EXPECT_THAT(values(set, "Pesel 85073004562, 85073004579"),
              testing::ElementsAre("85073004562", "85073004579"));
  EXPECT_THAT(values(set, "85073004562"), testing::IsEmpty());
  EXPECT_THAT(values(set, "capesel 85073004562"), testing::IsEmpty()) << "no whole word";
  EXPECT_THAT(values(set, "pesel " + std::string(30, '.') + "85073004562"), testing::IsEmpty()) << "too far";
}

TEST(Scanner, FindsValuesNearAPartOfAName) {
  auto number = spec("number", {"id_number", "address", "ip:"}, "[0-9]{6}");
  number.where = "near", number.within = 30;
  const auto set = set_of({number});
  EXPECT_THAT(values(set, "sa_id_number,paye\n118204"), testing::ElementsAre("118204"));
  EXPECT_THAT(values(set, R"("homeAddress": "118204")"), testing::ElementsAre("118204"));
  EXPECT_THAT(values(set, "addressLine 118204"), testing::ElementsAre("118204"));
  EXPECT_THAT(values(set, "readdress 118204, addressing 118205"), testing::IsEmpty());
  EXPECT_THAT(values(set, "ip: 118204"), testing::ElementsAre("118204"));
  EXPECT_THAT(values(set, "server_ip: 118204"), testing::IsEmpty()) << "too short for a part";
}

TEST(Scanner, LooksAtWhatFollowsAsAnExpression) {
  auto host = spec("host", {}, "[0-9]{3}(\\.[0-9]{3}){3}");
  host.trigger = "digits", host.after = ":[4-6][0-9]{4}\\s";
  const auto set = set_of({host});
  EXPECT_THAT(values(set, "to 123.123.123.123:49211 now"), testing::ElementsAre("123.123.123.123"));
  EXPECT_THAT(values(set, "to 123.123.123.123:8080 now"), testing::IsEmpty());
  EXPECT_THAT(values(set, "to 123.123.123.123:4921"), testing::ElementsAre("123.123.123.123"))
      << "the end of the text is as good";
  // What follows comes in pieces too.
  constexpr std::string_view text = "to 123.123.123.123:49211 now";
  Scanner scanner(set);
  scanner.begin();
  scanner.scan(text.substr(0, 22), 0, false);
  EXPECT_EQ(scanner.settled(), 3U) << "it waits for what follows";
  scanner.scan(text, 0, false);
  EXPECT_EQ(places(scanner).size(), 1U);
}

TEST(Scanner, FindsLongWordsAndWhatStandsBehindTheirSlashes) {
  auto coin = spec("coin", {}, "1[A-Za-z0-9]{29}");
  coin.trigger = "long-word";
  const auto set = set_of({coin});
  const auto value = "1Mp" + std::string(27, 'x');
  EXPECT_THAT(values(set, "to " + value + "."), testing::ElementsAre(value));
  EXPECT_THAT(values(set, "https://coins.test/address/" + value), testing::ElementsAre(value));
  EXPECT_THAT(values(set, "to a" + value), testing::IsEmpty());
}

TEST(Scanner, FindsRunsOfDigitsAndAddresses) {
  auto card = spec("card", {}, "[0-9]{4}( ?[0-9]{4}){3}");
  card.trigger = "digits";
  auto mail = spec("mail", {}, "[a-z.]+@[a-z]+\\.[a-z]{2,5}");
  mail.trigger = "at-sign", mail.start = "[a-z.]";
  const auto set = set_of({card, mail});
  EXPECT_THAT(values(set, "card 4000 1234 5678 9010 of jo.doe@kirche.de"),
              testing::ElementsAre("4000 1234 5678 9010", "jo.doe@kirche.de"));
  EXPECT_THAT(values(set, std::string(200, ' ') + "4000123456789010"),
              testing::ElementsAre("4000123456789010"));
}

TEST(Scanner, RaisesConfidenceBehindAWord) {
  auto number = spec("number", {}, "[0-9]{12}");
  number.trigger = "digits", number.confidence = "none", number.with_words = "medium";
  number.words = {"kunde"}, number.within = 20;
  const auto set = set_of({number});
  EXPECT_THAT(values(set, "Kunde 123456789012"), testing::ElementsAre("123456789012"));
  EXPECT_THAT(values(set, "Kunden 123456789012"), testing::IsEmpty());
  EXPECT_THAT(values(set, "123456789012 Kunde"), testing::IsEmpty());
}

TEST(Scanner, HoldsBackOnlyWhatMayBecomeAValue) {
  const auto set = set_of({spec("token", {"tok_"}, "tok_[0-9a-z]{8}")});
  Scanner scanner(set);
  const auto held = [&](std::string_view text) {
    scanner.begin();
    scanner.scan(text, 0, false);
    return std::string(text.substr(scanner.settled()));
  };
  EXPECT_EQ(held("nothing here. "), "");
  EXPECT_EQ(held("nothing her"), "");
  EXPECT_EQ(held("perhaps to"), "to");
  EXPECT_EQ(held("into"), "") << "within a word no token begins";
  EXPECT_EQ(held("see tok_abc"), "tok_abc");
  EXPECT_EQ(held("see tok_ab-"), "");
  EXPECT_EQ(held("see tok_abcd1234"), "tok_abcd1234") << "the next byte decides";
  EXPECT_EQ(held("see tok_abcd1234."), "");
}

class RealDetectors : public testing::Test {
 protected:
  static const Engine& engine() {
    static const auto built = *Engine::builtin();
    return *built;
  }
  static std::vector<LabelledText> texts() {
    std::vector<LabelledText> out;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(OSTIARY_SOURCE_DIR "/tests/corpus/inspect"))
      if (entry.path().extension() == ".yaml")
        if (auto all = read_labelled_file(entry.path().string()))
          std::ranges::move(*all, std::back_inserter(out));
    std::ranges::sort(out, {}, &LabelledText::id);
    return out;
  }
};

// The same expression before a value is another where the case does not count.
TEST(Scanner, HoldsBackAValueBehindAnExpressionOfAnyCase) {
  auto exact = spec("exact", {"-end"}, "[a-z]+-end"), any = exact;
  exact.start = any.start = "[A-Za-z: -]";
  exact.before = any.before = "name: ";
  any.id = "any", any.any_case = true;
  const auto set = set_of({exact, any});
  Scanner scanner(set);
  scanner.begin();
  scanner.scan("NAME: abcd", 0, false);
  EXPECT_EQ(scanner.settled(), 6U);
}

TEST_F(RealDetectors, FindTheSameHoweverATextIsCut) {
  Scanner whole(engine().detectors()), cut(engine().detectors());
  std::mt19937 random(20261126);
  for (const auto& labelled : texts()) {
    const std::string_view text = labelled.text;
    if (text.empty()) continue;
    whole.begin();
    whole.scan(text, 0, true);
    for (int round = 0; round < 3; ++round) {
      InPieces pieces(cut, text);
      const std::size_t most = round == 0 ? 1 : round == 1 ? 7 : 200;
      if (most == 1 && text.size() > 3000) continue;
      for (std::size_t at = 0; at < text.size();) {
        at = std::min(text.size(), at + 1 + random() % most);
        pieces.feed_to(at);
      }
      ASSERT_EQ(pieces.seen(), places(whole)) << labelled.id << ", pieces of up to " << most;
    }
  }
}

// What is kept from piece to piece holds back no more than looking at all of the text again would.
TEST_F(RealDetectors, HoldBackTheSameHoweverATextIsCut) {
  Scanner at_once(engine().detectors()), cut(engine().detectors());
  std::vector<bool> secrets;
  for (const auto& d : engine().detectors().detectors()) secrets.push_back(d.klass == Class::secret);
  std::mt19937 random(3);
  for (const auto& labelled : texts()) {
    const std::string_view text = std::string_view(labelled.text).substr(0, 1500);
    const auto* heeded = random() % 2 == 0 ? &secrets : nullptr;
    at_once.heed(heeded);
    cut.heed(heeded);
    cut.begin();
    for (std::size_t at = 0; at + 1 < text.size();) {
      at = std::min(text.size() - 1, at + 1 + random() % 60);
      const auto base = cut.keep_from();
      cut.scan(text.substr(base, at - base), base, false);
      at_once.begin();
      at_once.scan(text.substr(0, at), 0, false);
      ASSERT_GE(cut.settled(), at_once.settled()) << labelled.id << " up to " << at;
    }
  }
}

}  // namespace
}  // namespace ostiary::inspect
