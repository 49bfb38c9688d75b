#include "license/expression.h"

#include <algorithm>
#include <fmt/format.h>

#include "base/text.h"
#include "catalog/spdx.h"

namespace ostiary::license {

namespace {

using Op = Expression::Op;
using Leaf = Expression::Leaf;

constexpr std::size_t kLongest = 64u << 10, kMostLeaves = 4096, kDeepest = 256;

enum class Kind : std::uint8_t { open, close, all, choice, with, word, end };

struct Token {
  Kind kind = Kind::end;
  std::string_view text;
  std::size_t start = 0;
};

bool is_id(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
         c == '+' || c == ':' || c == '_';
}

std::unexpected<Error> wrong(Code code, std::string message, std::size_t at) {
  return fail(code, std::move(message), fmt::format("column {}", at + 1));
}

// Takes tokens off the text one by one.
class Tokens {
 public:
  Tokens(std::string_view text, bool loose) : text_(text), loose_(loose) {}

  Result<Token> next() {
    at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size());
    if (at_ == text_.size()) return Token{Kind::end, {}, at_};
    const auto start = at_;
    const char c = text_[at_];
    if (c == '(' || c == ')')
      return Token{c == '(' ? Kind::open : Kind::close, text_.substr(at_++, 1), start};
    if (loose_ && (c == '/' || c == ',')) {
      ++at_;
      return Token{c == '/' ? Kind::choice : Kind::all, text_.substr(start, 1), start};
    }
    while (at_ < text_.size() && is_id(text_[at_])) ++at_;
    if (at_ == start)
      return wrong(Code::invalid,
                   "a licence expression has no such character here; ids are of letters, digits, '.', '-'",
                   at_);
    const auto word = text_.substr(start, at_ - start);
    return Token{kind_of(word), word, start};
  }

 private:
  static Kind kind_of(std::string_view word) {
    if (word == "AND" || word == "and") return Kind::all;
    if (word == "OR" || word == "or") return Kind::choice;
    if (word == "WITH" || word == "with") return Kind::with;
    return Kind::word;
  }

  std::string_view text_;
  bool loose_;
  std::size_t at_ = 0;
};

bool is_reference(std::string_view word, std::string_view kind) {
  const auto colon = word.find(':');
  if (colon != std::string_view::npos) {
    if (!word.starts_with("DocumentRef-") || colon == std::string_view("DocumentRef-").size()) return false;
    word.remove_prefix(colon + 1);
  }
  return word.starts_with(kind) && word.size() > kind.size() && !word.contains(':') && !word.contains('+');
}

// "nothing like it", or the id of the list that is nearest.
std::string hint(std::string_view word, catalog::SpdxList::Kind kind) {
  std::vector<std::string_view> ids;
  for (const auto& id : catalog::spdx_list().all())
    if (id.kind == kind && !id.deprecated) ids.push_back(id.id);
  const auto near = word.size() <= 64 ? text::nearest(word, ids) : std::nullopt;
  return near ? fmt::format("did you mean {}?", *near)
              : std::string("a licence of one's own is LicenseRef-…");
}

class Parser {
 public:
  Parser(std::string_view text, const ExpressionRules& rules) : tokens_(text, rules.loose), rules_(rules) {}

  Result<Expression> run() {
    bool wants_license = true;
    for (;;) {
      TRY(const auto token, tokens_.next());
      if (token.kind == Kind::end) break;
      const bool begins = token.kind == Kind::word || token.kind == Kind::open;
      if (begins != wants_license)
        return wrong(
            Code::invalid,
            wants_license ? "a licence is missing here" : "an operator (AND, OR, WITH) is missing here",
            token.start);
      TRY_VOID(take(token));
      wants_license = token.kind == Kind::open || token.kind == Kind::all || token.kind == Kind::choice;
      last_ = token.start + token.text.size();
    }
    if (wants_license)
      return wrong(Code::invalid,
                   out_.leaves.empty() ? "the expression is empty" : "a licence is missing at the end",
                   last_);
    reduce(Op::choice);
    if (!waiting_.empty()) return wrong(Code::invalid, "a parenthesis is not closed", waiting_.back().start);
    return std::move(out_);
  }

 private:
  struct Waiting {
    Kind kind;
    std::size_t start;
  };

  Result<> take(const Token& token) {
    switch (token.kind) {
      case Kind::open:
        if (++depth_ > kDeepest)
          return wrong(Code::too_large, fmt::format("more than {} parentheses within one another", kDeepest),
                       token.start);
        waiting_.push_back({Kind::open, token.start});
        return {};
      case Kind::close:
        return close(token);
      case Kind::with:
        return with(token);
      case Kind::word:
        return license(token);
      default:
        reduce(token.kind == Kind::all ? Op::all : Op::choice);
        waiting_.push_back({token.kind, token.start});
        return {};
    }
  }

  // Writes what binds at least as strongly as `op`: AND before OR.
  void reduce(Op op) {
    while (!waiting_.empty() && waiting_.back().kind != Kind::open &&
           (waiting_.back().kind == Kind::all || op == Op::choice)) {
      out_.nodes.push_back({waiting_.back().kind == Kind::all ? Op::all : Op::choice, 0});
      waiting_.pop_back();
    }
  }

