#include "inspect/decode.h"

#include <algorithm>
#include <array>

#include "base/digits.h"
#include "base/text.h"
#include "inspect/impl/marks.h"

namespace ostiary::inspect {

namespace {

std::optional<unsigned> hex_value(std::string_view digits) {
  unsigned value = 0;
  for (const char c : digits) {
    if (!is_hex(static_cast<unsigned char>(c))) return std::nullopt;
    value = value << 4 | static_cast<unsigned>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
  }
  return value;
}

bool is_blank(char c) {
  return c == '\n' || c == '\r' || c == ' ' || c == '\t';
}

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && !is_blank(c)) || byte == 0x7f;
}

// The first bytes tell of most binary data that it is none.
bool begins_as_text(std::string_view bytes) {
  constexpr std::ptrdiff_t most = 2;
  return std::ranges::count_if(bytes.substr(0, 12), is_control) <= most;
}

// The last character may be cut.
bool begins_as_utf8(std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const auto lead = static_cast<unsigned char>(bytes[at++]);
    if (lead < 0x80) continue;
    if (lead < 0xc2 || lead > 0xf4) return false;
    for (int more = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3; more > 0 && at < bytes.size(); --more, ++at)
      if ((static_cast<unsigned char>(bytes[at]) & 0xc0) != 0x80) return false;
  }
  return true;
}

}  // namespace

bool is_text(std::string_view bytes) {
  constexpr std::size_t share = 8;  // one control character among so many bytes, and one more
  const auto controls = static_cast<std::size_t>(std::ranges::count_if(bytes, is_control));
  return controls <= bytes.size() / share + 1 && text::is_utf8(bytes);
}

class DecodedBuilder {
 public:
  DecodedBuilder() = default;
  explicit DecodedBuilder(std::size_t bytes) {
    constexpr std::size_t pieces_at_once = 32;
    out_.text_.reserve(bytes);
    if (bytes > pieces_at_once) out_.pieces_.reserve(pieces_at_once);
  }
  std::string& text() { return out_.text_; }
  void piece(Decoded::Kind kind, std::size_t original) {
    out_.pieces_.push_back({static_cast<std::uint32_t>(out_.text_.size()),
                            static_cast<std::uint32_t>(original), static_cast<std::uint32_t>(original),
                            kind});
  }
  // `text` stands for [start, end) of the original, and no part of it for a part of that.
  void atom(std::string_view text, std::size_t start, std::size_t end) {
    any_atom_ = true;
    piece(Decoded::Kind::atom, start);
    out_.text_ += text;
    this->end(end);
  }
  // The bytes, which begin at `at`, stand for themselves.
  void same(std::string_view bytes, std::size_t at) {
    if (bytes.empty()) return;
    const bool goes_on = !out_.pieces_.empty() && out_.pieces_.back().kind == Decoded::Kind::same &&
                         out_.pieces_.back().original_end == at;
    if (!goes_on) piece(Decoded::Kind::same, at);
    out_.text_ += bytes;
    end(at + bytes.size());
  }
  bool any_atom() const { return any_atom_; }
  void end(std::size_t original) { out_.pieces_.back().original_end = static_cast<std::uint32_t>(original); }
  Decoded finish_any() { return std::move(out_); }
  std::optional<Decoded> finish() {
    if (!is_text(out_.text_)) return std::nullopt;
    return std::move(out_);
  }
  // The same where the text may be UTF-16.
  std::optional<Decoded> finish_utf16() {
    if (out_.text_.find('\0') == std::string::npos) return finish();
    auto inner = decode_utf16(out_.text_);
    if (inner) inner->outer_ = std::move(out_.pieces_);
    return inner;
  }

 private:
  Decoded out_;
  bool any_atom_ = false;
};

// `next` finds where an escape may begin, `take` how many bytes it has and what it stands for.
template <class Next, class Take>
DecodedBuilder decode_each(std::string_view s, Next&& next, Take&& take) {
  DecodedBuilder out(s.size());
  std::string decoded;
  for (std::size_t at = 0, from = 0;;) {
    at = next(at);
    if (at >= s.size()) {
      out.same(s.substr(from), from);
      return out;
    }
    decoded.clear();
    const auto size = take(s.substr(at), decoded);
    if (size == 0) {
      ++at;
      continue;
    }
    out.same(s.substr(from, at - from), from);
    out.atom(decoded, at, at + size);
    from = at += size;
  }
}

