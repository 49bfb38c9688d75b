#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/yaml.h"

namespace {

// A tree must hold what its kinds say, and every place must be inside the text.
void check(const ostiary::yaml::Node& node, std::size_t size) {
  using ostiary::yaml::Kind;
  if (node.line == 0 || node.column == 0 || node.line > size + 1) std::abort();
  if (node.kind != Kind::sequence && !node.items.empty()) std::abort();
  if (node.kind != Kind::mapping && !node.members.empty()) std::abort();
  if (node.kind != Kind::scalar && !node.scalar.empty()) std::abort();
  for (const auto& item : node.items) check(item, size);
  for (const auto& member : node.members) {
    if (node.find(member.name) != &member.value) std::abort();  // no name twice
    check(member.value, size);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const ostiary::yaml::Limits limits{.max_bytes = 1 << 16, .max_depth = 16, .max_nodes = 1000};
  const auto root = ostiary::yaml::parse(text, "fuzz", limits);
  if (root) check(*root, size);
  if (!root && root.error().message.empty()) std::abort();
  return 0;
}
