#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "policy/diff.h"
#include "policy/render.h"

using namespace ostiary;

namespace {

constexpr std::string_view kFront = "---\ntitle: t\nversion: \"1\"\n---\n";

// No tag but those that the page writes itself, no attribute that runs something, no address that may not be
// linked to.
void check_page(std::string_view page) {
  for (const std::string_view never :
       {"<script", "<img", "<iframe", "<object", "<svg", "<form", "<input", "<base", "href=\"javascript",
        "href=\"data:text", " style=\"", "href=\"vbscript"})
    if (page.find(never) != std::string_view::npos) std::abort();
  if (page.find('\0') != std::string_view::npos || !page.ends_with("</html>\n")) std::abort();
}

}  // namespace

// A page of any document that is usable, and of any Markdown behind a front matter, is a page and holds
// nothing that runs; a document differs from itself in nothing.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view given(reinterpret_cast<const char*>(data), size);
  const policy::Limits limits{
      .max_bytes = 1 << 16, .max_rules = 20, .max_cases = 20, .max_values = 200, .max_depth = 8};
  for (const auto& text : {std::string(given), std::string(kFront).append(given)}) {
    auto read = policy::read_document(text, limits);
    if (!read.usable()) continue;
    const policy::Policy compiled(std::move(read.document));
    check_page(policy::render(text, compiled));
    if (!policy::diff(compiled, compiled).same()) std::abort();
    const policy::Policy none(policy::read_document(kFront).document);
    policy::diff(none, compiled);
  }
  return 0;
}
