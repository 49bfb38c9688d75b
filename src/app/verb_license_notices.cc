// license notices: the notice file that the licences found below a path ask for.

#include <algorithm>
#include <fmt/format.h>

#include "app/impl/license_found.h"
#include "app/impl/terminal.h"
#include "app/impl/verbs_license.h"
#include "json/writer.h"
#include "license/notices.h"

namespace ostiary::app {

namespace {

// All that a work declares: each counts until somebody has settled which.
std::string expression_of(const LicensedWork& work, const catalog::Licenses& known) {
  std::vector<std::string> names;
  for (const auto& one : work.declared) {
    const auto* license = known.find(one.expression);
    auto name = license ? license->license : one.expression;
    if (!name.empty() && std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
  }
  if (names.size() == 1) return names[0];
  std::string out;
  for (const auto& one : names) out += fmt::format("{}({})", out.empty() ? "" : " AND ", one);
  return out;
}

license::Noticed noticed(const LicensedWork& work, const catalog::Licenses& known) {
  return {.name = work.name,
          .version = work.version,
          .kind = work.kind == "files" ? "code" : work.kind,
          .expression = expression_of(work, known),
          .text = work.text,
          .notice = work.notice,
          .copyrights = license::copyright_lines(work.text)};
}

std::string in_json(const LicenseOptions& options, const license::Notices& made, const LicensedWorks& found) {
  std::string out;
  json::Writer w(out);
  w.begin_object();
  w.member("asked", options.license);
  w.member("kind", "license-notices");
  w.key("open");
  w.begin_array();
  for (const auto& line : made.open) w.string(line);
  w.end_array();
  w.member("ostiary", std::uint64_t{1});
  w.key("partial");
  w.begin_array();
  for (const auto& one : found.partial) {
    w.begin_object();
    w.member("path", one.path);
    w.member("reason", files::name_of(one.why));
    w.member("text", one.text);
    w.end_object();
  }
  w.end_array();
  w.member("text", made.text);
  w.end_object();
  return out + '\n';
}

}  // namespace

Result<int> run_license_notices(const LicenseOptions& options) {
  TRY(const auto known, licenses_for(options.rules));
  TRY(const auto found, licensed_works({options.license}, known));
  std::vector<license::Noticed> works;
  works.reserve(found.works.size());
  for (const auto& one : found.works) works.push_back(noticed(one, known));
  const auto made = license::notices(std::move(works), known, {});
  TRY_VOID(
      put(options.common, options.common.format == Format::json ? in_json(options, made, found) : made.text));
  for (const auto& line : made.open) hint(options.common, "open: " + line);
  for (const auto& one : found.partial)
    hint(options.common, fmt::format("not read: {}: {}", one.path, one.text));
  return options.fail_on_open && (!made.open.empty() || !found.partial.empty()) ? 1 : 0;
}

}  // namespace ostiary::app
