#include "files/content.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/file.h"
#include "base/testing.h"

namespace ostiary::files {
namespace {

using std::string_view_literals::operator""sv;

TEST(Content, EncodingComesFromTheFirstBytes) {
  EXPECT_EQ(encoding_of("plain"), Encoding::bytes);
  EXPECT_EQ(encoding_of(""), Encoding::bytes);
  EXPECT_EQ(encoding_of("\xEF\xBB\xBFx"), Encoding::utf8_bom);
  EXPECT_EQ(encoding_of("\xFF\xFEx\0"sv), Encoding::utf16_le);
  EXPECT_EQ(encoding_of("\xFE\xFF\0x"sv), Encoding::utf16_be);
  EXPECT_EQ(encoding_of("\xFF\xFE\0\0x\0\0\0"sv), Encoding::binary);
  EXPECT_EQ(encoding_of("a\0b"sv), Encoding::binary);
  EXPECT_EQ(encoding_of("\xEF\xBB\xBF"
                        "a\0b"sv),
            Encoding::binary);
  EXPECT_EQ(encoding_of(std::string(8191, 'x') + '\0'), Encoding::binary);
  EXPECT_EQ(encoding_of(std::string(8192, 'x') + '\0'), Encoding::bytes);
}

TEST(Content, SmallAndMappedFilesGiveTheSameBytes) {
  const testing::TempFolder folder;
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{70000}, Content::kMappedFrom + 5}) {
    std::string bytes(size, 'x');
    if (size > 0) bytes.back() = 'y';
    ASSERT_TRUE(write_file_atomic(folder / "f", bytes));
    const Fd fd(::open((folder / "f").c_str(), O_RDONLY));
    auto content = Content::read(fd.get(), size, "f");
    ASSERT_TRUE(content) << content.error().text();
    const Content moved = std::move(*content);
    EXPECT_TRUE(moved.bytes() == bytes) << size;
  }
}

TEST(Content, OverTheLimitIsAnError) {
  const testing::TempFolder folder;
  ASSERT_TRUE(write_file_atomic(folder / "f", "12345"));
  const Fd fd(::open((folder / "f").c_str(), O_RDONLY));
  EXPECT_EQ(Content::read(fd.get(), 4, "f").error().code, Code::too_large);
  const Fd zero(::open("/dev/zero", O_RDONLY));
  EXPECT_EQ(Content::read(zero.get(), 1 << 20, "zero").error().code, Code::too_large);
}

}  // namespace
}  // namespace ostiary::files
