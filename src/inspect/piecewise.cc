#include "inspect/impl/piecewise.h"

#include <algorithm>
#include <array>
#include <functional>

#include "base/text.h"
#include "inspect/impl/marks.h"

namespace ostiary::inspect {

namespace {

constexpr std::uint64_t kMostLine = 4096;            // of a line before the first escape in it
constexpr std::uint64_t kMostRun = 16 * 1024;        // of an encoding that is decoded at once
constexpr std::uint64_t kRunOverlap = 4 * 1024;      // that two such parts of a longer one have in common
constexpr std::uint64_t kMostKnown = 20 * 1024;      // what the scanner may keep before it begins again
constexpr std::uint64_t kMostOpen = 4 * 1024;        // that is not settled when it does
constexpr std::uint64_t kMostScanned = 1024 * 1024;  // until it begins again anyway
constexpr std::uint64_t kMostAtAll = 256 * 1024;
// What is looked at together where nothing is held back.
constexpr std::uint64_t kTogether = 1024;
constexpr std::size_t kMostGap = 40;
constexpr int kMostPadding = 2;  // of base64
// How far before what the scanner knows as begun a value may begin that nobody waits for.
constexpr std::uint64_t kMostBegun = 2200;
constexpr std::uint64_t kBefore = 64;         // of the text before a finding, for its fingerprint
constexpr std::size_t kMostUndecoded = 1024;  // an escape that does not end
constexpr std::size_t kMostFound = 100'000;   // in one text

enum : std::uint8_t { kBase64 = 1, kBlank = 2, kEscape = 4, kLineEnd = 8 };

constexpr auto kKinds = [] {
  std::array<std::uint8_t, 256> kinds{};
  for (unsigned c = 0; c < 256; ++c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter || c == '+' || c == '/' || c == '-' || c == '_') kinds[c] |= kBase64;
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') kinds[c] |= kBlank;
    if (c == '%' || c == '\\' || c == '&') kinds[c] |= kEscape;
    if (c == '\r' || c == '\n') kinds[c] |= kLineEnd;
  }
  return kinds;
}();

bool is(char c, std::uint8_t kinds) {
  return (kKinds[static_cast<unsigned char>(c)] & kinds) != 0;
}

// Without a character at its end that is not whole.
std::string_view whole_characters(std::string_view s) {
  for (std::size_t back = 1; back <= std::min<std::size_t>(3, s.size()); ++back) {
    const auto c = static_cast<unsigned char>(s[s.size() - back]);
    if ((c & 0xc0) == 0x80) continue;
    const std::size_t size = c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    return size > back ? s.substr(0, s.size() - back) : s;
  }
  return s;
}

// Whether bytes may be the beginning of text, UTF-16 counted.
bool may_be_text(std::string_view bytes) {
  if (bytes.size() < 2) return true;
  if (bytes[0] == '\0' || bytes[1] == '\0' || bytes.starts_with("\xff\xfe") || bytes.starts_with("\xfe\xff"))
    return true;
  return text::is_utf8(whole_characters(bytes));
}

unsigned value_of(char c) {
  if (c >= 'A' && c <= 'Z') return static_cast<unsigned>(c - 'A');
  if (c >= 'a' && c <= 'z') return static_cast<unsigned>(c - 'a') + 26;
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0') + 52;
  return c == '+' || c == '-' ? 62 : 63;
}

std::string base64_bytes(std::string_view run) {
  std::string out;
  unsigned bits = 0, have = 0;
  for (const char c : run) {
    if (!is(c, kBase64)) continue;
    bits = bits << 6 | value_of(c);
    if (++have < 4) continue;
    for (const unsigned shift : {16U, 8U, 0U}) out += static_cast<char>(bits >> shift & 0xff);
    bits = have = 0;
  }
  return out;
}

// Whether what a run begins with may hold a text, as base64 or as hexadecimal digits.
bool may_hold_text(std::string_view run) {
  if (may_be_text(base64_bytes(run))) return true;
  const auto digits = run.substr(run.starts_with("0x") || run.starts_with("0X") ? 2 : 0);
  if (!std::ranges::all_of(digits, [](char c) { return is_hex(static_cast<unsigned char>(c)); }))
    return false;
  std::string bytes;
  const auto digit = [](char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10); };
  for (std::size_t at = 0; at + 1 < digits.size(); at += 2)
    bytes += static_cast<char>(digit(digits[at]) << 4 | digit(digits[at + 1]));
  return may_be_text(bytes);
}

