// Tags that declare a licence in a source file.

#include <algorithm>
#include <array>

#include "base/text.h"
#include "license/expression.h"
#include "license/impl/mentions.h"

namespace ostiary::license {

namespace {

constexpr std::string_view kTag = "SPDX-License-Identifier:";
constexpr std::array<std::string_view, 9> kClosers = {"*/",   "-->", "*)", "#}", "%}",
                                                      "--%>", "\"",  "'",  "\\n"};

// Where an expression ends that is followed by the end of a comment or a string.
std::string_view without_closer(std::string_view line) {
  for (const auto closer : kClosers) line = line.substr(0, std::min(line.find(closer), line.size()));
  return text::trim(line);
}

}  // namespace

std::vector<FoundLicense> tags_in(std::string_view text) {
  std::vector<FoundLicense> out;
  for (auto at = text.find(kTag); at != std::string_view::npos && out.size() < 4096;
       at = text.find(kTag, at)) {
    at += kTag.size();
    const auto line =
        text.substr(at, std::min(text.find_first_of("\r\n", at), text.size()) - at).substr(0, 4096);
    const auto value = without_closer(line);
    const auto parsed = parse_expression(value, {.unlisted = true});
    if (value.empty() || !parsed) continue;
    const auto start = static_cast<std::size_t>(value.data() - text.data());
    out.push_back(
        {.expression = parsed->text(), .start = start, .end = start + value.size(), .method = Method::tag});
  }
  return out;
}

}  // namespace ostiary::license
