#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "lex/lexer.h"

// Any bytes have tokens: in order, none empty, with blanks between at most, and the same however they are
// cut. The first byte is the language, the second the length of the pieces.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ostiary::lex;
  constexpr auto languages = static_cast<std::uint8_t>(Language::swift) + 1;
  if (size < 2) return 0;
  const auto language = static_cast<Language>(data[0] % languages);
  const std::size_t piece = data[1] % 16u + 1;
  const std::string_view text(reinterpret_cast<const char*>(data + 2), size - 2);
  const auto whole = tokens_of(text, language);
  std::uint64_t behind = 0;
  const auto only_blanks = [&](std::uint64_t end) {
    for (; behind < end; ++behind)
      if (static_cast<unsigned char>(text[behind]) > ' ' && text[behind] != 0x7f) std::abort();
  };
  for (const auto& token : whole) {
    if (token.start < behind || token.end <= token.start || token.end > text.size()) std::abort();
    only_blanks(token.start);
    behind = token.end;
  }
  only_blanks(text.size());
  std::vector<Token> cut;
  Lexer lexer(language);
  for (std::size_t at = 0; at < text.size(); at += piece) lexer.feed(text.substr(at, piece), cut);
  lexer.finish(cut);
  if (cut != whole) std::abort();
  return 0;
}
