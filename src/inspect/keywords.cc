#include "inspect/keywords.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "inspect/impl/marks.h"
#include "inspect/impl/word_starts.h"

namespace ostiary::inspect {

namespace {

constexpr std::size_t kWord = 8;              // bytes that are read at once
constexpr std::size_t kShort = 3, kLong = 6;  // least bytes of a keyword from where a part of a word begins
constexpr std::uint64_t kFold = 0x2020202020202020;

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_part(char c) {
  return is_alphanumeric(c) || (c & 0x80) != 0;
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same(std::string_view a, std::string_view b, bool any_case) {
  if (!any_case) return a == b;
  return std::ranges::equal(a, b, {}, lower, lower);
}

// Where in a keyword a part of a word begins, whatever stands before it.
std::optional<std::size_t> anchor_of(std::string_view keyword) {
  if (is_part(keyword.front())) return 0;
  for (std::size_t i = 1; i < keyword.size(); ++i)
    if (is_part(keyword[i]) && !is_part(keyword[i - 1])) return i;
  return std::nullopt;
}

// The first bytes; NUL behind the last one.
std::uint64_t word_of(std::string_view bytes) {
  std::uint64_t out = 0;
  std::memcpy(&out, bytes.data(), std::min(bytes.size(), kWord));
  return out;
}

// The same of a text from an offset on.
std::uint64_t word_at(std::string_view text, std::size_t at) {
  if (at + kWord > text.size()) return word_of(text.substr(at));
  std::uint64_t out = 0;
  std::memcpy(&out, text.data() + at, kWord);
  return out;
}

constexpr auto kMasks = [] {
  std::array<std::uint64_t, 17> out{};  // by how many bytes count, to 16
  out.fill(~std::uint64_t{0});
  for (std::size_t i = 0; i < kWord; ++i) out[i] = (std::uint64_t{1} << (8 * i)) - 1;
  return out;
}();

std::uint64_t mask_of(std::size_t bytes) {
  return kMasks[std::min(bytes, kWord)];
}

constexpr unsigned kShortBits = 11, kLongBits = 14, kKnownBits = 17;

std::uint32_t short_cell(std::uint64_t bytes) {
  return (static_cast<std::uint32_t>((bytes | kFold) & 0xffffff) * 0x9e3779b1U) >> (32 - kShortBits);
}

// What the fourth byte is, whichever case it has: a letter of 26, or something else.
constexpr std::uint8_t kDigit = 26, kUnderscore = 27, kOther = 28;
constexpr auto kFourths = [] {
  std::array<std::uint8_t, 256> out{};
  out.fill(kOther);
  for (unsigned i = 0; i < 26; ++i) out['a' + i] = out['A' + i] = static_cast<std::uint8_t>(i);
  for (unsigned i = 0; i < 10; ++i) out['0' + i] = kDigit;
  out['_'] = kUnderscore;
  return out;
}();

unsigned fourth(std::uint64_t bytes) {
  return kFourths[bytes >> 24 & 0xff];
}

// Of the first six bytes, kKnownBits of it.
std::uint32_t long_hash(std::uint64_t bytes) {
  return static_cast<std::uint32_t>((((bytes | kFold) << 16) * 0x9e3779b97f4a7c15) >> (64 - kKnownBits));
}

std::uint32_t long_cell(std::uint64_t bytes) {
  return long_hash(bytes) >> (kKnownBits - kLongBits);
}

// As a number that orders texts as their bytes do.
std::uint64_t in_order(std::uint64_t bytes) {
  return __builtin_bswap64(bytes);
}

}  // namespace

std::uint64_t Keywords::ordered(const Entry& entry) {
  return in_order(entry.first);
}

Keywords::Keywords(std::vector<Keyword> keywords) : keywords_(std::move(keywords)) {
  for (std::uint32_t i = 0; i < keywords_.size(); ++i) add(i);
  prepare();
}

void Keywords::add(std::uint32_t number) {
  const auto& keyword = keywords_[number];
  const auto anchor = anchor_of(keyword.text);
  const bool there = keyword.value == Keyword::Value::there && anchor == std::size_t{0};
  auto* const begun = keyword.value == Keyword::Value::behind ? nullptr : there ? &there_ : &near_;
  if (begun) begun->longest = std::max(begun->longest, keyword.text.size());
  if (keyword.inside_words || !anchor || keyword.text.size() - *anchor < kShort) {
    inside_.push_back(number);
    longest_inside_ = std::max(longest_inside_, keyword.text.size());
    if (begun) add_early(number, keyword.text.size(), *begun);
    return;
  }
  const auto rest = std::string_view(keyword.text).substr(*anchor);
  const auto size = std::min(rest.size(), kWide);
  const auto behind = rest.substr(std::min(rest.size(), kWord));
  const Entry entry{(word_of(rest) | kFold) & mask_of(size),
                    (word_of(behind) | kFold) & mask_of(size - std::min(size, kWord)), number,
                    static_cast<std::uint8_t>(size), static_cast<std::uint8_t>(*anchor)};
  (rest.size() < kLong ? short_ : long_).entries.push_back(entry);
  if (!begun) return;
  begun->entries.push_back(entry);
  add_early(number, *anchor, *begun);
}

void Keywords::add_early(std::uint32_t number, std::size_t size, Beginnings& to) const {
  for (; size > 0; --size) {
    const Early early{keywords_[number].text.substr(0, size), number};
    to.early[static_cast<unsigned char>(lower(early.text.back()))].push_back(early);
  }
}

void Keywords::prepare() {
  const auto order = [](Table& table, unsigned bits, auto&& cell_of) {
    table.cells.assign((std::size_t{1} << bits) + 1, 0);
    for (const auto& entry : table.entries) ++table.cells[cell_of(entry.first) + 1U];
    for (std::size_t i = 1; i < table.cells.size(); ++i) table.cells[i] += table.cells[i - 1];
    // In a cell they stay in the order of their numbers, in which they came.
    auto next = table.cells;
    std::vector<Entry> entries(table.entries.size());
    for (const auto& entry : table.entries) entries[next[cell_of(entry.first)]++] = entry;
    table.entries = std::move(entries);
  };
  order(short_, kShortBits, short_cell);
  order(long_, kLongBits, long_cell);
  short_.fourths.assign(std::size_t{1} << kShortBits, 0);
  for (const auto& e : short_.entries) short_.fourths[short_cell(e.first)] |= fourths_of(e);
  long_.known.assign((std::size_t{1} << kKnownBits) / 64, 0);
  for (const auto& e : long_.entries) {
    const auto hash = long_hash(e.first);
    long_.known[hash / 64] |= std::uint64_t{1} << hash % 64;
  }
  for (auto* those : {&there_, &near_}) {
    std::ranges::sort(those->entries, {}, ordered);
    for (const auto& e : those->entries) ++those->from[(e.first & 0xff) + 1];
    for (std::size_t i = 1; i < those->from.size(); ++i) those->from[i] += those->from[i - 1];
  }
}

std::uint32_t Keywords::fourths_of(const Entry& e) const {
  const auto& keyword = keywords_[e.keyword];
  const auto rest = std::string_view(keyword.text).substr(e.before);
  if (rest.size() > kShort) return 1U << fourth(word_of(rest));
  // Behind a word of three letters a longer one has not ended; behind a longer keyword one of a name's may
  // have.
  return keyword.ends_word && e.before == 0 && is_alphanumeric(rest.back()) ? 1U << kDigit | 1U << kOther
                                                                            : ~0U;
}

// Whether a keyword of either table may begin with the 8 bytes: 1 or 0.
inline std::size_t Keywords::in_long(std::uint64_t bytes) const {
  const auto hash = long_hash(bytes);
  return long_.known[hash / 64] >> hash % 64 & 1;
}
inline std::size_t Keywords::in_short(std::uint64_t bytes) const {
  return static_cast<std::size_t>(short_.fourths[short_cell(bytes)] >> fourth(bytes)) & 1;
}

Result<Keywords> Keywords::compile(std::vector<Keyword> keywords) {
  Keywords out(std::move(keywords));
  std::vector<Literals::Literal> literals;
  for (const auto number : out.inside_)
    literals.push_back({out.keywords_[number].text, out.keywords_[number].any_case});
  TRY(out.anywhere_, Literals::compile(literals));
  return out;
}

Result<Keywords> Keywords::load(std::vector<Keyword> keywords, std::string_view serialised) {
  Keywords out(std::move(keywords));
  if (out.inside_.empty() != serialised.empty())
    return fail(Code::corrupt, "the compiled keywords are of others");
  TRY(out.anywhere_, Literals::load(serialised));
  return out;
}

// Goes over the beginnings of words' parts in a text.
class Keywords::Finder {
 public:
  Finder(const Keywords& keywords, std::string_view text, Range range, std::vector<Hit>& hits)
      : k_(keywords), text_(text), range_(range), hits_(hits), open_from_(range.until) {}

