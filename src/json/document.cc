#include "json/document.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/digits.h"
#include "json/impl/bytes.h"
#include "json/impl/walk.h"

namespace ostiary::json {

namespace {

// Node storage that is kept from one text to the next even where the next one is smaller: 112 KiB.
constexpr std::size_t kKeptNodes = 4096;

std::string_view between_quotes(std::string_view text, std::uint32_t start, std::uint32_t end) {
  return end > start ? text.substr(start + 1, end - start - 2) : std::string_view{};
}

// The four hexadecimal digits at `at`, or nothing where there are fewer.
std::optional<std::uint32_t> hex4(std::string_view s, std::size_t at) {
  std::uint32_t value = 0;
  if (s.size() < at + 4) return std::nullopt;
  const auto read = std::from_chars(s.data() + at, s.data() + at + 4, value, 16);
  return read.ptr == s.data() + at + 4 ? std::optional(value) : std::nullopt;
}

// The code point that the \u escape at s[at] stands for, with its pair where it is half of one, or nothing
// where the other half is missing. `taken` becomes the length of what was read.
std::optional<std::uint32_t> unicode_escape(std::string_view s, std::size_t at, std::size_t& taken) {
  taken = 6;
  const auto unit = hex4(s, at + 2);
  if (!unit || (*unit >= 0xDC00 && *unit < 0xE000)) return std::nullopt;
  if (*unit < 0xD800 || *unit >= 0xE000) return unit;
  if (s.substr(at + 6, 2) != "\\u") return std::nullopt;
  const auto low = hex4(s, at + 8);
  if (!low || *low < 0xDC00 || *low >= 0xE000) return std::nullopt;
  taken = 12;
  return 0x10000 + ((*unit - 0xD800) << 10) + (*low - 0xDC00);
}

char simple_escape(char c) {
  switch (c) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return c;  // the quote, the backslash, the slash
  }
}

// The meaning of a number that std::from_chars calls out of range, which it does at either end: zero where it
// is too small for a double, nothing where it is too large.
std::optional<double> out_of_range(std::string_view s) {
  const bool negative = s.starts_with('-');
  s.remove_prefix(negative ? 1 : 0);
  const auto mantissa = s.substr(0, s.find_first_of("eE"));
  auto exponent = s.substr(std::min(s.size(), mantissa.size() + 1));
  if (exponent.starts_with('+')) exponent.remove_prefix(1);
  std::int32_t power = 0;
  const auto read = std::from_chars(exponent.data(), exponent.data() + exponent.size(), power);
  std::int64_t magnitude = power;
  if (read.ec == std::errc::result_out_of_range)
    magnitude = exponent.starts_with('-') ? -(1LL << 40) : 1LL << 40;
  const auto point = static_cast<std::int64_t>(std::min(mantissa.find('.'), mantissa.size()));
  magnitude += point - static_cast<std::int64_t>(mantissa.find_first_of("123456789"));
  if (magnitude >= 0) return std::nullopt;
  return negative ? -0.0 : 0.0;
}

bool name_is(const Document& document, const Node& node, std::string_view name) {
  const auto raw = between_quotes(document.text(), node.key_start, node.key_end);
  return node.key_escaped ? decode_string(raw) == name : raw == name;
}

void append_pointer_token(std::string& out, std::string_view token) {
  out += '/';
  for (const char c : token) {
    if (c == '~')
      out += "~0";
    else if (c == '/')
      out += "~1";
    else
      out += c;
  }
}

}  // namespace

Result<Document> Document::parse(std::string_view text, const Limits& limits) {
  Document document;
  TRY_VOID(parse_into(text, limits, document));
  return document;
}

Result<> Document::parse_into(std::string_view text, const Limits& limits, Document& reuse) {
  reuse.clear();
  if (text.size() > std::numeric_limits<std::uint32_t>::max())
    return fail(Code::too_large, "a JSON text must be smaller than 4 GiB");
  if (auto walked = impl::walk(text, limits, reuse.nodes_); !walked) {
    reuse.clear();
    return walked;
  }
  reuse.text_ = text;
  return {};
}

void Document::clear() {
  text_ = {};
  if (nodes_.capacity() > kKeptNodes)
    std::vector<Node>().swap(nodes_);
  else
    nodes_.clear();
}

Value Document::root() const {
  return nodes_.empty() ? Value{} : Value{this, 0};
}

