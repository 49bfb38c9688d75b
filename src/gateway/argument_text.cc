#include "gateway/argument_text.h"

#include "json/writer.h"

namespace ostiary::gateway {

namespace {

constexpr std::string_view kSigns = "{}[]:, \t\r\n\"";
constexpr std::size_t kMostWord = 256;

}  // namespace

void ArgumentText::begin() {
  *this = {};
}

void ArgumentText::end_escape(std::string& out) {
  if (!escape_masked_) out += escape_;
  escape_.clear();
  escape_masked_ = false;
}

void ArgumentText::end_word(std::string& out) {
  if (word_masked_)
    out += json::quoted(std::exchange(placeholder_, {}));
  else
    out += word_;
  word_.clear();
  word_masked_ = false;
}

void ArgumentText::take_in_string(char c, bool masked, std::string& out) {
  if (!escape_.empty()) {
    escape_ += c;
    escape_masked_ = escape_masked_ || masked;
    if (masked) say(out);
    if (escape_.size() == (escape_[1] == 'u' ? 6U : 2U)) end_escape(out);
    return;
  }
  if (c == '"') {
    in_string_ = false;
    out += c;
    return;
  }
  if (masked) say(out);
  if (c == '\\') {
    escape_ = c;
    escape_masked_ = masked;
  } else if (!masked) {
    out += c;
  }
}

void ArgumentText::take(char c, bool masked, std::string& out) {
  if (in_string_) return take_in_string(c, masked, out);
  if (kSigns.contains(c)) {
    if (!word_.empty()) end_word(out);
    out += c;
    in_string_ = c == '"';
    return;
  }
  word_ += c;
  word_masked_ = word_masked_ || masked;
  if (word_.size() < kMostWord) return;
  if (word_masked_)
    word_.resize(1);  // the placeholder stands for all of it
  else
    end_word(out);
}

void ArgumentText::plain(std::string_view text, std::string& out) {
  for (const char c : text) take(c, false, out);
}

void ArgumentText::masked(std::string_view text, std::string_view placeholder, std::string& out) {
  if (!placeholder.empty()) placeholder_ = placeholder;
  for (const char c : text) take(c, true, out);
}

void ArgumentText::finish(std::string& out) {
  if (!escape_.empty()) end_escape(out);
  if (!word_.empty()) end_word(out);
}

}  // namespace ostiary::gateway
