#include "json/impl/walk.h"

#include <cstring>
#include <string>

#include "base/text.h"
#include "json/impl/bytes.h"

namespace ostiary::json::impl {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_hex(char c) {
  return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

// One pass over the text, without recursion: the chain of `parent` indices is the stack. Every reader takes
// the place where its thing starts and returns the place behind it, or null after it called fault().
class Walker {
 public:
  Walker(std::string_view text, const Limits& limits, std::vector<Node>& nodes)
      : begin_(text.data()), end_(begin_ + text.size()), limits_(limits), nodes_(nodes) {}

  bool run();
  std::unexpected<Error> error() const {
    return fail(code_, message_, "byte " + std::to_string(fault_at_ - begin_));
  }

 private:
  // The byte at p; NUL, which is no part of the grammar, at the end of the text.
  char peek(const char* p) const { return p != end_ ? *p : '\0'; }
  std::uint32_t offset(const char* p) const { return static_cast<std::uint32_t>(p - begin_); }

  const char* fault(const char* at, const char* message, Code code = Code::invalid);
  char closing_mark() const { return in_object_ ? '}' : ']'; }
  const char* skip_blanks(const char* p) const;
  const char* first_child(const char* p);
  const char* next_value(const char* p);
  const char* value(const char* p);
  const char* container(const char* p);
  const char* name(const char* p);
  const char* string(const char* p, bool& escaped);
  const char* long_string(const char* p, bool& escaped);
  const char* escape(const char* p);
  const char* number(const char* p);
  const char* digits(const char* p);
  const char* literal(const char* p, std::string_view word);
  const char* close(const char* p);
  bool add(const char* start, const char* end, Type type, bool escaped = false);

  const char* const begin_;
  const char* const end_;
  const Limits limits_;
  std::vector<Node>& nodes_;

  std::uint32_t count_ = 0;  // values so far
  std::uint32_t open_ = 0;   // index of the innermost open container, where depth_ > 0
  std::uint32_t depth_ = 0;  // open containers
  bool in_object_ = false;   // what nodes_[open_] is

  std::uint32_t key_start_ = 0, key_end_ = 0;  // of the member whose value comes next
  bool key_escaped_ = false;

