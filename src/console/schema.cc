#include "console/schema.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/id.h"
#include "base/text.h"
#include "base/time.h"

namespace ostiary::console {

const Chars kPrintable = {R"([^\u0000-\u001f\u007f-\u009f])",
                          [](char32_t c) { return c >= 0x20 && !(c >= 0x7f && c <= 0x9f); }};
const Chars kBase62 = {"[0-9A-Za-z]", [](char32_t c) {
                         return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
                       }};
const Chars kWord = {"[0-9A-Za-z_-]", [](char32_t c) { return kBase62.holds(c) || c == '_' || c == '-'; }};

namespace {

using Kind = Schema::Kind;

// The characters of valid UTF-8.
template <class Take>
std::size_t each_character(std::string_view s, Take take) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < s.size(); ++count) {
    const auto first = static_cast<unsigned char>(s[i]);
    const std::size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    char32_t c = length == 1 ? first : first & (0x7fu >> length);
    for (std::size_t k = 1; k < length && i + k < s.size(); ++k)
      c = (c << 6) | (static_cast<unsigned char>(s[i + k]) & 0x3fu);
    take(c);
    i += length;
  }
  return count;
}

std::string escaped_pointer(std::string_view name) {
  std::string out = "/";
  for (const char c : name) {
    if (c == '~')
      out += "~0";
    else if (c == '/')
      out += "~1";
    else
      out += c;
  }
  return out;
}

std::string_view type_of(Kind kind) {
  switch (kind) {
    case Kind::boolean:
      return "boolean";
    case Kind::integer:
      return "integer";
    case Kind::number:
      return "number";
    case Kind::string:
      return "string";
    case Kind::array:
      return "array";
    case Kind::object:
      return "object";
    case Kind::any:
      break;
  }
  return "";
}

std::string a(Kind kind) {
  const auto type = type_of(kind);
  const bool vowel = kind == Kind::integer || kind == Kind::array || kind == Kind::object;
  return fmt::format("{} {}", vowel ? "an" : "a", type);
}

std::string bounds(const Schema& schema) {
  if (schema.most) return fmt::format("from {} to {}", *schema.least, *schema.most);
  return fmt::format("of at least {}", schema.least.value_or(0));
}

std::optional<std::string> check_integer(const Schema& schema, std::int64_t value) {
  const bool fits = (!schema.least || value >= *schema.least) && (!schema.most || value <= *schema.most);
  if (fits) return std::nullopt;
  return fmt::format("must be a whole number {}", bounds(schema));
}

std::optional<std::string> check_number(const Schema& schema, double value) {
  const bool fits = (!schema.least || value >= static_cast<double>(*schema.least)) &&
                    (!schema.most || value <= static_cast<double>(*schema.most));
  if (fits) return std::nullopt;
  return fmt::format("must be a number {}", bounds(schema));
}

std::optional<std::string> check_string(const Schema& schema, std::string_view value) {
  if (!schema.words.empty()) {
    if (std::ranges::find(schema.words, value) != schema.words.end()) return std::nullopt;
    return fmt::format("must be one of {}", fmt::join(schema.words, ", "));
  }
  if (schema.format == Schema::Format::uuid)
    return Id::parse(value) ? std::nullopt : std::optional<std::string>("must be a UUID");
  if (schema.format == Schema::Format::time)
    return parse_time(value) ? std::nullopt
                             : std::optional<std::string>("must be a time such as 2026-11-23T08:00:00Z");
  if (!value.starts_with(schema.prefix)) return fmt::format("must begin with {}", schema.prefix);
  bool known = true;
  const auto count = each_character(value.substr(schema.prefix.size()), [&](char32_t c) {
    if (schema.chars && !schema.chars->holds(c)) known = false;
  });
  if (!known) return fmt::format("may hold nothing but {}", schema.chars->pattern);
  if (count < schema.shortest || (schema.longest && count > *schema.longest))
    return schema.longest ? fmt::format("must be {} to {} characters long", schema.shortest, *schema.longest)
                          : fmt::format("must be at least {} characters long", schema.shortest);
  return std::nullopt;
}

