// The states of the lexer behind '<': here documents, and the comments of HTML.

#include <cstring>

#include "lex/impl/bytes.h"
#include "lex/impl/spec.h"
#include "lex/lexer.h"

namespace ostiary::lex {

using namespace bytes;

// Of "<!--", matched_ bytes behind the first were read; of "<<-", matched_ times '<'.
void Lexer::flush_less() {
  auto at = start_;
  if (spec_->markup) {
    in_tag_ = true;
    for (const char c : std::string_view("<!--").substr(0, matched_ + 1)) punctuation(at++, c);
    return;
  }
  for (auto n = matched_; n > 0; --n) punctuation(at++, '<');
  if (here_indented_) punctuation(at, '-');
  state_ = State::start;
}

Lexer::Bytes Lexer::less_of_markup(Bytes at) {
  constexpr std::string_view rest = "!--";
  if (*at != rest[matched_]) {
    flush_less();
    return at;
  }
  if (++matched_ == rest.size()) open_until("-->", Kind::comment, false);
  return at + 1;
}

Lexer::Bytes Lexer::less_of_here(Bytes at) {
  const char c = *at;
  const std::size_t wanted = spec_->here == Here::php ? 3 : 2;
  if (c == '<' && matched_ <= wanted && !here_indented_) {
    if (++matched_ <= wanted) return at + 1;
    flush_less();
    return at + 1;
  }
  if (matched_ != wanted) {
    flush_less();
    return at;
  }
  const bool ruby = spec_->here == Here::ruby;
  if (!here_indented_ && (c == '-' || (ruby && c == '~')) && spec_->here != Here::php &&
      offset(at) == start_ + 2) {
    here_indented_ = true;
    return at + 1;
  }
  if ((c == ' ' || c == '\t') && !ruby) return at + 1;
  const bool quoted = c == '"' || c == '\'';
  const bool bare = is(c, kWord) && (!ruby || here_indented_ || (c >= 'A' && c <= 'Z'));
  if (!quoted && !bare) {
    flush_less();
    return at;
  }
  if (spec_->here == Here::php) here_indented_ = true;  // blanks may stand before its end
  here_quote_ = quoted ? c : '\0';
  here_size_ = 0;
  state_ = State::here_open;
  return quoted ? at + 1 : at;
}

// The name of what ends a here document.
Lexer::Bytes Lexer::in_here_open(Bytes at) {
  const char c = *at;
  const bool ends = here_quote_ != '\0' ? c == here_quote_ : !is(c, kWord | kDigit);
  const bool broken = !ends && (c == '\n' || here_size_ == kLongestClose);
  if (!ends && !broken) {
    here_[here_size_++] = c;
    return at + 1;
  }
  const bool closing_quote = ends && here_quote_ != '\0';
  here_waits_ = ends && here_size_ > 0;
  close(Kind::string, offset(at) + (closing_quote ? 1 : 0), '"');
  return closing_quote ? at + 1 : at;
}

Lexer::Bytes Lexer::in_here_body(Bytes at, Bytes end) {
  while (at < end) {
    const char c = *at;
    if (!here_matches_) {
      at = static_cast<Bytes>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
      if (at == nullptr) return end;
      ++at;
      matched_ = 0;
      here_matches_ = true;
    } else if (matched_ == 0 && here_indented_ && (c == ' ' || c == '\t')) {
      ++at;
    } else if (matched_ < here_size_ && c == here_[matched_]) {
      ++matched_;
      ++at;
    } else if (matched_ == here_size_ && !is(c, kWord | kDigit)) {
      close(Kind::string, offset(at), '"');
      return at;
    } else {
      here_matches_ = false;
    }
  }
  return at;
}

}  // namespace ostiary::lex
