// policy due.

#include <algorithm>
#include <fmt/format.h>

#include "app/impl/policy_file.h"
#include "app/impl/terminal.h"
#include "app/impl/verbs_policy_page.h"
#include "console/policy_seen.h"
#include "json/writer.h"
#include "policy/due.h"

namespace ostiary::app {

namespace {

std::string in_text(const std::vector<policy::Due>& all, const Style& style) {
  std::string out;
  for (const auto& due : all)
    out += fmt::format("{} {}\n", due.overdue ? style.red("overdue ") : style.yellow("due     "),
                       printable(due.text));
  return out.empty() ? "nothing is due\n" : out;
}

std::string in_json(const std::string& file, const std::vector<policy::Due>& all,
                    const console::PolicySeen& seen) {
  std::string out;
  json::Writer w(out);
  w.begin_object();
  w.key("due");
  w.begin_array();
  for (const auto& due : all) console::append_due(w, due);
  w.end_array();
  w.member("file", file);
  w.member("kind", "policy-due");
  w.member("ostiary", std::uint64_t{1});
  w.key("partial");
  w.begin_array();
  for (const auto& text : seen.partial) w.string(text);
  w.end_array();
  w.end_object();
  return out + '\n';
}

}  // namespace

Result<int> run_policy_due(const PolicyPageOptions& options) {
  auto now = wall_now();
  if (!options.on.empty()) {
    const auto day = policy::parse_moment(options.on);
    if (!day) return fail(Code::invalid, "--on takes a date, YYYY-MM-DD", options.on);
    now = *day;
  }
  TRY(const auto policy, read_policy(options.file));
  console::PolicySeen seen;
  if (options.with_data) {
    TRY(seen, console::policy_seen(options.common.data, policy.document(), now, [] { return false; }));
  } else if (policy.document().review.rule_fired || policy.document().review.question_asked) {
    seen.partial.emplace_back(
        "how often rules fired and the same was asked is in the data folder: name it with --data");
  }
  const auto all = policy::due(policy.document(), now, seen.seen);
  TRY_VOID(put(options.common, options.common.format == Format::json
                                   ? in_json(options.file, all, seen)
                                   : in_text(all, style_of(options.common))));
  for (const auto& text : seen.partial) hint(options.common, "partial: " + text);
  const auto overdue = std::ranges::count(all, true, &policy::Due::overdue);
  return (options.fail_on == "due" && !all.empty()) || (options.fail_on == "overdue" && overdue > 0) ? 1 : 0;
}

}  // namespace ostiary::app