// By its hash, since a search goes bit by bit and a text may be a word.
bool holds_none(const std::vector<bool>& bits) {
  constexpr std::hash<std::vector<bool>> hash;
  return hash(bits) == hash(std::vector<bool>(bits.size()));
}

bool has_escape(std::string_view s) {
  Marks marks;
  find_marks(s, 0, marks);
  return !marks.escapes.empty();
}

}  // namespace

Piecewise::Piecewise(const Engine& engine, Inspecting& whole, int depth)
    : engine_(engine), whole_(whole), depth_(depth), scanner_(engine.detectors()) {}

Piecewise::~Piecewise() = default;

void Piecewise::begin(const std::vector<bool>* heeded) {
  heeded_ = heeded;
  heeds_none_ = heeded && holds_none(*heeded);
  scanner_.heed(heeded);
  scanner_.begin();
  lane_open_ = in_run_ = joining_ = run_dead_ = gave_up_ = false;
  known_.clear();
  base_ = needed_ = settled_ = looked_to_ = scanned_from_ = seen_before_ = line_start_ = 0;
  taken_ = 0;
  padding_ = 0;
  chain_.reset();
  gap_ = {};
  found_.clear();
}

// The scanner keeps a long run, and all that it ever found: now and then it begins again behind what is
// settled, with enough of the text before for the words that say what follows.
void Piecewise::begin_again() {
  const bool settles = scanner_.settled() + kMostOpen > end() && scanner_.open_from() + kMostOpen > end();
  const bool much = end() - std::max(scanner_.keep_from(), scanned_from_) > kMostKnown ||
                    end() - scanned_from_ > kMostScanned;
  if (!much || !settles) return;
  const auto open = std::min(scanner_.settled(), scanner_.open_from());
  seen_before_ = open > kMostBegun ? open - kMostBegun : 0;
  scanned_from_ = std::max(base_, seen_before_ > kMostOpen ? seen_before_ - kMostOpen : 0);
  scanner_.begin();
  taken_ = 0;
}

void Piecewise::scan(bool last) {
  const auto from = std::max({scanner_.keep_from(), scanned_from_, base_});
  scanner_.scan(text(from, end()), from, last);
  const auto& all = scanner_.candidates();
  for (; taken_ < all.size(); ++taken_)
    if (all[taken_].start >= seen_before_) found_.push_back(all[taken_]);
  gave_up_ = gave_up_ || scanner_.gave_up() || all.size() > kMostFound || known_.size() > kMostAtAll;
}

void Piecewise::look_into(std::uint64_t start, std::uint64_t stop) {
  if (!whole_.look_into_run(text(start, stop), start, depth_, found_)) gave_up_ = true;
}

void Piecewise::close_chain() {
  if (chain_ && !chain_->dead) look_into(chain_->start, chain_->end);
  chain_.reset();
}

void Piecewise::end_run(std::uint64_t at) {
  in_run_ = false;
  const bool joins = std::exchange(joining_, false);
  if (at - run_start_ < kLeastBase64) {
    if (joins) close_chain();
    return;
  }
  if (joins) {
    chain_->end = at;
    chain_->line = gap_.line;
  } else {
    chain_ = Chain{run_start_, at, run_start_, run_dead_};
  }
  gap_ = {};
  if (chain_->end - chain_->line < kLongLine) close_chain();
}

// A byte that is no base64, outside of a run.
void Piecewise::pass_other(char c, std::uint64_t at) {
  if (!chain_) return;
  if (!is(c, kBlank) || ++gap_.size > kMostGap) return close_chain();
  if (c != '\n') return;
  gap_.broken_line = true;
  gap_.line = at + 1;
}

