// policy diff.

#include <algorithm>
#include <fmt/format.h>

#include "app/impl/policy_file.h"
#include "app/impl/terminal.h"
#include "app/impl/verbs_policy_page.h"
#include "json/writer.h"
#include "policy/diff.h"

namespace ostiary::app {

namespace {

using policy::Diff;
using policy::Shift;

std::string in_text(const Diff& diff, const Style& style) {
  if (diff.same()) return "the documents say the same\n";
  std::string out;
  const Shift* last = nullptr;
  for (const auto& shift : diff.shifts) {
    if (!last || last->way != shift.way)
      out += fmt::format(
          "{}{}\n", last ? "\n" : "",
          style.bold(fmt::format("decided {}",
                                 shift.way == Shift::Way::other ? "otherwise" : policy::name(shift.way))));
    out += fmt::format("  {}\n", printable(shift.text));
    last = &shift;
  }
  if (diff.shifts.empty())
    out += diff.compared > 0 ? "no decision that was looked at changes\n" : "no decision changes\n";
  out += '\n' + style.bold("what stands in it") + '\n';
  for (const auto& d : diff.differences) out += fmt::format("  {}\n", printable(d.text));
  for (const auto& partial : diff.partial) out += style.yellow("partial: ") + printable(partial) + '\n';
  return out;
}

void append_ids(json::Writer& w, std::string_view name, const std::vector<std::string>& ids) {
  w.key(name);
  w.begin_array();
  for (const auto& id : ids) w.string(id);
  w.end_array();
}

void append_shift(json::Writer& w, const Shift& shift) {
  w.begin_object();
  w.member("after", shift.after);
  w.member("before", shift.before);
  w.member("combinations", std::uint64_t{shift.combinations});
  w.key("example");
  w.begin_array();
  for (const auto& fact : shift.example.all()) {
    std::string json;
    append_json(json, fact);
    w.raw(json);
  }
  w.end_array();
  append_ids(w, "rules_after", shift.rules_after);
  append_ids(w, "rules_before", shift.rules_before);
  w.member("text", shift.text);
  w.member("way", policy::name(shift.way));
  w.end_object();
}

void append_version(json::Writer& w, std::string_view name, const policy::Document& document) {
  w.key(name);
  w.begin_object();
  w.member("digest", document.digest);
  w.member("version", document.version);
  w.end_object();
}

std::string in_json(const Diff& diff, const policy::Document& before, const policy::Document& after) {
  std::string out;
  json::Writer w(out);
  w.begin_object();
  w.key("changes");
  w.begin_array();
  for (const auto& d : diff.differences) {
    w.begin_object();
    w.key("clause");
    if (d.clause.empty())
      w.null();
    else
      w.string(d.clause);
    w.member("how", policy::name(d.how));
    w.member("kind", d.kind);
    w.member("name", d.name);
    w.member("text", d.text);
    w.end_object();
  }
  w.end_array();
  w.member("compared", std::uint64_t{diff.compared});
  w.key("decisions");
  w.begin_array();
  for (const auto& shift : diff.shifts) append_shift(w, shift);
  w.end_array();
  append_version(w, "from", before);
  w.member("kind", "policy-diff");
  w.member("ostiary", std::uint64_t{1});
  append_ids(w, "partial", diff.partial);
  append_version(w, "to", after);
  w.end_object();
  return out + '\n';
}

// Whether what `--fail-on` names is there; what was not looked at counts as if it were.
bool fails(const Diff& diff, const std::string& on) {
  if (on.empty()) return false;
  if (on == "change") return !diff.same();
  if (on == "decision") return !diff.shifts.empty() || !diff.partial.empty();
  return !diff.partial.empty() ||
         std::ranges::find(diff.shifts, Shift::Way::looser, &Shift::way) != diff.shifts.end();
}

}  // namespace

Result<int> run_policy_diff(const PolicyPageOptions& options) {
  TRY(const auto before, read_policy(options.file));
  TRY(const auto after, read_policy(options.other));
  const auto diff = policy::diff(before, after);
  TRY_VOID(put(options.common, options.common.format == Format::json
                                   ? in_json(diff, before.document(), after.document())
                                   : in_text(diff, style_of(options.common))));
  hint(options.common,
       fmt::format("{} differences; {} combinations of facts decided by both, {} kinds of changes",
                   diff.differences.size(), diff.compared, diff.shifts.size()));
  return fails(diff, options.fail_on) ? 1 : 0;
}

}  // namespace ostiary::app