// A whole number in any form that JSON has for it: 1.0 is one (JSON Schema).
std::optional<std::int64_t> whole(json::Value value) {
  std::int64_t number = 0;
  const auto raw = value.raw();
  if (const auto [end, wrong] = std::from_chars(raw.data(), raw.data() + raw.size(), number);
      wrong == std::errc() && end == raw.data() + raw.size())
    return number;
  const auto real = value.as_number();
  if (!real || *real < -9e15 || *real > 9e15) return std::nullopt;
  number = static_cast<std::int64_t>(*real);
  return static_cast<double>(number) == *real ? std::optional(number) : std::nullopt;
}

std::optional<Wrong> below(std::string_view step, std::optional<Wrong> wrong) {
  if (wrong) wrong->pointer.insert(0, step);
  return wrong;
}

std::optional<Wrong> check_object(const Schema& schema, json::Value value) {
  for (const auto member : value) {
    const auto name = member.key();
    const auto known = std::ranges::find(schema.members, name, &Member::name);
    const auto step = escaped_pointer(name);
    if (known != schema.members.end()) {
      if (auto wrong = below(step, known->schema.check(member))) return wrong;
    } else if (!schema.others.empty()) {
      if (auto wrong = below(step, schema.others.front().check(member))) return wrong;
    } else if (!schema.open) {
      std::vector<std::string_view> names;
      for (const auto& one : schema.members) names.push_back(one.name);
      return Wrong{"", fmt::format("a member is not known here; known: {}", fmt::join(names, ", "))};
    }
  }
  for (const auto& member : schema.members)
    if (member.required && !value[member.name]) return Wrong{"", fmt::format("'{}' is missing", member.name)};
  return std::nullopt;
}

std::optional<Wrong> check_array(const Schema& schema, json::Value value) {
  std::size_t count = 0;
  for (const auto item : value) {
    if (schema.longest && count >= *schema.longest)
      return Wrong{"", fmt::format("may hold at most {} items", *schema.longest)};
    const auto step = fmt::format("/{}", count++);
    if (auto wrong = below(step, schema.items.front().check(item))) return wrong;
  }
  if (count < schema.shortest) return Wrong{"", fmt::format("needs at least {} items", schema.shortest)};
  return std::nullopt;
}

std::string pattern_of(const Schema& schema) {
  const auto most = schema.longest ? std::to_string(*schema.longest) : "";
  return fmt::format("^{}{}{{{},{}}}$", schema.prefix, schema.chars->pattern, schema.shortest, most);
}

void write_string_rules(const Schema& schema, json::Writer& w) {
  if (!schema.words.empty()) {
    w.key("enum");
    w.begin_array();
    for (const auto& word : schema.words) w.string(word);
    if (schema.nullable) w.null();
    w.end_array();
    return;
  }
  if (schema.format == Schema::Format::uuid) w.member("format", "uuid");
  if (schema.format == Schema::Format::time) w.member("format", "date-time");
  const auto lead = schema.prefix.size();
  if (schema.longest) w.member("maxLength", std::uint64_t{*schema.longest + lead});
  if (schema.shortest + lead) w.member("minLength", std::uint64_t{schema.shortest + lead});
  if (schema.chars) w.member("pattern", pattern_of(schema));
}

void write_object_rules(const Schema& schema, json::Writer& w) {
  w.key("additionalProperties");
  if (schema.others.empty())
    w.boolean(schema.open);
  else
    schema.others.front().write(w);
  if (schema.members.empty()) return;
  w.key("properties");
  w.begin_object();
  for (const auto& member : schema.members) {
    w.key(member.name);
    member.schema.write(w);
  }
  w.end_object();
  if (std::ranges::none_of(schema.members, &Member::required)) return;
  w.key("required");
  w.begin_array();
  for (const auto& member : schema.members)
    if (member.required) w.string(member.name);
  w.end_array();
}