  void run(MarkFinder* marks, std::size_t marks_from) {
    Likely likely;
    const auto see = [marks](std::size_t at, const Block& block) {
      if (marks) marks->take(at, block);
    };
    for (WordStarts starts(text_, marks ? std::min(range_.from, marks_from) : range_.from); starts.more();) {
      auto next = starts.next(see);
      while (!next.empty() && next.front() < range_.from) next = next.subspan(1);
      pick(next, likely);
      for (const auto at : likely.to_short()) look_short(at, Known(text_, at));
      for (const auto at : likely.to_long()) look_long(at, Known(text_, at));
      for (const auto at : next) near_end(at);
    }
    if (marks) marks->finish();
  }
  std::size_t open_from() const { return open_from_; }

 private:
  // Where a keyword of either table may begin.
  struct Likely {
    std::array<std::uint32_t, WordStarts::kAtOnce + 1> in_short, in_long;
    std::size_t shorts = 0, longs = 0;
    std::span<const std::uint32_t> to_short() const { return {in_short.data(), shorts}; }
    std::span<const std::uint32_t> to_long() const { return {in_long.data(), longs}; }
  };
  // What stands at a place, letters in lower case.
  struct Known {
    Known(std::string_view text, std::size_t at) : mask(mask_of(text.size() - at)) {
      if (at + kWide <= text.size()) {
        std::memcpy(&raw, text.data() + at, kWord);
        std::memcpy(&second, text.data() + at + kWord, kWord);
      } else {
        const auto rest = text.substr(at);
        raw = word_of(rest);
        second = word_of(rest.substr(std::min(rest.size(), kWord)));
      }
      first = raw | kFold, second |= kFold;
    }
    std::uint64_t raw = 0, first = 0, second = 0;
    std::uint64_t mask;  // of the first 8 bytes those that are known
  };
  // Takes those that a keyword may begin at off the front, but for the last that have no 8 bytes. Without a
  // branch: whether one passes cannot be foreseen.
  void pick(std::span<const std::uint32_t>& starts, Likely& likely) const {
    const auto wide_until = text_.size() < kWord ? 0 : text_.size() - kWord + 1;
    auto whole = starts.size();
    while (whole > 0 && starts[whole - 1] >= wide_until) --whole;
    std::size_t shorts = 0, longs = 0;
    for (std::size_t i = 0; i < whole; ++i) {
      std::uint64_t bytes = 0;
      std::memcpy(&bytes, text_.data() + starts[i], kWord);
      likely.in_short[shorts] = likely.in_long[longs] = starts[i];
      shorts += k_.in_short(bytes);
      longs += k_.in_long(bytes);
    }
    likely.shorts = shorts, likely.longs = longs;
    starts = starts.subspan(whole);
  }
  // Fewer than 8 bytes are known: with what follows it may be another.
  void near_end(std::size_t at) {
    if (text_.size() > range_.until || at + kShort > text_.size()) open(at);
    if (at + kShort > text_.size()) return;
    const Known known(text_, at);
    if (k_.in_short(known.raw) != 0) look_short(at, known);
    if (k_.in_long(known.raw) != 0) look_long(at, known);
  }
  void look_short(std::size_t at, const Known& known) { look(at, k_.short_, short_cell(known.raw), known); }
  void look_long(std::size_t at, const Known& known) { look(at, k_.long_, long_cell(known.raw), known); }
  void look(std::size_t at, const Table& table, std::uint32_t cell, const Known& known) {
    const auto* const end = table.entries.data() + table.cells[cell + 1U];
    for (const auto* e = table.entries.data() + table.cells[cell]; e != end; ++e)
      if (((known.first ^ e->first) & kMasks[e->size] & known.mask) == 0 && compare(at, *e, known.second))
        take(at, *e);
  }
  // The first 8 bytes are the keyword's, whatever the case.
  bool compare(std::size_t at, const Entry& entry, std::uint64_t second) const {
    const auto size = std::min<std::size_t>(entry.size, text_.size() - at);
    if (size > kWord && ((second ^ entry.second) & mask_of(size - kWord)) != 0) return false;
    const auto& keyword = k_.keywords_[entry.keyword];
    if (at < entry.before) return false;
    const auto end = at - entry.before + keyword.text.size();
    if (keyword.ends_word && end < text_.size() && goes_on(text_[end - 1], text_[end])) return false;
    return same(text_.substr(at - entry.before, keyword.text.size()),
                std::string_view(keyword.text).substr(0, text_.size() - (at - entry.before)),
                keyword.any_case);
  }
  // A small letter behind a letter or digit; beyond ASCII many scripts put no blanks between words.
  static bool goes_on(char last, char next) { return next >= 'a' && next <= 'z' && is_alphanumeric(last); }
  void take(std::size_t at, const Entry& entry) {
    const auto end = at - entry.before + k_.keywords_[entry.keyword].text.size();
    if (end > range_.until) return open(at);
    if (end > range_.passed) hits_.push_back({entry.keyword, static_cast<std::uint32_t>(end)});
  }
  void open(std::size_t at) { open_from_ = std::min(open_from_, at); }

