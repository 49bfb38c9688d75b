#include "catalog/compiler/schema.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <optional>
#include <regex>

#include "base/text.h"

namespace ostiary::catalog {

namespace {

using yaml::Kind;
using yaml::Node;

constexpr std::array<std::string_view, 8> kTypes = {"text",    "url",       "date", "count",
                                                    "boolean", "reference", "list", "mapping"};

// Reads the members of schema nodes and keeps what is wrong.
class SchemaReader {
 public:
  SchemaReader(std::string_view file, std::vector<Error>& problems) : file_(file), problems_(problems) {}

  Field field(std::string_view name, const Node& node);
  std::vector<Field> fields(const Node& node);
  void known_members(const Node& node, const std::vector<std::string>& known);
  std::string text(const Node& node, std::string_view name, bool required);
  void problem(const Node& node, std::string message) {
    problems_.push_back({Code::invalid, std::move(message), yaml::place(file_, node)});
  }

 private:
  bool flag(const Node& node, std::string_view name);
  std::optional<std::uint64_t> count(const Node& node, std::string_view name);
  std::vector<std::string> words(const Node& node, std::string_view name);
  void type(Field& field, const Node& node);

  std::string_view file_;
  std::vector<Error>& problems_;
};

void SchemaReader::known_members(const Node& node, const std::vector<std::string>& known) {
  for (const auto& member : node.members)
    if (std::ranges::find(known, member.name) == known.end())
      problems_.push_back(
          {Code::invalid,
           fmt::format("unknown word '{}' in a schema{}", member.name, suggestion(member.name, known)),
           yaml::place(file_, member)});
}

std::string SchemaReader::text(const Node& node, std::string_view name, bool required) {
  const auto* value = node.find(name);
  if (value && value->kind == Kind::scalar) return value->scalar;
  if (value) problem(*value, fmt::format("'{}' must be text", name));
  if (!value && required) problem(node, fmt::format("'{}' is missing", name));
  return {};
}

bool SchemaReader::flag(const Node& node, std::string_view name) {
  const auto word = text(node, name, false);
  if (!word.empty() && word != "true" && word != "false")
    problem(*node.find(name), fmt::format("'{}' must be true or false", name));
  return word == "true";
}

std::optional<std::uint64_t> SchemaReader::count(const Node& node, std::string_view name) {
  const auto word = text(node, name, false);
  if (word.empty()) return std::nullopt;
  const auto number = text::parse_uint(word);
  if (!number) problem(*node.find(name), fmt::format("'{}' must be a whole number", name));
  return number;
}

std::vector<std::string> SchemaReader::words(const Node& node, std::string_view name) {
  const auto* list = node.find(name);
  std::vector<std::string> out;
  if (list && list->kind != Kind::sequence) problem(*list, fmt::format("'{}' must be a list", name));
  if (list)
    for (const auto& item : list->items) out.push_back(item.scalar);
  return out;
}

void SchemaReader::type(Field& field, const Node& node) {
  const auto word = text(node, "type", true);
  const auto found = std::ranges::find(kTypes, word);
  if (found != kTypes.end()) {
    field.type = static_cast<Field::Type>(found - kTypes.begin());
  } else if (!word.empty()) {
    problem(*node.find("type"),
            fmt::format("unknown type '{}'{}", word, suggestion(word, {kTypes.begin(), kTypes.end()})));
  }
}

Field SchemaReader::field(std::string_view name, const Node& node) {
  Field out;
  out.name = name;
  if (node.kind != Kind::mapping) {
    problem(node, fmt::format("the field '{}' must be a mapping such as {{type: text, doc: …}}", name));
    return out;
  }
  known_members(node,
                {"type", "required", "pattern", "one_of", "min", "max", "kind", "items", "fields", "doc"});
  type(out, node);
  out.required = flag(node, "required");
  out.pattern = text(node, "pattern", false);
  out.one_of = words(node, "one_of");
  out.min = count(node, "min").value_or(out.min);
  out.max = count(node, "max").value_or(out.max);
  out.kind = text(node, "kind", out.type == Field::Type::reference);
  out.doc = text(node, "doc", name != "items");
  try {
    const std::regex compiled(out.pattern);
  } catch (const std::regex_error& error) {
    problem(*node.find("pattern"), fmt::format("not a regular expression: {}", error.what()));
    out.pattern.clear();
  }
  if (out.type == Field::Type::list) {
    const auto* items = node.find("items");
    out.inner.push_back(items ? field("items", *items) : Field{});
    if (!items) problem(node, "a list needs 'items': what each of them is");
  }
  if (out.type == Field::Type::mapping) out.inner = fields(node);
  return out;
}

std::vector<Field> SchemaReader::fields(const Node& node) {
  std::vector<Field> out;
  const auto* all = node.find("fields");
  if (!all || all->kind != Kind::mapping) {
    problem(all ? *all : node, "'fields' must be a mapping of names to what they are");
    return out;
  }
  for (const auto& member : all->members) out.push_back(field(member.name, member.value));
  return out;
}

Field builtin(std::string name, Field::Type type, std::string doc) {
  Field out;
  out.name = std::move(name);
  out.type = type;
  out.required = true;
  out.doc = std::move(doc);
  return out;
}

}  // namespace

Schema read_schema(const yaml::Node& root, std::string_view kind, std::string_view file,
                   std::vector<Error>& problems) {
  SchemaReader reader(file, problems);
  Schema schema;
  reader.known_members(root, {"kind", "doc", "fields"});
  schema.kind = reader.text(root, "kind", true);
  schema.doc = reader.text(root, "doc", true);
  if (schema.kind != kind)
    reader.problem(root, fmt::format("'kind' must be '{}', as the file is called", kind));
  schema.kind = kind;
  schema.entry = builtin(std::string(kind), Field::Type::mapping, schema.doc);
  schema.entry.inner = reader.fields(root);
  for (const auto& field : schema.entry.inner)
    if (field.name == "id" || field.name == "origin")
      reader.problem(root, fmt::format("every entry has '{}'; leave it out of the schema", field.name));

  auto id = builtin("id", Field::Type::text, "The file's name without .yaml.");
  id.pattern = "[a-z0-9]+(-[a-z0-9]+)*";
  auto origin = builtin("origin", Field::Type::mapping, "Where the facts are from.");
  origin.inner.push_back(builtin("source", Field::Type::text, "URL or the name of a document."));
  origin.inner.push_back(builtin("date", Field::Type::date, "Day when somebody looked."));
  schema.entry.inner.push_back(std::move(id));
  schema.entry.inner.push_back(std::move(origin));
  return schema;
}

std::string suggestion(std::string_view word, const std::vector<std::string>& known) {
  const std::vector<std::string_view> views(known.begin(), known.end());
  if (const auto near = text::nearest(word, views)) return fmt::format("; did you mean '{}'?", *near);
  return fmt::format("; known: {}", fmt::join(known, ", "));
}

}  // namespace ostiary::catalog
