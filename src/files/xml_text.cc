#include "files/impl/xml_text.h"

#include <algorithm>
#include <array>

#include "files/xml.h"

namespace ostiary::files {

namespace {

// Elements within a paragraph or a cell, by local name: what stands in and around them is one text.
constexpr std::array<std::string_view, 19> kInline = {
    "a",   "del", "endParaRPr", "fld",      "fldSimple", "hyperlink",  "ins",      "pPr",  "r", "rPr",
    "rPh", "rt",  "ruby",       "rubyBase", "sdt",       "sdtContent", "smartTag", "span", "t"};

bool blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

void new_line(std::string& out) {
  if (!out.empty() && out.back() != '\n') out += '\n';
}

// Worth looking at: no word, number, colour, identifier of a few characters or name space.
bool says_something(std::string_view value) {
  constexpr std::size_t shortest = 7;
  const bool word = std::ranges::all_of(value, [](char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; });
  return value.size() >= shortest && !word && !value.starts_with("http://schemas.") &&
         !value.starts_with("http://www.w3.org/") && !value.starts_with("http://purl.org/") &&
         !value.starts_with("urn:oasis:") && !value.starts_with("urn:schemas-");
}

class Reading {
 public:
  explicit Reading(std::string_view xml) : rest_(xml) {}
  std::optional<std::string> all() {
    if (rest_.starts_with("\xef\xbb\xbf")) rest_.remove_prefix(3);
    while (!rest_.empty()) {
      const auto tag = rest_.find('<');
      if (!append_decoded_xml(text_, rest_.substr(0, tag))) return std::nullopt;
      if (tag == std::string_view::npos) break;
      rest_.remove_prefix(tag);
      if (!markup()) return std::nullopt;
    }
    new_line(text_);
    text_ += beside_;
    return std::move(text_);
  }

 private:
  // Up to and with `end`; what stands before it.
  std::optional<std::string_view> until(std::size_t from, std::string_view end) {
    const auto at = rest_.find(end, from);
    if (at == std::string_view::npos) return std::nullopt;
    const auto between = rest_.substr(from, at - from);
    rest_.remove_prefix(at + end.size());
    return between;
  }
  bool markup() {
    if (rest_.starts_with("<!--")) {
      const auto comment = until(4, "-->");
      if (comment) beside(*comment);
      return comment.has_value();
    }
    if (rest_.starts_with("<![CDATA[")) {
      const auto raw = until(9, "]]>");
      if (raw) text_ += *raw;
      return raw.has_value();
    }
    if (rest_.starts_with("<?")) return until(2, "?>").has_value();
    if (rest_.starts_with("<!")) return false;
    return element();
  }
  void beside(std::string_view value) {
    beside_ += value;
    beside_ += '\n';
  }
  bool element() {
    std::size_t at = 1;
    const bool closing = rest_.size() > 1 && rest_[1] == '/';
    if (closing) ++at;
    const auto from = at;
    while (at < rest_.size() && !blank(rest_[at]) && rest_[at] != '>' && rest_[at] != '/' && rest_[at] != '<')
      ++at;
    auto name = rest_.substr(from, at - from);
    if (const auto colon = name.rfind(':'); colon != std::string_view::npos) name.remove_prefix(colon + 1);
    if (name.empty() || !attributes(at)) return false;
    const bool alone = rest_[at - 2] == '/';
    rest_.remove_prefix(at);
    if (closing || alone) ended(name, alone);
    return true;
  }
  // From behind the name to behind '>'.
  bool attributes(std::size_t& at) {
    for (;;) {
      while (at < rest_.size() && (blank(rest_[at]) || rest_[at] == '/')) ++at;
      if (at >= rest_.size()) return false;
      if (rest_[at] == '>') return ++at, true;
      const auto equals = rest_.find_first_of("=><", at);
      if (equals == std::string_view::npos || rest_[equals] != '=') return false;
      at = equals + 1;
      while (at < rest_.size() && blank(rest_[at])) ++at;
      if (at >= rest_.size() || (rest_[at] != '"' && rest_[at] != '\'')) return false;
      const auto close = rest_.find(rest_[at], at + 1);
      if (close == std::string_view::npos) return false;
      const auto value = rest_.substr(at + 1, close - at - 1);
      at = close + 1;
      if (!says_something(value)) continue;
      if (!append_decoded_xml(beside_, value)) return false;
      beside_ += '\n';
    }
  }
  void ended(std::string_view name, bool alone) {
    const auto is = [&](std::initializer_list<std::string_view> names) {
      return std::ranges::find(names, name) != names.end();
    };
    if (is({"tab", "tc", "c", "table-cell", "ptab"})) {
      text_ += '\t';
    } else if (is({"br", "cr", "p", "line-break"})) {
      new_line(text_);
    } else if (alone && is({"s", "noBreakHyphen"})) {
      text_ += name == "s" ? ' ' : '-';
    } else if (!alone && std::ranges::find(kInline, name) == kInline.end()) {
      new_line(text_);
    }
  }

  std::string_view rest_;
  std::string text_, beside_;
};

}  // namespace

std::optional<std::string> text_of_xml(std::string_view xml) {
  return Reading(xml).all();
}

}  // namespace ostiary::files
