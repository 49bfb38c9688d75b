#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "json/document.h"
#include "watch/forge.h"

// Whatever JSON a sender signs: the readers of deliveries answer or refuse, what they answer with may be
// shown and kept, and the same text gives the same answer.
namespace {

using ostiary::watch::ForgeEvent;
using ostiary::watch::ForgeRules;

void require(bool condition) {
  if (!condition) std::abort();
}

void check(const ostiary::Result<std::optional<ForgeEvent>>& read, std::size_t size) {
  if (!read || !*read) return;
  const auto& event = **read;
  require(event.link.size() <= ostiary::watch::kLongestLink && event.link.starts_with("http"));
  require(event.link.find_first_of("\r\n\x1b \"<>") == std::string::npos);
  require(!event.asker.empty() && event.asker.size() <= ostiary::watch::kLongestAsker);
  require(event.question.text.size() + event.note.size() <= 2 * size + 8);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto document = ostiary::json::Document::parse(text, {.max_depth = 32, .max_values = 100'000});
  if (!document) return 0;
  for (const auto& rules : {ForgeRules{}, ForgeRules{.label = "ai", .title_prefix = "AI:"}}) {
    check(read_github("issues", document->root(), rules), size);
    check(read_github("issue_comment", document->root(), rules), size);
    check(read_gitlab(document->root(), rules), size);
  }
  check(ostiary::watch::read_generic(document->root()), size);
  return 0;
}
