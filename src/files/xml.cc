#include "files/xml.h"

#include <array>
#include <charconv>
#include <utility>

#include "base/digits.h"
#include "base/text.h"

namespace ostiary::files {

namespace {

constexpr std::string_view kBlanks = " \t\r\n";

std::string_view local(std::string_view name) {
  const auto colon = name.rfind(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

// The next attribute of a tag; false: there is none.
bool next_attribute(std::string_view& rest, std::string_view& name, std::string_view& value) {
  const auto from = rest.find_first_not_of(kBlanks);
  const auto equals = rest.find('=');
  if (from == std::string_view::npos || equals == std::string_view::npos) return false;
  name = local(text::trim(rest.substr(from, equals - from)));
  rest.remove_prefix(equals + 1);
  rest.remove_prefix(std::min(rest.find_first_not_of(kBlanks), rest.size()));
  if (rest.empty() || (rest.front() != '"' && rest.front() != '\'')) return false;
  const auto close = rest.find(rest.front(), 1);
  if (close == std::string_view::npos) return false;
  value = rest.substr(1, close - 1);
  rest.remove_prefix(close + 1);
  return true;
}

}  // namespace

bool append_xml_reference(std::string& out, std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, char>, 5> known{
      {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}}};
  for (const auto& [word, c] : known)
    if (name == word) return out += c, true;
  if (!name.starts_with('#')) return false;
  const bool hex = name.starts_with("#x");
  const auto digits = name.substr(hex ? 2 : 1);
  std::uint32_t c = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), c, hex ? 16 : 10);
  if (read.ec != std::errc() || read.ptr != digits.data() + digits.size() || c > 0x10ffff) return false;
  const bool control = c < 0x20 && c != '\t' && c != '\n' && c != '\r';
  const bool surrogate = c >= 0xd800 && c <= 0xdfff;
  append_utf8(out, control || surrogate || c == 0xfffe || c == 0xffff ? 0xfffd : c);
  return true;
}

bool append_decoded_xml(std::string& out, std::string_view raw) {
  for (;;) {
    const auto at = raw.find('&');
    out.append(raw.substr(0, at));
    if (at == std::string_view::npos) return true;
    raw.remove_prefix(at + 1);
    const auto end = raw.substr(0, kLongestXmlReference).find(';');
    if (end == std::string_view::npos || !append_xml_reference(out, raw.substr(0, end))) return false;
    raw.remove_prefix(end + 1);
  }
}

XmlReader::XmlReader(std::string_view xml) : rest_(xml) {
  if (rest_.starts_with("\xef\xbb\xbf")) rest_.remove_prefix(3);
}

XmlReader::Piece XmlReader::next() {
  if (bad_) return Piece::bad;
  if (std::exchange(ended_, false)) --depth_;
  if (std::exchange(empty_, false)) {
    ended_ = true;
    return Piece::end;
  }
  if (rest_.empty()) return depth_ == 0 ? Piece::done : (bad_ = true, Piece::bad);
  const auto tag = rest_.find('<');
  if (tag == 0) return markup();
  inside_ = rest_.substr(0, tag);
  raw_ = false;
  rest_.remove_prefix(inside_.size());
  return Piece::text;
}

std::optional<std::string_view> XmlReader::until(std::size_t from, std::string_view end) {
  const auto at = rest_.find(end, from);
  if (at == std::string_view::npos) return std::nullopt;
  const auto between = rest_.substr(from, at - from);
  rest_.remove_prefix(at + end.size());
  return between;
}

// From '<' on. Comments and instructions are passed over.
XmlReader::Piece XmlReader::markup() {
  for (bool comment = rest_.starts_with("<!--"); comment || rest_.starts_with("<?");
       comment = rest_.starts_with("<!--")) {
    if (!until(comment ? 4 : 2, comment ? "-->" : "?>")) return bad_ = true, Piece::bad;
    if (!rest_.starts_with('<')) return next();
  }
  if (rest_.starts_with("<![CDATA[")) {
    const auto raw = until(9, "]]>");
    if (!raw) return bad_ = true, Piece::bad;
    inside_ = *raw;
    raw_ = true;
    return Piece::text;
  }
  const auto piece = rest_.starts_with("<!") ? Piece::bad : tag();
  if (piece == Piece::bad) bad_ = true;
  return piece;
}

XmlReader::Piece XmlReader::tag() {
  const bool closing = rest_.size() > 1 && rest_[1] == '/';
  const std::size_t from = closing ? 2 : 1;
  const auto name_end = rest_.find_first_of(" \t\r\n/>", from);
  if (name_end == std::string_view::npos || name_end == from) return Piece::bad;
  name_ = local(rest_.substr(from, name_end - from));
  auto at = name_end;
  while (at < rest_.size() && rest_[at] != '>') {
    if (rest_[at] == '"' || rest_[at] == '\'') at = rest_.find(rest_[at], at + 1);
    if (at == std::string_view::npos || rest_[at] == '<') return Piece::bad;
    ++at;
  }
  if (at >= rest_.size()) return Piece::bad;
  inside_ = rest_.substr(name_end, at - name_end);
  rest_.remove_prefix(at + 1);
  if (closing) {
    if (depth_ == 0) return Piece::bad;
    ended_ = true;
    return Piece::end;
  }
  ++depth_;
  empty_ = inside_.ends_with('/');
  if (empty_) inside_.remove_suffix(1);
  return Piece::start;
}

std::optional<std::string> XmlReader::attribute(std::string_view name) const {
  auto rest = inside_;
  std::string_view found, value;
  while (next_attribute(rest, found, value)) {
    if (found != name) continue;
    std::string out;
    if (!append_decoded_xml(out, value)) return std::nullopt;
    return out;
  }
  return std::nullopt;
}

bool XmlReader::append_text(std::string& out) const {
  if (!raw_) return append_decoded_xml(out, inside_);
  out += inside_;
  return true;
}

bool XmlReader::skip() {
  const auto depth = depth_;
  for (;;) {
    const auto piece = next();
    if (piece == Piece::bad || piece == Piece::done) return false;
    if (piece == Piece::end && depth_ == depth) return true;
  }
}

}  // namespace ostiary::files
