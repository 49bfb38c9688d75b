#include "files/content.h"

#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/mman.h>
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

TEST(Content, AMappedFileThatIsCutReadsAsZerosAndSaysSo) {
  const auto path = std::filesystem::temp_directory_path() / fmt::format("ostiary-cut-{}", ::getpid());
  std::ofstream(path) << "begins";
  std::filesystem::resize_file(path, Content::kMappedFrom + 4096);
  const Fd fd(::open(path.c_str(), O_RDONLY));
  const auto cut = Content::read(fd.get(), UINT64_MAX, "f"), whole = Content::read(fd.get(), UINT64_MAX, "f");
  ASSERT_TRUE(cut && whole);
  std::filesystem::resize_file(path, 4096);
  EXPECT_EQ(cut->bytes().substr(0, 6), "begins");
  EXPECT_FALSE(cut->changed());
  EXPECT_EQ(cut->bytes()[1 << 20], '\0');
  EXPECT_EQ(cut->bytes().back(), '\0');
  EXPECT_TRUE(cut->changed());
  EXPECT_FALSE(whole->changed()) << "nothing that is gone was read of it";
  std::filesystem::remove(path);
}

TEST(ContentDeathTest, AFaultThatIsNotOursIsNotTaken) {
  const auto path = std::filesystem::temp_directory_path() / fmt::format("ostiary-bus-{}", ::getpid());
  std::ofstream(path) << "x";
  const Fd fd(::open(path.c_str(), O_RDWR));
  std::filesystem::resize_file(path, Content::kMappedFrom);
  ASSERT_TRUE(Content::read(fd.get(), UINT64_MAX, "f"));
  auto* other = static_cast<volatile char*>(::mmap(nullptr, 8192, PROT_READ, MAP_PRIVATE, fd.get(), 0));
  std::filesystem::resize_file(path, 0);
  EXPECT_EXIT(static_cast<void>(other[5000]), ::testing::KilledBySignal(SIGBUS), "");
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace ostiary::files
