#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/result.h"
#include "ledger/impl/append_file.h"

namespace ostiary::ledger {

// Where the parts of a ledger stand in a data folder.
std::string ledger_folder(const std::string& data_folder);
std::string keys_folder(const std::string& data_folder);
std::string log_path(const std::string& ledger, std::uint64_t first);
std::string leaf_path(const std::string& ledger, std::uint64_t first);

// The first records of all segments, ascending. One of which only an empty .leaf was made is none yet.
Result<std::vector<std::uint64_t>> list_segments(const std::string& ledger);
std::uint64_t leaves_in(
    const std::string& path);  // whole leaf hashes in a .leaf file; 0 where it is not there

// Headers. Those of binary files: 8 bytes of magic, the version as 4 bytes little-endian, 4 zero bytes.
std::string log_header(std::uint64_t first);  // with its newline
inline constexpr std::string_view kLeafHeader("OSTLEAF\0\1\0\0\0\0\0\0\0", 16);
inline constexpr std::string_view kKeysHeader("OSTKEYS\0\1\0\0\0\0\0\0\0", 16);

enum class Header : std::uint8_t { good, torn, bad, newer };

// How the start of a file compares with the header that it should have: `torn` is a strict beginning of it (a
// file whose making was cut off), `newer` the same magic with a higher version.
Header compare_header(std::string_view start, std::string_view expected);
// The same for a file; an Error where it cannot be read.
Result<Header> check_header(const std::string& path, std::string_view expected);
// What to tell when it is not good or torn: `newer` or `corrupt`.
std::unexpected<Error> header_error(Header header, const std::string& path);

// Whether a line for which there is no leaf hash can be a record: a JSON object.
bool is_record(std::string_view line);

// The segment that is written to: records from number `first` on.
struct Segment {
  std::uint64_t first = 0;
  AppendFile log, leaf;

  static Result<Segment> create(const std::string& ledger, std::uint64_t first);
  static Result<Segment> open(const std::string& ledger, std::uint64_t first, std::uint64_t log_size,
                              std::uint64_t leaves);
};

}  // namespace ostiary::ledger
