#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ostiary::json {

enum class Type : std::uint8_t { null, boolean, number, string, array, object };

struct Limits {
  std::uint32_t max_depth = 128;         // arrays and objects within one another
  std::uint32_t max_values = 4'000'000;  // values in the whole document
  bool refuse_duplicates = true;         // the same member name twice in an object, escapes decoded
};

// One value, in document order. Offsets are bytes of the source text, half open; a string's include its
// quotes.
struct Node {
  std::uint32_t start = 0, end = 0;
  std::uint32_t key_start = 0, key_end = 0;  // of the member's name with quotes; both 0 where there is none
  std::uint32_t next = 0;                    // index of the first node after this value's subtree
  std::uint32_t parent = 0;                  // index; the root is its own parent
  Type type = Type::null;
  bool escaped = false;      // the string holds a backslash
  bool key_escaped = false;  // the name holds a backslash
};

class Value;

// A text that has been validated as one JSON value (RFC 8259) down to its last byte: UTF-8 (RFC 3629),
// grammar of every number, string and escape, depth, duplicate names. It keeps offsets and refers to the
// text, which must outlive it and stay where it is. The validating walk runs once; every question afterwards
// costs no parsing.
//
// Errors of parse(): `invalid` with where = "byte N" (N counts from 0) and a message such as "a value ends
// early"; `too_large` for depth and number of values; texts of 4 GiB and more are `too_large`.
//
// A Document may be read by several threads at once. Values point to it: it must not move while they are in
// use.
class Document {
 public:
  static Result<Document> parse(std::string_view text, const Limits& limits = {});
  // The same, using the node storage of `reuse` (no allocation on the gate's path). After an error `reuse` is
  // empty.
  static Result<> parse_into(std::string_view text, const Limits& limits, Document& reuse);

  // Forgets the text, and the node storage too where it has grown beyond what ordinary requests need.
  void clear();

  Value root() const;  // an empty Value where nothing was parsed
  std::string_view text() const { return text_; }
  const std::vector<Node>& nodes() const { return nodes_; }

 private:
  friend class Value;
  std::string_view text_;
  std::vector<Node> nodes_;
};

// A position in a Document; two words, copied freely. An empty Value (a member that is not there) answers
// every question with nothing, so that lookups chain: doc.root()["usage"]["prompt_tokens"].as_uint().
class Value {
 public:
  Value() = default;
  Value(const Document* document, std::uint32_t index) : document_(document), index_(index) {}
  explicit operator bool() const { return document_ != nullptr; }
  const Node& node() const { return document_->nodes_[index_]; }
  std::uint32_t index() const { return index_; }

  bool is(Type type) const { return document_ && node().type == type; }
  bool is_null() const { return is(Type::null); }
  bool is_object() const { return is(Type::object); }
  bool is_array() const { return is(Type::array); }
  bool is_string() const { return is(Type::string); }

  std::string_view raw() const;                  // the value's bytes, quotes included
  std::string_view key_raw() const;              // the member's name between its quotes, undecoded
  std::string key() const;                       // decoded
  std::optional<std::string> as_string() const;  // decoded; nothing when not a string
  // The same without a copy where the string holds no escape; otherwise it is decoded into `scratch`.
  std::optional<std::string_view> as_string(std::string& scratch) const;
  std::optional<bool> as_bool() const;
  std::optional<std::uint64_t> as_uint() const;  // whole, not negative, fits; no fraction, no exponent
  std::optional<double> as_number() const;       // nothing beyond the range of a double
  std::string string_or(std::string_view otherwise) const;

  Value operator[](std::string_view name) const;  // member of an object; escaped names are decoded to compare
  Value at(std::size_t i) const;                  // element of an array; walks over those before it
  std::size_t size() const;                       // members or elements; walks over them
  Value parent() const;                           // the container it stands in; empty for the root
  std::string pointer() const;                    // RFC 6901, from the root

  // for (Value child : value)  members of an object or elements of an array, in order.
  class Iterator {
   public:
    Iterator(const Document* d, std::uint32_t i) : document_(d), index_(i) {}
    Value operator*() const { return {document_, index_}; }
    Iterator& operator++();
    bool operator==(const Iterator& other) const { return index_ == other.index_; }

   private:
    const Document* document_;
    std::uint32_t index_;
  };
  Iterator begin() const;
  Iterator end() const;

 private:
  const Document* document_ = nullptr;
  std::uint32_t index_ = 0;
};

// Decodes what stands between the quotes of a valid JSON string. Lone surrogates become U+FFFD; the second
// form appends, and returns false where there was one.
std::string decode_string(std::string_view between_quotes);
bool append_decoded(std::string& out, std::string_view between_quotes);

}  // namespace ostiary::json
