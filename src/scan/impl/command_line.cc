// The cutting of shell texts.
#include "scan/impl/command_line.h"

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "base/text.h"

namespace ostiary::scan {

namespace {

using std::string_view;
using text::is_blank;

constexpr std::size_t kMostWords = 4096;           // of one command
constexpr std::size_t kLongestWord = 256UL << 10;  // bytes that are kept
constexpr std::size_t kMostInner = 10'000;

}  // namespace

bool Commands::next(Command& out) {
  for (;;) {
    out = {};
    if (at_line_ && !here_.empty()) {
      if (document(out)) return true;
      continue;
    }
    while (at_ < end_ && !(at_line_ && !here_.empty()))
      if (step(out)) return true;
    if (!out.words.empty()) return true;
    if (at_ < end_) continue;
    if (inner_.empty()) return false;
    const auto range = inner_.back();
    inner_.pop_back();
    at_ = range.start, end_ = range.end, depth_ = range.depth;
    in_array_ = at_line_ = false;
    substitutions_ = 0;
    here_.clear();
  }
}

// Reads what stands at at_. True: `out` is complete.
bool Commands::step(Command& out) {
  const char c = text_[at_];
  if (is_blank(c)) {
    ++at_;
    return false;
  }
  if ((c == '\\' || c == '`') && (at(at_ + 1) == '\n' || (at(at_ + 1) == '\r' && at(at_ + 2) == '\n'))) {
    at_ = text_.find('\n', at_) + 1;  // the line goes on; PowerShell marks it with a backtick
    return false;
  }
  if (c == '#') {
    if (!out.words.empty()) {
      // A comment behind a command: the command first.
      return true;
    }
    out.form = Command::Form::comment;
    out.start = at_;
    at_ = out.end = std::min(text_.find('\n', at_), end_);
    return true;
  }
  bool ended = false;
  if (separator(out, ended)) return ended && !out.words.empty();
  word(out.words);
  return false;
}

void Commands::redirect(Command& out) {
  const auto from = at_;
  while (at(at_) == '<' || at(at_) == '>' || at(at_) == '&' || at(at_) == '|') ++at_;
  const bool here = text_.substr(from, at_ - from) == "<<";
  if (here && at(at_) == '-') ++at_;
  while (is_blank(at(at_))) ++at_;
  auto& words = out.words;
  // The number in front of a redirection is no word of the command.
  if (!words.empty() && words.back().end == from && text::parse_uint(words.back().text)) words.pop_back();
  std::vector<Word> target;
  const auto before = at_;
  if (at_ < end_ && text_[at_] != '\n') word(target);
  if (!here && at_ == before && at_ < end_ && text_[at_] != '\n') ++at_;
  if (here && !target.empty() && here_.size() < 16)
    here_.push_back({target[0].text, words, false, substitutions_ > 0});
}

// What stands between words. `ended`: a command ends with it.
bool Commands::separator(Command& out, bool& ended) {
  const char c = text_[at_];
  if (c == '\n') {
    ++at_;
    at_line_ = true;
    return ended = !in_array_, true;
  }
  if (c == '<' || c == '>') return redirect(out), true;
  if (c == '(') return ended = open_paren(out), true;
  if (string_view(";&|)`").contains(c)) {
    if (c == ')' && in_array_) {
      in_array_ = false;
      out.form = Command::Form::array;
    }
    out.piped = c == '|' && at(at_ + 1) != '|';
    if (out.piped && !here_.empty()) here_.back().piped = true;
    if (c == ')' && substitutions_ > 0) --substitutions_;
    ++at_;
    return ended = !in_array_, true;
  }
  if (c == '$' && at(at_ + 1) == '(') {
    at_ += 2;
    ++substitutions_;
    return ended = true;
  }
  if ((c == '{' || c == '}') &&
      (at_ + 1 >= end_ || is_blank(at(at_ + 1)) || at(at_ + 1) == '\n' || at(at_ + 1) == ';')) {
    ++at_;
    return ended = true;
  }
  return false;
}

// A subshell, an array or a function. True: what was read before ends.
bool Commands::open_paren(Command& out) {
  const bool joined = !out.words.empty() && out.words.back().end == at_;
  ++at_;
  if (joined && out.words.size() == 1 && out.words[0].text.ends_with('=')) {
    in_array_ = true;
    return false;
  }
  if (!out.words.empty() && at(at_) == ')') {
    ++at_;
    out.form = Command::Form::function;
  }
  return true;
}

// The next here document of the line before.
bool Commands::document(Command& out) {
  auto here = std::move(here_.front());
  here_.erase(here_.begin());
  out.form = Command::Form::document;
  out.words = std::move(here.words);
  out.piped = here.piped;
  out.captured = here.captured;
  out.start = out.end = at_;
  while (at_ < end_) {
    const auto end = std::min(text_.find('\n', at_), end_);
    const auto line = text::trim(text_.substr(at_, end - at_));
    at_ = std::min(end + 1, end_);
    if (line == here.close) break;
    out.end = end;
  }
  at_line_ = !here_.empty();
  return out.end > out.start;
}

// Where the parenthesis is closed that stands before `from`; npos: nowhere.
std::size_t Commands::substitution_end(std::size_t from) const {
  std::size_t open = 1;
  char quote = '\0';
  for (auto i = from; i < end_; ++i) {
    const char c = text_[i];
    if (c == '\\') {
      ++i;
    } else if (quote != '\0') {
      if (c == quote) quote = '\0';
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (c == '(') {
      ++open;
    } else if (c == ')' && --open == 0) {
      return i;
    }
  }
  return string_view::npos;
}

void Commands::quoted(Word& word, char quote) {
  for (++at_; at_ < end_ && text_[at_] != quote; ++at_) {
    if (quote == '"' && text_[at_] == '\\' && at_ + 1 < end_) ++at_;
    if (quote == '"' && nesting_ && depth_ < kDeepest && text_[at_] == '$' && at(at_ + 1) == '(') {
      const auto close = substitution_end(at_ + 2);
      if (close == string_view::npos) {
        nesting_ = false;
      } else {
        if (inner_.size() < kMostInner) inner_.push_back({at_ + 2, close, depth_ + 1});
        word.text += ' ';
        at_ = close;
        continue;
      }
    }
    if (word.text.size() < kLongestWord) word.text += text_[at_];
  }
  if (at_ < end_) ++at_;
}

void Commands::word(std::vector<Word>& words) {
  Word out{.text = {}, .start = at_, .end = 0};
  const auto from = at_;
  const char first = at(at_);
  std::size_t parts = 0, quotes = 0;
  while (at_ < end_) {
    const char c = text_[at_];
    if (is_blank(c) || string_view("\n;&|()<>`").contains(c)) break;
    if (c == '$' && at(at_ + 1) == '(') break;
    if (c == '\'' || c == '"') {
      quoted(out, c);
      ++quotes, ++parts;
    } else if (c == '\\' && at_ + 1 < end_) {
      if (text_[at_ + 1] == '\n') break;
      if (out.text.size() < kLongestWord) out.text += text_[at_ + 1];
      at_ += 2, ++parts;
    } else {
      if (out.text.size() < kLongestWord) out.text += c;
      ++at_, ++parts;
    }
  }
  if (at_ == from) ++at_;
  const bool whole = quotes == 1 && parts == 1;
  out.end = at_;
  if (whole && (first == '"' || first == '\'')) ++out.start, out.end = std::max(out.start, at_ - 1);
  at_line_ = false;
  if ((!out.text.empty() || quotes > 0) && words.size() < kMostWords) words.push_back(std::move(out));
}

}  // namespace ostiary::scan
