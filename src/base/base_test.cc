#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include "base/ascii.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/id.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/testing.h"
#include "base/text.h"
#include "base/time.h"

namespace ostiary {
namespace {

namespace fs = std::filesystem;

// A folder that goes away with the test.
class Folder : public ::testing::Test {
 protected:
  std::string in(std::string_view name) const { return folder_ / name; }
  testing::TempFolder folder_;
};
using FileTest = Folder;

Key256 key_of(std::string_view bytes) {
  Key256 key{};
  std::ranges::copy(bytes, key.begin());
  return key;
}

// ---- text

TEST(Text, GlobMatchesTheWhole) {
  EXPECT_TRUE(text::glob("*", ""));
  EXPECT_TRUE(text::glob("gpt-*", "gpt-4o"));
  EXPECT_FALSE(text::glob("gpt-*", "my-gpt-4o"));
  EXPECT_TRUE(text::glob("*-mini*", "o4-mini-2025"));
  EXPECT_TRUE(text::glob("o?", "o3"));
  EXPECT_FALSE(text::glob("o?", "o3-mini"));
  EXPECT_FALSE(text::glob("", "x"));
  EXPECT_TRUE(text::glob("a*b*c", "a-b-b-c"));
  EXPECT_FALSE(text::glob("a*b*c", "a-b-b-d"));
}

TEST(Text, NearestFindsSlipsOfTheKeyboardOnly) {
  const std::vector<std::string_view> words = {"listen", "ledger", "services", "log_level"};
  EXPECT_EQ(text::nearest("listne", words), "listen");
  EXPECT_EQ(text::nearest("service", words), "services");
  EXPECT_EQ(text::nearest("LEDGER", words), "ledger");
  EXPECT_EQ(text::nearest("telemetry", words), std::nullopt);
  EXPECT_EQ(text::nearest("x", words), std::nullopt);
}

TEST(Text, BytesAndDurationsReadBackWhatTheyPrint) {
  for (const std::uint64_t n : {0ULL, 1ULL, 1023ULL, 1024ULL, 1536ULL, 64ULL << 20, 3ULL << 30, ~0ULL})
    EXPECT_EQ(text::parse_bytes(text::format_bytes(n)), n);
  for (const std::uint64_t n : {0ULL, 1ULL, 999ULL, 1000ULL, 90'000ULL, 3'600'000ULL, 86'400'000ULL})
    EXPECT_EQ(text::parse_duration_ms(text::format_duration_ms(n)), n);
  EXPECT_EQ(text::format_bytes(64ULL << 20), "64MiB");
  EXPECT_EQ(text::format_duration_ms(900'000), "15m");
  EXPECT_EQ(text::parse_bytes("1GB"), 1'000'000'000u);
  EXPECT_EQ(text::parse_bytes("4096"), 4096u);
  EXPECT_EQ(text::parse_bytes("16 KiB"), 16384u);
}

TEST(Text, BytesAndDurationsRefuseWhatTheyCannotMean) {
  for (const auto* bad :
       {"", "MiB", "-1", "1.5GiB", "1TiB", "99999999999999999999", "18446744073709551615KiB"})
    EXPECT_FALSE(text::parse_bytes(bad)) << bad;
  for (const auto* bad : {"", "10", "s", "1w", "-1s", "1.5s"})
    EXPECT_FALSE(text::parse_duration_ms(bad)) << bad;
  EXPECT_EQ(text::parse_duration_ms("0"), 0u);
}

TEST(Text, UtfEightRefusesOverlongSurrogatesAndTorn) {
  EXPECT_TRUE(text::is_utf8("grüß Gott 🚪"));
  for (const auto* bad : {"\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\x80"})
    EXPECT_FALSE(text::is_utf8(bad));
}

TEST(Text, NumbersAreDigitsThatFit) {
  EXPECT_EQ(text::parse_uint("18446744073709551615"), ~0ULL);
  for (const auto* bad : {"", "+1", "-1", " 1", "1 ", "18446744073709551616", "0x1"})
    EXPECT_EQ(text::parse_uint(bad), std::nullopt) << bad;
}

TEST(Text, SplitKeepsEmptyPartsAndTrimTakesBlanks) {
  EXPECT_EQ(text::split("a,,b,", ','), (std::vector<std::string_view>{"a", "", "b", ""}));
  EXPECT_EQ(text::split("", ','), std::vector<std::string_view>{""});
  EXPECT_EQ(text::trim("\t a b \r\n"), "a b");
  EXPECT_EQ(text::trim(" \n"), "");
  EXPECT_TRUE(text::iequals("Retry-After", "retry-after"));
  EXPECT_EQ(text::lower("ÄbC"), "Äbc");
}

// ---- hash

TEST(Hash, Sha256MatchesTheExamplesOfFips180) {
  EXPECT_EQ(hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(hex(sha256(std::string(1'000'000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Hash, PiecesHashLikeTheWhole) {
  const std::string text(1000, 'x');
  for (const std::size_t cut : {0u, 1u, 63u, 64u, 65u, 999u}) {
    Sha256 h;
    h.update(std::string_view(text).substr(0, cut));
    h.update(std::string_view(text).substr(cut));
    EXPECT_EQ(h.finish(), sha256(text));
  }
}

TEST(Hash, HmacMatchesRfc4231) {
  EXPECT_EQ(hex(hmac_sha256(key_of(std::string(20, '\x0b')), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hex(hmac_sha256(key_of("Jefe"), "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hex(hmac_sha256(key_of(std::string(20, '\xaa')), std::string(50, '\xdd'))),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
}

TEST(Hash, Crc32MatchesTheCheckValue) {
  EXPECT_EQ(crc32("123456789"), 0xcbf43926u);
  EXPECT_EQ(crc32(""), 0u);
}

TEST(Hash, Base64MatchesRfc4648AndIsStrict) {
  const std::vector<std::pair<std::string_view, std::string_view>> vectors = {{"", ""},
                                                                              {"f", "Zg=="},
                                                                              {"fo", "Zm8="},
                                                                              {"foo", "Zm9v"},
                                                                              {"foob", "Zm9vYg=="},
                                                                              {"fooba", "Zm9vYmE="},
                                                                              {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, coded] : vectors) {
    EXPECT_EQ(base64(plain), coded);
    EXPECT_EQ(unbase64(coded), plain);
  }
  for (const auto* bad : {"Zg=", "Zg", "Zh==", "Zm9=", "Z===", "====", "Zm9v Zm9v", "Zm-_", "Zg==Zg=="})
    EXPECT_EQ(unbase64(bad), std::nullopt) << bad;
}

TEST(Hash, HexReadsBothCasesAndRefusesTheRest) {
  EXPECT_EQ(unhex("00fFaB"), std::string("\x00\xff\xab", 3));
  for (const auto* bad : {"0", "0g", " 0"}) EXPECT_EQ(unhex(bad), std::nullopt);
}

TEST(Hash, Base62IsANumberOfFixedWidth) {
  const std::array<std::uint8_t, 2> number = {0x01, 0x00};  // 256 = 4 * 62 + 8
  EXPECT_EQ(base62(number, 4), "0048");
  EXPECT_EQ(unbase62("0048", 2), std::string("\x01\x00", 2));
  Key256 key;
  key.fill(0xff);
  const auto text = base62(key, 43);
  EXPECT_EQ(text.size(), 43u);
  EXPECT_EQ(unbase62(text, 32), std::string(32, '\xff'));
  EXPECT_EQ(unbase62(std::string(43, 'z'), 32), std::nullopt);  // does not fit
  EXPECT_EQ(unbase62("a-b", 32), std::nullopt);
}

TEST(Hash, Ed25519MatchesRfc8032) {
  const auto seed = key_of(*unhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"));
  EXPECT_EQ(hex(Ed25519::public_key(seed)),
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  auto signature = Ed25519::sign(seed, "");
  EXPECT_EQ(hex(signature),
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
            "d25bf5f059"
            "5bbe24655141438e7a100b");
  EXPECT_TRUE(Ed25519::verify(Ed25519::public_key(seed), "", signature));
  EXPECT_FALSE(Ed25519::verify(Ed25519::public_key(seed), "x", signature));
  signature[3] ^= 1;
  EXPECT_FALSE(Ed25519::verify(Ed25519::public_key(seed), "", signature));
  EXPECT_FALSE(Ed25519::verify(Ed25519::public_key(seed), "", std::span(signature).first(63)));
}

TEST(Hash, RandomKeysDiffer) {
  std::set<Key256> keys;
  for (int i = 0; i < 1000; ++i) keys.insert(random_key());
  EXPECT_EQ(keys.size(), 1000u);
}

TEST(Hash, ConstantTimeComparisonComparesLengthToo) {
  const std::array<std::uint8_t, 3> a = {1, 2, 3}, b = {1, 2, 4};
  EXPECT_TRUE(equal_constant_time(a, a));
  EXPECT_FALSE(equal_constant_time(a, b));
  EXPECT_FALSE(equal_constant_time(a, std::span(a).first(2)));
}

// ---- time and ids

TEST(Time, Rfc3339GoesBothWays) {
  EXPECT_EQ(rfc3339(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(rfc3339(1645557742000), "2022-02-22T19:22:22.000Z");
  EXPECT_EQ(rfc3339(951782399999), "2000-02-28T23:59:59.999Z");
  for (const WallMs t : {0LL, 1LL, 951782400000LL, 1795420800123LL, 4102444799999LL})
    EXPECT_EQ(parse_rfc3339(rfc3339(t)), t);
  EXPECT_EQ(parse_rfc3339("2022-02-22T19:22:22Z"), 1645557742000);
  EXPECT_EQ(parse_rfc3339("2022-02-22T19:22:22.5Z"), 1645557742500);
  EXPECT_EQ(parse_rfc3339("2022-02-22T19:22:22.123456Z"), 1645557742123);
}

TEST(Time, Rfc3339RefusesOtherZonesAndDaysThatAreNot) {
  for (const auto* bad :
       {"", "2022-02-22", "2022-02-22T19:22:22+01:00", "2022-02-30T00:00:00Z", "2022-13-01T00:00:00Z",
        "2022-02-22T24:00:00Z", "2022-02-22 19:22:22Z", "2022-02-22T19:22:22.xZ"})
    EXPECT_EQ(parse_rfc3339(bad), std::nullopt) << bad;
}

TEST(Id, ReadsAndPrintsTheExampleOfRfc9562) {
  const auto id = Id::parse("017F22E2-79B0-7CC3-98C4-DC0C0C07398F");
  ASSERT_TRUE(id);
  EXPECT_EQ(id->text(), "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
  for (const auto* bad : {"", "017F22E279B07CC398C4DC0C0C07398F", "017F22E2-79B0-7CC3-98C4-DC0C0C07398G",
                          "017F22E2-79B0-7CC3-98C4-DC0C0C0739--"})
    EXPECT_EQ(Id::parse(bad), std::nullopt) << bad;
}

TEST(Id, IdsOfOneThreadIncreaseAndAreVersion7) {
  const auto before = wall_now();
  Id last{};
  for (int i = 0; i < 100'000; ++i) {
    const auto id = Id::make();
    ASSERT_LT(last, id);
    ASSERT_EQ(id.bytes[6] >> 4, 7);
    ASSERT_EQ(id.bytes[8] >> 6, 2);
    last = id;
  }
  std::uint64_t ms = 0;
  for (std::size_t i = 0; i < 6; ++i) ms = ms << 8 | last.bytes[i];
  EXPECT_GE(static_cast<WallMs>(ms), before);
  EXPECT_LE(static_cast<WallMs>(ms), wall_now() + 1000);
}

TEST(Id, ThreadsNeverMakeTheSame) {
  std::array<std::vector<Id>, 4> made;
  {
    std::vector<std::jthread> threads;
    for (auto& mine : made)
      threads.emplace_back([&mine] {
        for (int i = 0; i < 10'000; ++i) mine.push_back(Id::make());
      });
  }
  std::set<Id> all;
  for (const auto& mine : made) all.insert(mine.begin(), mine.end());
  EXPECT_EQ(all.size(), 40'000u);
}

// ---- files

TEST_F(FileTest, AtomicWriteReplacesTheWholeFileAndLeavesNoTemporary) {
  ASSERT_TRUE(write_file_atomic(in("a"), "first, and longer"));
  ASSERT_TRUE(write_file_atomic(in("a"), "second"));
  EXPECT_EQ(read_file(in("a")), "second");
  struct stat info{};
  ASSERT_EQ(::stat(in("a").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_.path()), {}), 1);
}

TEST_F(FileTest, AFailedAtomicWriteLeavesTheOldFile) {
  fs::create_directory(folder_ / "target");  // a rename cannot put a file over a folder
  const auto result = write_file_atomic(in("target"), "x");
  ASSERT_FALSE(result);
  EXPECT_TRUE(fs::is_directory(folder_ / "target"));
  EXPECT_FALSE(fs::exists(folder_ / "target.new"));
}

TEST_F(FileTest, AMissingFileIsNotFoundAndALargeOneTooLarge) {
  EXPECT_EQ(read_file(in("none")).error().code, Code::not_found);
  EXPECT_EQ(read_file(in("none")).error().where, in("none"));
  std::ofstream(in("big")) << std::string(1000, 'x');
  EXPECT_EQ(read_file(in("big"), 999).error().code, Code::too_large);
  EXPECT_EQ(read_file(in("big"), 1000)->size(), 1000u);
}

TEST_F(FileTest, MappingShowsTheBytesAlsoOfAnEmptyFile) {
  std::ofstream(in("a")) << "hello";
  std::ofstream(in("empty")).close();
  EXPECT_EQ(MappedFile::open(in("a"))->bytes(), "hello");
  EXPECT_EQ(MappedFile::open(in("empty"))->bytes(), "");
  EXPECT_EQ(MappedFile::open(in("none")).error().code, Code::not_found);
}

TEST_F(FileTest, FoldersAreMadeWithTheirParentsAndAFileIsRefused) {
  ASSERT_TRUE(make_folder(in("a/b/c")));
  ASSERT_TRUE(make_folder(in("a/b/c")));
  std::ofstream(in("file")).close();
  EXPECT_EQ(make_folder(in("file")).error().code, Code::invalid);
}

TEST_F(FileTest, WriteAllGivesTheErrorOfAFullPlace) {
  const Fd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  ASSERT_TRUE(full);
  EXPECT_EQ(write_all(full.get(), "x", "/dev/full").error().code, Code::io);
}

TEST_F(FileTest, LogLinesCannotBeForged) {
  const Fd saved(::dup(STDERR_FILENO));
  const Fd file(::open(in("log").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  ASSERT_TRUE(saved && file);
  ::dup2(file.get(), STDERR_FILENO);
  log::warn("a\n2026-01-01T00:00:00.000Z info  forged\x1b[31m");
  log::debug("not shown");
  ::dup2(saved.get(), STDERR_FILENO);
  const auto text = *read_file(in("log"));
  EXPECT_EQ(std::ranges::count(text, '\n'), 1);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.substr(24, 10), " warn  a 2");
}

TEST_F(FileTest, LogLinesAreJsonWhereThatIsWantedAndGoOnInANewFileOnceTheOldOneIsMoved) {
  ASSERT_TRUE(log::write_to(in("log")));
  log::set_form(log::Form::json);
  log::warn("a \"b\" \\ \xff\n");
  std::filesystem::rename(in("log"), in("log.1"));
  log::warn("still there");
  ASSERT_TRUE(log::write_to(in("log")));
  log::warn("new");
  EXPECT_FALSE(log::write_to(in("no/such/folder")));
  log::warn("all the same");
  log::set_form(log::Form::text);
  ASSERT_TRUE(log::write_to(""));
  const auto old = *read_file(in("log.1")), fresh = *read_file(in("log"));
  EXPECT_NE(old.find(R"(","level":"warn","message":"a \"b\" \\ ? "})"), std::string::npos) << old;
  EXPECT_NE(old.find("still there"), std::string::npos);
  EXPECT_EQ(fresh.find("still there"), std::string::npos);
  EXPECT_NE(fresh.find("new"), std::string::npos);
  EXPECT_NE(fresh.find("all the same"), std::string::npos);
}

// ---- secrets

TEST(SecretTest, MaskShowsTooLittleToUse) {
  EXPECT_EQ(masked("sk-0123456789abcdef"), "sk-…cdef");
  EXPECT_EQ(masked("short"), "…");
}

TEST(Ascii, BytesOfOtherCharactersAreNeitherLettersNorDigitsNorSpace) {
  for (int byte = 0x80; byte < 0x100; ++byte) {
    const auto c = static_cast<char>(byte);
    EXPECT_FALSE(text::is_alnum(c) || text::is_hex(c) || text::is_space(c)) << byte;
  }
  EXPECT_FALSE(text::is_letter('@') || text::is_letter('[') || text::is_letter('`') || text::is_letter('{'));
  EXPECT_FALSE(text::is_blank('\n'));
  EXPECT_TRUE(text::is_space('\n'));
}

}  // namespace
}  // namespace ostiary
