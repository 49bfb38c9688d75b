#include "catalog/compiler/compile.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fmt/format.h>
#include <map>
#include <regex>
#include <set>

#include "base/file.h"
#include "base/text.h"
#include "base/yaml.h"
#include "catalog/compiler/schema.h"

namespace ostiary::catalog {

namespace {

namespace fs = std::filesystem;
using yaml::Kind;
using yaml::Node;

void append_json_string(std::string& out, std::string_view s) {
  out += '"';
  for (const char c : s) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      constexpr std::string_view plain = "\b\t\n\f\r", letter = "btnfr";
      const auto at = plain.find(c);
      out += at == std::string_view::npos ? fmt::format("\\u{:04x}", c) : fmt::format("\\{}", letter[at]);
    } else {
      out += c;
    }
  }
  out += '"';
}

bool is_date(const std::string& s) {
  static const std::regex shape("[0-9]{4}-[0-9]{2}-[0-9]{2}");
  if (!std::regex_match(s, shape)) return false;
  const auto part = [&](std::size_t at, std::size_t n) {
    return static_cast<unsigned>(std::stoul(s.substr(at, n)));
  };
  using namespace std::chrono;
  return year_month_day(year(static_cast<int>(part(0, 4))), month(part(5, 2)), day(part(8, 2))).ok();
}

bool is_url(const std::string& s) {
  static const std::regex shape("https?://[^\\s/@]+(/\\S*)?");
  return std::regex_match(s, shape);
}

class Compiler {
 public:
  explicit Compiler(fs::path folder) : folder_(std::move(folder)) {}
  Compiler(fs::path folder, std::span<const SchemaText> schemas, CheckEntry check)
      : folder_(std::move(folder)), given_(schemas), check_(check) {}
  std::expected<std::string, std::vector<Error>> run();

 private:
  struct Entry {
    std::string file;
    Node node;
  };

  std::vector<fs::path> yaml_files(const fs::path& folder);
  void read_schemas();
  void take_given_schemas();
  std::vector<std::string> kinds();
  void read_entries();
  // Checks a value and appends it as canonical JSON.
  void value(const Field& field, const Node& node, std::string& out);
  void scalar(const Field& field, const Node& node, std::string& out);
  void list(const Field& field, const Node& node, std::string& out);
  void mapping(const Field& field, const Node& node, std::string& out);
  void problem(const Node& node, std::string message) {
    problems_.push_back({Code::invalid, std::move(message), yaml::place(file_, node)});
  }

  fs::path folder_;
  std::span<const SchemaText> given_;  // empty: they stand in the folder
  CheckEntry check_ = nullptr;
  std::map<std::string, Schema> schemas_;
  std::map<std::string, std::map<std::string, Entry>> entries_;  // kind, id
  std::string_view file_;                                        // being checked
  std::vector<Error> problems_;
};

std::vector<fs::path> Compiler::yaml_files(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() == ".yaml") {
      files.push_back(it->path());
    } else if (given_.empty() ||
               (folder.filename() != "list" && !it->path().filename().string().starts_with('.'))) {
      problems_.push_back({Code::invalid, "only .yaml files belong here", it->path().string()});
    }
  }
  if (error) problems_.push_back({Code::io, "cannot read the folder: " + error.message(), folder.string()});
  std::ranges::sort(files);
  return files;
}

void Compiler::read_schemas() {
  for (const auto& path : yaml_files(folder_ / "schema")) {
    const auto text = read_file(path.string());
    const auto root = text ? yaml::parse(*text, path.string()) : std::unexpected(text.error());
    const auto kind = path.stem().string();
    if (root) {
      schemas_[kind] = read_schema(*root, kind, path.string(), problems_);
    } else {
      problems_.push_back(root.error());
    }
  }
}

void Compiler::take_given_schemas() {
  for (const auto& given : given_) {
    const std::string kind(given.kind), file = "schema/" + kind + ".yaml";
    const auto root = yaml::parse(given.text, file);
    if (!root) {
      problems_.push_back(root.error());
      continue;
    }
    auto& schema = schemas_[kind] = read_schema(*root, kind, file, problems_);
    for (auto& field : schema.entry.inner)
      if (field.name == "origin") field.required = false;
  }
}

std::vector<std::string> Compiler::kinds() {
  std::vector<std::string> out;
  for (const auto& schema : schemas_) out.push_back(schema.first);
  return out;
}

void Compiler::read_entries() {
  std::error_code error;
  for (fs::directory_iterator it(folder_, error), end; !error && it != end; it.increment(error)) {
    const auto& folder = *it;
    const auto kind = folder.path().filename().string();
    if (kind == "schema" || kind.starts_with('.') || !folder.is_directory()) continue;
    if (!schemas_.contains(kind)) {
      problems_.push_back({Code::invalid,
                           given_.empty() ? fmt::format("there is no schema/{}.yaml for it", kind)
                                          : "no kind of entry is called so" + suggestion(kind, kinds()),
                           folder.path().string()});
      if (!given_.empty()) continue;
    }
    for (const auto& path : yaml_files(folder.path())) {
      const auto text = read_file(path.string());
      auto root = text ? yaml::parse(*text, path.string()) : std::unexpected(text.error());
      if (root) {
        entries_[kind][path.stem().string()] = {path.string(), std::move(*root)};
      } else {
        problems_.push_back(root.error());
      }
    }
  }
  if (error) problems_.push_back({Code::io, "cannot read the folder: " + error.message(), folder_.string()});
}

