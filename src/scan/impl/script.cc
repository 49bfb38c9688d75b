#include "scan/impl/script.h"

#include <algorithm>

#include "lex/lexer.h"

namespace ostiary::scan {

Script::Script(std::string_view text, lex::Language language) : text_(text) {
  if (too_large()) return;
  tokens_ = lex::tokens_of(text_, language);
  std::erase_if(tokens_, [](const lex::Token& one) { return one.kind == lex::Kind::comment; });
  close_.assign(size(), size());
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < size(); ++i) {
    if (tokens_[i].kind == lex::Kind::punctuation) {
      const char c = text_[tokens_[i].start];
      if (c == '(' || c == '[' || c == '{') {
        open.push_back(i);
      } else if ((c == ')' || c == ']' || c == '}') && !open.empty()) {
        close_[open.back()] = i;
        open.pop_back();
      }
    }
    note_value(i);
  }
}

void Script::note_value(std::size_t i) {
  if (is_string(i)) {
    const bool member = is(i + 1, ":"), indexed = is(i + 1, "]") && is(i + 2, "=") && !is(i + 3, "=");
    if (member || indexed) given_.try_emplace(string(i), i + (member ? 2 : 3));
    return;
  }
  if (!is_word(i)) return;
  auto behind = i + 1;
  if (is(behind, ":") && is_word(behind + 1)) behind += 2;
  if (is(behind, ":")) ++behind;
  if (is(behind, "=") && !is(behind + 1, "=")) given_.try_emplace(text(i), behind + 1);
}

std::string_view Script::text(std::size_t i) const {
  if (i >= size()) return {};
  return text_.substr(tokens_[i].start, tokens_[i].end - tokens_[i].start);
}

bool Script::is_word(std::size_t i) const {
  return i < size() && (tokens_[i].kind == lex::Kind::identifier || tokens_[i].kind == lex::Kind::keyword);
}

std::string_view Script::string(std::size_t i) const {
  if (!is_string(i)) return {};
  auto whole = text(i);
  const auto quote = whole.find_first_of("\"'`");
  if (quote == std::string_view::npos) return {};
  if (const auto prefix = whole.substr(0, quote); prefix.find_first_of("fF") != std::string_view::npos)
    return {};
  const char mark = whole[quote];
  whole.remove_prefix(quote);
  while (whole.ends_with('#')) whole.remove_suffix(1);
  const std::size_t quotes = whole.size() >= 6 && whole[1] == mark && whole[2] == mark ? 3 : 1;
  if (whole.size() < 2 * quotes || !whole.ends_with(mark)) return {};
  return whole.substr(quotes, whole.size() - 2 * quotes);
}

std::string_view Script::string_or_named(std::size_t i) const {
  if (!is_word(i)) return string(i);
  const auto found = given_.find(text(i));
  return found == given_.end() ? std::string_view() : string(found->second);
}

bool Script::begins_line(std::size_t i) const {
  if (i == 0) return true;
  if (i >= size()) return false;
  const auto from = tokens_[i - 1].end;
  return text_.substr(from, tokens_[i].start - from).contains('\n');
}

std::size_t Script::close_of(std::size_t i) const {
  return i < size() ? close_[i] : size();
}

std::size_t Script::value_of(std::string_view name) const {
  const auto found = given_.find(name);
  return found == given_.end() ? size() : found->second;
}

}  // namespace ostiary::scan
