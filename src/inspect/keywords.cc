#include "inspect/keywords.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "inspect/impl/word_starts.h"

namespace ostiary::inspect {

namespace {

constexpr std::size_t kWide = 8;              // bytes that are compared at once
constexpr std::size_t kShort = 3, kLong = 6;  // least bytes of a keyword from where a part of a word begins
constexpr std::uint64_t kFold = 0x2020202020202020;

bool is_part(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & 0x80) != 0;
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

std::uint64_t wide(std::string_view bytes) {
  std::uint64_t out = 0;
  std::memcpy(&out, bytes.data(), std::min(bytes.size(), kWide));
  return out;
}

// The bit that tells upper from lower case where the first bytes are letters.
std::uint64_t letter_bits(std::string_view bytes) {
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < std::min(bytes.size(), kWide); ++i)
    if (lower(bytes[i]) >= 'a' && lower(bytes[i]) <= 'z') out |= std::uint64_t{0x20} << (8 * i);
  return out;
}

std::uint64_t mask_of(std::size_t bytes) {
  return bytes >= kWide ? ~std::uint64_t{0} : (std::uint64_t{1} << (8 * bytes)) - 1;
}

constexpr unsigned kShortBits = 12, kLongBits = 14, kKnownBits = 17;

std::uint32_t short_cell(std::uint64_t bytes) {
  return (static_cast<std::uint32_t>((bytes | kFold) & 0xffffff) * 0x9e3779b1U) >> (32 - kShortBits);
}

unsigned fourth(std::uint64_t bytes) {
  return static_cast<unsigned>(bytes >> 24) & 15;  // of which none tells upper from lower case
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
  return in_order((entry.bytes | kFold) & entry.mask);
}

Keywords::Keywords(std::vector<Keyword> keywords) : keywords_(std::move(keywords)) {
  for (std::uint32_t i = 0; i < keywords_.size(); ++i) add(i);
  prepare();
}

void Keywords::add(std::uint32_t number) {
  const auto& keyword = keywords_[number];
  const auto anchor = anchor_of(keyword.text);
  if (keyword.in_value) longest_in_value_ = std::max(longest_in_value_, keyword.text.size());
  if (keyword.inside_words || !anchor || keyword.text.size() - *anchor < kShort) {
    inside_.push_back(number);
    longest_inside_ = std::max(longest_inside_, keyword.text.size());
    add_early(number, keyword.text.size());
    return;
  }
  const auto rest = std::string_view(keyword.text).substr(*anchor);
  const auto mask = mask_of(rest.size());
  const auto fold = keyword.any_case ? letter_bits(rest) : 0;
  const Entry entry{wide(rest) | fold, mask, fold, number, static_cast<std::uint8_t>(*anchor)};
  (rest.size() < kLong ? short_ : long_).entries.push_back(entry);
  if (keyword.in_value) in_value_.push_back(entry);
  add_early(number, *anchor);
}

void Keywords::add_early(std::uint32_t number, std::size_t size) {
  const auto& keyword = keywords_[number];
  if (!keyword.in_value) return;
  for (; size > 0; --size) {
    const Early early{keyword.text.substr(0, size), number};
    early_[static_cast<unsigned char>(lower(early.text.back()))].push_back(early);
  }
}

void Keywords::prepare() {
  const auto order = [](Table& table, unsigned bits, auto&& cell_of) {
    std::ranges::sort(table.entries, {},
                      [&](const Entry& e) { return std::pair(cell_of(e.bytes), e.keyword); });
    table.cells.assign((std::size_t{1} << bits) + 1, 0);
    for (const auto& entry : table.entries) ++table.cells[cell_of(entry.bytes) + 1U];
    for (std::size_t i = 1; i < table.cells.size(); ++i) table.cells[i] += table.cells[i - 1];
  };
  order(short_, kShortBits, short_cell);
  order(long_, kLongBits, long_cell);
  short_.fourths.assign(std::size_t{1} << kShortBits, 0);
  for (const auto& e : short_.entries)
    short_.fourths[short_cell(e.bytes)] |=
        e.mask == mask_of(kShort) ? 0xffff : static_cast<std::uint16_t>(1U << fourth(e.bytes));
  long_.known.assign((std::size_t{1} << kKnownBits) / 64, 0);
  for (const auto& e : long_.entries) {
    const auto hash = long_hash(e.bytes);
    long_.known[hash / 64] |= std::uint64_t{1} << hash % 64;
  }
  std::ranges::sort(in_value_, {}, ordered);
}

// Whether a keyword may begin with the 8 bytes: 1 or 0.
inline std::size_t Keywords::may_stand(std::uint64_t bytes) const {
  return in_long(bytes) | in_short(bytes);
}
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

