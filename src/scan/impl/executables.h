#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ostiary::scan {

// What an executable or a shared library is linked with.
struct Linked {
  std::string itself;               // its own name as linkers know it (DT_SONAME, LC_ID_DYLIB); may be empty
  std::vector<std::string> needed;  // as they stand in the file, each once, at most kMost
  bool cut = false;                 // a table leads out of the bytes, or there were too many
  static constexpr std::size_t kMost = 4096;
};

// Bytes of a file that may lead anywhere: what is not there reads as 0, and sets cut().
class Fields {
 public:
  Fields(std::string_view bytes, bool big_endian) : bytes_(bytes), big_(big_endian) {}
  std::uint16_t u16(std::uint64_t at) { return static_cast<std::uint16_t>(number(at, 2)); }
  std::uint32_t u32(std::uint64_t at) { return static_cast<std::uint32_t>(number(at, 4)); }
  std::uint64_t u64(std::uint64_t at) { return number(at, 8); }
  // To the next NUL; empty where there is none within 1024 bytes, or control characters stand in it.
  std::string_view text(std::uint64_t at);
  bool has(std::uint64_t at, std::uint64_t size) const {
    return at <= bytes_.size() && size <= bytes_.size() - at;
  }
  bool cut() const { return cut_; }

 private:
  std::uint64_t number(std::uint64_t at, unsigned size);
  std::string_view bytes_;
  bool big_;
  bool cut_ = false;
};

// Each reads one format and gives nothing for what is another. Total over all bytes; time is linear in the
// tables they follow, of which each is bounded; any thread.
//
// ELF of 32 and 64 bits and both byte orders (System V ABI, chapters 4 and 5): DT_NEEDED and DT_SONAME, found
// through the program headers, or through the section headers where there are none.
std::optional<Linked> read_elf(std::string_view bytes);
// PE and PE32+ (Microsoft's "PE Format"): the import and delay import tables.
std::optional<Linked> read_pe(std::string_view bytes);
// Mach-O of 32 and 64 bits, also universal ones (Apple's mach-o/loader.h, fat.h): load commands of dylibs.
std::optional<Linked> read_macho(std::string_view bytes);
// Whichever of them it is.
std::optional<Linked> read_executable(std::string_view bytes);

}  // namespace ostiary::scan
