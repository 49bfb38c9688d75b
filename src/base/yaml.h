#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace ostiary::yaml {

enum class Kind : std::uint8_t { null, scalar, sequence, mapping };

// A value of a YAML 1.2 document (core schema read as text: every scalar keeps its characters; who reads it types it).
// A plain `null`, `~` or nothing is Kind::null; quoted scalars are never null.
struct Node {
  Kind kind = Kind::null;
  bool quoted = false;
  std::string scalar;
  std::vector<Node> items;                              // of a sequence
  std::vector<std::pair<std::string, Node>> members;    // of a mapping, in the file's order
  std::vector<std::uint32_t> member_lines;              // the line of each member's name
  std::uint32_t line = 0, column = 0;                   // from 1, where the value starts

  const Node* find(std::string_view name) const;
};

struct Limits {
  std::size_t max_bytes = 16u << 20;
  std::uint32_t max_depth = 64;
  std::uint32_t max_nodes = 1'000'000;
};

// Reads one document. Refused, each with "file:line:column" in Error::where: more than one document, anchors, aliases,
// tags, merge keys, duplicate names, names that are not scalars, input that is not UTF-8, and anything over a limit.
Result<Node> parse(std::string_view text, std::string_view file, const Limits& limits = {});

// "file:line:column" of a node.
std::string place(std::string_view file, const Node& node);

}  // namespace ostiary::yaml
