// doctor: the usual mistakes, found before they find the gate.

#include <algorithm>
#include <fmt/format.h>

#include "app/doctor.h"
#include "app/house.h"
#include "app/impl/terminal.h"
#include "app/verbs.h"
#include "json/writer.h"

namespace ostiary::app {

namespace {

using State = Check::State;

std::string as_json(const std::vector<Check>& checks) {
  std::string out;
  json::Writer w(out);
  w.begin_object();
  w.key("checks");
  w.begin_array();
  for (const auto& check : checks) {
    w.begin_object();
    w.member("fix", check.fix);
    w.member("message", check.message);
    w.member("name", check.name);
    w.member("state", name(check.state));
    w.end_object();
  }
  w.end_array();
  w.member("kind", "doctor");
  w.member("ostiary", std::uint64_t{1});
  w.key("partial");
  w.begin_array();
  w.end_array();
  w.end_object();
  return out + '\n';
}

std::string as_text(const std::vector<Check>& checks, const Style& style) {
  std::string out;
  for (const auto& check : checks) {
    const auto mark = fitted(name(check.state), 8);
    out += check.state == State::ok        ? style.green(mark)
           : check.state == State::problem ? style.red(mark)
           : check.state == State::warning ? style.yellow(mark)
                                           : style.faint(mark);
    out += fmt::format(" {} {}\n", fitted(check.name, 12), printable(check.message));
    if (!check.fix.empty()) out += fmt::format("{:22}{}\n", "", style.faint("→ " + printable(check.fix)));
  }
  return out;
}

}  // namespace

Result<int> run_doctor(const DoctorOptions& options) {
  Patient patient;
  ServeOptions serve;
  serve.config = options.config;
  serve.data = options.common.data;
  TRY(patient.config, settle_config(serve));
  patient.config_file = options.config;
  patient.connect = options.connect;
  patient.now = wall_now();
  const auto checks = examine(patient);
  TRY_VOID(put(options.common, options.common.format == Format::json
                                   ? as_json(checks)
                                   : as_text(checks, style_of(options.common))));
  const auto problems = std::ranges::count(checks, State::problem, &Check::state);
  if (problems > 0) hint(options.common, fmt::format("{} to be mended", problems));
  return problems > 0 ? 1 : 0;
}

}  // namespace ostiary::app
