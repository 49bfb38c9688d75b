#include "inspect/impl/expression.h"

#include <charconv>
#include <fmt/format.h>
#include <optional>

#include "base/text.h"

namespace ostiary::inspect {

namespace {

constexpr std::uint32_t kMostRepeat = 20'000;
constexpr std::uint32_t kMostDepth = 50;

ByteSet one(unsigned char byte) {
  ByteSet set;
  set.set(byte);
  return set;
}

ByteSet range(unsigned char from, unsigned char to) {
  ByteSet set;
  for (unsigned byte = from; byte <= to; ++byte) set.set(byte);
  return set;
}

ByteSet in_any_case(ByteSet set) {
  for (unsigned char lower = 'a'; lower <= 'z'; ++lower) {
    const unsigned char upper = lower - 'a' + 'A';
    if (set[lower] || set[upper]) set.set(lower).set(upper);
  }
  return set;
}

ByteSet digits() {
  return range('0', '9');
}
ByteSet word_bytes() {
  return digits() | range('a', 'z') | range('A', 'Z') | one('_');
}
ByteSet space_bytes() {
  return range('\t', '\r') | one(' ');
}

class Parser {
 public:
  Parser(std::string_view text, bool any_case) : text_(text), any_case_(any_case) {}

  Result<Expression> whole() {
    TRY(out_.root, choice(0));
    if (at_ < text_.size()) return wrong("this ) closes nothing");
    return std::move(out_);
  }
  Result<ByteSet> only_class() {
    if (text_.empty()) return wrong("a class of bytes is missing");
    auto set = take('[') ? byte_class() : class_member();
    if (!wide_.empty()) return wrong("this class holds bytes; write \\x80-\\xff for what is not ASCII");
    if (set && at_ < text_.size()) return wrong("nothing may follow on a class");
    return set;
  }

 private:
  using Kind = Expression::Kind;
  bool take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool ahead(std::string_view what) const { return text_.substr(at_).starts_with(what); }
  std::unexpected<Error> wrong(std::string_view why) const {
    return fail(Code::invalid, fmt::format("{}, in the expression {}", why, text_),
                fmt::format("column {}", at_ + 1));
  }
  std::uint32_t add(Expression::Node node) {
    out_.nodes.push_back(std::move(node));
    return static_cast<std::uint32_t>(out_.nodes.size() - 1);
  }
  std::uint32_t add_bytes(const ByteSet& set) {
    return add({.kind = Kind::bytes, .bytes = any_case_ ? in_any_case(set) : set, .children = {}});
  }

  Result<std::uint32_t> choice(std::uint32_t depth);
  Result<std::uint32_t> sequence(std::uint32_t depth);
  Result<std::uint32_t> atom(std::uint32_t depth);
  Result<std::uint32_t> repeated(std::uint32_t atom);
  Result<std::optional<std::uint32_t>> number();
  std::uint32_t class_of_characters(const ByteSet& set);
  Result<ByteSet> escape();
  Result<ByteSet> byte_class();
  Result<ByteSet> class_member();

  std::string_view text_;
  bool any_case_;
  std::size_t at_ = 0;
  std::vector<std::string_view> wide_;  // characters beyond ASCII of the class that was read last
  Expression out_;
};

Result<std::uint32_t> Parser::choice(std::uint32_t depth) {
  if (depth > kMostDepth) return wrong("groups stand too deep in each other");
  Expression::Node node{.kind = Kind::choice, .bytes = {}, .children = {}};
  do {
    TRY(const auto branch, sequence(depth));
    node.children.push_back(branch);
  } while (take('|'));
  return node.children.size() == 1 ? node.children.front() : add(std::move(node));
}

Result<std::uint32_t> Parser::sequence(std::uint32_t depth) {
  Expression::Node node{.kind = Kind::sequence, .bytes = {}, .children = {}};
  while (at_ < text_.size() && text_[at_] != '|' && text_[at_] != ')') {
    TRY(const auto part, atom(depth));
    TRY(const auto whole, repeated(part));
    node.children.push_back(whole);
  }
  return add(std::move(node));
}

Result<std::uint32_t> Parser::atom(std::uint32_t depth) {
  const char c = text_[at_++];
  switch (c) {
    case '(': {
      if (ahead("?:"))
        at_ += 2;
      else if (ahead("?"))
        return wrong("groups with (? are not known but (?: )");
      TRY(const auto inner, choice(depth + 1));
      if (!take(')')) return wrong("a group is not closed");
      return inner;
    }
    case '[': {
      wide_.clear();
      TRY(const auto set, byte_class());
      return wide_.empty() ? add_bytes(set) : class_of_characters(set);
    }
    case '.':
      return add_bytes(~one('\n'));
    case '\\': {
      TRY(const auto set, escape());
      return add_bytes(set);
    }
    case '^':
    case '$':
      return wrong("anchors are not known: a match begins at its keyword, and `after` says what follows");
    case '?':
    case '*':
    case '+':
    case '{':
      return wrong("there is nothing to repeat");
    default:
      return add_bytes(one(static_cast<unsigned char>(c)));
  }
}

// One of the bytes, or one of the characters of more than a byte.
std::uint32_t Parser::class_of_characters(const ByteSet& set) {
  Expression::Node choice{.kind = Kind::choice, .bytes = {}, .children = {}};
  if (set.any()) choice.children.push_back(add_bytes(set));
  for (const auto character : wide_) {
    Expression::Node sequence{.kind = Kind::sequence, .bytes = {}, .children = {}};
    for (const char c : character) sequence.children.push_back(add_bytes(one(static_cast<unsigned char>(c))));
    choice.children.push_back(add(std::move(sequence)));
  }
  return add(std::move(choice));
}

Result<std::optional<std::uint32_t>> Parser::number() {
  std::uint32_t value = 0;
  const auto* begin = text_.data() + at_;
  const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), value);
  if (end == begin) return std::optional<std::uint32_t>();
  if (error != std::errc() || value > kMostRepeat) return wrong("so many repetitions are too many");
  at_ += static_cast<std::size_t>(end - begin);
  return std::optional(value);
}