  Result<> close(const Token& token) {
    reduce(Op::choice);
    if (waiting_.empty())
      return wrong(Code::invalid, "a parenthesis is closed that was not opened", token.start);
    waiting_.pop_back();
    --depth_;
    after_license_ = false;
    return {};
  }

  Result<> license(const Token& token) {
    if (out_.leaves.size() == kMostLeaves)
      return wrong(Code::too_large, fmt::format("more than {} licences", kMostLeaves), token.start);
    Leaf leaf{.license = std::string(token.text),
              .exception = {},
              .start = token.start,
              .end = token.start + token.text.size()};
    after_license_ = true;
    if (is_reference(token.text, "LicenseRef-")) {
      leaf.listed = false;
    } else if (const auto* whole = catalog::spdx_list().find(token.text);
               whole && whole->kind == catalog::SpdxList::Kind::license) {
      name(leaf, *whole);
    } else {
      TRY_VOID(unknown_or_later(leaf, token));
    }
    out_.nodes.push_back({Op::leaf, out_.leaves.size()});
    out_.leaves.push_back(std::move(leaf));
    return {};
  }

  // An id with "+", or one that is not on the list.
  Result<> unknown_or_later(Leaf& leaf, const Token& token) {
    auto word = token.text;
    if (word.size() > 1 && word.ends_with('+')) {
      leaf.or_later = true;
      word.remove_suffix(1);
    }
    const auto* found = catalog::spdx_list().find(word);
    if (found && found->kind == catalog::SpdxList::Kind::license) {
      name(leaf, *found);
      if (leaf.license.ends_with("-or-later")) leaf.or_later = false;
      if (leaf.or_later && rules_.modern && leaf.license.ends_with("-only")) {
        leaf.license.replace(leaf.license.size() - 5, 5, "-or-later");
        leaf.or_later = false;
      }
      return {};
    }
    if (!rules_.unlisted || word.contains('+') || word.contains(':'))
      return wrong(Code::invalid,
                   fmt::format("'{}' is not on the SPDX licence list; {}", token.text,
                               hint(word, catalog::SpdxList::Kind::license)),
                   token.start);
    leaf.license = word;
    leaf.listed = false;
    return {};
  }

  void name(Leaf& leaf, const catalog::SpdxList::Id& id) const {
    leaf.license = id.id;
    if (!id.deprecated || !rules_.modern || id.now.empty()) return;
    const auto with = id.now.find(" WITH ");
    leaf.license = id.now.substr(0, with);
    if (with != std::string::npos) leaf.exception = id.now.substr(with + 6);
  }

  Result<> with(const Token& token) {
    if (!after_license_ || !out_.leaves.back().exception.empty())
      return wrong(Code::invalid, "WITH stands behind one licence and before one exception", token.start);
    TRY(const auto word, tokens_.next());
    if (word.kind != Kind::word) return wrong(Code::invalid, "WITH needs the id of an exception", word.start);
    auto& leaf = out_.leaves.back();
    const auto* found = catalog::spdx_list().find(word.text);
    if (found && found->kind == catalog::SpdxList::Kind::exception) {
      leaf.exception = found->id;
    } else if (is_reference(word.text, "AdditionRef-") ||
               (rules_.unlisted && !word.text.contains(':') && !word.text.contains('+'))) {
      leaf.exception = word.text;
      leaf.listed = false;
    } else {
      return wrong(Code::invalid,
                   fmt::format("'{}' is no exception of the SPDX licence list; {}", word.text,
                               hint(word.text, catalog::SpdxList::Kind::exception)),
                   word.start);
    }
    leaf.end = word.start + word.text.size();
    return {};
  }

  Tokens tokens_;
  const ExpressionRules& rules_;
  Expression out_;
  std::vector<Waiting> waiting_;
  std::size_t depth_ = 0, last_ = 0;
  bool after_license_ = false;  // the last thing read is a licence, and no parenthesis
};

}  // namespace

std::string Leaf::text() const {
  return license + (or_later ? "+" : "") + (exception.empty() ? "" : " WITH " + exception);
}

std::string Expression::text() const {
  struct Part {
    std::string text;
    Op op;
  };
  std::vector<Part> parts;
  for (const auto& node : nodes) {
    if (node.op == Op::leaf) {
      parts.push_back({leaves[node.leaf].text(), Op::leaf});
      continue;
    }
    auto right = std::move(parts.back());
    parts.pop_back();
    auto& left = parts.back();
    const auto wrap = [&](Part& part) {
      if (node.op == Op::all && part.op == Op::choice) part.text = "(" + part.text + ")";
    };
    wrap(left), wrap(right);
    left.text += node.op == Op::all ? " AND " : " OR ";
    left.text += right.text;
    left.op = node.op;
  }
  return parts.empty() ? std::string() : std::move(parts.back().text);
}

Result<Expression> parse_expression(std::string_view text, const ExpressionRules& rules) {
  if (text.size() > kLongest)
    return wrong(Code::too_large, fmt::format("an expression has at most {} bytes", kLongest), kLongest);
  return Parser(text, rules).run();
}

}  // namespace ostiary::license
