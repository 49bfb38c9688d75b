#pragma once

#include <array>
#include <atomic>
#include <bitset>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ostiary::inspect {

using ByteSet = std::bitset<256>;

// A class of bytes such as [A-Za-z0-9_\-] or \s, or one byte, as a detector's `start` has it.
Result<ByteSet> parse_byte_class(std::string_view expression, bool any_case = false);

// A regular expression over bytes that is run from one start, as a deterministic automaton: one step a byte,
// whatever the text and the expression. Immutable; may be used by several threads at once.
//
// Syntax: literals (UTF-8 characters are their bytes), . (any byte but LF), classes [a-z], [–é], [^"] with \d
// \w
// \s \xHH, groups ( ) or (?: ), |, ?, *, +, {m}, {m,n}, {m,}. No anchors, captures, look-around or
// back-references: `invalid` says where.
class Pattern {
 public:
  // No match is longer, however an expression repeats itself.
  static constexpr std::uint32_t kMostLength = 16 * 1024;

  static Result<Pattern> compile(std::string_view expression, bool any_case = false);

  // How far a run over one start has come; a default one stands at the start.
  struct Run {
    std::uint32_t state = 1;    // kDead: no further byte makes a (longer) match
    std::uint32_t length = 0;   // bytes read
    std::int32_t longest = -1;  // bytes of the longest match so far; -1: none

    bool open() const { return state != kDead; }
    bool matched() const { return longest >= 0; }
  };
  static constexpr std::uint32_t kDead = 0;

  // Goes on over `text`, the bytes from the run's length on. After it the run is open only where all of
  // `text` was read and more bytes could change the result.
  void advance(Run& run, std::string_view text) const;
  Run run(std::string_view text) const {
    Run run = begin();
    advance(run, text);
    return run;
  }
  Run begin() const { return {1, 0, accepts_empty_ ? 0 : -1}; }
  bool matches_all(std::string_view text) const;
  // Whether one of them does, at about the price of one.
  static bool any_matches_all(std::span<const std::shared_ptr<const Pattern>> patterns,
                              std::string_view text);

  const ByteSet& first() const { return first_; }  // bytes that a match can begin with
  bool matches_nothing() const { return accepts_empty_; }
  std::uint32_t longest() const { return longest_; }  // most bytes of a match, at most kMostLength
  std::size_t states() const { return states_; }

  // For a program that compiles its expressions when it is built: about ten bytes a state.
  void append_to(std::string& out) const;
  // `when_used`: only for bytes that are part of the program, which stay where they are and are not damaged.
  enum class Unpack : std::uint8_t { now, when_used };
  // Takes what append_to() wrote off the front of `bytes`; `corrupt` where it is not that.
  static Result<Pattern> take_from(std::string_view& bytes, Unpack unpack = Unpack::now);

 private:
  friend class PatternCompiler;
  struct Tables {
    std::array<std::uint8_t, 256> class_of{};
    std::uint32_t classes = 0;
    std::vector<std::uint16_t> next;    // [state * classes + class]
    std::vector<std::uint8_t> accepts;  // [state]: 0, 1, or 3 where nothing can follow

    std::uint32_t after(std::uint32_t state, char c) const {
      return next[state * classes + class_of[static_cast<unsigned char>(c)]];
    }
  };
  struct Automaton {  // shared by copies
    Tables tables;
    std::string_view packed;  // what they are made of when they are needed
    std::once_flag once;
    std::atomic<bool> ready = false;
  };
  const Tables& tables() const {
    return automaton_->ready.load(std::memory_order_acquire) ? automaton_->tables : unpacked();
  }
  const Tables& unpacked() const;
  static bool unpack(std::string_view packed, std::size_t states, Tables& tables);

  std::shared_ptr<Automaton> automaton_;
  ByteSet first_;
  std::uint32_t longest_ = 0, states_ = 0;
  bool accepts_empty_ = false;
};

}  // namespace ostiary::inspect