Result<std::uint32_t> Parser::repeated(std::uint32_t atom) {
  Expression::Node node{.kind = Kind::repeat, .bytes = {}, .children = {atom}, .least = 0, .most = 1};
  if (take('?')) {
  } else if (take('*')) {
    node.most = Expression::kUnbounded;
  } else if (take('+')) {
    node.least = 1, node.most = Expression::kUnbounded;
  } else if (take('{')) {
    TRY(const auto least, number());
    if (!least) return wrong("a number is missing after {");
    node.least = node.most = *least;
    if (take(',')) {
      TRY(const auto most, number());
      node.most = most.value_or(Expression::kUnbounded);
    }
    if (!take('}')) return wrong("} is missing");
    if (node.most < node.least) return wrong("the second number must not be below the first");
  } else {
    return atom;
  }
  if (at_ < text_.size() && std::string_view("?*+{").contains(text_[at_]))
    return wrong("a repetition of a repetition; put the first into ( )");
  return add(std::move(node));
}

Result<ByteSet> Parser::escape() {
  if (at_ >= text_.size()) return wrong("a \\ at the end");
  const char c = text_[at_++];
  switch (c) {
    case 'd':
      return digits();
    case 'D':
      return ~digits();
    case 'w':
      return word_bytes();
    case 'W':
      return ~word_bytes();
    case 's':
      return space_bytes();
    case 'S':
      return ~space_bytes();
    case 'n':
      return one('\n');
    case 'r':
      return one('\r');
    case 't':
      return one('\t');
    case 'x': {
      unsigned value = 0;
      const auto* begin = text_.data() + at_;
      const auto two = text_.substr(at_, 2);
      const auto [end, error] = std::from_chars(begin, begin + two.size(), value, 16);
      if (error != std::errc() || end != begin + 2) return wrong("\\x needs two hexadecimal digits");
      at_ += 2;
      return one(static_cast<unsigned char>(value));
    }
    default:
      break;
  }
  if (word_bytes()[static_cast<unsigned char>(c)]) return wrong(fmt::format("\\{} is not known", c));
  return one(static_cast<unsigned char>(c));
}

Result<ByteSet> Parser::class_member() {
  if (take('\\')) return escape();
  const auto c = static_cast<unsigned char>(text_[at_++]);
  if (c < 0x80) return one(c);
  const auto begin = at_ - 1;
  while (at_ < text_.size() && (static_cast<unsigned char>(text_[at_]) & 0xc0) == 0x80) ++at_;
  wide_.push_back(text_.substr(begin, at_ - begin));
  return ByteSet();
}

Result<ByteSet> Parser::byte_class() {
  const bool negated = take('^');
  ByteSet set;
  for (bool first = true; first || !ahead("]"); first = false) {
    if (at_ >= text_.size()) return wrong("a class is not closed");
    TRY(auto member, class_member());
    if (ahead("-") && !ahead("-]")) {
      ++at_;
      if (at_ >= text_.size()) return wrong("a class is not closed");
      TRY(const auto last, class_member());
      if (member.count() != 1 || last.count() != 1) return wrong("a range goes from one byte to another");
      const auto from = static_cast<unsigned char>(member._Find_first());
      const auto to = static_cast<unsigned char>(last._Find_first());
      if (to < from) return wrong("a range goes upwards");
      member = range(from, to);
    }
    set |= member;
  }
  ++at_;
  if (negated && !wide_.empty())
    return wrong("a class that leaves something out holds bytes, not characters beyond ASCII");
  if (any_case_) set = in_any_case(set);
  return negated ? ~set : set;
}

}  // namespace

Result<Expression> parse_expression(std::string_view text, bool any_case) {
  return Parser(text, any_case).whole();
}

Result<ByteSet> parse_byte_class(std::string_view expression, bool any_case) {
  return Parser(expression, any_case).only_class();
}

}  // namespace ostiary::inspect
