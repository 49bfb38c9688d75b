#include "files/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>

namespace ostiary::files {
namespace {

using std::string_view_literals::operator""sv;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

using Members = std::vector<std::pair<std::string, std::string>>;

enum class Packed { plain, gzip, xz, zstd, bzip2 };

la_ssize_t collect(archive*, void* out, const void* data, std::size_t size) {
  static_cast<std::string*>(out)->append(static_cast<const char*>(data), size);
  return static_cast<la_ssize_t>(size);
}

void add(archive* writer, const std::string& name, std::string_view bytes, unsigned type = AE_IFREG) {
  auto* entry = ::archive_entry_new();
  ::archive_entry_set_pathname(entry, name.c_str());
  ::archive_entry_set_filetype(entry, type);
  ::archive_entry_set_perm(entry, 0644);
  ::archive_entry_set_size(entry, static_cast<la_int64_t>(bytes.size()));
  if (type == AE_IFLNK) ::archive_entry_set_symlink(entry, "/etc/passwd");
  EXPECT_GE(::archive_write_header(writer, entry), ARCHIVE_WARN) << ::archive_error_string(writer);
  if (type == AE_IFREG) ::archive_write_data(writer, bytes.data(), bytes.size());
  ::archive_entry_free(entry);
}

void finish(archive* writer) {
  ::archive_write_close(writer);
  ::archive_write_free(writer);
}

std::string made(bool zip, Packed packed, const Members& members, const char* password = nullptr) {
  std::string out;
  auto* writer = ::archive_write_new();
  zip ? ::archive_write_set_format_zip(writer) : ::archive_write_set_format_pax_restricted(writer);
  if (packed == Packed::gzip) ::archive_write_add_filter_gzip(writer);
  if (packed == Packed::xz) ::archive_write_add_filter_xz(writer);
  if (packed == Packed::zstd) ::archive_write_add_filter_zstd(writer);
  if (packed == Packed::bzip2) ::archive_write_add_filter_bzip2(writer);
  if (password) {
    EXPECT_EQ(::archive_write_set_options(writer, "zip:encryption=aes256"), ARCHIVE_OK);
    ::archive_write_set_passphrase(writer, password);
  }
  ::archive_write_set_bytes_in_last_block(writer, 1);  // no padding
  EXPECT_EQ(::archive_write_open(writer, &out, nullptr, collect, nullptr), ARCHIVE_OK);
  for (const auto& [name, bytes] : members) add(writer, name, bytes);
  finish(writer);
  return out;
}

std::string zip_of(const Members& members) {
  return made(true, Packed::plain, members);
}

// One file packed without a tar around it.
std::string packed_file(Packed packed, std::string_view bytes) {
  std::string out;
  auto* writer = ::archive_write_new();
  ::archive_write_set_format_raw(writer);
  if (packed == Packed::gzip) ::archive_write_add_filter_gzip(writer);
  if (packed == Packed::zstd) ::archive_write_add_filter_zstd(writer);
  ::archive_write_set_bytes_in_last_block(writer, 1);
  ::archive_write_open(writer, &out, nullptr, collect, nullptr);
  add(writer, "x", bytes);
  finish(writer);
  return out;
}

struct Unpacked {
  Members members;
  std::vector<Partial> partial;
};

Unpacked unpack(std::string_view bytes, const ArchiveLimits& limits = {}, const std::string& shown = "a") {
  Unpacked out;
  out.partial = read_archive(
      bytes, shown,
      [&](const Member& member) {
        out.members.emplace_back(member.path, member.bytes);
        return true;
      },
      limits);
  return out;
}

TEST(Archive, EveryFormatGivesItsMembersInOrder) {
  const Members members = {{"dir/b.txt", "first"}, {"a.txt", std::string(100'000, 'x')}, {"empty", ""}};
  const std::map<ArchiveKind, std::string> archives = {
      {ArchiveKind::zip, zip_of(members)},
      {ArchiveKind::tar, made(false, Packed::plain, members)},
      {ArchiveKind::gzip, made(false, Packed::gzip, members)},
      {ArchiveKind::xz, made(false, Packed::xz, members)},
      {ArchiveKind::zstd, made(false, Packed::zstd, members)},
      {ArchiveKind::bzip2, made(false, Packed::bzip2, members)}};
  for (const auto& [kind, bytes] : archives) {
    EXPECT_EQ(archive_kind_of(std::string_view(bytes).substr(0, 512)), kind);
    const auto unpacked = unpack(bytes);
    EXPECT_THAT(unpacked.members, ElementsAre(Pair("a!/dir/b.txt", "first"),
                                              Pair("a!/a.txt", members[1].second), Pair("a!/empty", "")));
    EXPECT_THAT(unpacked.partial, IsEmpty());
  }
}

TEST(Archive, APackedFileIsItsOneMember) {
  EXPECT_THAT(unpack(packed_file(Packed::gzip, "line"), {}, "logs/app.log.gz").members,
              ElementsAre(Pair("logs/app.log.gz!/app.log", "line")));
  EXPECT_THAT(unpack(packed_file(Packed::zstd, "line"), {}, "stream").members,
              ElementsAre(Pair("stream!/content", "line")));
}

TEST(Archive, WhatIsNoArchiveIsNoneAndSaysSo) {
  for (const auto bytes : {""sv, "text"sv, "PK"sv, "\x1f\x8b"sv, "BZh9 is a name"sv,
                           "\x7f"
                           "ELF"sv})
    EXPECT_EQ(archive_kind_of(bytes), ArchiveKind::none) << bytes;
  EXPECT_EQ(unpack("text").partial[0].why, Why::unsupported);
}

TEST(Archive, NamesAreTamed) {
  const auto zip =
      zip_of({{"../../etc/passwd", "1"}, {"/abs/./x//y", "2"}, {"a\nb", "3"}, {"..", "4"}, {"ünï", "5"}});
  EXPECT_THAT(unpack(zip).members,
              ElementsAre(Pair("a!/etc/passwd", "1"), Pair("a!/abs/x/y", "2"), Pair("a!/a\nb", "3"),
                          Pair("a!/member 4", "4"), Pair("a!/ünï", "5")));
}

TEST(Archive, LinksAndFoldersArePassedOver) {
  std::string out;
  auto* writer = ::archive_write_new();
  ::archive_write_set_format_pax_restricted(writer);
  ::archive_write_open(writer, &out, nullptr, collect, nullptr);
  add(writer, "d", "", AE_IFDIR), add(writer, "link", "", AE_IFLNK), add(writer, "fifo", "", AE_IFIFO),
      add(writer, "f", "x");
  finish(writer);
  const auto unpacked = unpack(out);
  EXPECT_THAT(unpacked.members, ElementsAre(Pair("a!/f", "x")));
  EXPECT_THAT(unpacked.partial, IsEmpty());
}

TEST(Archive, ArchivesInArchivesAreReadTwoDeep) {
  const auto third = zip_of({{"deep", "3"}});
  const auto second = made(false, Packed::gzip, {{"in.zip", third}, {"second", "2"}});
  const auto first = zip_of({{"b.tgz", second}, {"first", "1"}});
  const auto unpacked = unpack(first);
  EXPECT_THAT(unpacked.members, ElementsAre(Pair("a!/b.tgz!/second", "2"), Pair("a!/first", "1")));
  ASSERT_THAT(unpacked.partial, SizeIs(1));
  EXPECT_EQ(unpacked.partial[0].why, Why::too_deep);
  EXPECT_EQ(unpacked.partial[0].path, "a!/b.tgz!/in.zip");
  EXPECT_THAT(unpack(first, {.levels = 3}).partial, IsEmpty());
}

TEST(Archive, EncryptedMembersAreUnread) {
  const auto unpacked = unpack(made(true, Packed::plain, {{"secret.txt", "hidden"}}, "password"));
  EXPECT_THAT(unpacked.members, IsEmpty());
  ASSERT_THAT(unpacked.partial, SizeIs(1));
  EXPECT_EQ(unpacked.partial[0].why, Why::encrypted);
  EXPECT_EQ(unpacked.partial[0].path, "a!/secret.txt");
}

TEST(Archive, ABombEndsAtTheRatioWhateverTheLevel) {
  const auto bomb = zip_of({{"zeros", std::string(200u << 20, '\0')}});
  ASSERT_LT(bomb.size(), 300'000u);
  const ArchiveLimits limits{.ratio = 100, .ratio_from = 1 << 20};
  auto unpacked = unpack(bomb, limits);
  EXPECT_THAT(unpacked.members, IsEmpty());
  ASSERT_THAT(unpacked.partial, SizeIs(1));
  EXPECT_EQ(unpacked.partial[0].why, Why::bomb);

  unpacked = unpack(zip_of({{"1", bomb}, {"2", "after"}}), limits);
  EXPECT_THAT(unpacked.members, IsEmpty());
  ASSERT_THAT(unpacked.partial, SizeIs(1));
  EXPECT_THAT(unpacked.partial[0].path, HasSubstr("a!/1!/zeros"));
}

TEST(Archive, LimitsOfSizeAndNumber) {
  const auto zip = zip_of({{"big", std::string(1000, 'x')}, {"1", "1"}, {"2", "2"}});
  auto unpacked = unpack(zip, {.member_bytes = 999});
  EXPECT_THAT(unpacked.members, ElementsAre(Pair("a!/1", "1"), Pair("a!/2", "2")));
  EXPECT_EQ(unpacked.partial.at(0).why, Why::too_large);

  unpacked = unpack(zip, {.members = 2});
  EXPECT_THAT(unpacked.members, SizeIs(2));
  EXPECT_EQ(unpacked.partial.at(0).why, Why::too_many);

  unpacked = unpack(zip, {.total_bytes = 1001});
  EXPECT_THAT(unpacked.members, SizeIs(2));
  EXPECT_EQ(unpacked.partial.at(0).why, Why::too_large);

  // A packed file does not tell its size beforehand.
  unpacked = unpack(packed_file(Packed::gzip, std::string(1000, 'x')), {.member_bytes = 999});
  EXPECT_THAT(unpacked.members, IsEmpty());
  EXPECT_EQ(unpacked.partial.at(0).why, Why::too_large);
}

TEST(Archive, WhatIsDamagedIsToldOfAndWhatStandsBeforeItIsRead) {
  const auto tar = made(false, Packed::gzip, {{"one", "1"}, {"two", std::string(50'000, 'x')}});
  const auto cut = unpack(std::string_view(tar).substr(0, tar.size() / 2));
  EXPECT_THAT(cut.partial, ::testing::Not(IsEmpty()));
  auto zip = zip_of({{"one", "1"}, {"two", "2222"}});
  zip.resize(zip.size() - 40);  // without its directory
  EXPECT_THAT(unpack(zip).members, ::testing::Contains(Pair("a!/one", "1")));
  for (std::size_t at = 0; at < tar.size(); at += 7) {  // must only end, with any outcome
    auto broken = tar;
    broken[at] = static_cast<char>(broken[at] ^ 0x55);
    unpack(broken);
  }
}

std::string ar_of(const Members& members) {
  std::string out = "!<arch>\n";
  for (const auto& [name, bytes] : members) {
    out += fmt::format("{:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", name, 0, 0, 0, "100644", bytes.size()) + bytes;
    if (bytes.size() % 2 == 1) out += '\n';
  }
  return out;
}

TEST(Archive, ADebianPackageIsOneTreeOfItsDescriptionAndItsFiles) {
  const auto deb = ar_of(
      {{"debian-binary", "2.0\n"},
       {"control.tar.gz", made(false, Packed::gzip, {{"./control", "Package: x\n"}})},
       {"data.tar.zst",
        made(false, Packed::zstd, {{"./usr/lib/x.so", "1"}, {"./usr/share/x.zip", zip_of({{"in", "2"}})}})}});
  const auto unpacked = unpack(deb, {}, "x.deb");
  EXPECT_THAT(unpacked.members,
              ElementsAre(Pair("x.deb!/debian-binary", "2.0\n"), Pair("x.deb!/control", "Package: x\n"),
                          Pair("x.deb!/usr/lib/x.so", "1"), Pair("x.deb!/usr/share/x.zip!/in", "2")));
  EXPECT_THAT(unpacked.partial, IsEmpty());
  EXPECT_EQ(archive_kind_of(ar_of({{"x.o/", "1"}})), ArchiveKind::none) << "a library";
}

TEST(Archive, OfALargeMemberTheBeginningAndItsSizeAreGivenWhereThatIsAskedFor) {
  const ArchiveLimits limits{.member_bytes = 999, .head_bytes = 100};
  const std::string big(70'000, 'x');
  for (const auto& archive :
       {zip_of({{"big", big}, {"b", "2"}}), made(false, Packed::gzip, {{"big", big}, {"b", "2"}}),
        made(false, Packed::plain, {{"big", big}, {"b", "2"}}), packed_file(Packed::gzip, big)}) {
    std::vector<std::pair<std::size_t, std::uint64_t>> sizes;
    const auto partial = read_archive(
        archive, "a",
        [&](const Member& member) {
          sizes.emplace_back(member.bytes.size(), member.whole);
          return true;
        },
        limits);
    EXPECT_THAT(partial, IsEmpty());
    ASSERT_THAT(sizes, ::testing::Not(IsEmpty()));
    EXPECT_EQ(sizes[0], std::pair(std::size_t{100}, std::uint64_t{70'000}));
    if (sizes.size() > 1) EXPECT_EQ(sizes[1], std::pair(std::size_t{1}, std::uint64_t{1}));
  }
}

TEST(Archive, ArchivesOverTheLimitOfAMemberAreReadAsStreams) {
  const std::string big(3000, 'x');
  for (const auto& inner :
       {zip_of({{"in", big}, {"b", "2"}}), made(false, Packed::plain, {{"in", big}, {"b", "2"}})}) {
    const auto unpacked =
        unpack(made(false, Packed::gzip, {{"big", inner}, {"c", "3"}}), {.member_bytes = 3000});
    EXPECT_THAT(unpacked.members,
                ElementsAre(Pair("a!/big!/in", big), Pair("a!/big!/b", "2"), Pair("a!/c", "3")));
    EXPECT_THAT(unpacked.partial, IsEmpty());
  }
}

TEST(Archive, AnArchiveThatIsWantedWholeIsGiven) {
  const auto model = zip_of({{"m/data.pkl", "1"}});
  ArchiveLimits limits;
  limits.give_archive = [](const Member& head) { return head.path.ends_with(".pt"); };
  EXPECT_THAT(unpack(zip_of({{"m.pt", model}, {"x.zip", model}}), limits).members,
              ElementsAre(Pair("a!/m.pt", model), Pair("a!/x.zip!/m/data.pkl", "1")));
}

TEST(Archive, AHundredArchivesInOneAnotherEndAtTheLimit) {
  std::string nested = "core";
  for (int i = 0; i < 100; ++i) nested = made(false, Packed::gzip, {{"t", nested}});
  const auto unpacked = unpack(nested, {.levels = 6});
  EXPECT_THAT(unpacked.members, IsEmpty());
  ASSERT_THAT(unpacked.partial, SizeIs(1));
  EXPECT_EQ(unpacked.partial[0].why, Why::too_deep);
}

TEST(Archive, TheReceiverMayEndIt) {
  const auto zip = zip_of({{"1", "1"}, {"2", "2"}});
  int seen = 0;
  EXPECT_THAT(read_archive(zip, "a", [&](const Member&) { return ++seen, false; }), IsEmpty());
  EXPECT_EQ(seen, 1);
}

}  // namespace
}  // namespace ostiary::files