Decoded::Span Decoded::original(std::size_t start, std::size_t end) const {
  const auto span = mapped(pieces_, start, end);
  return outer_.empty() ? span : mapped(outer_, span.start, span.end);
}

Decoded::Span Decoded::mapped(const std::vector<Piece>& pieces, std::size_t start, std::size_t end) {
  const auto piece_of = [&](std::size_t at) {
    const auto behind = std::ranges::upper_bound(pieces, at, {}, [](const Piece& p) { return p.decoded; });
    return behind == pieces.begin() ? pieces.begin() : behind - 1;
  };
  const auto first = piece_of(start), last = piece_of(end == 0 ? 0 : end - 1);
  const auto begin_of = [](const Piece& p, std::size_t n) -> std::uint64_t {
    switch (p.kind) {
      case Kind::same:
        return p.original + n;
      case Kind::hex:
      case Kind::utf16:
        return p.original + n * 2;
      case Kind::base64:
        return p.original + n / 3 * 4 + n % 3;
      case Kind::atom:
        break;
    }
    return p.original;
  };
  const auto end_of = [](const Piece& p, std::size_t n) -> std::uint64_t {
    switch (p.kind) {
      case Kind::same:
        return p.original + n;
      case Kind::hex:
      case Kind::utf16:
        return p.original + n * 2;
      case Kind::base64:
        return p.original + n / 3 * 4 + (n % 3 == 0 ? 0 : n % 3 + 1);
      case Kind::atom:
        break;
    }
    return p.original_end;
  };
  return {begin_of(*first, start - first->decoded),
          std::min<std::uint64_t>(end_of(*last, end - last->decoded), last->original_end)};
}

namespace {

// Whether the first 16 characters may be those of a text, UTF-16 counted.
bool base64_may_be_text(std::string_view run) {
  std::array<char, 12> first{};
  if (run.size() < 16) return true;
  for (std::size_t i = 0; i < 4; ++i) {
    std::uint32_t bits = 0;
    for (const char c : run.substr(4 * i, 4)) {
      const auto value = base64_value(c);
      if (value == kNoDigit) return true;
      bits = bits << 6 | value;
    }
    first[3 * i] = static_cast<char>(bits >> 16);
    first[3 * i + 1] = static_cast<char>(bits >> 8);
    first[3 * i + 2] = static_cast<char>(bits);
  }
  if (first[1] == '\0' || first[0] == '\xff') return true;
  const std::string_view bytes(first.data(), first.size());
  return begins_as_text(bytes) && begins_as_utf8(bytes);
}

}  // namespace

std::optional<Decoded> decode_base64(std::string_view run) {
  if (!base64_may_be_text(run)) return std::nullopt;
  DecodedBuilder out;
  auto& text = out.text();
  std::uint32_t bits = 0;
  unsigned have = 0;
  out.piece(Decoded::Kind::base64, 0);
  std::size_t at = 0;
  for (; at < run.size() && run[at] != '='; ++at) {
    const auto value = base64_value(run[at]);
    if (value == kNoDigit) {
      // A break between groups; the next piece begins behind it.
      if (!is_blank(run[at]) || have != 0) break;
      out.end(at);
      while (at + 1 < run.size() && is_blank(run[at + 1])) ++at;
      out.piece(Decoded::Kind::base64, at + 1);
      continue;
    }
    bits = bits << 6 | value;
    if (++have < 4) continue;
    for (const unsigned shift : {16U, 8U, 0U}) text += static_cast<char>(bits >> shift);
    bits = 0, have = 0;
  }
  if (have >= 2) text += static_cast<char>(bits >> (have == 2 ? 4 : 10));
  if (have == 3) text += static_cast<char>(bits >> 2);
  out.end(at);
  return out.finish_utf16();
}

std::optional<Decoded> decode_hex(std::string_view run) {
  constexpr std::size_t first = 16;  // tell of most runs that they are no digits
  if (run.size() < 2 || run.size() % 2 != 0 || !std::ranges::all_of(run.substr(2, first), is_hex))
    return std::nullopt;
  const std::size_t start = run.starts_with("0x") || run.starts_with("0X") ? 2 : 0;
  DecodedBuilder out;
  out.piece(Decoded::Kind::hex, start);
  for (std::size_t at = start; at < run.size(); at += 2) {
    const auto byte = hex_value(run.substr(at, 2));
    if (!byte) return std::nullopt;
    out.text() += static_cast<char>(*byte);
    if (out.text().size() == 12 && !begins_as_text(out.text())) return std::nullopt;
  }
  out.end(run.size());
  return out.finish();
}

