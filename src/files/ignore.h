#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ostiary::files {

// One pattern of gitignore(5), matched as git matches it (its wildmatch with WM_PATHNAME). Time is linear in
// pattern times text, whatever the pattern: it runs as an automaton, never by backtracking.
class IgnorePattern {
 public:
  // A line of an ignore file without its end. A comment, a blank line and a pattern that can never match give
  // one that matches nothing.
  explicit IgnorePattern(std::string_view line);

  bool empty() const { return never_; }
  bool negated() const { return negated_; }
  // `path` is relative to the folder of the rules, without a slash at its ends; `name` is its last component.
  bool matches(std::string_view path, std::string_view name, bool folder) const;

 private:
  struct Step {
    enum class Kind : std::uint8_t { byte, any, set, star, stars, folders } kind;
    unsigned char byte = 0;
    std::uint32_t set = 0;
  };

  bool read_steps(std::string_view text);
  bool read_set(std::string_view text, std::size_t& at);
  void read_stars(std::string_view text, std::size_t& at);
  bool run(std::string_view text) const;
  bool takes(const Step& step, unsigned char c) const;

  bool never_ = true, negated_ = false, folders_only_ = false, by_name_ = false;
  std::string prefix_;       // stands literally before the steps
  std::vector<Step> steps_;  // empty: the prefix is all
  std::vector<std::bitset<256>> sets_;
};

// The rules of one ignore file. A later rule outweighs an earlier one. Immutable once parsed.
class IgnoreRules {
 public:
  enum class Verdict : std::uint8_t { none, ignored, included };

  static constexpr std::size_t kMostBytes = 1 << 20;  // what is over it is not read
  static constexpr std::size_t kMostRules = 10'000;
  static constexpr std::size_t kLongestPattern = 4096;  // bytes

  // Never fails: as git does it, what cannot be understood matches nothing. CRLF and a UTF-8 byte order mark
  // are passed over.
  static IgnoreRules parse(std::string_view text);

  // What the last rule that matches says; it looks at this path alone, not at the folders above it: who walks
  // a tree does not enter a folder that is ignored, and so nothing in it can be included again.
  Verdict look(std::string_view path, bool folder) const;
  bool empty() const { return patterns_.empty(); }
  // Rules were left out, as there are more or longer ones than the limits above allow.
  bool cut() const { return cut_; }

 private:
  std::vector<IgnorePattern> patterns_;
  bool cut_ = false;
};

}  // namespace ostiary::files
