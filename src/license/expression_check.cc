#include <algorithm>
#include <fmt/format.h>

#include "license/check.h"

namespace ostiary::license {

namespace {

constexpr std::size_t kLongest = 64u << 10, kMostWords = 4096;

enum class Kind : std::uint8_t { open, close, all, choice, with, name };

struct Token {
  Kind kind;
  std::string_view text;
};

Kind kind_of(std::string_view word) {
  if (word == "(") return Kind::open;
  if (word == ")") return Kind::close;
  if (word == "AND" || word == "and") return Kind::all;
  if (word == "OR" || word == "or") return Kind::choice;
  if (word == "WITH" || word == "with") return Kind::with;
  return Kind::name;
}

std::vector<Token> tokens_of(std::string_view expression) {
  std::vector<Token> out;
  std::size_t at = 0;
  while ((at = expression.find_first_not_of(" \t\n\r", at)) < expression.size()) {
    const bool alone = expression[at] == '(' || expression[at] == ')';
    const auto end = alone ? at + 1 : std::min(expression.find_first_of(" \t\n\r()", at), expression.size());
    const auto word = expression.substr(at, end - at);
    out.push_back({kind_of(word), word});
    at = end;
  }
  return out;
}

// Evaluates an expression of SPDX 3.0.1 annex B with two stacks, so that depth costs no stack of the thread.
class Evaluation {
 public:
  Evaluation(const catalog::Licenses& known, const Profile& profile) : known_(known), profile_(profile) {}

  bool run(const std::vector<Token>& tokens) {
    bool wants_name = true;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      const auto kind = tokens[i].kind;
      const bool begins = kind == Kind::name || kind == Kind::open;
      if (begins != wants_name) return false;
      if (kind == Kind::open) {
        operators_.push_back(kind);
      } else if (kind == Kind::name) {
        values_.push_back(check_one(tokens[i].text, known_, profile_));
        wants_name = false;
      } else if (kind == Kind::with) {
        if (++i == tokens.size() || tokens[i].kind != Kind::name || values_.empty()) return false;
        values_.back().remarks.push_back(
            fmt::format("{} has the exception {}, which nobody read: judged without it.",
                        values_.back().taken, tokens[i].text));
        values_.back().taken += fmt::format(" WITH {}", tokens[i].text);
      } else if (kind == Kind::close) {
        if (!close()) return false;
      } else {
        reduce(kind);
        operators_.push_back(kind);
        wants_name = true;
      }
    }
    if (wants_name || std::ranges::find(operators_, Kind::open) != operators_.end()) return false;
    reduce(Kind::choice);
    return values_.size() == 1;
  }

  Verdict result() { return std::move(values_.front()); }

 private:
  // Applies what binds at least as strongly as `kind`: AND before OR.
  void reduce(Kind kind) {
    while (!operators_.empty() && operators_.back() != Kind::open &&
           (operators_.back() == Kind::all || kind == Kind::choice)) {
      auto right = std::move(values_.back());
      values_.pop_back();
      auto left = std::move(values_.back());
      values_.pop_back();
      std::vector<Verdict> both;
      both.push_back(std::move(left));
      both.push_back(std::move(right));
      values_.push_back(operators_.back() == Kind::all ? all_of(std::move(both)) : best_of(std::move(both)));
      operators_.pop_back();
    }
  }

  bool close() {
    reduce(Kind::choice);
    if (operators_.empty()) return false;
    operators_.pop_back();
    return true;
  }

  const catalog::Licenses& known_;
  const Profile& profile_;
  std::vector<Verdict> values_;
  std::vector<Kind> operators_;
};

}  // namespace

Verdict check(std::string_view expression, const catalog::Licenses& known, const Profile& profile) {
  // A name with blanks, such as a card's, is one licence.
  if (known.find(expression)) return check_one(expression, known, profile);
  const auto cut = expression.substr(0, kLongest);
  const auto tokens = tokens_of(cut);
  Evaluation evaluation(known, profile);
  if (cut.size() == expression.size() && tokens.size() <= kMostWords && evaluation.run(tokens))
    return evaluation.result();
  auto out = check_one(expression.substr(0, 200), known, profile);
  out.remarks.push_back("It is not a licence expression that can be read (SPDX 3.0.1, annex B).");
  return out;
}

}  // namespace ostiary::license
