#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "license/expression.h"

// What can be read is printed, and reads again to the same text and the same licences.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ostiary::license;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto& rules :
       {ExpressionRules{}, ExpressionRules{.unlisted = true, .loose = true, .modern = false}}) {
    const auto read = parse_expression(text, rules);
    if (!read) {
      if (read.error().message.empty() || read.error().where.empty()) std::abort();
      continue;
    }
    const auto printed = read->text();
    const auto again = parse_expression(printed, rules);
    if (!again || again->text() != printed || again->leaves.size() != read->leaves.size()) std::abort();
    for (const auto& leaf : read->leaves)
      if (leaf.start >= leaf.end || leaf.end > size) std::abort();
  }
  if (const auto id = spdx_of_debian(text); id && !parse_expression(*id)) std::abort();
  return 0;
}