  void run() {
    std::array<std::uint32_t, WordStarts::kAtOnce + 1> likely;
    for (WordStarts starts(text_, range_.from); starts.more();) {
      auto next = starts.next();
      const auto count = pick(next, likely.data());
      for (std::size_t j = 0; j < count; ++j) look(likely[j], bytes_at(likely[j]));
      for (const auto at : next) near_end(at);
    }
  }
  std::size_t open_from() const { return open_from_; }

 private:
  // Takes those that a keyword may begin at off the front, but for the last that have no 8 bytes. Without a
  // branch: whether one passes cannot be foreseen.
  std::size_t pick(std::span<const std::uint32_t>& starts, std::uint32_t* likely) const {
    const auto wide_until = text_.size() < kWide ? 0 : text_.size() - kWide + 1;
    auto whole = starts.size();
    while (whole > 0 && starts[whole - 1] >= wide_until) --whole;
    std::size_t count = 0;
    for (std::size_t i = 0; i < whole; ++i) {
      likely[count] = starts[i];
      count += k_.may_stand(bytes_at(starts[i]));
    }
    starts = starts.subspan(whole);
    return count;
  }
  std::uint64_t bytes_at(std::size_t at) const {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, text_.data() + at, kWide);
    return bytes;
  }
  // Fewer than 8 bytes are known: with what follows it may be another.
  void near_end(std::size_t at) {
    if (text_.size() > range_.until || at + kShort > text_.size()) open(at);
    if (at + kShort <= text_.size()) look(at, wide(text_.substr(at)));
  }
  void look(std::size_t at, std::uint64_t bytes) {
    if (k_.in_short(bytes) != 0) look(at, bytes, k_.short_, short_cell(bytes));
    if (k_.in_long(bytes) != 0) look(at, bytes, k_.long_, long_cell(bytes));
  }
  void look(std::size_t at, std::uint64_t bytes, const Table& table, std::uint32_t cell) {
    for (auto i = table.cells[cell]; i < table.cells[cell + 1U]; ++i) {
      const auto& entry = table.entries[i];
      if ((((bytes | entry.fold) ^ entry.bytes) & entry.mask) == 0) compare(at, entry);
    }
  }
  // The first 8 bytes are the keyword's.
  void compare(std::size_t at, const Entry& entry) {
    if (at < entry.before) return;
    const auto& keyword = k_.keywords_[entry.keyword];
    const auto start = at - entry.before, end = start + keyword.text.size();
    const auto same_in = [&](std::size_t from, std::size_t size) {
      const auto known = text_.substr(start + from, size);
      return same(known, std::string_view(keyword.text).substr(from, known.size()), keyword.any_case);
    };
    const auto rest = entry.before + kWide;
    if (entry.before > 0 && !same_in(0, entry.before)) return;
    if (keyword.text.size() > rest && !same_in(rest, keyword.text.size() - rest)) return;
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

std::size_t Keywords::scan(std::string_view text, Range range, Scratch& scratch,
                           std::vector<Hit>& hits) const {
  const auto before = hits.size();
  Finder finder(*this, text, range, hits);
  finder.run();
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

void Keywords::each_begun(std::string_view text,
                          const std::function<void(std::uint32_t, std::size_t)>& take) const {
  const auto begins = [&](std::string_view begin, bool any_case, std::size_t start) {
    const auto known = text.substr(start);
    return same(known, begin.substr(0, known.size()), any_case);
  };
  const auto look = [&](std::size_t at) {
    const auto known = wide(text.substr(at));
    if (text.size() - at >= kLong && in_long(known) == 0) return;
    const auto mask = mask_of(text.size() - at);
    const auto bytes = (known | kFold) & mask;
    auto entry = std::ranges::lower_bound(in_value_, in_order(bytes), {}, ordered);
    for (; entry != in_value_.end() && ((entry->bytes | kFold) & mask) == bytes; ++entry) {
      const auto& keyword = keywords_[entry->keyword];
      const auto start = at - entry->before;
      if (at >= entry->before && text.size() - start <= keyword.text.size() &&
          begins(keyword.text, keyword.any_case, start))
        take(entry->keyword, start);
    }
  };
  for (WordStarts starts(text, text.size() - std::min(text.size(), longest_in_value_)); starts.more();)
    for (const auto at : starts.next()) look(at);
  if (text.empty()) return;
  for (const auto& [early, keyword] : early_[static_cast<unsigned char>(lower(text.back()))])
    if (text.size() >= early.size() && begins(early, keywords_[keyword].any_case, text.size() - early.size()))
      take(keyword, text.size() - early.size());
}

}  // namespace ostiary::inspect
