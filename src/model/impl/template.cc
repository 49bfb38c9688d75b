#include "model/impl/template.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <string>

#include "base/digits.h"
#include "base/text.h"

namespace ostiary::model {

namespace {

constexpr std::size_t kMost = 4u << 20;
constexpr std::size_t kMostShown = 60;

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// Objects of the engine and of web frameworks from which attributes lead to modules.
constexpr std::array<std::string_view, 7> kDoors{
    "lipsum", "cycler", "joiner", "url_for", "get_flashed_messages", "request", "application"};
// Statements that take in another template.
constexpr std::array<std::string_view, 4> kTakesIn{"include", "import", "extends", "from"};

bool one_of(const auto& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char small = static_cast<char>(c | 0x20);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

// A string literal without its quotes, as the engine reads it (Python's escapes of code points).
std::string unescaped(std::string_view raw) {
  std::string out;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] != '\\' || i + 1 >= raw.size()) {
      out += raw[i];
      continue;
    }
    const char kind = raw[++i];
    const std::size_t digits = kind == 'x' ? 2 : kind == 'u' ? 4 : kind == 'U' ? 8 : 0;
    std::uint32_t value = 0;
    if (digits > 0 && i + digits < raw.size()) {
      for (std::size_t d = 1; d <= digits; ++d)
        value = value * 16 + static_cast<std::uint32_t>(std::max(0, hex_value(raw[i + d])));
      i += digits;
      append_utf8(out, value > 0x10ffff ? 0xfffd : value);
    } else if (kind >= '0' && kind <= '7') {
      std::size_t d = 0;
      for (; d < 3 && i + d < raw.size() && raw[i + d] >= '0' && raw[i + d] <= '7'; ++d)
        value = value * 8 + static_cast<std::uint32_t>(raw[i + d] - '0');
      i += d - 1;
      append_utf8(out, value);
    } else {
      out += kind;
    }
  }
  return out;
}

// A piece of a name with two underscores: "__class__", "__cl".
bool is_piece_of_dunder(std::string_view text) {
  return text.size() >= 2 && text.size() < 40 && text.contains("__") && std::ranges::all_of(text, is_name) &&
         text.find_first_not_of('_') != std::string_view::npos;
}

class Judge {
 public:
  Judge(std::string_view text, std::string_view field, Facts& out)
      : text_(text.substr(0, kMost)), field_(field), out_(out) {}

  void run() {
    std::size_t at = 0;
    while (at < text_.size()) {
      const auto open = text_.find('{', at);
      addresses(text_.substr(at, std::min(open, text_.size()) - at));
      if (open == std::string_view::npos || open + 1 >= text_.size()) return;
      const char kind = text_[open + 1];
      if (kind == '#') {
        const auto close = text_.find("#}", open + 2);
        if (close == std::string_view::npos) return unclosed();
        at = close + 2;
      } else if (kind == '{' || kind == '%') {
        const auto close = code(open + 2, kind == '{' ? '}' : '%');
        if (close == std::string_view::npos) return unclosed();
        at = close;
      } else {
        at = open + 1;
      }
    }
  }

 private:
  void tell(std::string_view id, Severity severity, std::string_view what, std::string_view shown) {
    // One of a kind is enough: a template that tries has many.
    if (std::ranges::any_of(out_.hazards, [&](const auto& one) {
          return one.id == id && one.file == out_.path && one.detail.starts_with(field_);
        }))
      return;
    out_.hazard(id, severity, fmt::format("{}: {} {}", field_, what, shown.substr(0, kMostShown)));
  }
  void unclosed() { tell("template-broken", Severity::low, "a tag is not closed", ""); }

  void addresses(std::string_view literal) {
    for (const std::string_view scheme : {"http://", "https://"}) {
      const auto at = literal.find(scheme);
      if (at == std::string_view::npos) continue;
      const auto end = literal.find_first_of(" \t\r\n\"'<>){}", at);
      tell("template-address", Severity::low,
           "puts an address into prompts:", literal.substr(at, std::min(end, literal.size()) - at));
    }
  }

  // The inside of a tag from `at`; gives where it ends, behind its close.
  std::size_t code(std::size_t at, char closing) {
    bool first = closing == '%';
    char before = 0;        // the last character that is no blank
    unsigned brackets = 0;  // of subscripts
    while (at < text_.size()) {
      const char c = text_[at];
      if (c == closing && text_.substr(at + 1).starts_with('}') && (closing == '%' || brackets == 0))
        return at + 2;
      if (c == '\'' || c == '"') {
        const auto end = end_of_string(at);
        if (end == std::string_view::npos) return end;
        string(text_.substr(at + 1, end - at - 1));
        at = end + 1, before = c;
      } else if (is_name(c)) {
        auto end = at;
        while (end < text_.size() && is_name(text_[end])) ++end;
        word(text_.substr(at, end - at), first, before, end);
        first = false;
        at = end, before = c;
      } else {
        if (c == '[') ++brackets;
        if (c == ']' && brackets > 0) --brackets;
        if (c == '~' && brackets > 0 && before != 0)
          tell("template-attribute", Severity::medium,
               "computes the name of what it takes:", text_.substr(at > 20 ? at - 20 : 0, 40));
        if (static_cast<unsigned char>(c) > ' ' && c != '-' && c != '+') before = c;
        ++at;
      }
    }
    return std::string_view::npos;
  }

  std::size_t end_of_string(std::size_t at) const {
    for (auto i = at + 1; i < text_.size(); ++i) {
      if (text_[i] == '\\')
        ++i;
      else if (text_[i] == text_[at])
        return i;
    }
    return std::string_view::npos;
  }

  void string(std::string_view raw) {
    addresses(raw);
    if (raw.size() > 256) return;
    const auto text = unescaped(raw);
    if (is_piece_of_dunder(text))
      tell("template-attribute", Severity::high, "reaches for what the engine keeps to itself:", text);
  }

  void word(std::string_view name, bool first, char before, std::size_t end) {
    if (name.size() > 4 && name.starts_with("__") && name.ends_with("__"))
      tell("template-attribute", Severity::high, "reaches for what the engine keeps to itself:", name);
    else if (before == '|' && name == "attr")
      tell("template-attribute", Severity::high, "takes an attribute by a computed name: ", "attr()");
    else if (first && one_of(kTakesIn, name))
      tell("template-include", Severity::high,
           "takes in another template:", text_.substr(end - name.size(), 40));
    else if (before != '.' && one_of(kDoors, name) && end < text_.size() &&
             (text_[end] == '.' || text_[end] == '[' || text_[end] == '|'))
      tell("template-attribute", Severity::high, "takes what leads out of the engine:", name);
  }

  std::string_view text_;
  std::string_view field_;
  Facts& out_;
};

}  // namespace

void judge_template(std::string_view text, std::string_view field, Facts& out) {
  if (text.size() > kMost)
    out.not_read(files::Why::too_large,
                 fmt::format("of {} only the first {} were looked at", field, text::format_bytes(kMost)));
  Judge(text, field.substr(0, kMostShown), out).run();
}

}  // namespace ostiary::model
