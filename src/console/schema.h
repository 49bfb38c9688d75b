#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json/document.h"
#include "json/writer.h"

namespace ostiary::console {

// Which characters a text may have: what the document says of them, and the check that means the same.
struct Chars {
  std::string_view pattern;  // one character, as a regular expression (ECMA-262)
  bool (*holds)(char32_t);
};
extern const Chars kPrintable;  // no control characters
extern const Chars kBase62;     // digits and letters
extern const Chars kWord;       // digits, letters, - and _

// What is wrong with a value, and where: a JSON Pointer from the value.
struct Wrong {
  std::string pointer, message;
};

struct Member;

// What a JSON value may be: the part of JSON Schema 2020-12 that the API needs, as a value that checks what
// comes in and writes itself into openapi.json. Members of objects that are not named are refused.
struct Schema {
  enum class Kind : std::uint8_t { any, boolean, integer, number, string, array, object };
  enum class Format : std::uint8_t { none, uuid, time };

  Kind kind = Kind::any;
  bool nullable = false;
  std::string component;  // of a schema with a name: it stands once in the document
  std::string doc;
  Format format = Format::none;
  const Chars* chars = nullptr;  // null: any
  std::size_t shortest = 0;      // characters of a string, items of an array
  std::optional<std::size_t> longest;
  std::string prefix;              // of a string, ahead of `chars`
  std::vector<std::string> words;  // a string is one of them
  std::optional<std::int64_t> least, most;
  std::vector<Schema> items;    // of an array: one
  std::vector<Member> members;  // of an object
  std::vector<Schema> others;   // of an object whose members have names of the caller's: one
  std::vector<Schema> ways;     // one of these instead: all that stands above is then of no account
  bool open = false;            // an object that may hold what is not described

  std::optional<Wrong> check(json::Value value) const;
  // Of a text alone, such as a parameter; numbers and booleans are read from it.
  std::optional<std::string> check_text(std::string_view text) const;
  void write(json::Writer& w) const;        // where it has a name, the name
  void write_rules(json::Writer& w) const;  // its rules in any case

  Schema or_null() const;
  Schema said(std::string_view text) const;  // with another `doc`
};

struct Member {
  std::string name;
  Schema schema;
  bool required = true;
};

Schema any(std::string_view doc);
Schema boolean(std::string_view doc);
Schema integer(std::string_view doc, std::int64_t least = 0, std::optional<std::int64_t> most = std::nullopt);
Schema number(std::string_view doc);
Schema string(std::string_view doc);
Schema name_text(std::string_view doc);  // 1 to 200 characters without controls: teams, users
Schema token(std::string_view doc, const Chars& chars, std::size_t shortest, std::size_t longest);
Schema word_of(std::initializer_list<std::string_view> words, std::string_view doc);
Schema uuid(std::string_view doc);
Schema time(std::string_view doc);
Schema array_of(Schema items, std::string_view doc);
Schema map_of(Schema values, std::string_view doc);
Schema object(std::string_view component, std::vector<Member> members);  // no component: it stands inline
Schema object_open(std::string_view doc);                                // of any members
Schema one_of(std::string_view component, std::vector<Schema> ways);
Member optional(std::string_view name, Schema schema);

// RFC 3339 with any offset, as milliseconds since 1970.
std::optional<std::int64_t> parse_time(std::string_view text);

}  // namespace ostiary::console