  const Keywords& k_;
  std::string_view text_;
  Range range_;
  std::vector<Hit>& hits_;
  std::size_t open_from_;
};

std::size_t Keywords::scan(std::string_view text, Range range, Scratch& scratch, std::vector<Hit>& hits,
                           MarkFinder* marks, std::size_t marks_from) const {
  const auto before = hits.size();
  Finder finder(*this, text, range, hits);
  finder.run(marks, marks_from);
  if (!inside_.empty()) {
    const auto from = range.passed - std::min(range.passed, longest_inside_);
    scratch.hits_.clear();
    anywhere_.scan(text.substr(from, range.until - from), scratch.scratch_, scratch.hits_);
    for (const auto& hit : scratch.hits_) {
      const auto end = from + hit.end;
      if (end > range.passed) hits.push_back({inside_[hit.literal], static_cast<std::uint32_t>(end)});
    }
  }
  const auto by_end = [](const Hit& hit) { return std::pair(hit.end, hit.keyword); };
  std::ranges::sort(hits.begin() + static_cast<std::ptrdiff_t>(before), hits.end(), {}, by_end);
  return finder.open_from();
}

void Keywords::each_begun(std::string_view text, const Some* wanted, const Take& take) const {
  if (text.empty()) return;
  bool held = false;  // by a place before
  for (WordStarts starts(text, text.size() - std::min(text.size(), longest_begun())); starts.more();)
    for (const auto at : starts.next()) {
      const auto raw = word_at(text, at);
      if (text.size() - at >= kLong && in_long(raw) == 0) continue;
      const auto mask = mask_of(text.size() - at);
      const Place place{text, at, (raw | kFold) & mask, mask};
      held = held || each_begun_at(place, there_, wanted, take);
      each_begun_at(place, near_, wanted, take);
    }
  const auto last = static_cast<unsigned char>(lower(text.back()));
  for (const auto* those : {&there_, &near_})
    for (const auto& [early, keyword] : those->early[last])
      if ((!wanted || wanted->has(keyword)) && text.size() >= early.size() &&
          same(text.substr(text.size() - early.size()), early, keywords_[keyword].any_case))
        take(keyword, text.size() - early.size());
}

// Whether one of Value::there was taken.
bool Keywords::each_begun_at(const Place& place, const Beginnings& those, const Some* wanted,
                             const Take& take) const {
  const auto& [text, at, bytes, mask] = place;
  const auto first = those.entries.begin() + those.from[bytes & 0xff],
             last = those.entries.begin() + those.from[(bytes & 0xff) + 1];
  auto entry = std::ranges::lower_bound(first, last, in_order(bytes), {}, ordered);
  for (; entry != last && (entry->first & mask) == bytes; ++entry) {
    if (wanted && !wanted->has(entry->keyword)) continue;
    const auto& keyword = keywords_[entry->keyword];
    const auto start = at - entry->before;
    if (at < entry->before || text.size() - start > keyword.text.size()) continue;
    const auto known = text.substr(start);
    if (!same(known, std::string_view(keyword.text).substr(0, known.size()), keyword.any_case)) continue;
    if (take(entry->keyword, start) && &those == &there_) return true;
  }
  return false;
}

}  // namespace ostiary::inspect
