#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "scan/logs.h"

namespace ostiary::scan {

// Where a request goes. `path` begins with '/'; without `seen` the line tells no path.
struct Destination {
  std::string_view host, path;
  bool seen = false;
};
// Of "https://user@host:443/path", "host:443", "[2001:db8::1]:443" or "host."; a text without a host gives an
// empty one. The port is left out, and what stands before an '@'.
Destination destination_of(std::string_view url);
std::string_view host_of(std::string_view url);  // its host alone, quickly
bool looks_like_host(std::string_view s);        // labels of letters, digits, - and _, the last with a letter
bool looks_like_address(std::string_view s);     // IPv4 or IPv6, with or without brackets and port

// Finds the targets of a host: of tools and of providers those with the longest suffix of it, label by label.
// Read-only and thread-safe once made.
class HostIndex {
 public:
  explicit HostIndex(std::span<const LogTarget> targets);

  // Whether it may be one of them. Most hosts are told apart by their last two labels, at the cost of reading
  // those. Any bytes; capitals count as small letters.
  bool may_hold(std::string_view host) const {
    const char* const begin = host.data();
    const char* p = begin + host.size();
    if (p != begin && p[-1] == '.') --p;
    std::uint32_t hash = kSeed;
    for (int dots = 0; p != begin;) {
      const auto c = static_cast<unsigned char>(*--p);
      if (c == '.') {
        if (++dots == 2 && !has(beginnings_, hash)) return false;
        if (dots >= 2 && has(whole_, hash)) return true;
      }
      hash = mixed(hash, c);
    }
    return has(whole_, hash);
  }

  struct Hit {
    std::uint32_t target;
    bool mixed;  // the target wants a path, and none was seen
  };
  // Into `out`, which is emptied first.
  void find(const Destination& to, std::vector<Hit>& out) const;
  std::span<const LogTarget> targets() const { return targets_; }

 private:
  // Hashes of ends of hosts, read from behind.
  static constexpr unsigned kFilterBits = 16;
  using Filter = std::array<std::uint64_t, (1u << kFilterBits) / 64>;
  static constexpr std::uint32_t kSeed = 0x9e3779b9u;
  static std::uint32_t mixed(std::uint32_t hash, unsigned char c) {
    return (hash ^ (c | 0x20u)) * 0x85ebca6bu;
  }
  static bool has(const Filter& filter, std::uint32_t hash) {
    const auto bit = hash >> (32 - kFilterBits);
    return (filter[bit >> 6] >> (bit & 63) & 1) != 0;
  }
  static void put(Filter& filter, std::uint32_t hash) {
    const auto bit = hash >> (32 - kFilterBits);
    filter[bit >> 6] |= std::uint64_t{1} << (bit & 63);
  }
  struct Node {
    std::vector<std::uint32_t> exact;  // targets whose host this is
    std::vector<std::uint32_t> globs;  // targets whose host has a * before this
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const { return std::hash<std::string_view>{}(s); }
  };
  void put(std::uint32_t target);
  void let_through(std::string_view host);

  std::span<const LogTarget> targets_;
  std::unordered_map<std::string, Node, Hash, std::equal_to<>> nodes_;
  std::vector<std::string> hosts_;  // of the targets, without "*." before them
  Filter beginnings_{};             // the last two labels
  Filter whole_{};                  // all of a target's host, or what follows its last *
};

}  // namespace ostiary::scan
