#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/engine.h"

namespace ostiary::inspect {

class EscapeLane;

// Looks at a text that comes in pieces for what stands in it plainly and, while `depth` allows, encoded:
// finds what Inspecting does in the whole text, but for quoted-printable and UTF-16. Keeps about 20 KB of the
// text, and what its owner needs of it. Offsets count from the text's beginning.
class Piecewise {
 public:
  // `whole` looks into what an encoding holds that has come to its end; both must outlive it.
  Piecewise(const Engine& engine, Inspecting& whole, int depth);
  ~Piecewise();
  Piecewise(const Piecewise&) = delete;
  Piecewise& operator=(const Piecewise&) = delete;

  // `heeded`: the detectors that settled() heeds; null: all.
  void begin(const std::vector<bool>* heeded = nullptr);
  // `last`: nothing follows, so that everything settles.
  void feed(std::string_view bytes, bool last);
  // Candidates that begin below it are known, and no other will be.
  std::uint64_t settled() const { return settled_; }
  std::uint64_t end() const { return base_ + known_.size(); }
  // Candidates that are not known yet begin behind it, whichever detectors are heeded.
  std::uint64_t open_from() const;
  // Those that came since take() was called before, in no order, some of them twice.
  std::vector<Candidate> take() { return std::exchange(found_, {}); }
  // What is kept from `from` on; nothing before keep() was promised.
  void keep(std::uint64_t from) { needed_ = from; }
  std::string_view text(std::uint64_t start, std::uint64_t stop) const {
    return std::string_view(known_).substr(start - base_, stop - start);
  }
  std::uint64_t known_from() const { return base_; }
  bool gave_up() const { return gave_up_; }

 private:
  // Runs of base64 that are lines of one encoding, all but the last of them long.
  struct Chain {
    std::uint64_t start = 0, end = 0;
    std::uint64_t line = 0;  // where its last line begins
    bool dead = false;       // it is no text
  };
  // What stands behind a chain until the next run.
  struct Gap {
    std::uint64_t size = 0;
    std::uint64_t line = 0;  // behind its last line break
    bool broken_line = false;
  };
  void scan(bool last);
  void begin_again();
  std::uint64_t next_run(std::uint64_t at) const;
  void follow_runs(std::uint64_t from, bool last);
  void pass_other(char c, std::uint64_t at);
  void end_run(std::uint64_t at);
  void close_chain();
  void judge_open_run();
  void shorten_open_run();
  void look_into(std::uint64_t start, std::uint64_t stop);
  std::optional<std::uint64_t> run_holds_from() const;
  void follow_lines(std::uint64_t from, bool last);
  void settle(bool last);
  void forget();

  const Engine& engine_;
  Inspecting& whole_;
  int depth_;
  const std::vector<bool>* heeded_ = nullptr;
  bool heeds_none_ = false;
  Scanner scanner_;
  std::unique_ptr<EscapeLane> lane_;  // of the line that is open, where an escape may stand in it
  bool lane_open_ = false;
  std::string known_;
  std::uint64_t base_ = 0;  // offset of known_
  std::uint64_t needed_ = 0, settled_ = 0;
  std::uint64_t looked_to_ = 0;
  std::size_t taken_ = 0;           // of the scanner's candidates
  std::uint64_t scanned_from_ = 0;  // where the scanner began
  std::uint64_t seen_before_ = 0;   // candidates that begin before it have been taken
  std::uint64_t line_start_ = 0;
  bool in_run_ = false, joining_ = false, run_dead_ = false;
  std::uint64_t run_start_ = 0, run_judged_ = 0;
  int padding_ = 0;
  std::optional<Chain> chain_;
  Gap gap_;
  bool gave_up_ = false;
  std::vector<Candidate> found_;
};

// One line whose escapes are undone as it comes.
class EscapeLane {
 public:
  EscapeLane(const Engine& engine, Inspecting& whole, int depth) : inner_(engine, whole, depth) {}
  void begin(std::uint64_t at, const std::vector<bool>* heeded);
  // Appends what was found in the line, at its place in the text around it.
  void feed(std::string_view bytes, bool last, std::vector<Candidate>& found);
  std::uint64_t settled() const { return outer_start(inner_.settled()); }
  std::uint64_t open_from() const { return outer_start(inner_.open_from()); }
  bool gave_up() const { return inner_.gave_up(); }

 private:
  struct Part {
    std::uint64_t inner = 0, outer = 0;  // where it begins
    std::optional<Decoded> decoded;      // nothing: it stands for itself
  };
  const Part& part_of(std::uint64_t inner) const;
  std::uint64_t outer_start(std::uint64_t inner) const;
  std::uint64_t outer_end(std::uint64_t inner) const;

  Piecewise inner_;
  std::string undecoded_;
  std::uint64_t decoded_to_ = 0;  // of the text around it
  std::deque<Part> parts_;
  bool marked_ = false;  // an escape has come that tells of others
};

}  // namespace ostiary::inspect