namespace {

std::optional<unsigned> octal_value(std::string_view digits) {
  unsigned value = 0;
  for (const char c : digits) {
    if (c < '0' || c > '7') return std::nullopt;
    value = value << 3 | static_cast<unsigned>(c - '0');
  }
  return value;
}

// What the escape at the front of `s` stands for is appended; how many bytes it has, 0: it is none.
std::size_t take_percent(std::string_view s, std::string& out) {
  std::size_t at = 1;
  while (s.substr(at, 2) == "25" && s.size() >= at + 4 && hex_value(s.substr(at + 2, 2))) at += 2;
  const auto byte = s.size() >= at + 2 ? hex_value(s.substr(at, 2)) : std::nullopt;
  if (!byte) return 0;
  out += static_cast<char>(*byte);
  return at + 2;
}

// \uXXXX, two of them for what is beyond 16 bits, and \xHH.
std::size_t take_hex_escape(std::string_view s, std::string& out) {
  const std::size_t digits = s[1] == 'u' ? 4 : 2;
  const auto value = s.size() >= 2 + digits ? hex_value(s.substr(2, digits)) : std::nullopt;
  if (!value) return 0;
  if (digits == 4 && *value >= 0xd800 && *value < 0xdc00 && s.size() >= 12 && s.substr(6, 2) == "\\u") {
    const auto low = hex_value(s.substr(8, 4));
    if (low && *low >= 0xdc00 && *low < 0xe000) {
      append_utf8(out, 0x10000 + ((*value - 0xd800) << 10) + (*low - 0xdc00));
      return 12;
    }
  }
  if (*value >= 0xd800 && *value < 0xe000) return 0;
  append_utf8(out, *value);
  return 2 + digits;
}

std::size_t take_backslash(std::string_view s, std::string& out) {
  if (s.size() < 2) return 0;
  constexpr std::string_view names = "nrtbf/\"'\\", values = "\n\r\t\b\f/\"'\\";
  if (const auto simple = names.find(s[1]); simple != std::string_view::npos) {
    out += values[simple];
    return 2;
  }
  if (s[1] == 'u' || s[1] == 'x') return take_hex_escape(s, out);
  const auto octal = s.size() >= 4 && s[1] <= '1' ? octal_value(s.substr(1, 3)) : std::nullopt;
  if (!octal) return 0;
  append_utf8(out, *octal);
  return 4;
}

std::size_t take_reference(std::string_view s, std::string& out) {
  constexpr std::size_t most = 10;
  const auto end = s.substr(0, most).find(';');
  if (end == std::string_view::npos || end < 3) return 0;
  const auto name = s.substr(1, end - 1);
  constexpr std::array<std::pair<std::string_view, char>, 5> names{
      {{"amp", '&'}, {"quot", '"'}, {"lt", '<'}, {"gt", '>'}, {"apos", '\''}}};
  for (const auto& [known, c] : names)
    if (name == known) return out += c, end + 1;
  if (name[0] != '#') return 0;
  const bool hexadecimal = name[1] == 'x' || name[1] == 'X';
  std::optional<unsigned> value;
  if (hexadecimal) {
    if (name.size() > 2) value = hex_value(name.substr(2));
  } else if (std::ranges::all_of(name.substr(1), [](char c) { return c >= '0' && c <= '9'; })) {
    value = 0;
    for (const char c : name.substr(1)) value = *value * 10 + static_cast<unsigned>(c - '0');
  }
  if (!value || *value > 0x10ffff || (*value >= 0xd800 && *value < 0xe000)) return 0;
  append_utf8(out, *value);
  return end + 1;
}

// A character beyond ASCII is as many percent signs as it has bytes; what is none (%DB_PASS%) stays as it is.
std::size_t take_percent_character(std::string_view s, std::string& out) {
  std::string character;
  auto taken = take_percent(s, character);
  if (taken == 0) return 0;
  const auto lead = static_cast<unsigned char>(character.front());
  const std::size_t bytes = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  while (character.size() < bytes && taken < s.size() && s[taken] == '%') {
    const auto more = take_percent(s.substr(taken), character);
    if (more == 0) break;
    taken += more;
  }
  if (!text::is_utf8(character)) return 0;
  out += character;
  return taken;
}

std::size_t take_escape(std::string_view s, std::string& out) {
  switch (s.front()) {
    case '%':
      return take_percent_character(s, out);
    case '\\':
      return take_backslash(s, out);
    case '&':
      return take_reference(s, out);
    default:
      return 0;
  }
}

constexpr std::size_t kOpen = static_cast<std::size_t>(-1);

// How many bytes take_percent() takes; kOpen: that depends on what follows.
std::size_t percent_size(std::string_view s) {
  const auto digits = [&](std::size_t at) -> std::size_t {  // how many; kOpen: the text ends before that
    for (std::size_t i = 0; i < 2; ++i) {
      if (at + i >= s.size()) return kOpen;
      if (!is_hex(static_cast<unsigned char>(s[at + i]))) return i;
    }
    return 2;
  };
  std::size_t at = 1;
  if (const auto first = digits(at); first != 2) return first == kOpen ? kOpen : 0;
  while (s.substr(at, 2) == "25") {
    const auto more = digits(at + 2);
    if (more == kOpen) return kOpen;
    if (more != 2) break;
    at += 2;
  }
  return at + 2;
}

bool percent_goes_on(std::string_view s) {
  auto taken = percent_size(s);
  if (taken == kOpen || taken == 0) return taken == kOpen;
  const auto lead = hex_value(s.substr(taken - 2, 2)).value_or(0);
  const std::size_t bytes = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  for (std::size_t n = 1; n < bytes; ++n) {
    if (taken == s.size()) return true;
    if (s[taken] != '%') return false;
    const auto more = percent_size(s.substr(taken));
    if (more == kOpen || more == 0) return more == kOpen;
    taken += more;
  }
  return false;
}

// Whether `s` ends within the digits that begin at `at`.
bool digits_go_on(std::string_view s, std::size_t at, std::size_t digits) {
  for (; digits > 0; ++at, --digits) {
    if (at >= s.size()) return true;
    if (!is_hex(static_cast<unsigned char>(s[at]))) return false;
  }
  return false;
}

bool backslash_goes_on(std::string_view s) {
  if (s.size() < 2) return true;
  if (s[1] == '0' || s[1] == '1') return digits_go_on(s, 2, 2);
  if (s[1] == 'x') return digits_go_on(s, 2, 2);
  if (s[1] != 'u') return false;
  if (digits_go_on(s, 2, 4)) return true;
  const auto value = s.size() >= 6 ? hex_value(s.substr(2, 4)) : std::nullopt;
  if (!value || *value < 0xd800 || *value >= 0xdc00) return false;
  const auto behind = s.substr(6, 2);
  if (behind.size() < 2) return std::string_view("\\u").starts_with(behind);
  return behind == "\\u" && digits_go_on(s, 8, 4);
}

bool reference_goes_on(std::string_view s) {
  constexpr std::size_t most = 10;
  if (s.size() >= most) return false;
  const auto name = s.substr(1);
  if (name.starts_with('#'))
    return std::ranges::all_of(
        name.substr(1), [](char c) { return is_hex(static_cast<unsigned char>(c)) || c == 'x' || c == 'X'; });
  return std::ranges::any_of(
      std::array<std::string_view, 5>{"amp;", "quot;", "lt;", "gt;", "apos;"},
      [&](auto known) { return known.size() > name.size() && known.starts_with(name); });
}

bool escape_goes_on(std::string_view s) {
  switch (s.front()) {
    case '%':
      return percent_goes_on(s);
    case '\\':
      return backslash_goes_on(s);
    default:
      return reference_goes_on(s);
  }
}

// The size of a soft line break, =, blanks and the end of the line.
std::size_t soft_break(std::string_view s) {
  auto at = s.find_first_not_of(" \t", 1);
  if (at == std::string_view::npos) return 0;
  if (s[at] == '\r' && at + 1 < s.size()) ++at;
  return s[at] == '\n' ? at + 1 : 0;
}

// The code unit at `at`; both orders.
unsigned unit_at(std::string_view bytes, std::size_t at, bool big) {
  const auto first = static_cast<unsigned char>(bytes[at]),
             second = static_cast<unsigned char>(bytes[at + 1]);
  return big ? static_cast<unsigned>(first << 8 | second) : static_cast<unsigned>(second << 8 | first);
}

enum class Order : std::uint8_t { none, little, big };

// Where there is no byte order mark each of the first characters must be ASCII.
Order order_of(std::string_view bytes) {
  if (bytes.starts_with("\xff\xfe")) return Order::little;
  if (bytes.starts_with("\xfe\xff")) return Order::big;
  constexpr std::size_t least = 8, most = 64;
  if (bytes.size() < least) return Order::none;
  const auto ascii = [&](bool big) {
    for (std::size_t at = 0; at + 1 < std::min(bytes.size(), most); at += 2)
      if (const auto unit = unit_at(bytes, at, big); unit == 0 || unit > 0x7e) return false;
    return true;
  };
  if (ascii(false)) return Order::little;
  return ascii(true) ? Order::big : Order::none;
}

}  // namespace