Schema of_kind(Kind kind, std::string_view doc) {
  Schema schema;
  schema.kind = kind;
  schema.doc = doc;
  return schema;
}

}  // namespace

std::optional<std::string> Schema::check_text(std::string_view given) const {
  if (kind == Kind::string) return check_string(*this, given);
  if (kind == Kind::boolean) {
    if (given == "true" || given == "false") return std::nullopt;
    return "must be true or false";
  }
  std::int64_t value = 0;
  const auto [end, wrong] = std::from_chars(given.data(), given.data() + given.size(), value);
  if (wrong != std::errc() || end != given.data() + given.size())
    return fmt::format("must be a whole number {}", bounds(*this));
  return check_integer(*this, value);
}

namespace {
// Where no way fits, what is wrong with the one that most is said of: that whose first member is there.
std::optional<Wrong> check_ways(const std::vector<Schema>& ways, json::Value value) {
  std::optional<Wrong> nearest;
  for (const auto& way : ways) {
    auto wrong = way.check(value);
    if (!wrong) return std::nullopt;
    const bool meant = !way.members.empty() && value[way.members.front().name];
    if (!nearest || meant) nearest = std::move(wrong);
  }
  return nearest;
}
}  // namespace

std::optional<Wrong> Schema::check(json::Value value) const {
  if (!ways.empty()) return check_ways(ways, value);
  if (kind == Kind::any || (nullable && value.is_null())) return std::nullopt;
  const auto told = [](std::optional<std::string> message) {
    return message ? std::optional(Wrong{"", std::move(*message)}) : std::nullopt;
  };
  switch (kind) {
    case Kind::boolean:
      if (value.as_bool()) return std::nullopt;
      break;
    case Kind::integer:
      if (!value.is(json::Type::number)) break;
      if (const auto number = whole(value)) return told(check_integer(*this, *number));
      return Wrong{"", fmt::format("must be a whole number {}", bounds(*this))};
    case Kind::number:
      if (const auto number = value.as_number()) return told(check_number(*this, *number));
      break;
    case Kind::string:
      if (const auto string = value.as_string()) return told(check_string(*this, *string));
      break;
    case Kind::array:
      if (value.is_array()) return check_array(*this, value);
      break;
    case Kind::object:
      if (value.is_object()) return check_object(*this, value);
      break;
    case Kind::any:
      break;
  }
  return Wrong{"", fmt::format("must be {}{}", a(kind), nullable ? " or null" : "")};
}

void Schema::write(json::Writer& w) const {
  if (component.empty()) return write_rules(w);
  const auto refer = [&] {
    w.begin_object();
    w.member("$ref", "#/components/schemas/" + component);
    w.end_object();
  };
  if (!nullable) return refer();
  w.begin_object();
  w.key("anyOf");
  w.begin_array();
  refer();
  w.begin_object();
  w.member("type", "null");
  w.end_object();
  w.end_array();
  w.end_object();
}

void Schema::write_rules(json::Writer& w) const {
  w.begin_object();
  if (!ways.empty()) {
    w.key("anyOf");
    w.begin_array();
    for (const auto& way : ways) way.write(w);
    w.end_array();
  }
  if (kind == Kind::array) {
    w.key("items");
    items.front().write(w);
    if (longest) w.member("maxItems", std::uint64_t{*longest});
    if (shortest) w.member("minItems", std::uint64_t{shortest});
  }
  if (kind == Kind::object) write_object_rules(*this, w);
  if (kind == Kind::string) write_string_rules(*this, w);
  if (least) w.member("minimum", *least);
  if (most) w.member("maximum", *most);
  if (!doc.empty()) w.member("description", doc);
  if (const auto type = type_of(kind); !type.empty()) {
    w.key("type");
    if (nullable) {
      w.begin_array();
      w.string(type);
      w.string("null");
      w.end_array();
    } else {
      w.string(type);
    }
  }
  w.end_object();
}