// Outside of runs and chains: where at or behind `at` the next run begins that is long enough or goes on to
// the end. A byte that is no base64 rules out all long ones that it would stand in.
std::uint64_t Piecewise::next_run(std::uint64_t at) const {
  constexpr std::uint64_t least = kLeastBase64 - kMostPadding;
  const auto base64_at = [this](std::uint64_t i) { return is(known_[i - base_], kBase64); };
  while (at + least <= end()) {
    auto start = at + least, stop = start;
    while (start > at && base64_at(start - 1)) --start;
    if (start < stop)
      while (stop < end() && stop - start < least && base64_at(stop)) ++stop;
    if (stop == end() || stop - start >= least) return start;
    at = stop;
  }
  auto start = end();
  while (start > at && known_[start - 1 - base_] == '=') --start;
  while (start > at && base64_at(start - 1)) --start;
  return start;
}

void Piecewise::follow_runs(std::uint64_t from, bool last) {
  for (auto at = from; at < end(); ++at) {
    if (!in_run_ && !chain_) at = next_run(at);
    if (at == end()) break;
    const char c = known_[at - base_];
    const bool base64 = is(c, kBase64);
    if (in_run_) {
      if (base64 && padding_ == 0) continue;
      if (c == '=' && padding_ < kMostPadding) {
        ++padding_;
        continue;
      }
      end_run(at);
    }
    if (!base64) {
      pass_other(c, at);
      continue;
    }
    if (chain_ && !gap_.broken_line) close_chain();
    joining_ = chain_.has_value();
    in_run_ = true;
    run_start_ = at;
    padding_ = 0;
    run_dead_ = false;
    run_judged_ = 0;
  }
  if (last) {
    if (in_run_) end_run(end());
    close_chain();
  } else if (in_run_) {
    judge_open_run();
    shorten_open_run();
  }
}

// Most runs that are no encoded text show it in their first characters.
void Piecewise::judge_open_run() {
  if (joining_ || run_dead_) return;
  constexpr std::uint64_t often = 64;
  const auto size = end() - run_start_;
  if (heeds_none_ && size < kLeastBase64) return;  // it holds nothing back
  if (size > often && size < 2 * run_judged_) return;
  run_judged_ = size;
  run_dead_ = !may_hold_text(text(run_start_, end()));
}

// Of a long encoding the front is looked into before the rest has come.
void Piecewise::shorten_open_run() {
  auto& start = joining_ ? chain_->start : run_start_;
  if ((joining_ ? chain_->dead : run_dead_) || end() - start < kMostRun) return;
  const auto part = text(start, end());
  std::uint64_t digits = 0, cut = 0, next = 0;  // both at the beginning of four characters
  for (std::uint64_t at = 0; at < part.size(); ++at) {
    if (!is(part[at], kBase64)) continue;
    if (digits++ % 4 != 0) continue;
    cut = at;
    if (at + kRunOverlap <= part.size()) next = at;
  }
  look_into(start, start + cut);
  start += next;
  if (joining_) chain_->line = std::max(chain_->line, start);
}

std::optional<std::uint64_t> Piecewise::run_holds_from() const {
  if (chain_) return chain_->dead ? std::nullopt : std::optional(chain_->start);
  return in_run_ && !run_dead_ ? std::optional(run_start_) : std::nullopt;
}

void Piecewise::follow_lines(std::uint64_t from, bool last) {
  const auto next = [&](std::uint64_t at, std::uint8_t kinds) {
    const char* const behind = known_.data() + known_.size();
    const char* c = known_.data() + (at - base_);
    while (c != behind && !is(*c, kinds)) ++c;
    return base_ + static_cast<std::uint64_t>(c - known_.data());
  };
  for (auto at = from; at < end();) {
    if (!lane_open_) {
      const auto mark = next(at, kEscape | kLineEnd);
      if (mark == end()) return;
      at = mark;
      if (is(known_[mark - base_], kLineEnd)) {
        line_start_ = ++at;
        continue;
      }
      if (!lane_) lane_ = std::make_unique<EscapeLane>(engine_, whole_, depth_ + 1);
      at = std::max({line_start_, base_, mark > kMostLine ? mark - kMostLine : 0});
      lane_->begin(at, heeded_);
      lane_open_ = true;
    }
    const auto stop = next(std::max(at, from), kLineEnd);
    const bool over = stop < end() || last;
    lane_->feed(text(at, stop), over, found_);
    gave_up_ = gave_up_ || lane_->gave_up();
    lane_open_ = !over;
    at = stop;
  }
  if (last && lane_open_) {
    lane_->feed({}, true, found_);
    lane_open_ = false;
  }
}

