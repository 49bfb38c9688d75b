#include "ledger/impl/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "ledger/impl/checkpoint_log.h"

namespace ostiary::ledger {
namespace {

SigningKey test_key(const std::string& name = "example.com/gate", std::uint8_t fill = 7) {
  SigningKey key{name, {}};
  key.seed.fill(fill);
  return key;
}

Checkpoint test_checkpoint() {
  return {"example.com/gate", 42, sha256("root")};
}

TEST(Checkpoint, HasTheLinesOfTheFormat) {
  const auto note = sign_note(test_checkpoint(), test_key());
  const auto lines = text::split(note, '\n');
  ASSERT_EQ(lines.size(), 6U);
  EXPECT_EQ(lines[0], "example.com/gate");
  EXPECT_EQ(lines[1], "42");
  EXPECT_EQ(lines[2], base64(sha256("root")));
  EXPECT_EQ(lines[3], "");
  EXPECT_TRUE(lines[4].starts_with("\u2014 example.com/gate "));
  const auto signature = unbase64(lines[4].substr(lines[4].rfind(' ') + 1));
  ASSERT_TRUE(signature);
  EXPECT_EQ(signature->size(), 4U + 64U);
}

TEST(Checkpoint, ComesBackFromItsNote) {
  const auto opened = open_note(sign_note(test_checkpoint(), test_key()), test_key().verifier());
  ASSERT_TRUE(opened) << opened.error().text();
  EXPECT_EQ(opened->origin, "example.com/gate");
  EXPECT_EQ(opened->size, 42U);
  EXPECT_EQ(opened->root, sha256("root"));
}

// Expectations made with golang.org/x/mod/sumdb/note v0.42.0 (GenerateKey, Sign) from the seed of test_key().
TEST(Checkpoint, IsByteForByteWhatAnotherImplementationSigns) {
  EXPECT_EQ(test_key().text(),
            "PRIVATE+KEY+example.com/gate+0fd34926+AQcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH");
  EXPECT_EQ(test_key().verifier().text(),
            "example.com/gate+0fd34926+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs");
  EXPECT_EQ(sign_note(test_checkpoint(), test_key()),
            "example.com/gate\n42\nSBNJTRN+FjG7owHVrKtue7eqdM4RhdRWVl71HXN2d7I=\n\n"
            "\u2014 example.com/gate "
            "D9NJJnbyumoh1DHRgZbeSxkqlm6xIpbsTRH1hDvZuyyC66ocaxJEC4tnQcUoOl8U0OwlVp0oex6Q+KsgUiXlDA5REAc=\n");
}

TEST(Checkpoint, EveryFlippedBitIsRefused) {
  const auto note = sign_note(test_checkpoint(), test_key());
  const auto verifier = test_key().verifier();
  for (std::size_t i = 0; i < note.size() * 8; ++i) {
    auto changed = note;
    changed[i / 8] = static_cast<char>(changed[i / 8] ^ (1 << (i % 8)));
    EXPECT_FALSE(open_note(changed, verifier)) << "bit " << i;
  }
}

TEST(Checkpoint, OfAnotherKeyIsDenied) {
  const auto note = sign_note(test_checkpoint(), test_key());
  for (const auto& other : {test_key("example.com/gate", 8), test_key("example.com/other", 7)}) {
    const auto opened = open_note(note, other.verifier());
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Code::denied);
  }
}

TEST(Checkpoint, MayBearSignaturesOfWitnesses) {
  auto note = sign_note(test_checkpoint(), test_key());
  const auto of_witness = sign_note(test_checkpoint(), test_key("witness.example/w", 9));
  note += of_witness.substr(of_witness.find("\n\n") + 2);
  EXPECT_TRUE(open_note(note, test_key().verifier()));
  EXPECT_TRUE(open_note(note, test_key("witness.example/w", 9).verifier()));
}

TEST(Checkpoint, IsRefusedInAnyOtherForm) {
  const auto key = test_key();
  const auto sign = [&](const std::string& body) {
    // sign_note() writes the origin as it is, so a body can be smuggled into it.
    auto note = sign_note({body, 1, {}}, key);
    return note;
  };
  const auto root = base64(sha256("root"));
  EXPECT_EQ(open_note(sign("a\n007\n" + root), key.verifier()).error().code, Code::invalid);
  EXPECT_EQ(open_note(sign("a\n-1\n" + root), key.verifier()).error().code, Code::invalid);
  EXPECT_EQ(open_note(sign("a\n1\nAAAA"), key.verifier()).error().code, Code::invalid);
  EXPECT_EQ(open_note(sign("\n1\n" + root), key.verifier()).error().code, Code::invalid);
  EXPECT_TRUE(open_note(sign("a\n0\n" + root), key.verifier()));  // what follows are extension lines
  for (const auto* text : {"", "\n", "\n\n", "a\n1\n", "a\n1\nAAAA\n\nno dash\n"})
    EXPECT_EQ(open_note(text, key.verifier()).error().code, Code::invalid) << text;
}

TEST(Keys, ComeBackFromTheirText) {
  const auto key = test_key();
  const auto signer = SigningKey::parse(key.text() + "\n");
  ASSERT_TRUE(signer);
  EXPECT_EQ(signer->seed, key.seed);
  const auto verifier = VerifierKey::parse(key.verifier().text());
  ASSERT_TRUE(verifier);
  EXPECT_EQ(verifier->public_key, key.verifier().public_key);
}

TEST(Keys, AreRefusedWhenAnyCharacterIsAnother) {
  const auto signer = test_key().text(), verifier = test_key().verifier().text();
  const auto with_other = [](std::string text, std::size_t i) {
    text[i] = text[i] == 'A' ? 'B' : 'A';
    return text;
  };
  for (std::size_t i = 0; i < signer.size(); ++i) EXPECT_FALSE(SigningKey::parse(with_other(signer, i))) << i;
  for (std::size_t i = 0; i < verifier.size(); ++i)
    EXPECT_FALSE(VerifierKey::parse(with_other(verifier, i))) << i;
}

TEST(Keys, HaveNamesThatANoteCanCarry) {
  EXPECT_TRUE(valid_key_name("ostiary/12345678"));
  for (const auto* name : {"", "a b", "a+b", "a\nb", "\u00e9"}) EXPECT_FALSE(valid_key_name(name)) << name;
}

TEST(CheckpointLine, IsReadOnlyInItsOneForm) {
  const auto note = sign_note(test_checkpoint(), test_key());
  auto line = checkpoint_line(note);
  line.pop_back();
  EXPECT_EQ(note_of_line(line), note);
  EXPECT_FALSE(note_of_line(line + " "));
  EXPECT_FALSE(note_of_line(" " + line));
  EXPECT_FALSE(note_of_line("{\"checkpoint\":1}"));
  EXPECT_FALSE(note_of_line("{}"));
  EXPECT_FALSE(note_of_line(""));
}

TEST(Resume, ComesBackFromItsTextAndEveryFlippedBitIsRefused) {
  Resume resume{{}, 3, 4711};
  for (int i = 0; i < 11; ++i) resume.frontier.add(sha256(std::to_string(i)));
  const auto text = resume.text();
  const auto again = Resume::parse(text);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->frontier.root(), resume.frontier.root());
  EXPECT_EQ(again->first, 3U);
  EXPECT_EQ(again->log_offset, 4711U);
  for (std::size_t i = 0; i < text.size() * 8; ++i) {
    auto changed = text;
    changed[i / 8] = static_cast<char>(changed[i / 8] ^ (1 << (i % 8)));
    EXPECT_FALSE(Resume::parse(changed)) << "bit " << i;
  }
}

}  // namespace
}  // namespace ostiary::ledger
