#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/document.h"

namespace ostiary::policy {

// A fenced block whose info string begins with "policy".
struct Fence {
  std::string kind;                // "policy", "policy-data", …
  std::string content;             // without the blanks that the fence is indented by
  std::string clause;              // anchor of the heading above
  std::uint32_t line = 0;          // of the content's first line
  std::uint32_t indent = 0;        // blanks taken off
  Place place;                     // of the fence
  std::size_t begin = 0, end = 0;  // bytes of the text, from the opening line to behind the closing one
};

// A link to an anchor of the same page.
struct AnchorLink {
  std::string anchor;
  Place place;
};

// What of a Markdown text (CommonMark 0.31, headings and fenced code) the policy needs.
struct Outline {
  std::string_view front;  // between the lines "---" at the top; its first line is line 2
  bool has_front = false;
  std::vector<Heading> headings;
  std::vector<Fence> fences;
  std::vector<AnchorLink> links;
};

// Linear in the text. Byte ranges are of `text`.
Outline outline_of(std::string_view text, Findings& findings);

// Heading::digest of a clause.
std::string clause_digest(std::string_view clause);

// The anchor that GitHub gives a heading, without the number of duplicates: small letters, letters, digits,
// '-' and '_' kept, blanks as '-'.
std::string slug(std::string_view title);

}  // namespace ostiary::policy
