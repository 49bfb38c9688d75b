// scan --portability.

#include <array>
#include <fmt/format.h>

#include "app/inspect_output.h"
#include "app/scan_output.h"
#include "json/writer.h"
#include "scan/portability.h"

namespace ostiary::app {

namespace {

using scan::Tie;
using Counts = std::array<std::uint64_t, 3>;

Counts by_effort(const std::vector<Tie>& ties) {
  Counts out{};
  for (const auto& tie : ties) ++out.at(static_cast<std::size_t>(tie.effort));
  return out;
}

std::string verdict(const std::vector<Tie>& ties) {
  if (ties.empty()) return "Nothing in the code ties it to one provider.\n";
  const auto [setting, edit, rework] = by_effort(ties);
  return fmt::format(
      "To go through one base URL, {} of {} places need a setting, {} an edit, {} another way of doing it.\n",
      setting, ties.size(), edit, rework);
}

}  // namespace

std::string portability_text(const scan::Report& report, const ScanOptions& options) {
  const auto style = style_of(options.common);
  const auto ties = scan::ties_of(report);
  std::string out;
  for (const auto& tie : ties)
    out += fmt::format(
        "{}  {}  {}{}  {}\n    {}\n",
        style.bold(fmt::format("{}:{}:{}", printable(tie.place.file), tie.place.line, tie.place.column)),
        scan::name(tie.to), printable(tie.name),
        tie.provider.empty() || tie.provider == tie.name ? "" : " (" + tie.provider + ")",
        style.yellow(scan::name(tie.effort)), tie.takes);
  if (!ties.empty()) out += '\n';
  return out + verdict(ties) + partial_text(report.partial, style);
}

std::string portability_json(const scan::Report& report) {
  const auto ties = scan::ties_of(report);
  const auto [setting, edit, rework] = by_effort(ties);
  std::string out;
  json::Writer w(out);
  w.begin_object();
  w.member("kind", "scan-portability");
  w.member("ostiary", std::uint64_t{1});
  w.key("partial");
  write_partial(w, report.partial);
  w.key("summary");
  w.begin_object();
  w.member("edit", edit);
  w.member("rework", rework);
  w.member("setting", setting);
  w.end_object();
  w.key("ties");
  w.begin_array();
  for (const auto& tie : ties) {
    w.begin_object();
    w.member("effort", scan::name(tie.effort));
    w.key("location");
    write_place(w, tie.place);
    w.member("name", tie.name);
    w.member("provider", tie.provider);
    w.member("takes", tie.takes);
    w.member("to", scan::name(tie.to));
    w.end_object();
  }
  w.end_array();
  w.end_object();
  return out + '\n';
}

}  // namespace ostiary::app
