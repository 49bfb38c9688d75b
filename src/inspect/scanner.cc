#include "inspect/scanner.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <utility>

#include "inspect/impl/marks.h"
#include "inspect/weigh.h"

namespace ostiary::inspect {

namespace {

constexpr std::uint64_t kNone = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t kMostReach = 2000;     // `within` is no more
constexpr std::uint64_t kMostRun = 16 * 1024;  // of digits or base64 that goes on from piece to piece
// Automaton steps that a text may cost: a handful for each of its bytes.
constexpr std::uint64_t kFreeSteps = 1u << 20;
constexpr std::uint64_t kStepsPerByte = 16;

}  // namespace

Scanner::Scanner(const DetectorSet& set)
    : set_(set),
      word_ends_(set.detectors().size()),
      windows_(set.detectors().size()),
      starts_(set),
      asked_for_(set.detectors().size()) {
  for (const auto& pass : set.passes())
    asked_.push_back({Keywords::Scratch(pass.keywords), 0, Keywords::Some(pass.keywords)});
}

std::uint64_t Scanner::budget(std::uint64_t bytes) {
  return kFreeSteps + kStepsPerByte * bytes;
}

void Scanner::begin(std::uint64_t steps) {
  begin();
  most_steps_ = steps;
}

void Scanner::begin() {
  most_steps_.reset();
  passed_ = marked_ = settled_ = kept_ = base_ = steps_ = 0;
  gave_up_ = false;
  candidates_.clear();
  pending_.clear();
  base64_.clear();
  escapes_.clear();
  soft_breaks_.clear();
  quoted_printable_.clear();
  for (const auto detector : touched_) {
    word_ends_[detector].clear();
    windows_[detector] = {};
  }
  touched_.clear();
  for (auto& asked : asked_) asked.until = 0;
  starts_.begin(heeded_);
}

void Scanner::spend(std::uint64_t steps) {
  steps_ += steps;
  if (steps_ > most_steps_.value_or(budget(end()))) gave_up_ = true;
}

// Whether a part of a name such as home_address or homeAddress begins there.
bool Scanner::part_begins(std::uint64_t at) const {
  const auto before = byte(at - 1), next = byte(at);
  return before == '_' || next == '_' || (before >= 'a' && before <= 'z' && next >= 'A' && next <= 'Z');
}

// A word, or a part of a name that is put together of words.
bool Scanner::whole_word(std::uint64_t start, std::uint64_t stop) const {
  constexpr std::uint64_t least_part = 4;  // `ip:` is no part of server_ip:
  const bool part = stop - start >= least_part;
  if (in_word(start) && start > base_ && in_word(start - 1) && !(part && part_begins(start))) return false;
  return !(in_word(stop - 1) && stop < end() && in_word(stop) && !is_digit(byte(stop)) &&
           !(part && part_begins(stop)));
}

// A name of a list is no part of a longer word.
bool Scanner::whole_name(std::uint64_t start, std::uint64_t stop) const {
  if (start > base_ && in_word(start) && in_word(start - 1) && !behind_escape(start)) return false;
  return !(stop < end() && in_word(stop - 1) && in_word(stop));
}

bool Scanner::word_before(std::uint16_t detector, std::uint64_t start) const {
  const auto& ends = word_ends_[detector];
  const auto behind = std::ranges::upper_bound(ends, start);
  return behind != ends.begin() && start - *(behind - 1) <= set_.detectors()[detector].spec.within;
}

// What may follow on a value.
Scanner::Outcome Scanner::follows(const Detector& d, std::uint64_t stop) const {
  if (stop >= end()) return last_ ? Outcome::found : Outcome::open;
  if (d.after) {
    const auto run = d.after->run(from(stop));
    if (run.matched()) return Outcome::found;
    if (!run.open()) return Outcome::none;
    return last_ ? Outcome::found : Outcome::open;
  }
  return in_word(stop - 1) && in_word(stop) ? Outcome::none : Outcome::found;
}

// Reads on over what has come since the run began at `start`.
void Scanner::go_on(const Pattern& pattern, Pattern::Run& run, std::uint64_t start) {
  const auto read = run.length;
  pattern.advance(run, from(start + read));
  spend(run.length - read + 1);
}

Scanner::Outcome Scanner::value_at(const Detector& d, std::uint16_t number, std::uint64_t start,
                                   Pattern::Run& run, std::uint64_t& stop) {
  go_on(d.value, run, start);
  if (run.open() && !last_) return Outcome::open;
  if (run.longest <= 0) return d.near ? Outcome::none : missed(number, start, "pattern");
  stop = start + static_cast<std::uint64_t>(run.longest);
  const auto outcome = follows(d, stop);
  if (outcome == Outcome::found) weigh(d, number, start, stop);
  if (outcome == Outcome::none) note(number, start, stop, "after");
  return outcome;
}

// Goes on over what stands before the value.
Scanner::Outcome Scanner::find_value(Try& t, std::uint64_t& held_from) {
  const auto& d = set_.detectors()[t.detector];
  if (d.before) {
    go_on(*d.before, t.run, t.start);
    held_from = t.run.matched() ? t.start + static_cast<std::uint64_t>(t.run.longest) : end();
    if (t.run.open() && !last_) return Outcome::open;
    if (!t.run.matched()) return missed(t.detector, t.start, "before");
    t.value = held_from;
  } else {
    if (known().within_word(t.start)) return missed(t.detector, t.start, "word");
    t.value = t.start;
  }
  t.run = d.value.begin();
  return Outcome::found;
}

// `held_from`: from where on the bytes may belong to the value, where it is open.
Scanner::Outcome Scanner::attempt(Try& t, std::uint64_t& held_from, std::uint64_t& value_end) {
  if (!t.value)
    if (const auto outcome = find_value(t, held_from); outcome != Outcome::found) return outcome;
  held_from = *t.value;
  return value_at(set_.detectors()[t.detector], t.detector, *t.value, t.run, value_end);
}

void Scanner::weigh(const Detector& d, std::uint16_t number, std::uint64_t start, std::uint64_t stop) {
  const auto value = from(start).substr(0, stop - start);
  const auto context = start - base_ < kContext ? text_.substr(0, start - base_)
                                                : text_.substr(start - base_ - kContext, kContext);
  // The keyword that opened the window is a word itself.
  const bool words = d.near || word_before(number, start);
  const auto weight = inspect::weigh(d, set_.damping(), value, context, words);
  if (weight.confidence)
    candidates_.push_back({start, stop, number, *weight.confidence, weight.checksum, d.own});
  if (!traces_ || traces_->size() >= kMostTraces) return;
  const auto step = weight.lowered_by.empty() ? std::string_view("taken") : weight.lowered_by;
  traces_->push_back(
      {start, stop, number, step, weight.confidence, weight.checksum, entropy(value), rarity(value)});
}

void Scanner::note(std::uint16_t detector, std::uint64_t start, std::uint64_t stop, std::string_view step) {
  if (traces_ && traces_->size() < kMostTraces) traces_->push_back({start, stop, detector, step, {}});
}

// A place at which no value was taken.
Scanner::Outcome Scanner::missed(std::uint16_t detector, std::uint64_t at, std::string_view step) {
  if (traces_ && set_.detectors()[detector].spec.trigger.empty()) note(detector, at, at, step);
  return Outcome::none;
}

// Where the bytes of a set begin that stand before `at`, if there are fewer than `most`.
std::optional<std::uint64_t> Scanner::first_of(const ByteSet& set, std::uint64_t at,
                                               std::uint64_t most) const {
  auto start = at;
  for (; start > base_ && set[byte(start - 1)]; --start)
    if (at - start == most) return std::nullopt;
  return start;
}

// Where a match begins whose keyword does there: with the first of the bytes of `start`, if it is not too
// far.
std::optional<std::uint64_t> Scanner::match_start(const Detector& d, std::uint64_t keyword) const {
  return d.start ? first_of(*d.start, keyword, kMostBack) : std::optional(keyword);
}

void Scanner::try_at(std::uint16_t detector, std::uint64_t keyword) {
  if (gave_up_) return;
  const auto& d = set_.detectors()[detector];
  const auto begins = match_start(d, keyword);
  if (!begins) return;
  const auto start = *begins;
  Try t{start, detector, std::nullopt, d.before ? d.before->begin() : Pattern::Run()};
  std::uint64_t held_from = start, stop = start;
  if (attempt(t, held_from, stop) != Outcome::open) return;
  pending_.push_back(t);
  hold(detector, held_from);
}

void Scanner::take_trigger(std::span<const std::uint16_t> detectors, std::uint64_t at) {
  for (const auto detector : detectors) {
    const auto& d = set_.detectors()[detector];
    if (d.before || d.start || d.value.first()[byte(at)]) try_at(detector, at);
  }
}

void Scanner::take_hit(const DetectorSet::Pass& pass, const Keywords::Hit& hit) {
  const auto stop = base_ + hit.end;
  const auto start = stop - pass.keywords.all()[hit.keyword].text.size();
  if (hit.keyword + 1 == pass.uses.size()) quoted_printable_.push_back(start);
  const bool whole = whole_word(start, stop);
  for (const auto& use : pass.uses[hit.keyword]) {
    const auto& d = set_.detectors()[use.detector];
    if (use.word && whole) {
      if (word_ends_[use.detector].empty()) touched_.push_back(use.detector);
      word_ends_[use.detector].push_back(stop);
    }
    if (!use.keyword) continue;
    if (d.spec.literal) {
      if (whole_name(start, stop))
        weigh(d, use.detector, start, stop);
      else
        missed(use.detector, start, "word");
    } else if (!d.near) {
      try_at(use.detector, start);
    } else if (whole) {
      open_window(use.detector, stop);
    }
  }
}

// Opens the bytes from `start` on for values of a `near` detector. What the windows before it leave to be
// tried comes first.
void Scanner::open_window(std::uint16_t detector, std::uint64_t start) {
  note(detector, start, start, "near");
  auto& windows = windows_[detector];
  const auto until = start + set_.detectors()[detector].spec.within;
  if (!windows.open.empty() && start <= windows.open.back().until) {
    windows.open.back().until = until;
  } else {
    windows.open.push_back({start, until});
  }
  advance_windows(detector);
}

// Tries all places of the windows that are known and not tried yet.
void Scanner::advance_windows(std::uint16_t detector) {
  const auto& d = set_.detectors()[detector];
  auto& [open, next] = windows_[detector];
  for (; !open.empty() && !gave_up_; open.erase(open.begin())) {
    next = std::max(next, open.front().start);
    while (next < std::min(open.front().until, end())) {
      const auto at = next;
      const bool inside = at > base_ && in_word(at - 1) && in_word(at);
      if (inside || !d.value.first()[byte(at)]) {
        ++next;
        continue;
      }
      std::uint64_t stop = at;
      auto run = d.value.begin();
      const auto outcome = value_at(d, detector, at, run, stop);
      if (outcome == Outcome::open) return hold(detector, at);
      next = outcome == Outcome::found ? stop : at + 1;
    }
    if (open.front().until > end()) return;
  }
}

// A run that goes on to the end of what is known is taken when its rest is there: a separator at the end may
// still join two.
bool Scanner::unfinished(const Run& run) const {
  return !last_ && run.end + 1 >= text_.size();
}

// Where the first mark begins that waits for more of the text.
std::uint64_t Scanner::take_marks() {
  auto waits_from = kNone;
  const auto waits = [&](const Run& run) {
    if (!unfinished(run)) return false;
    waits_from = std::min(waits_from, base_ + run.start);
    return true;
  };
  for (const auto& run : marks_.digits) {
    if (waits(run)) {
      hold_digits(base_ + run.start, base_ + run.end);
      continue;
    }
    // Numbers of a table stand in one run: each blank may be where one begins.
    for (auto at = run.start; at < run.end; ++at)
      if (at == run.start || text_[at - 1] == ' ') take_trigger(set_.of_digits(), base_ + at);
  }
  for (const auto& run : marks_.base64) {
    if (waits(run)) continue;
    base64_.push_back({base_ + run.start, base_ + run.end});
    const auto inside = text_.substr(0, run.end);
    for (auto at = run.start; at < run.end; at = std::min(inside.find('/', at), run.end - 1) + 1)
      take_trigger(set_.of_long_words(), base_ + at);
  }
  for (const auto at : marks_.at_signs) take_trigger(set_.of_at_sign(), base_ + at);
  for (const auto at : marks_.escapes) escapes_.push_back(base_ + at);
  for (const auto at : marks_.soft_breaks) soft_breaks_.push_back(base_ + at);
  return waits_from;
}

void Scanner::scan_keywords(MarkFinder& finder) {
  // One byte more than a keyword must be known, for the end of a word.
  const auto until = last_ ? end() : std::max(end(), base_ + 1) - 1;
  const auto below = [this](std::uint64_t at) {
    return static_cast<std::size_t>(std::max(at, base_) - base_);
  };
  for (std::size_t i = 0; i < asked_.size() && !gave_up_; ++i) {
    const auto& pass = set_.passes()[i];
    hits_.clear();
    asked_[i].until =
        base_ + pass.keywords.scan(text_, {below(asked_[i].until), below(passed_), below(until)},
                                   asked_[i].scratch, hits_, i == 0 ? &finder : nullptr, below(marked_));
    for (const auto& hit : hits_)
      if (!gave_up_) take_hit(pass, hit);
  }
  passed_ = std::max(passed_, until);
}

// From where on the last bytes may be a value, whose keyword begins at `keyword` or is still to come; the end
// where they are none.
std::uint64_t Scanner::begun(const Detector& d, std::uint64_t keyword) const {
  const auto start = match_start(d, keyword);
  if (!start) return end();
  return begun_at(d, *start, d.before ? std::optional(d.before->run(from(*start))) : std::nullopt);
}

// The same of a match that begins at `start`; `before`: how far the expression before the value comes.
std::uint64_t Scanner::begun_at(const Detector& d, std::uint64_t start,
                                const std::optional<Pattern::Run>& before) const {
  auto value = start;
  if (before) {
    if (!before->matched()) return end();
    value += static_cast<std::uint64_t>(before->longest);
    if (before->open()) return value;
  } else if (known().within_word(start)) {
    return end();
  }
  if (value < end() && !d.value.first()[byte(value)]) return end();
  // A value that is whole may still wait for the keyword behind it.
  const auto run = d.value.run(from(value));
  return run.open() || run.matched() ? value : end();
}

// Of a run of digits that may go on: whatever value may begin at its beginning or behind a blank.
void Scanner::hold_digits(std::uint64_t start, std::uint64_t stop) {
  for (auto at = start; at < stop; ++at) {
    if (at != start && byte(at - 1) != ' ') continue;
    for (const auto detector : set_.of_digits())
      if (heeds(detector)) hold(detector, begun(set_.detectors()[detector], at));
  }
}

// Of a long word that may go on, or is looked at once more than its padding and one byte behind are known.
void Scanner::hold_long_words() {
  constexpr std::uint64_t behind = 3;
  auto at = end();
  while (at > base_ && end() - at < behind && !is_base64(byte(at - 1))) --at;
  for (; at > base_ && end() - at < kMostBack + behind && is_base64(byte(at - 1)); --at) {
    if (at - 1 > base_ && byte(at - 2) != '/' && is_base64(byte(at - 2))) continue;
    for (const auto detector : set_.of_long_words())
      if (heeds(detector)) hold(detector, begun(set_.detectors()[detector], at - 1));
  }
}

// Keywords that the last bytes may begin. Of those whose detectors are not heeded only so much is told that
// they are no longer than all are.
void Scanner::hold_keywords() {
  for (std::size_t i = 0; i < asked_.size(); ++i) {
    const auto& pass = set_.passes()[i];
    kept_ = std::min(kept_, end() - std::min<std::uint64_t>(text_.size(), pass.keywords.longest_begun()));
    if (heeded_ && !heeds_some_) continue;
    std::size_t place = text_.size();
    pass.keywords.each_begun(text_, heeded_ ? &asked_[i].heeded : nullptr,
                             [&](std::uint32_t keyword, std::size_t start) {
                               if (std::exchange(place, start) != start) ++asking_;
                               return hold_keyword(pass.uses[keyword], base_ + start);
                             });
    ++asking_;
  }
}

// Whether all of it is held.
bool Scanner::hold_keyword(std::span<const DetectorSet::Use> uses, std::uint64_t at) {
  for (const auto& use : uses) {
    const auto& d = set_.detectors()[use.detector];
    if (!use.keyword || d.near || !heeds(use.detector) || (!d.start && held_ <= at)) continue;
    if (!d.start && !d.before) {
      hold(use.detector, at);
    } else if (std::exchange(asked_for_[use.detector], asking_) != asking_) {
      // What stands before a value may be less than the keyword.
      hold(use.detector, begun(d, at));
    }
  }
  return held_ <= at;
}

void Scanner::heed(const std::vector<bool>* heeded) {
  heeded_ = heeded;
  // By their hashes, since a comparison goes bit by bit and a text may be a word.
  constexpr std::hash<std::vector<bool>> hash;
  if (!heeded || (heeded->size() == known_heeded_.size() && hash(*heeded) == hash(known_heeded_))) return;
  known_heeded_ = *heeded;
  heeds_some_ = std::ranges::find(known_heeded_, true) != known_heeded_.end();
  for (std::size_t i = 0; i < asked_.size(); ++i) {
    const auto& uses = set_.passes()[i].uses;
    asked_[i].heeded = Keywords::Some(set_.passes()[i].keywords);
    for (std::uint32_t keyword = 0; keyword < uses.size(); ++keyword)
      if (std::ranges::any_of(uses[keyword], [&](const auto& use) {
            return use.keyword && !set_.detectors()[use.detector].near && heeds(use.detector);
          }))
        asked_[i].heeded.add(keyword);
  }
}

// Values whose keyword is still to come, or is an @ of which nothing is known behind it.
void Scanner::hold_starting() {
  if (end() > base_ && byte(end() - 1) == '@')
    for (const auto detector : set_.of_at_sign())
      hold(detector, begun(set_.detectors()[detector], end() - 1));
  const auto from = starts_.follow(known(), held_);
  held_ = std::min(held_, from), kept_ = std::min(kept_, from);
}

void Scanner::settle() {
  if (last_) {
    settled_ = end();
    return;
  }
  hold_keywords();
  hold_starting();
  if (!set_.of_digits().empty()) {
    auto at = end();
    while (at > base_ && end() - at < kMostBack && (is_digit(byte(at - 1)) || is_separator(byte(at - 1))))
      --at;
    while (at < end() && !is_digit(byte(at))) ++at;
    hold_digits(at, end());
  }
  if (!set_.of_long_words().empty()) hold_long_words();
  settled_ = std::max(settled_, held_);
}

std::uint64_t Scanner::keep_from() const {
  const auto back = std::max<std::uint64_t>(kMostBack + kMostReach, kContext);
  auto needed = std::min({settled_, kept_, marked_, passed_});
  for (const auto& asked : asked_) needed = std::min(needed, asked.until);
  return needed > back ? needed - back : 0;
}

// From where on marks may still change: the beginning of a run of digits or base64 that is going on, and the
// last bytes, which may begin an escape.
std::uint64_t Scanner::unmarked() const {
  if (last_) return end();
  const auto run_of = [&](auto&& in) {
    auto at = end();
    while (at > base_ && end() - at < kMostRun && in(byte(at - 1))) --at;
    return at;
  };
  const auto digits = run_of([](unsigned char c) { return is_digit(c) || is_separator(c); });
  const auto base64 = run_of([](unsigned char c) { return is_base64(c) || c == '='; });
  return std::min({digits, base64, std::max(end(), base_ + 6) - 6});
}

void Scanner::scan(std::string_view text, std::uint64_t base, bool last) {
  text_ = text, base_ = base, last_ = last;
  held_ = kept_ = end();
  base64_.clear();
  escapes_.clear();
  soft_breaks_.clear();
  quoted_printable_.clear();
  auto again = std::move(pending_);
  pending_.clear();
  for (auto& t : again) {
    std::uint64_t held_from = t.start, stop = t.start;
    if (attempt(t, held_from, stop) != Outcome::open) continue;
    pending_.push_back(t);
    hold(t.detector, held_from);
  }
  marks_.clear();
  MarkFinder finder(text_, std::max(marked_, base_) - base_, marks_);
  scan_keywords(finder);
  for (const auto detector : touched_) advance_windows(detector);
  const auto waits_from = take_marks();
  marked_ = std::max(marked_, std::min(waits_from, unmarked()));
  settle();
}

}  // namespace ostiary::inspect
