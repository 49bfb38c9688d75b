#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ostiary::policy {

// Markdown (CommonMark with GitHub's tables, struck text and task lists) to HTML. HTML in it is text; links
// go only where may_link says, pictures become links; headings become bold paragraphs, as the page has
// its own.
class Markdown {
 public:
  // `definitions`: lines "[name]: address" that each piece may refer to.
  explicit Markdown(std::string definitions) : definitions_(std::move(definitions)) {}

  // Blocks. `of` names the section, for captions of tables; they are numbered through all pieces.
  void append_blocks(std::string& out, std::string_view markdown, std::string_view of);
  // A heading's words, without a paragraph around them; `links`: with its links.
  void append_inline(std::string& out, std::string_view markdown, bool links);

 private:
  std::string definitions_;
  std::size_t tables_ = 0;
};

// Lines that define where links lead, for the pieces that a text is cut into: at most 64 KiB of them.
std::string link_definitions(std::string_view markdown);

}  // namespace ostiary::policy
