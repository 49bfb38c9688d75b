#include "catalog/organisation.h"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <set>

#include "base/file.h"
#include "base/text.h"
#include "base/yaml.h"
#include "catalog/compiler/compile.h"
#include "catalog/impl/entries.h"
#include "catalog/impl/organisation_folder.h"

extern "C" {
extern const char ostiary_schema_detector_begin[];
extern const char ostiary_schema_detector_end[];
extern const char ostiary_schema_list_begin[];
extern const char ostiary_schema_list_end[];
extern const char ostiary_schema_allow_begin[];
extern const char ostiary_schema_allow_end[];
extern const char ostiary_schema_license_begin[];
extern const char ostiary_schema_license_end[];
extern const char ostiary_schema_license_review_begin[];
extern const char ostiary_schema_license_review_end[];
}

namespace ostiary::catalog {

namespace {

namespace dom = simdjson::dom;
namespace fs = std::filesystem;

constexpr std::size_t kMostEntries = 20'000, kMostEntryBytes = 1'000'000, kLongestEntry = 100;
constexpr std::size_t kMostListFile = 4u << 20;

std::string_view embedded(const char* begin, const char* end) {
  return {begin, static_cast<std::size_t>(end - begin)};
}

std::vector<SchemaText> schemas() {
  return {
      {"allow", embedded(ostiary_schema_allow_begin, ostiary_schema_allow_end)},
      {"detector", embedded(ostiary_schema_detector_begin, ostiary_schema_detector_end)},
      {"license", embedded(ostiary_schema_license_begin, ostiary_schema_license_end)},
      {"license-review", embedded(ostiary_schema_license_review_begin, ostiary_schema_license_review_end)},
      {"list", embedded(ostiary_schema_list_begin, ostiary_schema_list_end)}};
}

// What a schema cannot say of one entry.
void check_entry(std::string_view kind, std::string_view id, const yaml::Node& node, std::string_view file,
                 std::vector<Error>& problems) {
  const auto wrong = [&](const yaml::Node& at, std::string message) {
    problems.push_back({Code::invalid, std::move(message), yaml::place(file, at)});
  };
  const auto known = [&](std::string_view detector) {
    return std::ranges::binary_search(detectors(), detector, {}, &Detector::id);
  };
  if (kind == "allow") {
    constexpr std::string_view of[] = {"value_sha256", "fingerprint", "path", "key", "detector"};
    if (std::ranges::none_of(of, [&](std::string_view name) { return node.find(name); }))
      wrong(node, "it would allow everything; say value_sha256, fingerprint, path, key or detector");
    return;
  }
  if (kind == "license" || kind == "license-review") return;
  if (known(id)) wrong(node, fmt::format("the catalogue has a detector '{}'; choose another id", id));
  if (kind == "list") {
    if (!node.find("entries") && !node.find("file")) wrong(node, "it needs 'entries' or a 'file'");
    return;
  }
  const auto* klass = node.find("class");
  const auto needs = [&](std::string_view what, std::string_view field) {
    if (klass && klass->scalar == what && !node.find(field))
      wrong(node, fmt::format("'{}' is missing, which class {} needs", field, what));
  };
  needs("secret", "opens");
  needs("personal", "standard");
}

// Adds entries to lists, each once, and says what is wrong with them.
class Entries {
 public:
  // `place` is where the entry stands.
  Result<> add(List& list, std::string_view entry, const std::string& place) {
    if (list.kind == "hosts" && entry.starts_with("*.")) entry.remove_prefix(2);
    if (list.kind == "mail-domains" && entry.starts_with('@')) entry.remove_prefix(1);
    const std::size_t least = list.kind == "owned-licences" ? 2 : 3;
    if (entry.size() < least || entry.size() > kLongestEntry)
      return fail(Code::invalid, fmt::format("an entry must have {} to {} bytes", least, kLongestEntry),
                  place);
    if (std::ranges::any_of(entry, [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
      return fail(Code::invalid, "an entry must not hold control characters", place);
    if ((list.kind == "hosts" || list.kind == "mail-domains") && !is_host(entry))
      return fail(Code::invalid, fmt::format("'{}' is not the name of a host or domain", entry), place);
    if (list.kind == "mail-domains" && entry.find('.') == std::string_view::npos)
      return fail(Code::invalid, fmt::format("'{}' is no mail domain: it has no dot", entry), place);
    if (!seen_.emplace(list.id, list.any_case ? text::lower(entry) : std::string(entry)).second) return {};
    bytes_ += entry.size();
    if (seen_.size() > kMostEntries || bytes_ > kMostEntryBytes)
      return fail(
          Code::too_large,
          fmt::format("all lists together may have {} entries and {} bytes", kMostEntries, kMostEntryBytes),
          place);
    list.entries.emplace_back(entry);
    return {};
  }

 private:
  static bool is_host(std::string_view text) {
    return std::ranges::all_of(text,
                               [](char c) {
                                 return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                        (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
                               }) &&
           !text.starts_with('.') && !text.ends_with('.');
  }
  std::set<std::pair<std::string, std::string>> seen_;
  std::size_t bytes_ = 0;
};

Result<> add_file(List& list, const fs::path& path, Entries& entries) {
  auto text = read_file(path.string(), kMostListFile);
  if (!text) return std::unexpected(std::move(text.error()));
  if (!text::is_utf8(*text)) return fail(Code::invalid, "the list is not UTF-8", path.string());
  std::size_t line = 0;
  for (const auto raw : text::split(*text, '\n')) {
    ++line;
    const auto entry = text::trim(raw);
    if (entry.empty() || entry.starts_with('#')) continue;
    TRY_VOID(entries.add(list, entry, fmt::format("{}:{}:1", path.string(), line)));
  }
  return {};
}

Result<List> list_of(const dom::element& e, const fs::path& folder, Entries& entries) {
  List list{.id = text_of(e, "id"),
            .name = text_of(e, "name"),
            .kind = text_of(e, "kind"),
            .data_class = text_of(e, "data_class"),
            .confidence = text_of(e, "confidence"),
            .any_case = text_of(e, "case") != "exact",
            .entries = {}};
  const auto path = folder / "list" / (list.id + ".yaml");
  const auto given = texts_of(e, "entries");
  if (!given.empty()) {
    // Read again for the places, which the compiled form does not have.
    TRY(const auto text, read_file(path.string()));
    TRY(const auto root, yaml::parse(text, path.string()));
    const auto* items = root.find("entries");
    for (std::size_t i = 0; i < given.size(); ++i)
      TRY_VOID(entries.add(
          list, given[i],
          items && i < items->items.size() ? yaml::place(path.string(), items->items[i]) : path.string()));
  }
  if (const auto file = text_of(e, "file"); !file.empty())
    TRY_VOID(add_file(list, folder / "list" / file, entries));
  if (list.entries.empty()) return fail(Code::invalid, "the list has no entries", path.string());
  return list;
}

AllowRule allow_rule_of(const dom::element& e) {
  return {.id = text_of(e, "id"),
          .value_sha256 = text_of(e, "value_sha256"),
          .fingerprint = text_of(e, "fingerprint"),
          .path = text_of(e, "path"),
          .key = text_of(e, "key"),
          .detector = text_of(e, "detector"),
          .because = text_of(e, "because"),
          .by = text_of(e, "by"),
          .until = text_of(e, "until")};
}

}  // namespace

Result<std::string> compile_organisation(const std::string& folder) {
  auto blob = compile(folder, schemas(), check_entry);
  if (blob) return std::move(*blob);
  auto error = std::move(blob.error().front());
  if (blob.error().size() > 1)
    error.message += fmt::format(" (and {} more to mend)", blob.error().size() - 1);
  return std::unexpected(std::move(error));
}

Result<Organisation> read_organisation(const std::string& folder) {
  TRY(const auto blob, compile_organisation(folder));
  Organisation out;
  Entries entries;
  TRY_VOID(each_entry(blob, "detector", [&](const dom::element& e) -> Result<> {
    out.detectors.push_back(detector_of(e));
    return {};
  }));
  TRY_VOID(each_entry(blob, "list", [&](const dom::element& e) -> Result<> {
    TRY(auto list, list_of(e, folder, entries));
    for (const auto& detector : out.detectors)
      if (detector.id == list.id)
        return fail(Code::invalid, fmt::format("a detector has the id '{}', too; choose another", list.id),
                    (fs::path(folder) / "list" / (list.id + ".yaml")).string());
    out.lists.push_back(std::move(list));
    return {};
  }));
  TRY_VOID(each_entry(blob, "allow", [&](const dom::element& e) -> Result<> {
    out.allow.push_back(allow_rule_of(e));
    return {};
  }));
  return out;
}

std::string place_of(const std::string& folder, const std::string& kind, const std::string& id,
                     std::string_view field) {
  const auto path = (fs::path(folder) / kind / (id + ".yaml")).string();
  const auto text = read_file(path);
  const auto root = text ? yaml::parse(*text, path) : std::unexpected(text.error());
  const auto* node = root ? root->find(field) : nullptr;
  return node ? yaml::place(path, *node) : path;
}

}  // namespace ostiary::catalog
