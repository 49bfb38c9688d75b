#include "inspect/impl/marks.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace ostiary::inspect {

namespace {

constexpr std::size_t kMostPadding = 2;  // of base64

// Bit i is set where bits i to i + 4 are, of digits with at most one other byte between two of them.
std::uint64_t loose_runs_of_five(std::uint64_t m) {
  m |= m << 1 & m >> 1;
  return m & m >> 1 & m >> 2 & m >> 3 & m >> 4;
}

// Bit i is set where bits i to i + 21 are: with padding behind it is long enough.
std::uint64_t runs_of_22(std::uint64_t m) {
  static_assert(kLeastBase64 - kMostPadding == 22);
  for (const unsigned more : {1U, 2U, 4U, 8U, 6U}) m &= m >> more;
  return m;
}

// The bits from `at` on.
std::uint64_t bits_from(std::size_t at) {
  return at >= kBlock ? 0 : ~std::uint64_t{0} << at;
}

bool begins_reference(std::string_view s) {
  if (s.starts_with("&#")) return s.size() > 2 && (is(s[2], ByteKind::digit) || (s[2] | 0x20) == 'x');
  return s.starts_with("&quot;") || s.starts_with("&amp;") || s.starts_with("&apos;");
}

}  // namespace

void Marks::clear() {
  digits.clear();
  base64.clear();
  at_signs.clear();
  escapes.clear();
  soft_breaks.clear();
}

void MarkFinder::take(std::size_t at, const Block& block) {
  if (!begun_ && at > 0 && is(text_[at - 1], ByteKind::base64)) in_base64_ = at - 1;  // or before
  begun_ = true;
  // Nine digits with or without separators have at least five bytes in one of the two blocks that they touch.
  if (const auto runs = loose_runs_of_five(block.digits); runs != 0) take_digits(at, runs);
  if (in_base64_ || block.base64 >> (kBlock - 1) != 0 || runs_of_22(block.base64) != 0)
    take_base64(at, block.base64);
  for (auto m = block.signs; m != 0; m &= m - 1)
    take_sign(at + static_cast<std::size_t>(std::countr_zero(m)));
}

void MarkFinder::finish() {
  if (in_base64_) end_base64(*in_base64_, text_.size());
}

void MarkFinder::take_digits(std::size_t at, std::uint64_t runs) {
  for (; runs != 0; runs &= bits_from(std::max(digits_end_, at) - at)) {
    digits_around(at + static_cast<std::size_t>(std::countr_zero(runs)));
    runs &= runs - 1;
  }
}

void MarkFinder::digits_around(std::size_t at) {
  if (!is(text_[at], ByteKind::digit)) ++at;  // what stands between two
  if (at < digits_end_) return;
  const auto is_at = [this](std::size_t i, ByteKind kind) { return i < text_.size() && is(text_[i], kind); };
  auto start = at, end = at + 1;
  std::size_t count = 1;
  for (;; ++count) {
    if (start > 0 && is(text_[start - 1], ByteKind::digit)) {
      --start;
    } else if (start > 1 && is(text_[start - 1], ByteKind::separator) &&
               is(text_[start - 2], ByteKind::digit)) {
      start -= 2;
    } else {
      break;
    }
  }
  for (;; ++count) {
    if (is_at(end, ByteKind::digit)) {
      ++end;
    } else if (is_at(end, ByteKind::separator) && is_at(end + 1, ByteKind::digit)) {
      end += 2;
    } else {
      break;
    }
  }
  digits_end_ = end;
  if (count >= kLeastDigits && start >= from_) marks_.digits.push_back({start, end});
}

void MarkFinder::take_base64(std::size_t at, std::uint64_t base64) {
  if (in_base64_) {
    const auto more = static_cast<unsigned>(std::countr_one(base64));
    if (more == kBlock) return;
    end_base64(*in_base64_, at + more);
    in_base64_.reset();
    base64 &= bits_from(more);
  }
  const auto last = static_cast<unsigned>(std::countl_one(base64));  // which may go on
  const auto inside = last == 0 ? base64 : base64 & ~bits_from(kBlock - last);
  for (auto runs = runs_of_22(inside); runs != 0;) {
    const auto start = static_cast<unsigned>(std::countr_zero(runs));
    const auto stop = start + static_cast<unsigned>(std::countr_one(inside >> start));
    end_base64(at + start, at + stop);
    runs &= bits_from(stop);
  }
  if (last > 0) in_base64_ = at + kBlock - last;
}

void MarkFinder::end_base64(std::size_t start, std::size_t end) {
  for (std::size_t padding = 0; padding < kMostPadding && end < text_.size() && text_[end] == '='; ++padding)
    ++end;
  if (end - start >= kLeastBase64 && start >= from_) marks_.base64.push_back({start, end});
}

bool MarkFinder::is_escape(std::size_t at) const {
  const auto is_hex_at = [this](std::size_t i) { return i < text_.size() && is(text_[i], ByteKind::hex); };
  if (text_[at] == '%') return is_hex_at(at + 1) && is_hex_at(at + 2);
  return text_[at] == '\\' ? std::string_view("ux/\"01").contains(text_[at + 1])
                           : begins_reference(text_.substr(at, 6));
}

void MarkFinder::take_sign(std::size_t at) {
  if (at < from_ || at + 1 >= text_.size()) return;
  const char next = text_[at + 1];
  switch (text_[at]) {
    case '@':
      if (at > 0 && is(text_[at - 1], ByteKind::word) && is(next, ByteKind::word))
        marks_.at_signs.push_back(at);
      break;
    case '=':
      if (next == '\n' || next == '\r') marks_.soft_breaks.push_back(at);
      break;
    default:
      if (is_escape(at)) marks_.escapes.push_back(at);
  }
}

void find_marks(std::string_view text, std::size_t from, Marks& marks) {
  MarkFinder finder(text, from, marks);
  auto at = from;
  for (; at + kBlock <= text.size(); at += kBlock) finder.take(at, block_of(text.data() + at));
  if (at < text.size()) {
    std::array<char, kBlock> rest{};
    std::memcpy(rest.data(), text.data() + at, text.size() - at);
    finder.take(at, block_of(rest.data()));
  }
  finder.finish();
}

}  // namespace ostiary::inspect
