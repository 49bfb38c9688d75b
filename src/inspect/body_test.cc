#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "inspect/engine.h"
#include "inspect/impl/labelled.h"
#include "json/writer.h"

namespace ostiary::inspect {
namespace {

class Bodies : public testing::Test {
 protected:
  Inspection inspect(const std::string& body) {
    auto document = json::Document::parse(body);
    EXPECT_TRUE(document) << body;
    return inspecting_.inspect(*document);
  }
  std::shared_ptr<const Engine> engine_ = *Engine::builtin();
  Inspecting inspecting_{*engine_};
};

std::string body_of(std::string_view text) {
  return fmt::format(R"({{"model":"m","messages":[{{"role":"user","content":{}}}]}})", json::quoted(text));
}

// What a finding's bytes of a body say.
std::string said(const std::string& body, const Location& at) {
  const auto decoded = decode_json_string(std::string_view(body).substr(at.start, at.end - at.start));
  return decoded.text();
}

// What is found in a text is found in it as a string of a body, of any length.
TEST_F(Bodies, SayWhatTheTextsSay) {
  // Without a word that says what follows, and with escapes.
  std::string filler;
  while (filler.size() < 400) filler += "It rained \"all day\" and the cat slept.\n";
  std::size_t findings = 0, missed = 0;
  for (const auto& file :
       std::filesystem::recursive_directory_iterator(OSTIARY_SOURCE_DIR "/tests/corpus/inspect")) {
    if (file.path().extension() != ".yaml") continue;
    const auto texts = read_labelled_file(file.path().string());
    ASSERT_TRUE(texts) << texts.error().text();
    for (const auto& labelled : *texts)
      for (const auto& text : {labelled.text, filler + "\n" + labelled.text + "\n" + filler}) {
        if (!text::is_utf8(text) || text.contains('\0')) continue;  // no JSON string says that
        const auto plain = inspecting_.inspect(text).findings;
        const auto body = body_of(text);
        const auto in_body = inspect(body).findings;
        for (const auto& finding : plain) {
          if (finding.confidence < Confidence::medium) continue;
          ++findings;
          const auto value =
              text.substr(finding.location.start, finding.location.end - finding.location.start);
          const bool found = std::ranges::any_of(in_body, [&](const Finding& f) {
            return f.data_class == finding.data_class && said(body, f.location) == value;
          });
          if (found) continue;
          ++missed;
          fmt::print("{} {}: {}\n", labelled.id, finding.detector, value.substr(0, 80));
        }
      }
  }
  EXPECT_GT(findings, 2000U);
  EXPECT_EQ(missed, 0U);
}

// Of a string with escapes: the line that it ends with, and the line that it begins with, are ended and begun
// by it and not by its quotes.
TEST_F(Bodies, LongStringsBeginAndEndWhereTheirTextsDo) {
  std::string prose;
  while (prose.size() < 400) prose += "It rained \"all day\" and the cat slept.\n";
  const auto finds = [&](std::string_view content, std::string_view type, std::string_view value) {
    const auto body = body_of(content);
    const auto findings = inspect(body).findings;
    return std::ranges::any_of(
        findings, [&](const Finding& f) { return f.type == type && said(body, f.location) == value; });
  };
  for (const auto& more : {prose, prose + prose + prose + prose + prose + prose + prose + prose + prose}) {
    EXPECT_TRUE(finds("SECRET//NOFORN\n" + more, "us-classification", "SECRET//NOFORN")) << more.size();
    EXPECT_TRUE(finds(more + "SECRET//NOFORN", "us-classification", "SECRET//NOFORN")) << more.size();
    EXPECT_TRUE(finds(more + "SECRET//NOFORN\n" + more, "us-classification", "SECRET//NOFORN"))
        << more.size();
  }
}

// A name says what the beginning of a value is, words before a value say it from another string, however long
// the strings are.
TEST_F(Bodies, LongStringsAreReadTogetherWithWhatStandsAroundThem) {
  std::string prose;
  while (prose.size() < 9000) prose += "It rained \"all day\" and the cat slept.\n";
  const std::string token = std::string("x7Kq2mVb9RtYw4Ls") + "Z1NcUe8JdGfHa34T5HcW";
  const auto count = [&](const std::string& body) {
    return std::ranges::count_if(inspect(body).findings, [&](const Finding& f) {
      return f.confidence >= Confidence::medium && body.substr(f.location.start, token.size()) == token;
    });
  };
  EXPECT_EQ(count(fmt::format(R"({{"access_token":{}}})", json::quoted(token + "\n" + prose))), 1);
  EXPECT_EQ(count(fmt::format(R"({{"a_text":{}}})", json::quoted(token + "\n" + prose))), 0);
  const std::string word = "身分證字號是", number = "M198546681";
  const auto of_words = [&](std::string_view first) {
    const auto body = fmt::format(R"([{},"{}"])", json::quoted(first), number);
    return std::ranges::count_if(inspect(body).findings, [&](const Finding& f) {
      return body.substr(f.location.start, number.size()) == number;
    });
  };
  EXPECT_EQ(of_words(word), 1);
  EXPECT_EQ(of_words(prose + word), 1);
}

// Offsets are those of the body, whichever strings before it hold escapes.
TEST_F(Bodies, TellWhereAValueStandsBehindLongStringsWithEscapes) {
  const std::string key = std::string("ghp_") + "x7Kq2mVb9RtYw4LsZ1NcUe8JdGfHa34T5HcW";
  std::string prose;
  while (prose.size() < 600) prose += "a \"quoted\" word\\path\n";
  const auto body = fmt::format(R"({{"a":{},"b":"","c":{},"d":"{}","e":{}}})", json::quoted(prose),
                                json::quoted(prose + key + "\n" + prose), key, json::quoted("\n" + key));
  const auto findings = inspect(body).findings;
  ASSERT_EQ(findings.size(), 3U);
  const std::array<std::string, 3> pointers{"/c", "/d", "/e"};
  for (std::size_t i = 0; i < findings.size(); ++i) {
    const auto& at = findings[i].location;
    EXPECT_EQ(body.substr(at.start, at.end - at.start), key);
    EXPECT_EQ(at.pointer, pointers[i]);
  }
}

}  // namespace
}  // namespace ostiary::inspect