Decoded decode_json_string(std::string_view s) {
  return decode_each(
             s, [s](std::size_t at) { return std::min(s.find('\\', at), s.size()); }, take_backslash)
      .finish_any();
}

Decoded::Span Decoded::widened(Span span) const {
  const auto atom_at = [&](std::uint64_t at) -> const Piece* {
    const auto behind = std::ranges::upper_bound(pieces_, at, {}, &Piece::original);
    if (behind == pieces_.begin()) return nullptr;
    const auto& piece = *(behind - 1);
    return piece.kind == Kind::atom && at > piece.original && at < piece.original_end ? &piece : nullptr;
  };
  if (const auto* cut = atom_at(span.start)) span.start = cut->original;
  if (const auto* cut = atom_at(span.end)) span.end = cut->original_end;
  return span;
}

std::optional<Decoded> decode_escapes(std::string_view s) {
  const auto next = [s](std::size_t at) {
    while (at < s.size() && !is(s[at], ByteKind::escape)) ++at;
    return at;
  };
  auto out = decode_each(s, next, take_escape);
  if (!out.any_atom()) return std::nullopt;
  return out.finish_any();
}

std::size_t whole_escapes(std::string_view s) {
  std::string decoded;
  for (std::size_t at = 0; at < s.size();) {
    if (!is(s[at], ByteKind::escape)) {
      ++at;
      continue;
    }
    const auto rest = s.substr(at);
    if (escape_goes_on(rest)) return at;
    decoded.clear();
    at += std::max<std::size_t>(take_escape(rest, decoded), 1);
  }
  return s.size();
}

