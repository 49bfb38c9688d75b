#include "policy/impl/outline.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <optional>
#include <unordered_set>

#include "base/hash.h"
#include "base/text.h"

namespace ostiary::policy {

namespace {

constexpr std::size_t kLongestTitle = 1000;

// One code point of UTF-8 text that is valid; bytes that are not stand for themselves.
std::uint32_t take_code_point(std::string_view text, std::size_t& at) {
  const auto first = static_cast<unsigned char>(text[at++]);
  const int more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : 0;
  std::uint32_t point = more == 0 ? first : first & (0x3fU >> more);
  for (int i = 0; i < more && at < text.size(); ++i)
    point = point << 6 | (static_cast<unsigned char>(text[at++]) & 0x3fU);
  return point;
}

// Punctuation and symbols beyond ASCII, by the blocks that headings use.
bool is_mark(std::uint32_t c) {
  if (c < 0x80) return false;
  if (c <= 0xbf) return c != 0xaa && c != 0xb5 && c != 0xba;
  return c == 0xd7 || c == 0xf7 || (c >= 0x2000 && c <= 0x206f) || (c >= 0x20a0 && c <= 0x20cf) ||
         (c >= 0x2190 && c <= 0x2bff) || (c >= 0x3000 && c <= 0x303f && c != 0x3005) ||
         (c >= 0xff01 && c <= 0xff0f) || (c >= 0x1f300 && c <= 0x1faff);
}

void append_utf8(std::string& out, std::uint32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xc0 | c >> 6);
    out += static_cast<char>(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xe0 | c >> 12);
    out += static_cast<char>(0x80 | (c >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (c & 0x3f));
  } else {
    out += static_cast<char>(0xf0 | c >> 18);
    out += static_cast<char>(0x80 | (c >> 12 & 0x3f));
    out += static_cast<char>(0x80 | (c >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (c & 0x3f));
  }
}

// Small letters of Latin, Greek and Cyrillic.
std::uint32_t small(std::uint32_t c) {
  if (c >= 'A' && c <= 'Z') return c + 32;
  if (c >= 0xc0 && c <= 0xde && c != 0xd7) return c + 32;
  if (c >= 0x100 && c <= 0x137) return c | 1;
  if (c >= 0x139 && c <= 0x148) return c % 2 ? c + 1 : c;
  if (c >= 0x14a && c <= 0x177) return c | 1;
  if (c >= 0x391 && c <= 0x3a9) return c + 32;
  if (c >= 0x410 && c <= 0x42f) return c + 32;
  if (c >= 0x400 && c <= 0x40f) return c + 80;
  return c;
}

// A heading's text as it is shown: links are their text, and marks of code are gone.
std::string shown(std::string_view title) {
  std::string out;
  for (std::size_t i = 0; i < title.size(); ++i) {
    if (title[i] == ']' && i + 1 < title.size() && title[i + 1] == '(') {
      const auto close = title.find(')', i);
      if (close != std::string_view::npos) {
        i = close;
        continue;
      }
    }
    if (title[i] != '[' && title[i] != ']' && title[i] != '`') out += title[i];
  }
  return out;
}

std::uint32_t column_of(std::string_view line, std::size_t byte) {
  const auto before = line.substr(0, byte);
  return 1 + static_cast<std::uint32_t>(std::ranges::count_if(
                 before, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::size_t blanks(std::string_view line) {
  const auto at = line.find_first_not_of(' ');
  return at == std::string_view::npos ? line.size() : at;
}

struct Opening {
  char mark = '`';
  std::size_t length = 0, indent = 0;
  std::string_view info;
};

// Section 4.5: three or more backticks or tildes, at most three blanks before them.
std::optional<Opening> fence_of(std::string_view line) {
  Opening out;
  out.indent = blanks(line);
  if (out.indent > 3) return std::nullopt;
  line.remove_prefix(out.indent);
  if (line.empty() || (line[0] != '`' && line[0] != '~')) return std::nullopt;
  out.mark = line[0];
  out.length = std::min(line.find_first_not_of(out.mark), line.size());
  if (out.length < 3) return std::nullopt;
  out.info = text::trim(line.substr(out.length));
  if (out.mark == '`' && out.info.find('`') != std::string_view::npos) return std::nullopt;
  return out;
}

class Scanner {
 public:
  Scanner(std::string_view text, Findings& findings) : text_(text), rest_(text), findings_(findings) {}
  Outline run();

 private:
  bool next();
  void front_matter(std::string_view text);
  void outside();
  void heading(std::string_view title, std::uint32_t level, Place place, std::size_t begin);
  std::size_t offset(std::string_view part) const {
    return static_cast<std::size_t>(part.data() - text_.data());
  }
  std::size_t here() const { return rest_.empty() ? text_.size() : offset(rest_); }  // behind the line
  void links();
  void open(const Opening& opening);
  void inside();

  std::string_view text_, rest_, line_;
  Findings& findings_;
  std::uint32_t number_ = 0;
  Outline out_;
  std::unordered_set<std::string> anchors_;
  std::map<std::string, std::uint32_t> numbers_;  // of duplicates
  std::string_view paragraph_;                    // the line before, where it is text
  std::optional<Opening> open_;
  std::optional<Fence> fence_;
  Place opened_;
};

bool Scanner::next() {
  if (rest_.empty()) return false;
  const auto end = rest_.find('\n');
  line_ = rest_.substr(0, end);
  rest_ = end == std::string_view::npos ? std::string_view() : rest_.substr(end + 1);
  if (line_.ends_with('\r')) line_.remove_suffix(1);
  ++number_;
  return true;
}

void Scanner::front_matter(std::string_view text) {
  const auto all = rest_;
  if (!next() || line_ != "---") {
    rest_ = all, number_ = 0;
    return;
  }
  const auto* begin = rest_.data();
  while (next())
    if (line_ == "---") {
      out_.has_front = true;
      out_.front = std::string_view(begin, static_cast<std::size_t>(line_.data() - begin));
      return;
    }
  findings_.error("front-matter", "the front matter has no end; write a line '---' behind it", {1, 1});
  rest_ = text, number_ = 0;
}

void Scanner::heading(std::string_view title, std::uint32_t level, Place place, std::size_t begin) {
  title = title.substr(0, kLongestTitle);
  const auto base = slug(title);
  auto anchor = base;
  auto& number = numbers_[base];
  while (!anchors_.insert(anchor).second) anchor = fmt::format("{}-{}", base, ++number);
  if (!out_.headings.empty()) out_.headings.back().end = begin;
  out_.headings.push_back({.title = std::string(title),
                           .anchor = std::move(anchor),
                           .level = level,
                           .place = place,
                           .begin = begin,
                           .end = text_.size(),
                           .body = here(),
                           .digest = {}});
}

void Scanner::links() {
  for (auto at = line_.find("](#"); at != std::string_view::npos; at = line_.find("](#", at + 3)) {
    const auto end = line_.find_first_of(") ", at + 3);
    if (end == std::string_view::npos) return;
    out_.links.push_back(
        {std::string(line_.substr(at + 3, end - at - 3)), {number_, column_of(line_, at + 2)}});
  }
}

void Scanner::outside() {
  if (const auto opening = fence_of(line_)) return open(*opening);
  const auto indent = blanks(line_);
  const auto text = text::trim(line_);
  const auto before = std::exchange(paragraph_, std::string_view());
  if (indent > 3 || text.empty()) return;
  const auto level = std::min(text.find_first_not_of('#'), text.size());
  if (level >= 1 && level <= 6 && (level == text.size() || text[level] == ' ' || text[level] == '\t')) {
    auto title = text::trim(text.substr(level));
    const auto last = title.find_last_not_of('#');
    if (last == std::string_view::npos)
      title = {};
    else if (last + 1 < title.size() && (title[last] == ' ' || title[last] == '\t'))
      title = text::trim(title.substr(0, last));
    return heading(title, static_cast<std::uint32_t>(level),
                   {number_, static_cast<std::uint32_t>(indent + 1)}, offset(line_));
  }
  if (!before.empty() && (text.find_first_not_of('=') == std::string_view::npos ||
                          text.find_first_not_of('-') == std::string_view::npos))
    return heading(before, text[0] == '=' ? 1 : 2, {number_ - 1, 1}, offset(before));
  links();
  if (text[0] != '>' && text[0] != '|' && !text.starts_with("- ") && !text.starts_with("* "))
    paragraph_ = text;
}

void Scanner::open(const Opening& opening) {
  paragraph_ = {};
  open_ = opening;
  opened_ = {number_, static_cast<std::uint32_t>(opening.indent + 1)};
  const auto kind = opening.info.substr(0, opening.info.find_first_of(" \t"));
  if (!kind.starts_with("policy")) return;
  fence_ = Fence{.kind = std::string(kind),
                 .content = {},
                 .clause = out_.headings.empty() ? std::string() : out_.headings.back().anchor,
                 .line = number_ + 1,
                 .indent = static_cast<std::uint32_t>(opening.indent),
                 .place = opened_,
                 .begin = offset(line_)};
}

void Scanner::inside() {
  const auto close = fence_of(line_);
  if (close && close->mark == open_->mark && close->length >= open_->length && close->info.empty()) {
    if (fence_) {
      fence_->end = here();
      out_.fences.push_back(std::move(*fence_));
    }
    fence_.reset();
    open_.reset();
    return;
  }
  if (!fence_) return;
  fence_->content += line_.substr(std::min(blanks(line_), open_->indent));
  fence_->content += '\n';
}

Outline Scanner::run() {
  front_matter(rest_);
  while (next()) {
    if (open_)
      inside();
    else
      outside();
  }
  if (open_)
    findings_.error("fence", "this block has no end; close it with a line of the same marks", opened_);
  for (auto& heading : out_.headings)
    heading.digest = clause_digest(text_.substr(heading.begin, heading.end - heading.begin));
  return std::move(out_);
}

}  // namespace

std::string slug(std::string_view title) {
  const auto text = shown(title);
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto c = small(take_code_point(text, at));
    if (c == ' ')
      out += '-';
    else if (c == '-' || c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
             (c >= 0x80 && !is_mark(c)))
      append_utf8(out, c);
  }
  return out;
}

std::string clause_digest(std::string_view clause) {
  Sha256 hash;
  std::optional<Opening> open;
  bool words = false;  // the line before had some
  for (auto line : text::split(clause, '\n')) {
    const auto fence = fence_of(line);
    if (open || fence) {
      const auto last = line.find_last_not_of(" \t\r");
      if (words) hash.update(std::string_view("\n"));
      hash.update(line.substr(0, last == std::string_view::npos ? 0 : last + 1));
      hash.update(std::string_view("\n"));
      words = false;
      if (!open)
        open = fence;
      else if (fence && fence->mark == open->mark && fence->length >= open->length && fence->info.empty())
        open.reset();
      continue;
    }
    for (std::size_t at = 0; at = line.find_first_not_of(" \t\r", at), at != std::string_view::npos;) {
      const auto end = std::min(line.find_first_of(" \t\r", at), line.size());
      if (words) hash.update(std::string_view(" "));
      hash.update(line.substr(at, end - at));
      words = true;
      at = end;
    }
  }
  return "sha256:" + hex(hash.finish());
}

Outline outline_of(std::string_view text, Findings& findings) {
  return Scanner(text, findings).run();
}

}  // namespace ostiary::policy