Schema Schema::or_null() const {
  auto schema = *this;
  schema.nullable = true;
  return schema;
}

Schema Schema::said(std::string_view words_of_it) const {
  auto schema = *this;
  schema.doc = words_of_it;
  return schema;
}

Schema any(std::string_view doc) {
  return of_kind(Kind::any, doc);
}
Schema boolean(std::string_view doc) {
  return of_kind(Kind::boolean, doc);
}
Schema number(std::string_view doc) {
  return of_kind(Kind::number, doc);
}
Schema string(std::string_view doc) {
  return of_kind(Kind::string, doc);
}

Schema integer(std::string_view doc, std::int64_t least, std::optional<std::int64_t> most) {
  auto schema = of_kind(Kind::integer, doc);
  schema.least = least;
  schema.most = most;
  return schema;
}

Schema token(std::string_view doc, const Chars& chars, std::size_t shortest, std::size_t longest) {
  auto schema = string(doc);
  schema.chars = &chars;
  schema.shortest = shortest;
  schema.longest = longest;
  return schema;
}

Schema name_text(std::string_view doc) {
  return token(doc, kPrintable, 1, 200);
}

Schema word_of(std::initializer_list<std::string_view> words, std::string_view doc) {
  auto schema = string(doc);
  for (const auto word : words) schema.words.emplace_back(word);
  return schema;
}

Schema uuid(std::string_view doc) {
  auto schema = string(doc);
  schema.format = Schema::Format::uuid;
  return schema;
}

Schema time(std::string_view doc) {
  auto schema = string(doc);
  schema.format = Schema::Format::time;
  return schema;
}

Schema array_of(Schema items, std::string_view doc) {
  auto schema = of_kind(Kind::array, doc);
  schema.items.push_back(std::move(items));
  return schema;
}

Schema map_of(Schema values, std::string_view doc) {
  auto schema = of_kind(Kind::object, doc);
  schema.others.push_back(std::move(values));
  return schema;
}

Schema object(std::string_view component, std::vector<Member> members) {
  auto schema = of_kind(Kind::object, "");
  schema.component = component;
  schema.members = std::move(members);
  return schema;
}

Schema object_open(std::string_view doc) {
  auto schema = of_kind(Kind::object, doc);
  schema.open = true;
  return schema;
}

Schema one_of(std::string_view component, std::vector<Schema> ways) {
  Schema schema;
  schema.component = component;
  schema.ways = std::move(ways);
  return schema;
}

Member optional(std::string_view name, Schema schema) {
  return {std::string(name), std::move(schema), false};
}

std::optional<std::int64_t> parse_time(std::string_view given) {
  std::string s(given);
  std::int64_t offset = 0;
  if (s.size() > 10 && (s[10] == 't' || s[10] == ' ')) s[10] = 'T';
  if (s.ends_with('z')) s.back() = 'Z';
  const auto sign = s.size() >= 25 ? s.size() - 6 : 0;
  if (sign && (s[sign] == '+' || s[sign] == '-') && s[sign + 3] == ':') {
    const auto hours = text::parse_uint(std::string_view(s).substr(sign + 1, 2)),
               minutes = text::parse_uint(std::string_view(s).substr(sign + 4, 2));
    if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
    offset = static_cast<std::int64_t>(*hours * 60 + *minutes) * 60'000;
    if (s[sign] == '-') offset = -offset;
    s.replace(sign, std::string::npos, "Z");
  }
  // Digits behind the nanosecond tell nothing.
  constexpr std::size_t dot = 19, most_fraction = 9;
  if (s.size() > dot + most_fraction + 2 && s[dot] == '.') {
    const auto end = s.find_first_not_of("0123456789", dot + 1);
    if (end == s.size() - 1) s.erase(dot + 1 + most_fraction, s.size() - dot - most_fraction - 2);
  }
  const auto utc = parse_rfc3339(s);
  return utc ? std::optional(*utc - offset) : std::nullopt;
}

}  // namespace ostiary::console
