#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "inspect/detector_set.h"
#include "inspect/impl/marks.h"
#include "inspect/impl/open_starts.h"

namespace ostiary::inspect {

// What a detector takes for a value, before it is weighed against others. Offsets from the beginning of the
// text, half open.
struct Candidate {
  std::uint64_t start = 0, end = 0;
  std::uint16_t detector = 0;
  Confidence confidence = Confidence::low;
  Checksum checksum = Checksum::none;
  bool own = false;  // of an organisation's detector
};

// Why a place where a detector's keyword or trigger stands is a candidate or none.
struct Trace {
  std::uint64_t start = 0, end = 0;  // of the value; where none was taken, both where the match would begin
  std::uint16_t detector = 0;
  // What decided: `word` (it stands within a word), `before`, `pattern`, `near` (a keyword opened a window),
  // `after`, what Weight::lowered_by says, or `taken`.
  std::string_view step;
  std::optional<Confidence> confidence;  // nothing: no candidate
  Checksum checksum = Checksum::none;
  double entropy = 0, rarity = 0;  // of a value, in bits
};

// Runs the detectors of a set over one text, which may come whole or piece by piece; what is found does not
// depend on the pieces. For one thread; the set must outlive it.
class Scanner {
 public:
  explicit Scanner(const DetectorSet& set);

  // From the next begin() on settled() heeds only the detectors for which `heeded` holds true; null: all.
  // What others find may begin below it. It must outlive the scanner's use.
  void heed(const std::vector<bool>* heeded);
  // Forgets the text, so that another can be scanned.
  void begin();
  // The same with a budget of automaton steps for all of the text; it gives up where that is spent.
  void begin(std::uint64_t steps);
  // What a text of so many bytes may cost.
  static std::uint64_t budget(std::uint64_t bytes);
  std::uint64_t steps() const { return steps_; }  // spent since begin()
  // `text` is what is known of the text from offset `base` on: the bytes of the call before from keep_from()
  // on, or more, and new ones. `last`: nothing follows.
  void scan(std::string_view text, std::uint64_t base, bool last);

  // All that were found, in no order; one value may stand there several times.
  const std::vector<Candidate>& candidates() const { return candidates_; }
  // Candidates that begin below it are complete, and no other will; no more than all bytes that came.
  std::uint64_t settled() const { return settled_; }
  // The same whichever detectors are heeded, for values that have begun.
  std::uint64_t open_from() const { return kept_; }
  // What stands before it is not looked at again.
  std::uint64_t keep_from() const;
  // Runs of base64 and places of escapes that came with the last call, for the decoders.
  struct Encoded {
    std::uint64_t start = 0, end = 0;  // of an escape only the start counts
  };
  const std::vector<Encoded>& base64_runs() const { return base64_; }
  const std::vector<std::uint64_t>& escapes() const { return escapes_; }
  // The same of quoted-printable: an = that ends a line, and where its name stands.
  const std::vector<std::uint64_t>& soft_breaks() const { return soft_breaks_; }
  const std::vector<std::uint64_t>& quoted_printable() const { return quoted_printable_; }
  // From now on what decides goes there, at most kMostTraces a text; nullptr: nowhere. What has a trigger and
  // no keyword is told of from where its pattern matched on.
  static constexpr std::size_t kMostTraces = 20'000;
  void observe(std::vector<Trace>* traces) { traces_ = traces; }
  // A text that is built to cost too much is not looked at to its end. Everything is found that stands
  // before.
  bool gave_up() const { return gave_up_; }

 private:
  struct Try {
    std::uint64_t start = 0;  // of the match
    std::uint16_t detector = 0;
    std::optional<std::uint64_t> value;  // where it begins, once that is known
    Pattern::Run run;                    // how far the expression before the value, or the value's, has come
  };
  struct Window {  // in which values of a `near` detector may begin
    std::uint64_t start = 0, until = 0;
  };
  struct Windows {
    std::vector<Window> open;  // not tried to their ends, apart from one another
    std::uint64_t next = 0;    // what begins before it has been tried
  };
  enum class Outcome : std::uint8_t { none, found, open };

