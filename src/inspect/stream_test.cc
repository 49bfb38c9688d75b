#include "inspect/stream.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>

#include "base/hash.h"
#include "inspect/impl/labelled.h"

namespace ostiary::inspect {
namespace {

const Engine& engine() {
  static const auto built = *Engine::builtin();
  return *built;
}

std::vector<LabelledText> labelled_texts() {
  std::vector<LabelledText> out;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(OSTIARY_SOURCE_DIR "/tests/corpus/inspect"))
    if (entry.path().extension() == ".yaml")
      if (auto all = read_labelled_file(entry.path().string()))
        std::ranges::move(*all, std::back_inserter(out));
  std::ranges::sort(out, {}, &LabelledText::id);
  return out;
}

// What is told of a text.
struct Told {
  std::vector<std::string> findings;
  std::string plain;  // what came out as plain; a finding is "[…]", what was not read "[?]"
  std::uint64_t most_held = 0;
};

std::string line_of(const Finding& f) {
  return fmt::format("{}-{} {} {} {} {}", f.location.start, f.location.end, f.detector, name(f.confidence),
                     f.fingerprint, f.preview);
}

class Stream {
 public:
  explicit Stream(StreamInspecting::Overlap overlap = StreamInspecting::Overlap::one)
      : stream_(engine(), overlap) {
    begin();
  }
  void begin(std::shared_ptr<const std::vector<bool>> held = {}) {
    stream_.begin(std::move(held));
    told_ = {};
    fed_ = 0;
  }
  std::string feed(std::string_view piece, bool last = false) {
    stream_.feed(std::string(piece), last);
    fed_ += piece.size();
    return drain();
  }
  std::string expire() {
    stream_.expire();
    return drain();
  }
  const Told& told() const { return told_; }
  StreamInspecting& inspecting() { return stream_; }