void Compiler::scalar(const Field& field, const Node& node, std::string& out) {
  const auto& text = node.scalar;
  const auto wrong = [&](std::string_view what) {
    problem(node, fmt::format("'{}' must be {}", field.name, what));
  };
  if (node.kind != Kind::scalar) return wrong("a single value");
  if (text.empty()) return wrong("more than nothing; leave it out instead");
  if (field.type == Field::Type::count) {
    const auto number = text::parse_uint(text);
    if (!number || *number < field.min || *number > field.max)
      return wrong(fmt::format("a whole number from {} to {}", field.min, field.max));
    out += std::to_string(*number);
    return;
  }
  if (field.type == Field::Type::boolean) {
    if (text != "true" && text != "false") return wrong("true or false");
    out += text;
    return;
  }
  if (field.type == Field::Type::url && !is_url(text)) wrong("a URL that starts with http:// or https://");
  if (field.type == Field::Type::date && !is_date(text)) wrong("a day of the calendar, YYYY-MM-DD");
  constexpr std::size_t longest = 4096;  // that std::regex, which recurses, is given
  if (!field.pattern.empty() && (text.size() > longest || !std::regex_match(text, std::regex(field.pattern))))
    wrong(fmt::format("of the form {}", field.pattern));
  if (!field.one_of.empty() && std::ranges::find(field.one_of, text) == field.one_of.end())
    problem(node, fmt::format("'{}' cannot be '{}'{}", field.name, text, suggestion(text, field.one_of)));
  if (field.type == Field::Type::reference && !entries_[field.kind].contains(text)) {
    std::vector<std::string> ids;
    for (const auto& entry : entries_[field.kind]) ids.push_back(entry.first);
    problem(node, fmt::format("there is no {} '{}'{}", field.kind, text, suggestion(text, ids)));
  }
  append_json_string(out, text);
}

void Compiler::list(const Field& field, const Node& node, std::string& out) {
  if (node.kind != Kind::sequence) return problem(node, fmt::format("'{}' must be a list", field.name));
  if (node.items.empty() && field.required) problem(node, fmt::format("'{}' must not be empty", field.name));
  auto item_field = field.inner.front();
  item_field.name = field.name;
  std::set<std::string> seen;
  out += '[';
  for (const auto& item : node.items) {
    if (&item != &node.items.front()) out += ',';
    const auto before = out.size();
    value(item_field, item, out);
    if (!seen.insert(out.substr(before)).second)
      problem(item, fmt::format("'{}' names it twice", field.name));
  }
  out += ']';
}

void Compiler::mapping(const Field& field, const Node& node, std::string& out) {
  if (node.kind != Kind::mapping)
    return problem(node, fmt::format("'{}' must be a mapping of names to values", field.name));
  std::vector<std::string> known;
  std::map<std::string, std::string> members;  // by name: canonical order
  for (const auto& inner : field.inner) {
    known.push_back(inner.name);
    const auto* member = node.find(inner.name);
    if (member) {
      value(inner, *member, members[inner.name]);
    } else if (inner.required) {
      problem(node, fmt::format("'{}' is missing", inner.name));
    }
  }
  for (const auto& member : node.members)
    if (std::ranges::find(known, member.name) == known.end())
      problems_.push_back({Code::invalid,
                           fmt::format("unknown field '{}'{}", member.name, suggestion(member.name, known)),
                           yaml::place(file_, member)});
  out += '{';
  for (const auto& [name, json] : members) {
    if (out.back() != '{') out += ',';
    append_json_string(out, name);
    out += ':' + json;
  }
  out += '}';
}

void Compiler::value(const Field& field, const Node& node, std::string& out) {
  if (field.type == Field::Type::list) return list(field, node, out);
  if (field.type == Field::Type::mapping) return mapping(field, node, out);
  scalar(field, node, out);
}

std::expected<std::string, std::vector<Error>> Compiler::run() {
  std::string blob = "ostiary-catalog 1\n";
  if (given_.empty())
    read_schemas();
  else
    take_given_schemas();
  if (problems_.empty()) read_entries();
  for (const auto& [kind, schema] : schemas_) {
    std::string json = "[";
    for (const auto& [id, entry] : entries_[kind]) {
      if (json.size() > 1) json += ',';
      file_ = entry.file;
      const auto before = problems_.size();
      value(schema.entry, entry.node, json);
      if (check_ && problems_.size() == before) check_(kind, id, entry.node, file_, problems_);
      const auto* written = entry.node.find("id");
      if (written && written->scalar != id)
        problem(*written, fmt::format("'id' must be '{}', as the file is called", id));
    }
    json += ']';
    blob += fmt::format("{} {}\n{}\n", kind, json.size(), json);
  }
  if (!problems_.empty()) return std::unexpected(std::move(problems_));
  return blob;
}

}  // namespace

std::expected<std::string, std::vector<Error>> compile(const std::string& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error))
    return std::unexpected(std::vector<Error>{{Code::not_found, "there is no such folder", folder}});
  return Compiler(folder).run();
}

std::expected<std::string, std::vector<Error>> compile(const std::string& folder,
                                                       std::span<const SchemaText> schemas,
                                                       CheckEntry check) {
  std::error_code error;
  if (!fs::is_directory(folder, error))
    return std::unexpected(std::vector<Error>{{Code::not_found, "there is no such folder", folder}});
  return Compiler(folder, schemas, check).run();
}

}  // namespace ostiary::catalog