void Piecewise::settle(bool last) {
  if (last || heeds_none_) {
    settled_ = end();
    return;
  }
  auto to = scanner_.settled();
  if (const auto run = run_holds_from()) to = std::min(to, *run);
  if (lane_open_) to = std::min(to, lane_->settled());
  settled_ = std::max(settled_, to);
}

std::uint64_t Piecewise::open_from() const {
  auto from = std::min(settled_, scanner_.open_from());
  if (const auto run = run_holds_from()) from = std::min(from, *run);
  if (lane_open_) from = std::min(from, lane_->open_from());
  return from > kMostBegun ? from - kMostBegun : 0;
}

void Piecewise::forget() {
  constexpr std::uint64_t at_once = 8 * 1024;
  auto from = std::min({needed_, settled_, std::max(scanner_.keep_from(), scanned_from_)});
  if (const auto run = run_holds_from()) from = std::min(from, *run);
  from = std::min(from, end() > kMostLine ? end() - kMostLine : 0);
  for (const auto& c : found_) from = std::min(from, c.start > kBefore ? c.start - kBefore : 0);
  if (from < base_ + at_once) return;
  known_.erase(0, from - base_);
  base_ = from;
}

void Piecewise::feed(std::string_view bytes, bool last) {
  if (gave_up_) return;
  known_ += bytes;
  if (heeds_none_ && !last && end() - looked_to_ < kTogether) {
    settled_ = end();
    return;
  }
  const auto from = std::exchange(looked_to_, end());
  begin_again();
  scan(last);
  if (depth_ < Inspecting::kDepth) {
    follow_runs(from, last);
    follow_lines(from, last);
  }
  settle(last);
  forget();
}

void EscapeLane::begin(std::uint64_t at, const std::vector<bool>* heeded) {
  inner_.begin(heeded);
  undecoded_.clear();
  parts_.clear();
  decoded_to_ = at;
  marked_ = false;
}

const EscapeLane::Part& EscapeLane::part_of(std::uint64_t inner) const {
  const auto behind = std::ranges::upper_bound(parts_, inner, {}, &Part::inner);
  return behind == parts_.begin() ? parts_.front() : *(behind - 1);
}

std::uint64_t EscapeLane::outer_start(std::uint64_t inner) const {
  if (inner == inner_.end() || parts_.empty()) return decoded_to_;
  if (inner <= parts_.front().inner) return parts_.front().outer;
  const auto& part = part_of(inner);
  const auto at = inner - part.inner;
  return part.outer + (part.decoded ? part.decoded->original(at, at + 1).start : at);
}

std::uint64_t EscapeLane::outer_end(std::uint64_t inner) const {
  const auto& part = part_of(inner - 1);
  const auto at = inner - part.inner;
  return part.outer + (part.decoded ? part.decoded->original(at - 1, at).end : at);
}

void EscapeLane::feed(std::string_view bytes, bool last, std::vector<Candidate>& found) {
  undecoded_ += bytes;
  auto size = last ? undecoded_.size() : whole_escapes(undecoded_);
  if (undecoded_.size() - size > kMostUndecoded) size = undecoded_.size();
  if (size == 0 && !last) return;
  const auto part = std::string_view(undecoded_).substr(0, size);
  auto decoded = decode_escapes(part);
  if (size > 0) parts_.push_back({inner_.end(), decoded_to_, decoded});
  marked_ = marked_ || has_escape(part);
  decoded_to_ += size;
  inner_.feed(decoded ? std::string_view(decoded->text()) : part, last);
  undecoded_.erase(0, size);
  for (auto candidate : inner_.take()) {
    const auto inner_size = candidate.end - candidate.start;
    candidate.start = outer_start(candidate.start);
    candidate.end = outer_end(candidate.end);
    if (marked_ || candidate.end - candidate.start != inner_size) found.push_back(candidate);
  }
  inner_.keep(inner_.settled());
  while (parts_.size() > 1 && parts_[1].inner <= inner_.open_from()) parts_.pop_front();
}

}  // namespace ostiary::inspect
