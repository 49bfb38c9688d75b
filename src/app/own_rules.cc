#include "app/own_rules.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <set>

#include "app/verbs.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"
#include "inspect/organisation.h"

namespace ostiary::app {

namespace {

constexpr std::uint64_t kMostCache = 256u << 20;

std::string program() {
  return fmt::format("{} {} {}", version(), commit(), compiler());
}

// The field of a detector whose expression an error repeats; empty: none.
std::string_view field_of(const catalog::Detector& spec, std::string_view message) {
  const std::pair<std::string_view, const std::string*> fields[] = {
      {"pattern", &spec.pattern}, {"before", &spec.before}, {"after", &spec.after}, {"start", &spec.start}};
  for (const auto& [name, text] : fields)
    if (!text->empty() && message.find(*text) != std::string_view::npos) return name;
  for (const auto& text : spec.reject)
    if (message.find(text) != std::string_view::npos) return "reject";
  return {};
}

// The error of a detector set says "detector ID" and, where it knows it, ", FIELD".
Error placed(Error error, std::span<const catalog::Detector> specs, const std::string& folder) {
  constexpr std::string_view lead = "detector ";
  if (!error.where.starts_with(lead)) return error;
  const auto rest = error.where.substr(lead.size());
  const auto id = rest.substr(0, rest.find(','));
  std::string field = rest.size() > id.size() + 2 ? rest.substr(id.size() + 2) : "";
  const auto spec = std::ranges::find(specs, id, &catalog::Detector::id);
  if (spec != specs.end())
    if (const auto named = field_of(*spec, error.text()); !named.empty()) field = named;
  error.where = catalog::place_of(folder, "detector", id, field);
  return error;
}

Result<inspect::DetectorSet> compile(std::span<const catalog::Detector> specs, const std::string& folder) {
  auto made = inspect::DetectorSet::make(specs, {});
  if (!made) return std::unexpected(placed(std::move(made.error()), specs, folder));
  if (auto held = inspect::check_examples(*made); !held)
    return std::unexpected(placed(std::move(held.error()), specs, folder));
  return made;
}

// From the cache, or compiled and put there.
Result<inspect::DetectorSet> own_set(std::span<const catalog::Detector> specs, const std::string& folder,
                                     const std::string& cache, OwnRules& out) {
  const auto key = inspect::cache_key(specs, program());
  if (!cache.empty())
    if (const auto bytes = read_file(cache, kMostCache))
      if (auto kept = inspect::from_cache(specs, key, *bytes)) return kept;
  TRY(auto made, compile(specs, folder));
  out.compiled = true;
  if (cache.empty()) return made;
  const auto bytes = inspect::to_cache(made, key);
  const auto folder_made = make_folder(std::filesystem::path(cache).parent_path().string());
  const auto written = !bytes         ? std::unexpected(bytes.error())
                       : !folder_made ? folder_made
                                      : write_file_atomic(cache, *bytes);
  if (!written) out.told.push_back("the compiled rules are not kept: " + written.error().text());
  return made;
}

// An allow-rule that names no detector there is would accept nothing.
Result<> check_detectors(const std::vector<catalog::AllowRule>& rules, const inspect::DetectorSet& set,
                         const std::string& folder) {
  std::vector<std::string_view> ids;
  for (const auto& detector : set.detectors()) ids.push_back(detector.spec.id);
  std::ranges::sort(ids);
  for (const auto& rule : rules) {
    if (rule.detector.empty() || std::ranges::binary_search(ids, rule.detector)) continue;
    const auto meant = text::nearest(rule.detector, ids);
    return fail(Code::invalid,
                fmt::format("there is no detector '{}'{}", rule.detector,
                            meant ? fmt::format("; did you mean '{}'?", *meant)
                                  : "; a finding names its own, in JSON and in --explain"),
                catalog::place_of(folder, "allow", rule.id, "detector"));
  }
  return {};
}

}  // namespace

Result<> check_classes(const std::vector<ClassName>& named, const inspect::DetectorSet& detectors) {
  std::set<std::string_view> known = {"code",     "internal", "opaque", "oversize",
                                      "own-code", "personal", "secret"};
  for (const auto& detector : detectors.detectors()) known.insert(detector.spec.data_class);
  for (const auto& name : named) {
    if (known.contains(name.name)) continue;
    const std::vector<std::string_view> all(known.begin(), known.end());
    const auto meant = text::nearest(name.name, all);
    return fail(Code::invalid,
                fmt::format("'{}': nothing finds the data class '{}'{}", name.key, name.name,
                            meant ? fmt::format("; did you mean '{}'?", *meant)
                                  : fmt::format("; there are {}", fmt::join(all, ", "))),
                name.place);
  }
  return {};
}

Result<OwnRules> load_rules(const std::string& folder, const std::string& cache) {
  OwnRules out;
  if (folder.empty()) {
    TRY(out.detectors, inspect::shared_builtin_detectors());
    return out;
  }
  TRY(auto set, inspect::builtin_detectors());
  TRY(auto own, catalog::read_organisation(folder));
  const auto specs = inspect::own_detectors(own);
  if (!specs.empty()) {
    TRY(auto made, own_set(specs, folder, cache, out));
    TRY_VOID(set.join(std::move(made)));
  }
  TRY_VOID(inspect::keep_to_foreign_licences(set, own));
  const inspect::AllowRules rules(own.allow);
  for (const auto* rule : rules.expired(wall_now()))
    out.told.push_back(fmt::format("the allow-rule '{}' has expired on {}; what it accepted is told again",
                                   rule->id, rule->until));
  TRY_VOID(check_detectors(own.allow, set, folder));
  out.allow = std::move(own.allow);
  out.detectors = std::make_shared<const inspect::DetectorSet>(std::move(set));
  return out;
}

std::string rules_cache(const std::string& folder) {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  std::filesystem::path root;
  if (cache && *cache == '/')
    root = cache;
  else if (home && *home == '/')
    root = std::filesystem::path(home) / ".cache";
  else
    return {};
  std::error_code error;
  const auto whole = std::filesystem::absolute(folder, error).lexically_normal().string();
  return (root / "ostiary" / ("inspection-" + hex(sha256(whole)).substr(0, 16))).string();
}

}  // namespace ostiary::app