std::optional<Decoded> decode_quoted_printable(std::string_view s) {
  DecodedBuilder out;
  bool any = false;
  for (std::size_t at = 0; at < s.size();) {
    const auto sign = std::min(s.find('=', at), s.size());
    out.same(s.substr(at, sign - at), at);
    at = sign;
    if (at == s.size()) break;
    const auto rest = s.substr(at);
    const bool padding = at > 0 && s[at - 1] == '=';  // of base64
    const auto broken = padding ? 0 : soft_break(rest);
    if (broken > 0) {
      any = true;
      at += broken;
      continue;
    }
    const auto byte = rest.size() >= 3 ? hex_value(rest.substr(1, 2)) : std::nullopt;
    if (byte) {
      any = any || *byte == '=';
      const char c = static_cast<char>(*byte);
      out.atom({&c, 1}, at, at + 3);
      at += 3;
    } else {
      out.same(s.substr(at, 1), at);
      ++at;
    }
  }
  if (!any) return std::nullopt;
  return out.finish();
}

std::optional<Decoded> decode_utf16(std::string_view bytes) {
  const auto order = order_of(bytes);
  if (order == Order::none) return std::nullopt;
  const bool big = order == Order::big, mark = bytes[0] == '\xff' || bytes[0] == '\xfe';
  DecodedBuilder out;
  bool plain = false;  // the piece that is open is of ASCII characters
  std::string decoded;
  for (std::size_t at = mark ? 2 : 0; at + 1 < bytes.size();) {
    auto c = unit_at(bytes, at, big);
    std::size_t size = 2;
    if (c < 0x80) {
      if (!plain) out.piece(Decoded::Kind::utf16, at);
      plain = true;
      out.text() += static_cast<char>(c);
      out.end(at += size);
      continue;
    }
    if (c >= 0xd800 && c < 0xe000) {
      const auto low = at + 3 < bytes.size() && c < 0xdc00 ? unit_at(bytes, at + 2, big) : 0;
      if (low < 0xdc00 || low >= 0xe000) return std::nullopt;
      c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
      size = 4;
    }
    plain = false;
    decoded.clear();
    append_utf8(decoded, c);
    out.atom(decoded, at, at + size);
    at += size;
  }
  return out.finish();
}

}  // namespace ostiary::inspect
