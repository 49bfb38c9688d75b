// license check of files and folders.

#include "app/impl/license_path.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "json/writer.h"
#include "license/json.h"

namespace ostiary::app {

namespace {

using catalog::Says;
using license::Verdict;

constexpr std::string_view kNobody = "Nobody knows which licence it is.";

// Of a work whose text nobody could name beside a name that it declares, the name counts; `lineage` tells
// that they were not compared.
Verdict verdict_of(const LicensedWork& work, const catalog::Licenses& known,
                   const license::Profile& profile) {
  std::vector<Verdict> all;
  for (const auto& one : work.declared) {
    const bool again =
        std::ranges::any_of(work.declared.begin(), work.declared.begin() + (&one - work.declared.data()),
                            [&](const auto& before) { return before.expression == one.expression; });
    if (!one.expression.empty() && !again) all.push_back(license::check(one.expression, known, profile));
  }
  if (!all.empty()) return license::all_of(std::move(all));
  Verdict out;
  out.category = "unknown";
  license::Reason reason;
  reason.about = "the licence";
  reason.text = kNobody;
  out.reasons.push_back(std::move(reason));
  return out;
}

std::string place_of(const LicensedWork& work) {
  std::string out;
  for (const auto& one : work.declared) out += (out.empty() ? "" : ", ") + one.place;
  return out.empty() ? work.folder : out;
}

std::string coloured(Says says, const Style& style) {
  const auto word = fmt::format("{:10}", catalog::name(says));
  if (says == Says::permits) return style.green(word);
  return says >= Says::unknown ? style.red(word) : style.yellow(word);
}

void add_work(std::string& out, const LicensedWork& work, const Verdict& verdict, const Style& style) {
  out += fmt::format(
      "{} {} {}({}) {} [{}]\n", coloured(verdict.says, style), style.bold(printable(work.name)),
      work.version.empty() ? "" : printable(work.version) + ' ', work.kind,
      verdict.taken.empty() ? "no licence known" : printable(verdict.taken), printable(place_of(work)));
  for (const auto& one : verdict.reasons)
    if (one.says != Says::permits)
      out += fmt::format("    {:10} {}{}\n", catalog::name(one.says), printable(one.text),
                         one.reviewed_by.empty() ? "" : " Reviewed by " + printable(one.reviewed_by) + ".");
  for (const auto& one : work.lineage.conflicts)
    out += fmt::format("    {:10} {}\n", license::name(one.weight), printable(one.text));
}

void write_work(json::Writer& w, const LicensedWork& work, const Verdict& verdict) {
  std::string inner;
  w.begin_object();
  w.key("conflicts");
  w.begin_array();
  for (const auto& one : work.lineage.conflicts) {
    inner.clear();
    license::append_json(inner, one);
    w.raw(inner);
  }
  w.end_array();
  w.key("declared");
  w.begin_array();
  for (const auto& one : work.declared) {
    w.begin_object();
    w.member("expression", one.expression);
    w.member("place", one.place);
    w.member("source", one.kind);
    w.end_object();
  }
  w.end_array();
  w.member("folder", work.folder);
  w.member("kind", work.kind);
  w.member("name", work.name);
  inner.clear();
  license::append_json(inner, verdict);
  w.key("verdict");
  w.raw(inner);
  w.member("version", work.version);
  w.end_object();
}

}  // namespace

JudgedPath judged(LicensedWorks found, const catalog::Licenses& known, const license::Profile& profile) {
  JudgedPath out;
  out.says =
      found.works.empty() || found.bare_all > 0 || !found.partial.empty() ? Says::unknown : Says::permits;
  for (const auto& work : found.works) {
    out.verdicts.push_back(verdict_of(work, known, profile));
    out.says = std::max(out.says, out.verdicts.back().says);
  }
  out.found = std::move(found);
  return out;
}

std::string judged_text(const JudgedPath& judged, const std::string& path, const Style& style) {
  std::string out = fmt::format("{}: the licences found, taken together: {}\n\n", style.bold(printable(path)),
                                catalog::name(judged.says));
  // The strictest first.
  std::vector<std::size_t> order(judged.verdicts.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::sort(order, {},
                    [&](auto i) { return std::pair(-static_cast<int>(judged.verdicts[i].says), i); });
  for (const auto i : order) add_work(out, judged.found.works[i], judged.verdicts[i], style);
  if (judged.found.works.empty()) out += "Nothing here declares a licence. That is no permission.\n";
  if (judged.found.bare_all > 0) {
    out += fmt::format("\n{} of {} files lie under no declaration; that is no permission:\n",
                       judged.found.bare_all, judged.found.files);
    for (const auto& one : judged.found.bare) out += fmt::format("  {}\n", printable(one));
    if (judged.found.bare_all > judged.found.bare.size()) out += "  …\n";
  }
  for (const auto& one : judged.found.partial)
    out += fmt::format("not read: {}: {}\n", printable(one.path), printable(one.text));
  return out + fmt::format("\n{}\n", license::kNoAdvice);
}

std::string judged_json(const JudgedPath& judged, const std::string& path) {
  std::string out;
  json::Writer w(out);
  w.begin_object();
  w.member("asked", path);
  w.key("bare");
  w.begin_object();
  w.member("files", judged.found.bare_all);
  w.key("first");
  w.begin_array();
  for (const auto& one : judged.found.bare) w.string(one);
  w.end_array();
  w.end_object();
  w.member("kind", "license-check-path");
  w.member("ostiary", std::uint64_t{1});
  w.key("partial");
  w.begin_array();
  for (const auto& one : judged.found.partial) {
    w.begin_object();
    w.member("path", one.path);
    w.member("reason", files::name_of(one.why));
    w.member("text", one.text);
    w.end_object();
  }
  w.end_array();
  w.member("says", catalog::name(judged.says));
  w.key("works");
  w.begin_array();
  for (std::size_t i = 0; i < judged.verdicts.size(); ++i)
    write_work(w, judged.found.works[i], judged.verdicts[i]);
  w.end_array();
  w.end_object();
  return out + '\n';
}

}  // namespace ostiary::app
