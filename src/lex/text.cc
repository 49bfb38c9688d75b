// The states of the lexer within quotes.

#include <cstring>

#include "lex/impl/bytes.h"
#include "lex/impl/spec.h"
#include "lex/lexer.h"

namespace ostiary::lex {

using namespace bytes;

// A quote whose token begins at start_.
void Lexer::open_quote(Bytes at) {
  quote_ = *at;
  auto style = quote_ == '"' ? spec_->double_quote : quote_ == '\'' ? spec_->single_quote : spec_->backtick;
  if (quote_ == '"' && spec_->verbatim && last_byte_ == '@' && last_end_ == start_) style = Quote::doubled;
  escapes_ = style == Quote::text || style == Quote::careful || style == Quote::lines;
  doubled_ = style == Quote::doubled;
  lines_ = style == Quote::lines || style == Quote::plain || style == Quote::tag || doubled_;
  state_ = State::string;
  if ((quote_ == '"' && spec_->triple_double && !doubled_) || (quote_ == '\'' && spec_->triple_single))
    state_ = State::quote_second;
  if (style == Quote::rust) state_ = State::quote_rust;
  if (style == Quote::tem) state_ = State::template_text;
  if (style == Quote::none || (style == Quote::careful && behind_word(start_)) ||
      (style == Quote::tag && !in_tag_))
    punctuation(start_, quote_);
}

// Whether the byte behind the open word makes it the prefix of a string, which is then opened.
bool Lexer::opens_prefixed(Bytes at) {
  if (spec_->prefix == Prefix::none || word_size_ > 3) return false;
  const char c = *at;
  if (c != '"' && c != '\'' && c != '#') return false;
  const std::string_view word(word_.data(), word_size_);
  if (spec_->prefix == Prefix::python) {
    if (c == '#' || word.find_first_not_of("rRbBuUfFtT") != std::string_view::npos) return false;
    open_quote(at);
    return true;
  }
  const bool cpp = spec_->prefix == Prefix::cpp;
  const bool raw = cpp ? word == "R" || word == "LR" || word == "uR" || word == "UR" || word == "u8R"
                       : word == "r" || word == "br" || word == "cr";
  const bool plain =
      cpp ? word == "L" || word == "u" || word == "U" || word == "u8" : word == "b" || word == "c";
  if (raw && (c == '"' || (c == '#' && !cpp))) {
    hashes_ = c == '#' ? 1 : 0;
    close_[0] = ')';
    close_size_ = 1;
    state_ = State::raw_open;
    if (c == '"' && !cpp) open_until("\"", Kind::string, false);
    return true;
  }
  if (!plain || c == '#') return false;
  open_quote(at);
  if (state_ == State::quote_rust) state_ = State::string, escapes_ = true, lines_ = doubled_ = false;
  return true;
}

// r##"…"##, #"…"# and R"name(…)name".
Lexer::Bytes Lexer::in_raw_open(Bytes at) {
  const char c = *at;
  if (spec_->prefix == Prefix::cpp) {
    constexpr std::size_t longest_name = 16;
    if (c == '(') {
      close_[close_size_++] = '"';
      const auto close = close_;
      open_until({close.data(), close_size_}, Kind::string, false);
      return at + 1;
    }
    if (close_size_ > longest_name || is(c, kBlank) || c == ')' || c == '\\' || c == '"') {
      quote_ = '"';
      escapes_ = true;
      lines_ = doubled_ = false;
      state_ = State::string;
      return at;
    }
    close_[close_size_++] = c;
    return at + 1;
  }
  if (c == '#' && hashes_ + 2 < kLongestClose) {
    ++hashes_;
    return at + 1;
  }
  if (c == '"') {
    std::array<char, kLongestClose> close{};
    close[0] = '"';
    std::memset(close.data() + 1, '#', hashes_);
    open_until({close.data(), hashes_ + 1}, Kind::string, false);
    return at + 1;
  }
  flush_raw_open();
  return at;
}

// What looked like the beginning of a raw string is a word and hashes.
void Lexer::flush_raw_open() {
  if (spec_->prefix == Prefix::cpp) return close(Kind::string, start_ + word_size_ + close_size_, '\0');
  auto at = start_ + word_size_;
  if (word_size_ > 0) end_word(at);
  for (; hashes_ > 0; --hashes_) punctuation(at++, '#');
}

// The second and third of what may be three quotes.
Lexer::Bytes Lexer::in_quotes(Bytes at) {
  if (state_ == State::quote_second) {
    state_ = *at == quote_ ? State::quote_third : State::string;
    return *at == quote_ ? at + 1 : at;
  }
  if (*at != quote_) {
    close(Kind::string, offset(at), quote_);
    return at;
  }
  const std::array<char, 3> three{quote_, quote_, quote_};
  open_until({three.data(), three.size()}, Kind::string, spec_->triple_escapes);
  return at + 1;
}

Lexer::Bytes Lexer::in_string(Bytes at, Bytes end) {
  if (state_ == State::string_escape) {
    state_ = State::string;
    return at + 1;
  }
  if (state_ == State::string_closed) {
    if (*at != quote_) {
      close(Kind::string, offset(at), quote_);
      return at;
    }
    state_ = State::string;
    return at + 1;
  }
  for (; at < end; ++at) {
    const char c = *at;
    if (c == quote_) {
      if (doubled_)
        state_ = State::string_closed;
      else
        close(Kind::string, offset(at) + 1, c);
      return at + 1;
    }
    if (c == '\\' && escapes_) {
      state_ = State::string_escape;
      return at + 1;
    }
    if (c == '\n' && !lines_) {
      close(Kind::string, offset(at), '\0');
      return at;
    }
  }
  return at;
}

Lexer::Bytes Lexer::in_template(Bytes at, Bytes end) {
  if (state_ == State::template_escape) {
    state_ = State::template_text;
    return at + 1;
  }
  if (state_ == State::template_dollar) {
    state_ = State::template_text;
    if (*at != '{' || templates_ == kMostTemplates) return at;
    braces_[templates_++] = 0;
    close(Kind::string, offset(at) + 1, '{');
    last_ = Kind::punctuation;
    return at + 1;
  }
  for (; at < end; ++at) {
    const char c = *at;
    if (c == '`') {
      close(Kind::string, offset(at) + 1, c);
      return at + 1;
    }
    if (c == '\\' || c == '$') {
      state_ = c == '$' ? State::template_dollar : State::template_escape;
      return at + 1;
    }
  }
  return at;
}

Lexer::Bytes Lexer::in_regex(Bytes at, Bytes end) {
  if (state_ == State::regex_escape) {
    state_ = State::regex;
    return *at == '\n' ? at : at + 1;
  }
  for (; at < end; ++at) {
    const char c = *at;
    if (c == '\n') {
      close(Kind::string, offset(at), '\0');
      return at;
    }
    if (c == '\\') {
      state_ = State::regex_escape;
      return at + 1;
    }
    if (c == '[') in_class_ = true;
    if (c == ']') in_class_ = false;
    if (c != '/' || in_class_) continue;
    close(Kind::string, offset(at) + 1, c);
    return at + 1;
  }
  return at;
}

// 'a', '\n', 'static.
Lexer::Bytes Lexer::in_rust_quote(Bytes at, Bytes end) {
  if (state_ == State::quote_rust) {
    const bool word = is(*at, kWord | kDigit);
    state_ = word ? State::lifetime : State::string;
    word_size_ = kLongestWord + 1;
    escapes_ = true;
    lines_ = doubled_ = false;
    return at;
  }
  while (at < end && is(*at, kWord | kDigit)) ++at;
  if (at == end) return at;
  if (*at == '\'') {
    close(Kind::string, offset(at) + 1, '\'');
    return at + 1;
  }
  close(Kind::identifier, offset(at), 'a');
  return at;
}

Lexer::Bytes Lexer::in_text(Bytes at, Bytes end) {
  switch (state_) {
    case State::quote_second:
    case State::quote_third:
      return in_quotes(at);
    case State::string:
    case State::string_escape:
    case State::string_closed:
      return in_string(at, end);
    case State::template_text:
    case State::template_escape:
    case State::template_dollar:
      return in_template(at, end);
    case State::regex:
    case State::regex_escape:
      return in_regex(at, end);
    case State::raw_open:
      return in_raw_open(at);
    case State::here_open:
      return in_here_open(at);
    case State::here_body:
      return in_here_body(at, end);
    default:
      return in_rust_quote(at, end);
  }
}

}  // namespace ostiary::lex
