#include "lex/lexer.h"

#include <algorithm>
#include <cstring>

#include "lex/impl/bytes.h"
#include "lex/impl/spec.h"

namespace ostiary::lex {

using namespace bytes;

const char* name(Kind kind) {
  constexpr std::array names{"identifier", "keyword", "number", "string", "comment", "punctuation"};
  return names[static_cast<std::size_t>(kind)];
}

Lexer::Lexer(Language language) : spec_(&spec_of(language)), keywords_(&keywords_of(*spec_)) {}

void Lexer::open(State state, Bytes at) {
  state_ = state;
  start_ = offset(at);
}

void Lexer::close(Kind kind, std::uint64_t end, char last) {
  out_->push_back({kind, start_, end});
  if (kind != Kind::comment) {
    previous_ = last_ == Kind::punctuation && last_end_ == start_ ? last_byte_ : '\0';
    last_ = kind;
    last_byte_ = last;
    any_ = true;
  }
  last_end_ = end;
  state_ = State::start;
}

void Lexer::punctuation(std::uint64_t at, char c) {
  start_ = at;
  close(Kind::punctuation, at + 1, c);
}

bool Lexer::behind_word(std::uint64_t at) const {
  return any_ && last_end_ == at &&
         (last_ == Kind::identifier || last_ == Kind::keyword || last_ == Kind::number);
}

bool Lexer::at_word_start(std::uint64_t at) const {
  return !any_ || last_end_ != at ||
         (last_ == Kind::punctuation && std::strchr(";|&(){}", last_byte_) != nullptr);
}

// Where a division could not stand.
bool Lexer::regex_may_begin() const {
  if (!any_ || last_ == Kind::keyword) return true;
  if (last_ != Kind::punctuation) return false;
  if ((last_byte_ == '+' || last_byte_ == '-') && previous_ == last_byte_) return false;
  return last_byte_ != ')' && last_byte_ != ']' && last_byte_ != '}';
}

void Lexer::end_word(std::uint64_t end) {
  auto kind = Kind::identifier;
  if (word_size_ <= kLongestWord) {
    if (spec_->any_case)
      for (std::size_t i = 0; i < word_size_; ++i)
        if (word_[i] >= 'A' && word_[i] <= 'Z') word_[i] = static_cast<char>(word_[i] + 32);
    if (keywords_->contains({word_.data(), word_size_})) kind = Kind::keyword;
  }
  close(kind, end, 'a');
}

Lexer::Bytes Lexer::in_start(Bytes at, Bytes end) {
  while (at < end && is(*at, kBlank)) {
    if (*at++ != '\n' || !here_waits_) continue;
    here_waits_ = false;
    open(State::here_body, at);
    matched_ = 0;
    here_matches_ = true;
    return at;
  }
  if (at == end) return at;
  const char c = *at;
  if (is(c, kWord)) {
    open(State::word, at);
    word_size_ = 0;
    return at;
  }
  if (is(c, kDigit)) {
    open(State::number, at);
    return at + 1;
  }
  return in_punctuation(at);
}

Lexer::Bytes Lexer::in_punctuation(Bytes at) {
  const char c = *at;
  const auto open_mark = [&](State state) {
    open(state, at);
    return at + 1;
  };
  switch (c) {
    case '"':
    case '\'':
    case '`':
      start_ = offset(at);
      open_quote(at);
      return at + 1;
    case '/':
      if (spec_->slash_slash || spec_->slash_star || spec_->regex) return open_mark(State::slash);
      break;
    case '#':
      return in_hash(at);
    case '-':
      if (spec_->dash_dash) return open_mark(State::dash);
      break;
    case '<':
      matched_ = spec_->markup ? 0 : 1;
      here_indented_ = false;
      if (spec_->markup || spec_->here != Here::none) return open_mark(State::less);
      break;
    case '>':
      in_tag_ = false;
      break;
    case '$':
      if (!spec_->dollar) break;
      open(State::word, at);
      word_size_ = 0;
      return at;
    case '{':
      if (templates_ > 0) ++braces_[templates_ - 1];
      break;
    case '}':
      if (templates_ == 0 || braces_[templates_ - 1]-- != 0) break;
      --templates_;
      return open_mark(State::template_text);
    default:
      break;
  }
  punctuation(offset(at), c);
  return at + 1;
}

Lexer::Bytes Lexer::in_hash(Bytes at) {
  const auto place = offset(at);
  switch (spec_->hash) {
    case Hash::comment:
      open(State::line_comment, at);
      return at + 1;
    case Hash::at_word:
      if (!at_word_start(place)) break;
      open(State::line_comment, at);
      return at + 1;
    case Hash::careful:
      if (!at_word_start(place)) break;
      open(State::hash, at);
      return at + 1;
    case Hash::raw:
      open(State::raw_open, at);
      hashes_ = 1;
      word_size_ = 0;
      return at + 1;
    case Hash::none:
      break;
  }
  punctuation(place, '#');
  return at + 1;
}

Lexer::Bytes Lexer::in_word(Bytes at, Bytes end) {
  const auto* const from = at;
  if (spec_->dollar)
    while (at < end && (is(*at, kWord | kDigit) || *at == '$')) ++at;
  else
    while (at < end && is(*at, kWord | kDigit)) ++at;
  const auto length = static_cast<std::size_t>(at - from);
  if (word_size_ < kLongestWord)
    std::memcpy(word_.data() + word_size_, from, std::min(length, kLongestWord - word_size_));
  word_size_ = std::min(word_size_ + length, kLongestWord + 1);
  if (at == end) return at;
  if (opens_prefixed(at)) return at + 1;
  end_word(offset(at));
  return at;
}

Lexer::Bytes Lexer::in_number(Bytes at, Bytes end) {
  while (at < end && is(*at, kWord | kDigit)) ++at;
  if (at == end) return at;
  if (*at == '.' || (*at == '\'' && spec_->quote_in_number)) {
    state_ = *at == '.' ? State::number_dot : State::number_quote;
    return at + 1;
  }
  close(Kind::number, offset(at), '0');
  return at;
}

// Behind a dot or a quote that may belong to the number.
Lexer::Bytes Lexer::in_number_mark(Bytes at) {
  const bool dot = state_ == State::number_dot;
  if (is(*at, kDigit) || (!dot && is(*at, kWord))) {
    state_ = State::number;
    return at + 1;
  }
  const auto mark = offset(at) - 1;
  close(Kind::number, mark, '0');
  start_ = mark;
  if (dot) {
    punctuation(mark, '.');
  } else {
    quote_ = '\'';
    escapes_ = true;
    lines_ = doubled_ = false;
    state_ = State::string;
  }
  return at;
}

Lexer::Bytes Lexer::in_slash(Bytes at) {
  if (*at == '/' && spec_->slash_slash) {
    state_ = State::line_comment;
    return at + 1;
  }
  if (*at == '*' && spec_->slash_star && !(spec_->careful_star && behind_word(start_))) {
    if (!spec_->nested) {
      open_until("*/", Kind::comment, false);
    } else {
      state_ = State::nested;
      depth_ = 1;
      pair_ = '\0';
    }
    return at + 1;
  }
  if (spec_->regex && regex_may_begin()) {
    state_ = State::regex;
    in_class_ = false;
    return at;
  }
  punctuation(start_, '/');
  return at;
}

// Behind '#' where a comment needs a blank, and behind '-'.
Lexer::Bytes Lexer::in_mark(Bytes at) {
  const bool hash = state_ == State::hash;
  if (hash ? is(*at, kBlank) || *at == '#' : *at == '-') {
    state_ = State::line_comment;
    return *at == '\n' ? at : at + 1;
  }
  punctuation(start_, hash ? '#' : '-');
  return at;
}

Lexer::Bytes Lexer::in_line_comment(Bytes at, Bytes end) {
  const auto* const line = static_cast<Bytes>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
  if (line == nullptr) return end;
  close(Kind::comment, offset(line), '\0');
  return line;
}

void Lexer::open_until(std::string_view close, Kind kind, bool escapes) {
  state_ = State::until;
  until_kind_ = kind;
  until_escapes_ = escapes;
  close_size_ = std::min(close.size(), kLongestClose);
  std::copy_n(close.data(), close_size_, close_.data());
  matched_ = 0;
  fall_[0] = 0;
  for (std::size_t i = 1, k = 0; i < close_size_; ++i) {
    while (k > 0 && close_[i] != close_[k]) k = fall_[k - 1];
    if (close_[i] == close_[k]) ++k;
    fall_[i] = static_cast<std::uint8_t>(k);
  }
}

Lexer::Bytes Lexer::in_until(Bytes at, Bytes end) {
  if (state_ == State::until_escape) {
    state_ = State::until;
    return at + 1;
  }
  while (at < end) {
    if (matched_ == 0 && !until_escapes_) {
      at = static_cast<Bytes>(std::memchr(at, close_[0], static_cast<std::size_t>(end - at)));
      if (at == nullptr) return end;
    }
    const char c = *at++;
    if (c == '\\' && until_escapes_) {
      matched_ = 0;
      state_ = State::until_escape;
      return at;
    }
    while (matched_ > 0 && c != close_[matched_]) matched_ = fall_[matched_ - 1];
    if (c == close_[matched_]) ++matched_;
    if (matched_ < close_size_) continue;
    close(until_kind_, offset(at), c);
    return at;
  }
  return at;
}

Lexer::Bytes Lexer::in_nested(Bytes at, Bytes end) {
  while (at < end) {
    const char c = *at++;
    if (pair_ == '/' && c == '*') {
      ++depth_;
      pair_ = '\0';
    } else if (pair_ == '*' && c == '/') {
      pair_ = '\0';
      if (--depth_ > 0) continue;
      close(Kind::comment, offset(at), '\0');
      return at;
    } else {
      pair_ = c;
    }
  }
  return at;
}

Lexer::Bytes Lexer::step(Bytes at, Bytes end) {
  switch (state_) {
    case State::start:
      return in_start(at, end);
    case State::word:
      return in_word(at, end);
    case State::number:
      return in_number(at, end);
    case State::number_dot:
    case State::number_quote:
      return in_number_mark(at);
    case State::slash:
      return in_slash(at);
    case State::hash:
    case State::dash:
      return in_mark(at);
    case State::less:
      return spec_->markup ? less_of_markup(at) : less_of_here(at);
    case State::line_comment:
      return in_line_comment(at, end);
    case State::until:
    case State::until_escape:
      return in_until(at, end);
    case State::nested:
      return in_nested(at, end);
    default:
      return in_text(at, end);
  }
}

void Lexer::feed(std::string_view piece, std::vector<Token>& out) {
  out_ = &out;
  piece_ = piece.data();
  base_ = at_;
  const auto* const end = piece.data() + piece.size();
  for (const auto* at = piece.data(); at < end;) at = step(at, end);
  at_ += piece.size();
  out_ = nullptr;
}

void Lexer::finish(std::vector<Token>& out) {
  out_ = &out;
  switch (state_) {
    case State::start:
      break;
    case State::word:
    case State::lifetime:
      end_word(at_);
      break;
    case State::number:
      close(Kind::number, at_, '0');
      break;
    case State::number_dot:
    case State::number_quote: {
      const char mark = state_ == State::number_dot ? '.' : '\'';
      close(Kind::number, at_ - 1, '0');
      punctuation(at_ - 1, mark);
      break;
    }
    case State::slash:
    case State::hash:
    case State::dash:
    case State::quote_rust:
      punctuation(start_, '/');
      break;
    case State::less:
      flush_less();
      break;
    case State::raw_open:
      flush_raw_open();
      break;
    case State::line_comment:
    case State::nested:
      close(Kind::comment, at_, '\0');
      break;
    case State::until:
    case State::until_escape:
      close(until_kind_, at_, '\0');
      break;
    default:  // a here document may have no byte yet
      if (start_ < at_) close(Kind::string, at_, '\0');
  }
  auto fresh = Lexer(*spec_, *keywords_);
  *this = fresh;
}

std::vector<Token> tokens_of(std::string_view text, Language language) {
  std::vector<Token> out;
  out.reserve(text.size() / 4);
  Lexer lexer(language);
  lexer.feed(text, out);
  lexer.finish(out);
  return out;
}

}  // namespace ostiary::lex