 private:
  std::string drain() {
    const auto before = told_.plain.size();
    StreamInspecting::Span span;
    auto out = stream_.out();
    while (stream_.next(span)) {
      EXPECT_EQ(span.start, out) << "spans leave no gap";
      EXPECT_EQ(span.text.size(), span.end - span.start);
      out = span.end;
      if (span.unread)
        told_.plain += "[?]";
      else if (span.findings.empty())
        told_.plain += span.text;
      else if (!span.begun)
        told_.plain += "[…]";
      for (const auto& finding : span.findings) told_.findings.push_back(line_of(finding));
    }
    told_.most_held = std::max(told_.most_held, fed_ - stream_.out());
    return told_.plain.substr(before);
  }
  StreamInspecting stream_;
  Told told_;
  std::uint64_t fed_ = 0;
};

std::vector<std::string> whole(std::string_view text) {
  static Inspecting inspecting(engine());
  std::vector<std::string> out;
  for (const auto& finding : inspecting.inspect(text).findings) out.push_back(line_of(finding));
  return out;
}

std::shared_ptr<const std::vector<bool>> nobody() {
  return std::make_shared<const std::vector<bool>>(engine().detectors().detectors().size(), false);
}

// As many pieces as `next` says.
Told cut(std::string_view text, const std::function<std::size_t()>& next,
         std::shared_ptr<const std::vector<bool>> held = {}) {
  static Stream stream;
  stream.begin(std::move(held));
  for (std::size_t at = 0; at < text.size();) {
    const auto size = std::min(text.size() - at, next());
    stream.feed(text.substr(at, size));
    at += size;
  }
  stream.feed({}, true);
  EXPECT_FALSE(stream.inspecting().holds());
  return stream.told();
}

std::string token(std::string_view body = "YDHUBz54CG6vJvJOksZ0AMz4OMVXp02bV6A3") {
  return "gh" + std::string("p_") + std::string(body);
}

std::string with_escapes(std::string_view text, std::string_view form) {
  std::string out;
  for (const char c : text) out += fmt::format(fmt::runtime(form), static_cast<unsigned char>(c));
  return out;
}

// A text that is long, and such that nothing but quoted-printable is read in another way as a whole.
bool reads_alike(std::string_view text) {
  return text.find("quoted-printable") == std::string_view::npos &&
         text.find("=\n") == std::string_view::npos && text.find('\0') == std::string_view::npos;
}

TEST(StreamInspecting, FindsTheSameHoweverATextIsCut) {
  std::mt19937 random(26);
  for (const auto& labelled : labelled_texts()) {
    const std::string_view text = labelled.text;
    if (!reads_alike(text)) continue;
    const auto expected = whole(text);
    for (const std::size_t most : {1UL, 7UL, 90UL, 100'000UL}) {
      if (most == 1 && text.size() > 2000) continue;
      const auto told = cut(text, [&] { return 1 + random() % most; });
      ASSERT_EQ(told.findings, expected) << labelled.id << ", pieces of up to " << most;
    }
  }
}

// The first of `expected` at whose place nothing was told.
std::string untold(const std::vector<std::string>& expected, const std::vector<std::string>& told) {
  const auto place = [](const std::string& line) {
    std::size_t end = 0;
    const auto start = std::stoul(line, &end);
    return std::pair(start, std::stoul(line.substr(end + 1)));
  };
  for (const auto& line : expected) {
    const auto [start, end] = place(line);
    const bool known = std::ranges::any_of(told, [&](const std::string& other) {
      const auto [from, to] = place(other);
      return from < end && start < to;
    });
    if (!known) return line;
  }
  return "";
}

// Several texts as one, so that a text is longer than what is looked at together.
TEST(StreamInspecting, FindsTheSameInLongTextsWhoeverWaits) {
  std::mt19937 random(27);
  constexpr std::size_t at_once = 12;
  const std::vector<std::string> secret = {"secret"};
  const std::array<std::shared_ptr<const std::vector<bool>>, 3> held = {
      nullptr, nobody(), std::make_shared<const std::vector<bool>>(detectors_of(engine(), secret))};
  std::string text;
  std::size_t joined = 0;
  for (const auto& labelled : labelled_texts()) {
    if (!reads_alike(labelled.text)) continue;
    text += labelled.text + "\n\n";
    if (++joined % at_once != 0) continue;
    const auto expected = whole(text);
    for (const auto& those : held)
      for (const std::size_t most : {64UL, 1500UL}) {
        const auto told = cut(text, [&] { return 1 + random() % most; }, those);
        const auto where = fmt::format("up to {}, pieces of up to {}", labelled.id, most);
        // What nobody waits for may be told before something surer at its place.
        if (those == nullptr) ASSERT_EQ(told.findings, expected) << where;
        if (those == held[2]) ASSERT_EQ(untold(expected, told.findings), "") << where;
        if (those == held[1]) ASSERT_LE(told.most_held, 3U) << "but for a character that is cut; " << where;
      }
    text.clear();
  }
}

// The value stands in the text as it is, escaped, encoded, encoded in lines, and twice so.
std::vector<std::string> disguised(const std::string& value) {
  const auto b64 =
      base64("a text that holds " + value + " and goes on for more than a line of base64 has room");
  std::string lines;
  for (std::size_t at = 0; at < b64.size(); at += 76) lines += b64.substr(at, 76) + "\n";
  return {"see " + value + " there",
          "see " + with_escapes(value, "%{:02x}") + " there",
          "{\"a\": \"" + with_escapes(value, "\\u{:04x}") + "\"}",
          "see " + with_escapes(value, "&#{};") + " there",
          "data " + b64 + " end",
          "data\n" + lines + "\nend",
          "data " + base64("twice " + base64("in " + value + " out") + " done") + " end",
          "data " + base64("{\"a\":\"" + with_escapes(value, "\\u{:04x}") + "\"}") + " end",
          "a=\"" + with_escapes(base64("in " + value + " out"), "%{:02x}") + "\""};
}

TEST(StreamInspecting, CutAtEveryByteAValueIsFoundAsInTheWhole) {
  for (const auto& text : disguised(token())) {
    const auto expected = whole(text);
    ASSERT_EQ(expected.size(), 1U) << text;
    for (std::size_t at = 0; at <= text.size(); ++at) {
      std::size_t n = 0;
      const auto told = cut(text, [&] { return n++ == 0 ? std::max<std::size_t>(at, 1) : text.size(); });
      ASSERT_EQ(told.findings, expected) << text << " cut at " << at;
      ASSERT_EQ(told.plain.find("[…]"), told.plain.rfind("[…]"));
    }
  }
}

TEST(StreamInspecting, WhatIsSettledComesOutAtOnce) {
  Stream stream;
  const std::vector<std::string> classes = {"secret", "personal"};
  stream.begin(std::make_shared<const std::vector<bool>>(detectors_of(engine(), classes)));
  EXPECT_EQ(stream.feed("It says: "), "It says: ");
  EXPECT_EQ(stream.feed("yes, "), "yes, ");
  EXPECT_EQ(stream.feed("50% (of them) & more, "), "50% (of them) & more, ");
  EXPECT_EQ(stream.feed("grün: \xc3"), "grün: ") << "half a character waits";
  EXPECT_EQ(stream.feed("\xa4, "), "ä, ");
  EXPECT_EQ(stream.feed("a token " + token().substr(0, 20)), "a token ");
  EXPECT_EQ(stream.feed(token().substr(20) + ", "), "[…], ");
}

TEST(StreamInspecting, WhatNobodyWaitsForIsToldAndNothingIsHeld) {
  Stream stream;
  for (const auto& text : disguised(token())) {
    stream.begin(nobody());
    for (const char c : text) EXPECT_FALSE(stream.feed({&c, 1}).empty());
    stream.feed(" ", true);
    EXPECT_EQ(stream.told().findings, whole(text + " ")) << text;
  }
  std::string key = "-----BEGIN " + std::string("RSA PRIVATE KEY-----\n");
  std::mt19937 random(5);
  for (int line = 0; line < 120; ++line) {
    std::string bytes;
    for (int n = 0; n < 48; ++n) bytes += static_cast<char>(random());
    key += base64(bytes) + "\n";
  }
  key += "-----END " + std::string("RSA PRIVATE KEY-----\n");
  const auto expected = whole(key);
  ASSERT_FALSE(expected.empty());
  stream.begin(nobody());
  for (std::size_t at = 0; at < key.size(); at += 50) stream.feed(std::string_view(key).substr(at, 50));
  stream.feed("\n\n", true);
  EXPECT_EQ(stream.told().findings, expected);
}

TEST(StreamInspecting, BinaryInBase64IsNotHeldBack) {
  std::mt19937 random(1);
  std::string bytes = "\x89PNG\r\n";
  for (int n = 0; n < 300'000; ++n) bytes += static_cast<char>(random());
  const auto text = "an image: data:image/png;base64," + base64(bytes) + " done";
  const auto told = cut(text, [] { return 400U; });
  EXPECT_EQ(told.plain, text);
  EXPECT_LT(told.most_held, 1000U);
}

TEST(StreamInspecting, ALongEncodedTextIsLookedIntoOnItsWay) {
  std::string inner;
  for (int n = 0; n < 4000; ++n) inner += fmt::format("line {} of what is encoded\n", n);
  inner.insert(60'000, " " + token() + " ");
  const auto told = cut("x " + base64(inner) + " y", [] { return 300U; });
  EXPECT_EQ(told.findings.size(), 1U);
  EXPECT_LE(told.most_held, StreamInspecting::kMostHeld);
  EXPECT_EQ(told.plain.find("[?]"), std::string::npos);
}

TEST(StreamInspecting, WhatIsHeldTooLongIsNeverShown) {
  for (std::size_t at = 1; at < token().size(); ++at) {
    Stream stream;
    stream.feed("see " + token().substr(0, at));
    if (at < 3) continue;
    EXPECT_EQ(stream.expire(), "[?]") << at;
    EXPECT_EQ(stream.feed(token().substr(at) + " there "), " there ") << at;
    EXPECT_EQ(stream.told().findings.size(), 1U);
  }
  Stream stream;
  stream.feed("see gho");
  stream.expire();
  EXPECT_EQ(stream.feed("st there "), "st there ") << "what was no value after all goes on";
}

TEST(StreamInspecting, NoMoreIsHeldThanItsBound) {
  Stream stream;
  const std::string block = "-----BEGIN " + std::string("RSA PRIVATE KEY-----\n");
  stream.feed(block);
  for (int n = 0; n < 2000; ++n)
    stream.feed("MIIEowIBAAKCAQEA7bq1xM0Vw2k3m4n5o6p7q8r9s0t1u2v3w4x5y6z7A8B9C0D1\n");
  EXPECT_LE(stream.told().most_held, StreamInspecting::kMostHeld + 100);
}

TEST(StreamInspecting, MoreThanIsToldOfOneTextEndsIt) {
  Stream stream;
  for (std::size_t n = 0; n <= StreamInspecting::kMostFindings; ++n)
    stream.feed(fmt::format("maren.voss{}@voss-orgelbau.de, ", n));
  stream.feed("\n");
  EXPECT_TRUE(stream.inspecting().gave_up());
  EXPECT_EQ(stream.feed("and on"), "");
}

}  // namespace
}  // namespace ostiary::inspect