std::string_view Value::raw() const {
  if (!document_) return {};
  return document_->text_.substr(node().start, node().end - node().start);
}

std::string_view Value::key_raw() const {
  if (!document_) return {};
  return between_quotes(document_->text_, node().key_start, node().key_end);
}

std::string Value::key() const {
  return document_ && node().key_escaped ? decode_string(key_raw()) : std::string(key_raw());
}

std::optional<std::string> Value::as_string() const {
  std::string scratch;
  const auto view = as_string(scratch);
  if (!view) return std::nullopt;
  return node().escaped ? std::move(scratch) : std::string(*view);
}

std::optional<std::string_view> Value::as_string(std::string& scratch) const {
  if (!is_string()) return std::nullopt;
  const auto between = between_quotes(document_->text_, node().start, node().end);
  if (!node().escaped) return between;
  scratch.clear();
  append_decoded(scratch, between);
  return scratch;
}

std::optional<bool> Value::as_bool() const {
  if (!is(Type::boolean)) return std::nullopt;
  return raw().front() == 't';
}

std::optional<std::uint64_t> Value::as_uint() const {
  if (!is(Type::number)) return std::nullopt;
  const auto s = raw();
  std::uint64_t value = 0;
  const auto read = std::from_chars(s.data(), s.data() + s.size(), value);
  if (read.ec != std::errc{} || read.ptr != s.data() + s.size()) return std::nullopt;
  return value;
}

std::optional<double> Value::as_number() const {
  if (!is(Type::number)) return std::nullopt;
  const auto s = raw();
  double value = 0;
  const auto read = std::from_chars(s.data(), s.data() + s.size(), value);
  if (read.ec == std::errc{}) return value;
  return out_of_range(s);
}

std::string Value::string_or(std::string_view otherwise) const {
  auto s = as_string();
  return s ? std::move(*s) : std::string(otherwise);
}

Value Value::operator[](std::string_view name) const {
  if (!is_object()) return {};
  for (const Value member : *this)
    if (name_is(*document_, member.node(), name)) return member;
  return {};
}

Value Value::at(std::size_t i) const {
  if (!is_array()) return {};
  for (const Value element : *this)
    if (i-- == 0) return element;
  return {};
}

std::size_t Value::size() const {
  std::size_t n = 0;
  for (auto it = begin(); it != end(); ++it) ++n;
  return n;
}

Value Value::parent() const {
  if (!document_ || index_ == 0) return {};
  return {document_, node().parent};
}

std::string Value::pointer() const {
  std::vector<Value> path;  // from this value up
  for (Value value = *this; value && value.index() != 0; value = value.parent()) path.push_back(value);
  std::string out;
  for (auto value = path.rbegin(); value != path.rend(); ++value) {
    const Value container = value->parent();
    if (container.is_object()) {
      append_pointer_token(out, value->key());
      continue;
    }
    std::size_t position = 0;
    for (auto it = container.begin(); (*it).index() != value->index(); ++it) ++position;
    append_pointer_token(out, std::to_string(position));
  }
  return out;
}

Value::Iterator& Value::Iterator::operator++() {
  index_ = document_->nodes()[index_].next;
  return *this;
}

Value::Iterator Value::begin() const {
  return is_object() || is_array() ? Iterator{document_, index_ + 1} : Iterator{nullptr, 0};
}

Value::Iterator Value::end() const {
  return is_object() || is_array() ? Iterator{document_, node().next} : Iterator{nullptr, 0};
}

std::string decode_string(std::string_view between_quotes) {
  std::string out;
  append_decoded(out, between_quotes);
  return out;
}

bool append_decoded(std::string& out, std::string_view s) {
  out.reserve(out.size() + s.size());  // an escape is never shorter than what it stands for
  bool whole = true;
  for (;;) {
    const auto slash = s.find('\\');
    out += s.substr(0, slash);
    if (slash == std::string_view::npos || slash + 1 == s.size()) return whole;
    std::size_t taken = 2;
    if (s[slash + 1] != 'u') {
      out += simple_escape(s[slash + 1]);
    } else if (const auto code_point = unicode_escape(s, slash, taken)) {
      append_utf8(out, *code_point);
    } else {
      out += impl::kReplacement;
      whole = false;
    }
    s.remove_prefix(std::min(s.size(), slash + taken));
  }
}

}  // namespace ostiary::json
