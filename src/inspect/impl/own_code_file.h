#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/result.h"
#include "lex/fingerprint.h"

namespace ostiary::inspect::own {

// The file: Head, files, names, the table of buckets, postings. Numbers are little-endian as in memory.
inline constexpr std::array<char, 16> kMagic{'o', 's', 't', 'i', 'a', 'r', 'y', ' ',
                                             'o', 'w', 'n', 'c', 'o', 'd', 'e', '\n'};
inline constexpr std::uint32_t kVersion = 2;
inline constexpr std::uint32_t kWinnow = 8;           // of windows in a row, at least one is kept
inline constexpr std::uint32_t kCommon = 0xffffffff;  // instead of a file: stands in many
inline constexpr std::size_t kMostNames = 6;          // files of different names; beyond, code is common
inline constexpr std::size_t kMostPostings = 8;       // of one hash that are kept
inline constexpr std::uint32_t kMostLine = (1u << 24) - 1;

struct Head {
  std::array<char, 16> magic = kMagic;
  std::uint32_t version = kVersion;
  std::uint32_t window = lex::Fingerprints::kWindow;
  std::uint32_t bucket_bits = 0, zero = 0;
  std::uint64_t files = 0, name_bytes = 0, postings = 0;
  Key256 key{};
  Digest digest{};  // digest_of()
};
static_assert(sizeof(Head) == 120);

struct File {
  std::uint64_t name = 0;  // offset of repository and path among the names
  std::uint32_t repository_size = 0, path_size = 0;
  std::array<std::uint8_t, 16> digest{};  // keyed, of the bytes
};
static_assert(sizeof(File) == 32);

struct Posting {
  std::uint64_t hash = 0;   // Window::renamed
  std::uint32_t file = 0;   // index, or kCommon
  std::uint32_t item = 0;   // of the file, where the window begins
  std::uint32_t lines = 0;  // the line where it begins, and in the low 8 bits how many further ones it spans
  std::uint32_t exact = 0;  // Window::exact
  bool operator==(const Posting&) const = default;
};
static_assert(sizeof(Posting) == 24);

// SHA-256 of the whole file but its digest.
Digest digest_of(Head head, std::string_view body);

// A file's bytes as arrays. Views of what was given.
class View {
 public:
  // Checks the digest, too.
  static Result<View> of(std::string_view bytes, const std::string& where);
  const Head& head() const { return head_; }
  File file(std::size_t index) const { return at<File>(files_, index); }
  Posting posting(std::size_t index) const { return at<Posting>(postings_, index); }
  std::string_view repository(const File& file) const;
  std::string_view path(const File& file) const;
  // Postings of a hash: [first, second) among all.
  std::pair<std::size_t, std::size_t> bucket(std::uint64_t hash) const;

 private:
  template <class T>
  static T at(std::string_view from, std::size_t index) {
    T out;
    std::memcpy(&out, from.data() + index * sizeof(T), sizeof(T));
    return out;
  }
  Head head_;
  std::string_view files_, names_, buckets_, postings_;
};

}  // namespace ostiary::inspect::own
