#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/engine.h"

namespace ostiary::inspect {

class Piecewise;

// The detectors whose findings give one of the data classes, by number.
std::vector<bool> detectors_of(const Engine& engine, std::span<const std::string> classes);

// Inspects a text that comes piece by piece: what is found does not depend on the pieces and is what
// Inspecting finds in the whole of it (but for quoted-printable and UTF-16). Each byte comes out again once
// it is settled, alone or as part of a finding. Held back is only what may be part of one: a value that may
// go on, a word that may be one, an encoding or an escape that is not at its end; at most kMostHeld bytes.
// Offsets count from the text's beginning.
//
//   stream.begin(); stream.feed(piece, false); while (stream.next(span)) {...}
//
// For one thread; the engine must outlive it.
class StreamInspecting {
 public:
  static constexpr std::uint64_t kMostHeld = 24 * 1024;
  static constexpr std::size_t kMostFindings = Inspecting::kMostInBody;  // of one text

  // Of findings that overlap one stays, or one of each data class.
  enum class Overlap : std::uint8_t { one, one_of_each_class };
  explicit StreamInspecting(const Engine& engine, Overlap overlap = Overlap::one_of_each_class);
  ~StreamInspecting();

  // Another text. `held`: the detectors whose values are held back; what others find may have come out as
  // plain, in part or in whole. Null: all.
  void begin(std::shared_ptr<const std::vector<bool>> held = {});
  // `last`: the text ends behind `bytes`.
  void feed(std::string_view bytes, bool last);

  // A part of the text. It begins where the one before ended and cuts no character of UTF-8.
  struct Span {
    std::uint64_t start = 0, end = 0;
    std::string_view text;          // valid until the next feed()
    std::vector<Finding> findings;  // empty: it is plain
    bool unread = false;            // it was held for too long, so that nobody may see it
    bool begun = false;             // what it is part of began in a span before
  };
  bool next(Span& span);
  // What is held comes out as unread. What the text goes on with is looked at together with it all the same.
  void expire();
  bool holds() const;  // there are bytes that have not come out
  std::uint64_t out() const { return out_; }
  // The text is built to cost too much, or holds too much. Nothing more comes out.
  bool gave_up() const;

 private:
  void take();
  bool next_settled(Span& span);
  bool take_cluster(Span& span);
  void give(Span& span, std::uint64_t start, std::uint64_t stop);
  std::uint64_t whole_to(std::uint64_t at) const;
  std::vector<Finding> findings_of(std::vector<Candidate> cluster);

  const Engine& engine_;
  std::shared_ptr<const std::vector<bool>> held_;
  Overlap overlap_;
  Inspecting whole_;
  std::unique_ptr<Piecewise> text_;
  std::vector<Candidate> open_;  // not told yet, by start
  std::uint64_t out_ = 0;        // what stands before it has come out
  std::uint64_t told_ = 0;       // findings that end at or before it have been told
  std::uint64_t expired_ = 0;    // what stands before it comes out as unread
  std::size_t count_ = 0;        // of findings
  bool last_ = false;
};

}  // namespace ostiary::inspect
