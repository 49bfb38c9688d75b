#include "json/canonical.h"

#include <algorithm>
#include <deque>

#include "json/writer.h"

namespace ostiary::json {

namespace {

struct Member {
  std::string_view name;  // decoded
  Value value;
};

// Orders UTF-8 as its UTF-16 form would be ordered. The two differ in one thing: code points from U+10000,
// whose lead bytes are F0 to F4, are surrogates in UTF-16 and come before U+E000 to U+FFFF, whose lead bytes
// are EE and EF.
bool utf16_less(std::string_view a, std::string_view b) {
  const auto weight = [](char c) {
    const unsigned byte = static_cast<unsigned char>(c);
    return byte == 0xEE || byte == 0xEF ? byte + 0x100 : byte;
  };
  const auto [left, right] = std::ranges::mismatch(a, b);
  if (left == a.end() || right == b.end()) return left == a.end() && right != b.end();
  return weight(*left) < weight(*right);
}

void append_canonical(std::string& out, Value value);

void append_array(std::string& out, Value array) {
  out += '[';
  bool first = true;
  for (const Value element : array) {
    if (!first) out += ',';
    first = false;
    append_canonical(out, element);
  }
  out += ']';
}

void append_object(std::string& out, Value object) {
  std::deque<std::string> decoded;
  std::vector<Member> members;
  for (const Value member : object) {
    const bool escaped = member.node().key_escaped;
    members.push_back(
        {escaped ? std::string_view(decoded.emplace_back(member.key())) : member.key_raw(), member});
  }
  std::ranges::sort(members, utf16_less, &Member::name);
  out += '{';
  bool first = true;
  for (const auto& [name, member] : members) {
    if (!first) out += ',';
    first = false;
    append_string(out, name);
    out += ':';
    append_canonical(out, member);
  }
  out += '}';
}

void append_canonical(std::string& out, Value value) {
  if (!value) return;
  switch (value.node().type) {
    case Type::object:
      append_object(out, value);
      return;
    case Type::array:
      append_array(out, value);
      return;
    case Type::string:
      if (value.node().escaped)
        append_string(out, value.string_or({}));
      else
        out += value.raw();
      return;
    case Type::number:
      if (const auto number = value.as_number())
        append_number(out, *number);
      else
        out += value.raw();
      return;
    case Type::null:
    case Type::boolean:
      out += value.raw();
      return;
  }
}

// Whether a string's escapes leave half of a surrogate pair on its own, which no UTF-8 text can hold.
bool has_half_pair(std::string_view raw) {
  std::string decoded;
  return !append_decoded(decoded, raw);
}

}  // namespace

std::string canonical(Value value) {
  std::string out;
  out.reserve(value.raw().size());
  append_canonical(out, value);
  return out;
}

Result<std::string> canonical(std::string_view text) {
  TRY(const auto document, Document::parse(text));
  const auto refused = [](const char* what, std::uint32_t at) {
    return fail(Code::invalid, std::string(what) + " has no canonical form", "byte " + std::to_string(at));
  };
  for (std::uint32_t i = 0; i < document.nodes().size(); ++i) {
    const Value value(&document, i);
    const Node& node = value.node();
    if (node.key_escaped && has_half_pair(value.key_raw()))
      return refused("half of a surrogate pair", node.key_start);
    if (node.escaped && has_half_pair(value.raw())) return refused("half of a surrogate pair", node.start);
    if (node.type == Type::number && !value.as_number())
      return refused("a number beyond the range of a double", node.start);
  }
  return canonical(document.root());
}

}  // namespace ostiary::json
