#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ostiary::yaml {

enum class Kind : std::uint8_t { null, scalar, sequence, mapping };

struct Member;

// A value of a YAML 1.2 document (core schema read as text: every scalar keeps its characters; who reads it
// types it). A plain `null`, `~` or nothing is Kind::null; quoted scalars are never null.
struct Node {
  Kind kind = Kind::null;
  bool quoted = false;
  std::string scalar;
  std::vector<Node> items;             // of a sequence
  std::vector<Member> members;         // of a mapping, in the file's order
  std::uint32_t line = 0, column = 0;  // from 1, where the value starts; columns in code points

  const Node* find(std::string_view name) const;  // a mapping's value; nullptr: not there
};

// A name of a mapping, where it stands, and its value.
struct Member {
  std::string name;
  std::uint32_t line = 0, column = 0;
  Node value;
};

struct Limits {
  std::size_t max_bytes = 16u << 20;
  std::uint32_t max_depth = 64;
  std::uint32_t max_nodes = 1'000'000;
};

// Reads one document. Refused, each with "file:line:column" in Error::where: more than one document, anchors,
// aliases, tags, merge keys, duplicate names, names that are not scalars, input that is not UTF-8, and
// anything over a limit.
Result<Node> parse(std::string_view text, std::string_view file, const Limits& limits = {});

// "file:line:column" of a node, or of a member's name.
std::string place(std::string_view file, const Node& node);
std::string place(std::string_view file, const Member& member);

}  // namespace ostiary::yaml
