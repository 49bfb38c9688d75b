#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/facts.h"

namespace ostiary::model {

// A member of a zip as its directory and the header before its data say; readers differ in which they ask.
struct ZipMember {
  std::string_view name;
  std::uint16_t flags = 0, method = 0;
  std::uint32_t crc = 0;
  std::uint64_t packed = 0, size = 0;
  std::uint64_t header = 0;  // where its own header begins
  std::uint64_t data = 0;    // where its bytes begin
};

struct Zip {
  std::vector<ZipMember> members;  // at most kMost, those of the directory first, then those it leaves out
  std::vector<std::string> mismatches;  // what directory and headers disagree about, one line each
  bool cut = false;                     // there are more members than are kept
  bool without_directory = false;
  std::uint64_t prefix = 0;  // bytes in front of the first header
  static constexpr std::size_t kMost = 100'000;
};

// Reads directory and headers of a zip (APPNOTE.TXT 6.3.9, with zip64), which may have other bytes in front
// of it. What only headers tell is found by following them from the first one. Linear in the members, nothing
// is unpacked.
Zip read_zip(std::string_view bytes);

// The bytes of a member: a view of the file where it is stored, else unpacked into `scratch` (deflate).
// Errors: `too_large` over `limit`, `invalid` for other methods, `corrupt` for damaged data. Its checksum is
// compared by the caller.
Result<std::string_view> bytes_of(std::string_view zip, const ZipMember& member, std::uint64_t limit,
                                  std::string& scratch);

// What directory and headers disagree about, as hazards.
void tell_mismatches(const Zip& zip, Facts& out);

// zlib (RFC 1950), or raw deflate (RFC 1951) with `raw`; as above.
Result<std::string> inflated(std::string_view packed, std::uint64_t limit, bool raw);

}  // namespace ostiary::model
