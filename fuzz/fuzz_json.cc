#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <simdjson.h>
#include <string>
#include <string_view>

#include "json/canonical.h"
#include "json/document.h"
#include "json/edit.h"

// The walk accepts what simdjson's DOM accepts and finds the same values; a splice changes nothing else; the
// canonical form of the canonical form is itself.
namespace {

using ostiary::Code;
using ostiary::json::append_decoded;
using ostiary::json::Document;
using ostiary::json::Edit;
using ostiary::json::Limits;
using ostiary::json::Type;
using ostiary::json::Value;
namespace dom = simdjson::dom;

void require(bool condition) {
  if (!condition) std::abort();
}

bool is_whole(std::string_view number) {
  return number.find_first_of(".eE") == std::string_view::npos;
}

// What the grammar allows and simdjson does not read: half surrogate pairs, whole numbers over 64 bits,
// numbers that no double holds.
bool beyond_simdjson(Value value) {
  std::string ignored;
  if (!append_decoded(ignored, value.key_raw())) return true;
  if (value.is_string()) return !append_decoded(ignored, value.raw());
  if (!value.is(Type::number)) return false;
  const auto raw = value.raw();
  const auto number = value.as_number();
  if (!number) return true;
  return is_whole(raw) && !value.as_uint() && (raw[0] != '-' || *number < -9.2e18);
}

void require_same(Value ours, dom::element theirs) {
  switch (theirs.type()) {
    case dom::element_type::OBJECT: {
      require(ours.is_object());
      auto member = ours.begin();
      for (const auto [key, value] : theirs.get_object()) {
        require(!(member == ours.end()) && (*member).key() == key);
        require_same(*member, value);
        ++member;
      }
      return require(member == ours.end());
    }
    case dom::element_type::ARRAY: {
      require(ours.is_array());
      auto element = ours.begin();
      for (const auto value : theirs.get_array()) {
        require(!(element == ours.end()));
        require_same(*element, value);
        ++element;
      }
      return require(element == ours.end());
    }
    case dom::element_type::STRING:
      return require(ours.as_string() == theirs.get_string().value());
    case dom::element_type::BOOL:
      return require(ours.as_bool() == theirs.get_bool().value());
    case dom::element_type::NULL_VALUE:
      return require(ours.is_null());
    case dom::element_type::UINT64:
      return require(ours.as_uint() == theirs.get_uint64().value());
    case dom::element_type::INT64:
    case dom::element_type::DOUBLE:
      return require(ours.as_number() == theirs.get_double().value());
  }
}

void check_against_simdjson(std::string_view text) {
  Document document;
  const auto walked =
      Document::parse_into(text, Limits{.max_depth = 2000, .refuse_duplicates = false}, document);
  dom::parser parser;
  const simdjson::padded_string padded(text);
  auto theirs = parser.parse(padded);
  if (walked) {
    bool comparable = theirs.error() != simdjson::DEPTH_ERROR;
    for (std::uint32_t i = 0; i < document.nodes().size(); ++i)
      comparable = comparable && !beyond_simdjson(Value(&document, i));
    if (!comparable) return;
    require(theirs.error() == simdjson::SUCCESS);
    require_same(document.root(), theirs.value());
  } else {
    require(theirs.error() != simdjson::SUCCESS || walked.error().code == Code::too_large ||
            text.starts_with("\xEF\xBB\xBF"));
  }
}

void check_splices(const Document& document, std::uint32_t pick) {
  const std::string_view text = document.text();
  const Value value(&document, pick % static_cast<std::uint32_t>(document.nodes().size()));
  const auto [start, end] = std::pair(value.node().start, value.node().end);

  Edit replacing;
  replacing.replace(value, "[\"new\"]");
  const auto replaced = replacing.apply(text);
  require(replaced &&
          *replaced == std::string(text.substr(0, start)) + "[\"new\"]" + std::string(text.substr(end)));
  require(Document::parse(*replaced, {.max_depth = 129}).has_value());

  Edit removing;
  removing.remove(value);
  const auto removed = removing.apply(text);
  require(removed.has_value());
  const auto without = Document::parse(*removed);
  require(without.has_value());
  require(document.nodes().size() - without->nodes().size() ==
          (value.parent() ? value.node().next - value.index() : 0));

  if (!value.is_object() || value["new"]) return;
  Edit adding;
  adding.set(value, "new", "1");
  const auto added = adding.apply(text);
  require(added.has_value());
  const auto with = Document::parse(*added);
  require(with && with->nodes().size() == document.nodes().size() + 1);
  require(Value(&*with, value.index())["new"].as_uint() == 1);
}

void check_canonical(const Document& document) {
  const std::string once = canonical(document.root());
  const auto again = Document::parse(once);
  require(again && canonical(again->root()) == once);
  require(again->nodes().size() == document.nodes().size());
  const auto strict = ostiary::json::canonical(document.text());
  require(!strict || *strict == once);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_against_simdjson(text);
  const auto document = Document::parse(text);
  if (!document) {
    require(!document.error().message.empty() && document.error().where.starts_with("byte "));
    return 0;
  }
  check_splices(*document, size > 1 ? data[size / 2] * 31U + data[size - 2] : 0U);
  check_canonical(*document);
  return 0;
}
