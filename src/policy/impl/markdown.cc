#include "policy/impl/markdown.h"

#include <algorithm>
#include <fmt/format.h>
#include <md4c.h>
#include <vector>

#include "base/text.h"
#include "policy/impl/link.h"
#include "report/html.h"

namespace ostiary::policy {

namespace {

// Some nests of marks cost md4c the square of their length: what is longer than this between two empty lines
// is shown as it is written.
constexpr std::size_t kLongestParagraph = 16u << 10;
constexpr std::size_t kLongestPiece = 1u << 20;
constexpr std::size_t kDeepest = 24;  // quotes and lists within one another

// A character reference (&#106;) as text; what is no number stays as it is written.
std::string of_entity(std::string_view entity) {
  if (entity == "&amp;") return "&";
  if (entity == "&lt;") return "<";
  if (entity == "&gt;") return ">";
  if (entity == "&quot;") return "\"";
  if (entity == "&nbsp;") return "\xc2\xa0";
  if (entity.size() < 4 || entity[1] != '#') return std::string(entity);
  std::uint32_t point = 0;
  const bool hexadecimal = entity[2] == 'x' || entity[2] == 'X';
  for (const char c : entity.substr(hexadecimal ? 3 : 2)) {
    if (c == ';') break;
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : 0;
    point = std::min<std::uint32_t>(point * (hexadecimal ? 16 : 10) + static_cast<std::uint32_t>(digit),
                                    0x110000);
  }
  if (point == 0 || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return "\xef\xbf\xbd";
  std::string out;
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xc0 | point >> 6);
    out += static_cast<char>(0x80 | (point & 0x3f));
  } else if (point < 0x10000) {
    out += static_cast<char>(0xe0 | point >> 12);
    out += static_cast<char>(0x80 | (point >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (point & 0x3f));
  } else {
    out += static_cast<char>(0xf0 | point >> 18);
    out += static_cast<char>(0x80 | (point >> 12 & 0x3f));
    out += static_cast<char>(0x80 | (point >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (point & 0x3f));
  }
  return out;
}

std::string text_of(const MD_ATTRIBUTE& attribute) {
  std::string out;
  if (!attribute.text) return out;
  for (int i = 0; attribute.substr_offsets[i] < attribute.size; ++i) {
    const std::string_view part(attribute.text + attribute.substr_offsets[i],
                                attribute.substr_offsets[i + 1] - attribute.substr_offsets[i]);
    switch (attribute.substr_types[i]) {
      case MD_TEXT_ENTITY:
        out += of_entity(part);
        break;
      case MD_TEXT_NULLCHAR:
        out += "\xef\xbf\xbd";
        break;
      default:
        out += part;
    }
  }
  return out;
}

// Writes what md4c finds.
class Writer {
 public:
  Writer(std::string& out, std::string_view of, std::size_t& tables, bool only_inline, bool links)
      : out_(out), of_(of), tables_(tables), only_inline_(only_inline), links_(links) {}

  void run(std::string_view markdown) {
    MD_PARSER parser{};
    parser.flags = MD_FLAG_TABLES | MD_FLAG_STRIKETHROUGH | MD_FLAG_TASKLISTS | MD_FLAG_NOHTML;
    parser.enter_block = [](MD_BLOCKTYPE type, void* detail, void* self) {
      return to(self).enter(type, detail);
    };
    parser.leave_block = [](MD_BLOCKTYPE type, void* detail, void* self) {
      return to(self).leave(type, detail);
    };
    parser.enter_span = [](MD_SPANTYPE type, void* detail, void* self) {
      return to(self).enter(type, detail);
    };
    parser.leave_span = [](MD_SPANTYPE type, void* detail, void* self) {
      return to(self).leave(type, detail);
    };
    parser.text = [](MD_TEXTTYPE type, const MD_CHAR* text, MD_SIZE size, void* self) {
      return to(self).text(type, {text, size});
    };
    md_parse(markdown.data(), static_cast<MD_SIZE>(markdown.size()), &parser, this);
  }

 private:
  static Writer& to(void* self) { return *static_cast<Writer*>(self); }
  int enter(MD_BLOCKTYPE type, void* detail);
  int leave(MD_BLOCKTYPE type, void* detail);
  int enter(MD_SPANTYPE type, void* detail);
  int leave(MD_SPANTYPE type, void* detail);
  int text(MD_TEXTTYPE type, std::string_view text);
  void table();
  void item(const MD_BLOCK_LI_DETAIL& item);
  void cell(bool head);
  void link(const MD_ATTRIBUTE& address);

  std::string& out_;
  std::string_view of_;
  std::size_t& tables_;
  bool only_inline_, links_;
  std::size_t cell_ = 0;          // where an open cell of a table's head began
  std::vector<bool> links_open_;  // of each open link or picture: whether a tag was written
};

void Writer::table() {
  ++tables_;
  const auto id = fmt::format("t:{}", tables_);
  out_ += fmt::format(
      "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-labelledby=\"{}\">\n<table>\n"
      "<caption id=\"{}\">Table {}{}</caption>\n",
      id, id, tables_, of_.empty() ? "" : ": " + report::escaped(of_));
}

void Writer::item(const MD_BLOCK_LI_DETAIL& item) {
  out_ += "<li>";
  if (item.is_task)
    out_ += item.task_mark == ' ' ? "<span aria-hidden=\"true\">☐ </span><span class=\"aside\">To do: </span>"
                                  : "<span aria-hidden=\"true\">☑ </span><span class=\"aside\">Done: </span>";
}

// A head without words is no head.
void Writer::cell(bool head) {
  if (!head) {
    out_ += "</td>\n";
    return;
  }
  const auto words = out_.substr(cell_);
  out_.resize(cell_);
  if (text::trim(words).empty())
    out_ += "<td></td>\n";
  else
    out_ += "<th scope=\"col\">" + words + "</th>\n";
}

int Writer::enter(MD_BLOCKTYPE type, void* detail) {
  if (only_inline_) return 0;
  switch (type) {
    case MD_BLOCK_QUOTE:
      out_ += "<blockquote>\n";
      break;
    case MD_BLOCK_UL:
      out_ += "<ul>\n";
      break;
    case MD_BLOCK_OL: {
      const auto start = static_cast<MD_BLOCK_OL_DETAIL*>(detail)->start;
      out_ += start == 1 ? "<ol>\n" : fmt::format("<ol start=\"{}\">\n", start);
      break;
    }
    case MD_BLOCK_LI:
      item(*static_cast<MD_BLOCK_LI_DETAIL*>(detail));
      break;
    case MD_BLOCK_HR:
      out_ += "<hr>\n";
      break;
    case MD_BLOCK_H:
      out_ += "<p><strong>";
      break;
    case MD_BLOCK_CODE:
      out_ += "<pre><code>";
      break;
    case MD_BLOCK_P:
      out_ += "<p>";
      break;
    case MD_BLOCK_TABLE:
      table();
      break;
    case MD_BLOCK_THEAD:
      out_ += "<thead>\n";
      break;
    case MD_BLOCK_TBODY:
      out_ += "<tbody>\n";
      break;
    case MD_BLOCK_TR:
      out_ += "<tr>\n";
      break;
    case MD_BLOCK_TH:
      cell_ = out_.size();
      break;
    case MD_BLOCK_TD:
      out_ += "<td>";
      break;
    default:
      break;
  }
  return 0;
}

int Writer::leave(MD_BLOCKTYPE type, void*) {
  if (only_inline_) return 0;
  switch (type) {
    case MD_BLOCK_QUOTE:
      out_ += "</blockquote>\n";
      break;
    case MD_BLOCK_UL:
      out_ += "</ul>\n";
      break;
    case MD_BLOCK_OL:
      out_ += "</ol>\n";
      break;
    case MD_BLOCK_LI:
      out_ += "</li>\n";
      break;
    case MD_BLOCK_H:
      out_ += "</strong></p>\n";
      break;
    case MD_BLOCK_CODE:
      out_ += "</code></pre>\n";
      break;
    case MD_BLOCK_P:
      out_ += "</p>\n";
      break;
    case MD_BLOCK_TABLE:
      out_ += "</table>\n</div>\n";
      break;
    case MD_BLOCK_THEAD:
      out_ += "</thead>\n";
      break;
    case MD_BLOCK_TBODY:
      out_ += "</tbody>\n";
      break;
    case MD_BLOCK_TR:
      out_ += "</tr>\n";
      break;
    case MD_BLOCK_TH:
      cell(true);
      break;
    case MD_BLOCK_TD:
      cell(false);
      break;
    default:
      break;
  }
  return 0;
}

// A link within a link is its words.
void Writer::link(const MD_ATTRIBUTE& address) {
  const auto to = text_of(address);
  const bool within = std::ranges::find(links_open_, true) != links_open_.end();
  const bool written = links_ && !within && !to.empty() && may_link(to);
  links_open_.push_back(written);
  if (written) out_ += fmt::format("<a href=\"{}\" rel=\"noreferrer\">", report::escaped(to));
}

int Writer::enter(MD_SPANTYPE type, void* detail) {
  switch (type) {
    case MD_SPAN_EM:
      out_ += "<em>";
      break;
    case MD_SPAN_STRONG:
      out_ += "<strong>";
      break;
    case MD_SPAN_CODE:
      out_ += "<code>";
      break;
    case MD_SPAN_DEL:
      out_ += "<del>";
      break;
    case MD_SPAN_A:
      link(static_cast<MD_SPAN_A_DETAIL*>(detail)->href);
      break;
    case MD_SPAN_IMG:
      link(static_cast<MD_SPAN_IMG_DETAIL*>(detail)->src);
      out_ += "Picture: ";
      break;
    default:
      break;
  }
  return 0;
}

int Writer::leave(MD_SPANTYPE type, void*) {
  switch (type) {
    case MD_SPAN_EM:
      out_ += "</em>";
      break;
    case MD_SPAN_STRONG:
      out_ += "</strong>";
      break;
    case MD_SPAN_CODE:
      out_ += "</code>";
      break;
    case MD_SPAN_DEL:
      out_ += "</del>";
      break;
    case MD_SPAN_A:
    case MD_SPAN_IMG:
      if (!links_open_.empty() && links_open_.back()) out_ += "</a>";
      if (!links_open_.empty()) links_open_.pop_back();
      break;
    default:
      break;
  }
  return 0;
}

int Writer::text(MD_TEXTTYPE type, std::string_view text) {
  switch (type) {
    case MD_TEXT_NULLCHAR:
      out_ += "\xef\xbf\xbd";
      break;
    case MD_TEXT_BR:
      out_ += only_inline_ ? " " : "<br>\n";
      break;
    case MD_TEXT_SOFTBR:
      out_ += only_inline_ ? ' ' : '\n';
      break;
    case MD_TEXT_ENTITY: {  // md4c says what has the form of one; a browser knows which there are
      const auto plain = of_entity(text);
      if (plain == text)
        out_ += text;
      else
        report::append_escaped(out_, plain);
      break;
    }
    default:
      report::append_escaped(out_, text);
  }
  return 0;
}

bool is_empty(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

// How many quotes and lists a line opens at most.
std::size_t depth_of(std::string_view line) {
  std::size_t depth = 0;
  for (const char c : line) {
    if (c == '>' || c == '-' || c == '*' || c == '+' || c == ')' || c == '.')
      ++depth;
    else if (c != ' ' && c != '\t' && !(c >= '0' && c <= '9'))
      break;
  }
  return depth;
}

// Whether md4c reads it in a time that grows with its length.
bool is_tame(std::string_view markdown) {
  if (markdown.size() > kLongestPiece) return false;
  std::size_t paragraph = 0;
  for (const auto line : text::split(markdown, '\n')) {
    paragraph = is_empty(line) ? 0 : paragraph + line.size() + 1;
    if (paragraph > kLongestParagraph || (depth_of(line) > kDeepest && line.size() > 200)) return false;
  }
  return true;
}

}  // namespace

void Markdown::append_blocks(std::string& out, std::string_view markdown, std::string_view of) {
  if (std::ranges::all_of(markdown, [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }))
    return;
  if (!is_tame(markdown)) {
    out += "<pre class=\"as-written\">";
    report::append_escaped(out, markdown);
    out += "</pre>\n";
    return;
  }
  std::string text(markdown);
  if (!definitions_.empty() && markdown.find('[') != std::string_view::npos) text += "\n\n" + definitions_;
  Writer(out, of, tables_, false, true).run(text);
}

void Markdown::append_inline(std::string& out, std::string_view markdown, bool links) {
  if (!is_tame(markdown)) return report::append_escaped(out, markdown);
  // As a heading, so that "1. Scope" is no list.
  Writer(out, {}, tables_, true, links).run("# " + std::string(markdown));
}

std::string link_definitions(std::string_view markdown) {
  constexpr std::size_t kMost = 64u << 10;
  std::string out;
  for (const auto line : text::split(markdown, '\n')) {
    const auto indent = line.find_first_not_of(' ');
    if (indent == std::string_view::npos || indent > 3 || line[indent] != '[') continue;
    const auto close = line.find("]:", indent);
    if (close == std::string_view::npos || out.size() + line.size() > kMost) continue;
    out.append(line).append("\n");
  }
  return out;
}

}  // namespace ostiary::policy
