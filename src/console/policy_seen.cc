#include "console/policy_seen.h"

#include <algorithm>
#include <map>
#include <sys/stat.h>

#include "catalog/catalog.h"
#include "desk/stats.h"
#include "json/document.h"
#include "ledger/export.h"
#include "store/questions.h"

namespace ostiary::console {

namespace {

// The rules of an outcome's decision, those that are only observed too.
void count_rules(json::Value record, std::map<std::string, std::uint64_t>& counts) {
  const auto decision = record["decision"];
  for (const auto* member : {"rules", "observed"})
    for (const auto rule : decision[member]) {
      const auto id = rule["id"].string_or("");
      if (!id.empty() && counts.size() < 20'000) ++counts[std::string(id)];
    }
}

WallMs before(WallMs now, std::uint64_t ms) {
  return now - static_cast<WallMs>(std::min<std::uint64_t>(ms, static_cast<std::uint64_t>(now)));
}

// A folder in which nobody has asked anything may have no store.
Result<> count_questions(const std::string& data_folder, const policy::Review::Often& often, WallMs now,
                         PolicySeen& out) {
  const auto questions = store::open_questions_to_read(data_folder + "/store.sqlite");
  const auto asked = desk::asked_often(*questions, before(now, often.within_ms), often.more_than);
  if (!asked && asked.error().code == Code::not_found) return {};
  if (!asked) return std::unexpected(asked.error());
  for (const auto& one : *asked) out.seen.asked.push_back({one.topic, one.count});
  return {};
}

Result<> count_fired(const std::string& data_folder, const policy::Review::Often& often, WallMs now,
                     const std::function<bool()>& stopped, PolicySeen& out) {
  ledger::RecordFilter filter;
  filter.kind = "outcome";
  filter.since = before(now, often.within_ms);
  filter.until = now;
  std::map<std::string, std::uint64_t> counts;
  json::Document record;
  bool ended = false;
  const auto read = ledger::export_records(data_folder, filter, [&](std::string_view line) -> Result<> {
    if (stopped()) {
      ended = true;
      return fail(Code::closed, "stopped");
    }
    if (json::Document::parse_into(line, {.refuse_duplicates = false}, record))
      count_rules(record.root(), counts);
    return {};
  });
  if (ended)
    out.partial.emplace_back("the ledger is so long that not all of it was counted");
  else if (!read)
    return std::unexpected(read.error());
  else if (read->removed > 0)
    out.partial.emplace_back("older records were removed for their age and are not counted");
  for (auto& [name, count] : counts) out.seen.fired.push_back({name, count});
  return {};
}

}  // namespace

void add_catalogue(policy::Seen& seen, const policy::Document& document) {
  const auto look_at = [&](const auto& entries) {
    for (const auto& one : entries)
      seen.catalog_at = std::max(seen.catalog_at, policy::parse_moment(one.origin.date).value_or(0));
  };
  look_at(catalog::providers());
  look_at(catalog::services());
  look_at(catalog::tools());
  look_at(catalog::models());
  look_at(catalog::sdks());
  look_at(catalog::features());
  const auto names = [&](const std::string& provider) {
    return std::ranges::any_of(document.lists, [&](const auto& list) {
      return std::ranges::find(list.exact, provider) != list.exact.end();
    });
  };
  for (const auto& feature : catalog::features())
    if (names(feature.provider))
      seen.features.push_back(
          {feature.provider, feature.name, policy::parse_moment(feature.origin.date).value_or(0)});
}

WallMs in_force_since(const std::string& data_folder, const policy::Document& document) {
  struct stat state{};
  const std::string_view digest = document.digest;  // sha256:…
  const auto kept = data_folder + "/policy/" + std::string(digest.substr(digest.find(':') + 1)) + ".md";
  return ::stat(kept.c_str(), &state) == 0 ? static_cast<WallMs>(state.st_mtim.tv_sec) * 1000 : 0;
}

Result<PolicySeen> policy_seen(const std::string& data_folder, const policy::Document& document, WallMs now,
                               const std::function<bool()>& stopped) {
  PolicySeen out;
  add_catalogue(out.seen, document);
  out.seen.reviewed_at = in_force_since(data_folder, document);
  if (const auto& often = document.review.question_asked)
    TRY_VOID(count_questions(data_folder, *often, now, out));
  if (const auto& often = document.review.rule_fired)
    TRY_VOID(count_fired(data_folder, *often, now, stopped, out));
  return out;
}

void append_due(json::Writer& w, const policy::Due& due) {
  const auto or_null = [&](std::string_view name, const std::string& text) {
    w.key(name);
    if (text.empty())
      w.null();
    else
      w.string(text);
  };
  w.begin_object();
  or_null("clause", due.clause);
  or_null("date", due.date);
  w.member("kind", due.kind);
  w.key("line");
  if (due.place.line == 0)
    w.null();
  else
    w.number(std::uint64_t{due.place.line});
  or_null("name", due.name);
  w.member("overdue", due.overdue);
  w.member("text", due.text);
  w.end_object();
}

}  // namespace ostiary::console
