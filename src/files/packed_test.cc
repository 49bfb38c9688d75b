#include "files/packed.h"

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>
#include <optional>
#include <utility>
#include <vector>

namespace ostiary::files {
namespace {

la_ssize_t collect(archive*, void* out, const void* data, std::size_t size) {
  static_cast<std::string*>(out)->append(static_cast<const char*>(data), size);
  return static_cast<la_ssize_t>(size);
}

// `text` packed with one of libarchive's filters, by itself or as the member `name` of a tar.
std::string packed(std::string_view text, const char* filter, const char* name = nullptr) {
  std::string out;
  auto* writer = ::archive_write_new();
  name ? ::archive_write_set_format_pax_restricted(writer) : ::archive_write_set_format_raw(writer);
  if (filter) EXPECT_EQ(::archive_write_add_filter_by_name(writer, filter), ARCHIVE_OK);
  ::archive_write_set_bytes_in_last_block(writer, 1);
  ::archive_write_open(writer, &out, nullptr, collect, nullptr);
  auto* entry = ::archive_entry_new();
  ::archive_entry_set_pathname(entry, name ? name : "x");
  ::archive_entry_set_filetype(entry, AE_IFREG);
  ::archive_entry_set_size(entry, static_cast<la_int64_t>(text.size()));
  EXPECT_GE(::archive_write_header(writer, entry), ARCHIVE_WARN);
  ::archive_write_data(writer, text.data(), text.size());
  ::archive_entry_free(entry);
  ::archive_write_close(writer);
  ::archive_write_free(writer);
  return out;
}

constexpr const char* kFilters[] = {"gzip", "zstd", "xz", "bzip2"};

struct Unpacked {
  std::vector<std::pair<std::string, std::string>> members;
  std::optional<Packed::Failure> failure;
};

Unpacked unpacked(std::string_view bytes, std::size_t piece, const PackedLimits& limits = {}) {
  Unpacked out;
  std::size_t at = 0;
  auto stream = Packed::open(
      [&]() -> Result<std::string_view> {
        const auto given = bytes.substr(at, piece);
        at += given.size();
        return given;
      },
      bytes.substr(0, 512), limits);
  while (stream.next()) {
    auto& [name, text] = out.members.emplace_back(stream.name(), "");
    for (auto got = stream.read(); !got.empty(); got = stream.read()) text += got;
  }
  if (stream.failed()) out.failure = *stream.failed();
  return out;
}

TEST(Packed, EachFormatUnpacksTheSameHoweverItArrives) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += "line " + std::to_string(i) + "\n";
  for (const auto* filter : kFilters) {
    const auto bytes = packed(text, filter);
    for (const std::size_t piece : {std::size_t{1}, std::size_t{997}, bytes.size()}) {
      const auto got = unpacked(bytes, piece);
      ASSERT_EQ(got.members.size(), 1u) << filter;
      EXPECT_EQ(got.members[0].first, "");
      EXPECT_TRUE(got.members[0].second == text) << filter << piece;
      EXPECT_FALSE(got.failure);
    }
  }
}

TEST(Packed, PartsOneAfterTheOtherReadAsOne) {
  for (const auto* filter : {"gzip", "zstd"}) {
    const auto got = unpacked(packed("a\n", filter) + packed("b\n", filter), 7);
    ASSERT_EQ(got.members.size(), 1u);
    EXPECT_EQ(got.members[0].second, "a\nb\n") << filter;
  }
}

TEST(Packed, MembersOfATarComeWithNamesThatStayBelow) {
  const auto got = unpacked(packed("x\n", nullptr, "/../etc/./x"), 100);
  ASSERT_EQ(got.members.size(), 1u);
  EXPECT_EQ(got.members[0].first, "etc/x");
  EXPECT_EQ(got.members[0].second, "x\n");
}

TEST(Packed, APackedTarIsReadByASecondOneOverTheFirst) {
  const auto bytes = packed("x\n", "zstd", "a/x");
  bool first = true;
  auto outer = Packed::open(
      [&]() -> Result<std::string_view> {
        return std::exchange(first, false) ? std::string_view(bytes) : "";
      },
      bytes);
  ASSERT_TRUE(outer.next());
  const std::string head(outer.read());
  bool given = false;
  auto inner = Packed::open(
      [&]() -> Result<std::string_view> { return std::exchange(given, true) ? outer.read() : head; }, head);
  ASSERT_TRUE(inner.next());
  EXPECT_EQ(inner.name(), "a/x");
  EXPECT_EQ(inner.read(), "x\n");
}

TEST(Packed, NulsBeforeALogAreNoEmptyTar) {
  const auto text = std::string(4096, '\0') + "line\n";
  EXPECT_EQ(unpacked(packed(text, "gzip"), 100).members.at(0).second, text);
}

TEST(Packed, WhatIsCutGivesItsBeginningAndSaysSo) {
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += std::to_string(i * 7919LL % 1'000'003) + "\n";
  for (const auto* filter : kFilters) {
    const auto bytes = packed(text, filter);
    const auto got = unpacked(std::string_view(bytes).substr(0, bytes.size() * 3 / 4), 4096);
    ASSERT_TRUE(got.failure) << filter;
    EXPECT_EQ(got.failure->why, Why::damaged);
    const bool some = !got.members.empty() && !got.members[0].second.empty();
    if (std::string_view(filter) != "xz") EXPECT_TRUE(some) << filter;
    if (some) EXPECT_TRUE(text.starts_with(got.members[0].second)) << filter;
  }
}

TEST(Packed, ABombEndsAtTheRatio) {
  const PackedLimits limits{.ratio = 100, .ratio_from = 1 << 20};
  for (const auto* filter : {"gzip", "zstd"}) {
    const auto got = unpacked(packed(std::string(64 << 20, 'x'), filter), 512, limits);
    ASSERT_TRUE(got.failure) << filter;
    EXPECT_EQ(got.failure->why, Why::bomb);
    EXPECT_LT(got.members.at(0).second.size(), 64u << 20);
  }
}

TEST(Packed, AFileThatCannotBeReadOnIsNoDamage) {
  const auto bytes = packed(std::string(100'000, 'x'), "gzip");
  bool first = true;
  auto stream = Packed::open(
      [&]() -> Result<std::string_view> {
        if (!first) return fail(Code::io, "the disk is gone");
        first = false;
        return std::string_view(bytes).substr(0, 40);
      },
      bytes);
  while (stream.next())
    while (!stream.read().empty()) {
    }
  ASSERT_TRUE(stream.failed());
  EXPECT_EQ(stream.failed()->why, Why::unreadable);
  EXPECT_EQ(stream.failed()->text, "the disk is gone");
}

}  // namespace
}  // namespace ostiary::files
