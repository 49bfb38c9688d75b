#include "inspect/decode.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "inspect/impl/marks.h"

namespace ostiary::inspect {

namespace {

constexpr std::uint8_t kNoDigit = 0xff;

constexpr auto kBase64Values = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNoDigit);
  for (std::uint8_t i = 0; i < 26; ++i) values['A' + i] = i, values['a' + i] = 26 + i;
  for (std::uint8_t i = 0; i < 10; ++i) values['0' + i] = 52 + i;
  values['+'] = values['-'] = 62;
  values['/'] = values['_'] = 63;
  return values;
}();

std::uint8_t base64_value(char c) {
  return kBase64Values[static_cast<unsigned char>(c)];
}

std::optional<unsigned> hex_value(std::string_view digits) {
  unsigned value = 0;
  for (const char c : digits) {
    if (!is_hex(static_cast<unsigned char>(c))) return std::nullopt;
    value = value << 4 | static_cast<unsigned>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
  }
  return value;
}

void append_utf8(std::string& out, unsigned c) {
  const auto tail = [&](unsigned shift) { out += static_cast<char>(0x80 | ((c >> shift) & 0x3f)); };
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xc0 | c >> 6), tail(0);
  } else if (c < 0x10000) {
    out += static_cast<char>(0xe0 | c >> 12), tail(6), tail(0);
  } else {
    out += static_cast<char>(0xf0 | c >> 18), tail(12), tail(6), tail(0);
  }
}

bool is_blank(char c) {
  return c == '\n' || c == '\r' || c == ' ' || c == '\t';
}

// The first bytes tell of most binary data that it is none.
bool begins_as_text(std::string_view bytes) {
  return std::ranges::all_of(bytes.substr(0, 12), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 ? byte != 0x7f : is_blank(c);
  });
}

}  // namespace

bool is_text(std::string_view bytes) {
  const auto control = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && !is_blank(c)) || byte == 0x7f;
  };
  return std::ranges::none_of(bytes, control) && text::is_utf8(bytes);
}

class DecodedBuilder {
 public:
  std::string& text() { return out_.text_; }
  void piece(Decoded::Kind kind, std::size_t original) {
    out_.pieces_.push_back({static_cast<std::uint32_t>(out_.text_.size()), static_cast<std::uint32_t>(original),
                            static_cast<std::uint32_t>(original), kind});
  }
  void end(std::size_t original) { out_.pieces_.back().original_end = static_cast<std::uint32_t>(original); }
  std::optional<Decoded> finish() {
    if (!is_text(out_.text_)) return std::nullopt;
    return std::move(out_);
  }

 private:
  Decoded out_;
};

Decoded::Span Decoded::original(std::size_t start, std::size_t end) const {
  const auto piece_of = [&](std::size_t at) {
    const auto behind = std::ranges::upper_bound(pieces_, at, {}, [](const Piece& p) { return p.decoded; });
    return behind == pieces_.begin() ? pieces_.begin() : behind - 1;
  };
  const auto first = piece_of(start), last = piece_of(end == 0 ? 0 : end - 1);
  const auto begin_of = [](const Piece& p, std::size_t n) -> std::uint64_t {
    switch (p.kind) {
      case Kind::same: return p.original + n;
      case Kind::hex: return p.original + n * 2;
      case Kind::base64: return p.original + n / 3 * 4 + n % 3;
      case Kind::atom: break;
    }
    return p.original;
  };
  const auto end_of = [](const Piece& p, std::size_t n) -> std::uint64_t {
    switch (p.kind) {
      case Kind::same: return p.original + n;
      case Kind::hex: return p.original + n * 2;
      case Kind::base64: return p.original + n / 3 * 4 + (n % 3 == 0 ? 0 : n % 3 + 1);
      case Kind::atom: break;
    }
    return p.original_end;
  };
  return {begin_of(*first, start - first->decoded),
          std::min<std::uint64_t>(end_of(*last, end - last->decoded), last->original_end)};
}

std::optional<Decoded> decode_base64(std::string_view run) {
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
    if (text.size() == 12 && !begins_as_text(text) && text[1] != '\0' && text[0] != '\xff') return std::nullopt;
  }
  if (have >= 2) text += static_cast<char>(bits >> (have == 2 ? 4 : 10));
  if (have == 3) text += static_cast<char>(bits >> 2);
  out.end(at);
  return out.finish();
}

std::optional<Decoded> decode_hex(std::string_view run) {
  if (run.size() % 2 != 0) return std::nullopt;
  DecodedBuilder out;
  out.piece(Decoded::Kind::hex, 0);
  for (std::size_t at = 0; at < run.size(); at += 2) {
    const auto byte = hex_value(run.substr(at, 2));
    if (!byte) return std::nullopt;
    out.text() += static_cast<char>(*byte);
    if (out.text().size() == 12 && !begins_as_text(out.text())) return std::nullopt;
  }
  out.end(run.size());
  return out.finish();
}

namespace {

// What the escape at the front of `s` stands for is appended; how many bytes it has, 0: it is none.
std::size_t take_escape(std::string_view s, std::string& out) {
  if (s.front() == '%') {
    const auto byte = s.size() >= 3 ? hex_value(s.substr(1, 2)) : std::nullopt;
    if (!byte) return 0;
    out += static_cast<char>(*byte);
    return 3;
  }
  if (s.size() < 2) return 0;
  constexpr std::string_view names = "nrtbf/\"'\\", values = "\n\r\t\b\f/\"'\\";
  if (const auto simple = names.find(s[1]); simple != std::string_view::npos) {
    out += values[simple];
    return 2;
  }
  const std::size_t digits = s[1] == 'u' ? 4 : s[1] == 'x' ? 2 : 0;
  const auto value = digits > 0 && s.size() >= 2 + digits ? hex_value(s.substr(2, digits)) : std::nullopt;
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

}  // namespace

std::optional<Decoded> decode_escapes(std::string_view s) {
  DecodedBuilder out;
  bool any = false, same = false;
  for (std::size_t at = 0; at < s.size();) {
    const auto before = out.text().size();
    const auto size = s[at] == '%' || s[at] == '\\' ? take_escape(s.substr(at), out.text()) : 0;
    if (size == 0) {
      if (!same) out.piece(Decoded::Kind::same, at);
      same = true;
      out.text() += s[at++];
      out.end(at);
      continue;
    }
    any = true, same = false;
    auto decoded = out.text().substr(before);
    out.text().resize(before);
    out.piece(Decoded::Kind::atom, at);
    out.text() += decoded;
    at += size;
    out.end(at);
  }
  if (!any) return std::nullopt;
  return out.finish();
}

}  // namespace ostiary::inspect