  const char* fault_at_ = nullptr;
  const char* message_ = "";
  Code code_ = Code::invalid;
};

bool Walker::run() {
  const char* p = begin_;
  do {
    const std::uint32_t depth = depth_;
    p = value(skip_blanks(p));
    if (p) p = depth_ > depth ? first_child(p) : next_value(p);
  } while (p && depth_ > 0);
  return p != nullptr;
}

// From behind an opening bracket to the value of the first child or, in an empty container, to what follows
// that.
inline const char* Walker::first_child(const char* p) {
  p = skip_blanks(p);
  if (peek(p) == closing_mark()) return next_value(p);
  return in_object_ ? name(p) : p;
}

// From behind a value, over all that closes there, to the next value or to the end of the text.
inline const char* Walker::next_value(const char* p) {
  for (;;) {
    p = skip_blanks(p);
    if (depth_ == 0) return p == end_ ? p : fault(p, "something follows the value");
    if (peek(p) == ',') break;
    if (peek(p) != closing_mark())
      return fault(p, in_object_ ? "expected ',' or '}'" : "expected ',' or ']'");
    p = close(p);
    if (!p) return nullptr;
  }
  p = skip_blanks(p + 1);
  return in_object_ ? name(p) : p;
}

__attribute__((noinline)) const char* Walker::fault(const char* at, const char* message, Code code) {
  fault_at_ = at;
  code_ = code;
  message_ = at == end_ && code == Code::invalid ? "the text ends early" : message;
  return nullptr;
}

inline const char* Walker::skip_blanks(const char* p) const {
  while (p != end_ && static_cast<unsigned char>(*p) <= ' ') {
    if (*p != ' ' && *p != '\n' && *p != '\r' && *p != '\t') break;
    ++p;
  }
  return p;
}

inline bool Walker::add(const char* start, const char* end, Type type, bool escaped) {
  if (count_ >= limits_.max_values) {
    fault(start, "more values than the limit", Code::too_large);
    return false;
  }
  Node& node = nodes_.emplace_back();  // filled in place: a copied temporary stalls on its own small stores
  node.start = offset(start);
  node.end = offset(end);
  node.key_start = key_start_;
  node.key_end = key_end_;
  node.next = ++count_;
  node.parent = open_;
  node.type = type;
  node.escaped = escaped;
  node.key_escaped = key_escaped_;
  key_start_ = key_end_ = 0;
  key_escaped_ = false;
  return true;
}

// A scalar, or the opening bracket of a container.
inline const char* Walker::value(const char* p) {
  const char* const start = p;
  Type type = Type::null;
  bool escaped = false;
  const char first = peek(p);
  switch (first) {
    case '"':
      type = Type::string, p = string(p, escaped);
      break;
    case '{':
    case '[':
      return container(p);
    case 't':
      type = Type::boolean, p = literal(p, "true");
      break;
    case 'f':
      type = Type::boolean, p = literal(p, "false");
      break;
    case 'n':
      p = literal(p, "null");
      break;
    default:
      if (first != '-' && !is_digit(first)) return fault(p, "expected a value");
      type = Type::number, p = number(p);
  }
  return p && add(start, p, type, escaped) ? p : nullptr;
}

const char* Walker::container(const char* p) {
  if (depth_ >= limits_.max_depth) return fault(p, "nested deeper than the limit", Code::too_large);
  const std::uint32_t index = count_;
  in_object_ = *p == '{';
  if (!add(p, p, in_object_ ? Type::object : Type::array)) return nullptr;
  open_ = index;
  ++depth_;
  return p + 1;
}

const char* Walker::close(const char* p) {
  Node& node = nodes_[open_];
  node.end = offset(p) + 1;
  node.next = count_;
  if (in_object_ && limits_.refuse_duplicates)
    if (const auto second = find_duplicate({begin_, end_}, nodes_, open_))
      return fault(begin_ + nodes_[*second].key_start, "the object has a member of this name already");
  --depth_;
  open_ = node.parent;
  in_object_ = nodes_[open_].type == Type::object;
  return p + 1;
}

inline const char* Walker::name(const char* p) {
  if (peek(p) != '"') return fault(p, "expected a member's name in quotes");
  key_start_ = offset(p);
  p = string(p, key_escaped_);
  if (!p) return nullptr;
  key_end_ = offset(p);
  p = skip_blanks(p);
  if (peek(p) != ':') return fault(p, "expected ':' after a member's name");
  return p + 1;
}

inline const char* Walker::string(const char* p, bool& escaped) {
  constexpr std::ptrdiff_t kShort = 64;
  ++p;
  p = find_special(p, end_ - p > kShort ? p + kShort : end_);
  return peek(p) == '"' ? p + 1 : long_string(p, escaped);
}

const char* Walker::long_string(const char* p, bool& escaped) {
  p = skip_string_text(p, end_, escaped);
  for (;;) {
    p = find_special(p, end_);
    const char c = peek(p);
    if (c == '"') return p + 1;
    if (c != '\\') return fault(p, "a control character stands bare in a string");
    escaped = true;
    p = escape(p);
    if (!p) return nullptr;
  }
}

inline const char* Walker::escape(const char* p) {
  switch (peek(p + 1)) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
      return p + 2;
    case 'u':
      break;
    default:
      return fault(p + 1, "no such escape");
  }
  p += 2;
  for (int i = 0; i < 4; ++i, ++p)
    if (!is_hex(peek(p))) return fault(p, "expected four hexadecimal digits after \\u");
  return p;
}

const char* Walker::digits(const char* p) {
  if (!is_digit(peek(p))) return fault(p, "expected a digit");
  while (is_digit(peek(p))) ++p;
  return p;
}

const char* Walker::number(const char* p) {
  if (*p == '-') ++p;
  if (peek(p) == '0' && is_digit(peek(p + 1)))
    return fault(p, "a number starts with a zero that it does not need");
  p = digits(p);
  if (p && peek(p) == '.') p = digits(p + 1);
  if (!p || (peek(p) != 'e' && peek(p) != 'E')) return p;
  ++p;
  if (peek(p) == '+' || peek(p) == '-') ++p;
  return digits(p);
}

const char* Walker::literal(const char* p, std::string_view word) {
  const auto left = static_cast<std::size_t>(end_ - p);
  if (left >= word.size() && std::memcmp(p, word.data(), word.size()) == 0) return p + word.size();
  return fault(p, "expected a value");
}

std::size_t first_broken_utf8(std::string_view text) {
  const char* const end = text.data() + text.size();
  const char* p = text.data();
  while (p != end) {
    const std::size_t n = utf8_length(p, end);
    if (n == 0) break;
    p += n;
  }
  return static_cast<std::size_t>(p - text.data());
}

}  // namespace

Result<> walk(std::string_view text, const Limits& limits, std::vector<Node>& nodes) {
  if (!text::is_utf8(text))
    return fail(Code::invalid, "the text is not UTF-8", "byte " + std::to_string(first_broken_utf8(text)));
  if (text.starts_with("\xEF\xBB\xBF"))
    return fail(Code::invalid, "a byte-order mark stands before the value; leave it out", "byte 0");
  Walker walker(text, limits, nodes);
  if (!walker.run()) return walker.error();
  return {};
}

}  // namespace ostiary::json::impl