  void scan_keywords(MarkFinder& finder);
  std::uint64_t take_marks();
  bool unfinished(const Run& run) const;
  void take_hit(const DetectorSet::Pass& pass, const Keywords::Hit& hit);
  void take_trigger(std::span<const std::uint16_t> detectors, std::uint64_t at);
  void try_at(std::uint16_t detector, std::uint64_t keyword);
  Outcome attempt(Try& t, std::uint64_t& held_from, std::uint64_t& value_end);
  Outcome find_value(Try& t, std::uint64_t& held_from);
  void go_on(const Pattern& pattern, Pattern::Run& run, std::uint64_t start);
  Outcome value_at(const Detector& d, std::uint16_t number, std::uint64_t start, Pattern::Run& run,
                   std::uint64_t& end);
  Outcome follows(const Detector& d, std::uint64_t end) const;
  void weigh(const Detector& d, std::uint16_t number, std::uint64_t start, std::uint64_t end);
  void open_window(std::uint16_t detector, std::uint64_t start);
  void advance_windows(std::uint16_t detector);
  bool word_before(std::uint16_t detector, std::uint64_t start) const;
  std::optional<std::uint64_t> match_start(const Detector& d, std::uint64_t keyword) const;
  std::optional<std::uint64_t> first_of(const ByteSet& set, std::uint64_t at, std::uint64_t most) const;
  bool part_begins(std::uint64_t at) const;
  bool whole_word(std::uint64_t start, std::uint64_t end) const;
  bool whole_name(std::uint64_t start, std::uint64_t end) const;
  std::uint64_t begun(const Detector& d, std::uint64_t keyword) const;
  std::uint64_t begun_at(const Detector& d, std::uint64_t start,
                         const std::optional<Pattern::Run>& before) const;
  void hold_keywords();
  bool hold_keyword(std::span<const DetectorSet::Use> uses, std::uint64_t at);
  void hold_starting();
  std::uint64_t unmarked() const;
  void hold_digits(std::uint64_t start, std::uint64_t stop);
  void hold_long_words();
  void settle();
  bool heeds(std::uint16_t detector) const { return !heeded_ || (*heeded_)[detector]; }
  void hold(std::uint16_t detector, std::uint64_t from) {
    kept_ = std::min(kept_, from);
    if (heeds(detector)) held_ = std::min(held_, from);
  }
  Outcome missed(std::uint16_t detector, std::uint64_t at, std::string_view step);
  void note(std::uint16_t detector, std::uint64_t start, std::uint64_t end, std::string_view step);
  void spend(std::uint64_t steps);

  KnownText known() const { return {text_, base_}; }
  bool in_word(std::uint64_t at) const { return known().in_word(at); }
  bool behind_escape(std::uint64_t at) const { return known().behind_escape(at); }
  std::uint64_t end() const { return base_ + text_.size(); }
  unsigned char byte(std::uint64_t at) const { return static_cast<unsigned char>(text_[at - base_]); }
  std::string_view from(std::uint64_t at) const { return text_.substr(at - base_); }

  const DetectorSet& set_;
  const std::vector<bool>* heeded_ = nullptr;
  std::vector<bool> known_heeded_;  // that which heeds_some_ and Asked::heeded are of
  bool heeds_some_ = false;
  struct Asked {  // of one pass
    Keywords::Scratch scratch;
    std::uint64_t until = 0;  // keywords that begin below it have been taken
    Keywords::Some heeded;    // whose detectors are
  };
  std::vector<Asked> asked_;  // by pass
  std::vector<Keywords::Hit> hits_;
  Marks marks_;
  std::string_view text_;
  std::uint64_t base_ = 0;
  bool last_ = false;
  std::uint64_t passed_ = 0;  // keywords that end at or below it have been taken
  std::uint64_t marked_ = 0;  // marks that begin below it have been taken
  std::uint64_t held_ = 0;    // where the first thing begins that is not settled, while a call runs
  std::uint64_t kept_ = 0;    // the same for detectors that settled() does not heed too
  std::uint64_t settled_ = 0;
  std::uint64_t steps_ = 0;
  std::optional<std::uint64_t> most_steps_;  // nothing: by how much of the text has come
  bool gave_up_ = false;
  std::vector<Candidate> candidates_;
  std::vector<Trace>* traces_ = nullptr;
  std::vector<Try> pending_;
  std::vector<std::vector<std::uint64_t>> word_ends_;  // by detector
  std::vector<Windows> windows_;                       // by detector
  std::vector<std::uint16_t> touched_;                 // detectors with words or a window
  OpenStarts starts_;
  std::uint64_t asking_ = 1;              // grows from place to place
  std::vector<std::uint64_t> asked_for_;  // by detector: the last place of a keyword of it
  std::vector<Encoded> base64_;
  std::vector<std::uint64_t> escapes_, soft_breaks_, quoted_printable_;
};

}  // namespace ostiary::inspect
