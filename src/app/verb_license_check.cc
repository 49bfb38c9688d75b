// license check: what the text of a licence says of one use.

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>

#include "app/impl/license_path.h"
#include "app/impl/terminal.h"
#include "app/impl/verbs_license.h"
#include "base/file.h"
#include "json/writer.h"
#include "license/check.h"
#include "license/json.h"

namespace ostiary::app {

namespace {

using license::Says;

constexpr std::uint64_t kMostProfile = 1U << 20;

Result<license::Profile> profile_of(const std::string& file) {
  if (file.empty()) return license::Profile{};
  TRY(const auto text, read_file(file, kMostProfile));
  return license::read_profile(text, file);
}

Says threshold(std::string_view word) {
  for (const auto says : {Says::conditions, Says::silent, Says::unknown, Says::forbids})
    if (word == catalog::name(says)) return says;
  return Says::unknown;
}

// A name of a licence is none, even where a file has it; "./MIT" is.
bool is_path(const std::string& asked, const catalog::Licenses& known) {
  std::error_code error;
  return !known.find(asked) && std::filesystem::exists(asked, error);
}

std::string coloured(Says says, const Style& style, std::string_view words) {
  if (says == Says::permits) return style.green(words);
  return says == Says::forbids || says == Says::unknown ? style.red(words) : style.yellow(words);
}

std::string in_text(const license::Verdict& verdict, const Style& style) {
  std::string out = fmt::format("{}: the text {}\n", style.bold(printable(verdict.taken)),
                                coloured(verdict.says, style, license::phrase(verdict.says)));
  out += fmt::format("category {}\n", verdict.category);
  out += '\n' + style.bold("Why") + '\n';
  for (const auto& one : verdict.reasons)
    out += fmt::format("  {:10} {}{}\n", catalog::name(one.says), printable(one.text),
                       one.reviewed_by.empty() ? "" : " Reviewed by " + printable(one.reviewed_by) + ".");
  if (std::ranges::all_of(verdict.reasons, [](const auto& one) { return one.reviewed_by.empty(); }))
    out += "  As shipped: nobody of your organisation has reviewed this reading.\n";
  if (!verdict.obligations.empty()) out += '\n' + style.bold("What it asks of you") + '\n';
  for (const auto& one : verdict.obligations) out += fmt::format("  - {}\n", printable(one.text));
  if (!verdict.remarks.empty()) out += '\n' + style.bold("Worth knowing") + '\n';
  for (const auto& one : verdict.remarks) out += fmt::format("  - {}\n", printable(one));
  out += fmt::format("\n{}\n", license::kNoAdvice);
  return out;
}

std::string in_json(const LicenseOptions& options, const license::Verdict& verdict) {
  std::string out, inner;
  license::append_json(inner, verdict);
  json::Writer w(out);
  w.begin_object();
  w.member("asked", options.license);
  w.member("kind", "license-check");
  w.member("ostiary", std::uint64_t{1});
  w.key("partial");
  w.begin_array();
  w.end_array();
  w.key("verdict");
  w.raw(inner);
  w.end_object();
  return out + '\n';
}

}  // namespace

Result<int> run_license_check(const LicenseOptions& options) {
  TRY(const auto known, licenses_for(options.rules));
  TRY(const auto profile, profile_of(options.profile));
  if (options.profile.empty())
    hint(options.common, "no --profile: nothing is known of your use, which is strict");
  if (is_path(options.license, known)) {
    TRY(auto found, licensed_works({options.license}, known));
    const auto all = judged(std::move(found), known, profile);
    TRY_VOID(put(options.common, options.common.format == Format::json
                                     ? judged_json(all, options.license)
                                     : judged_text(all, options.license, style_of(options.common))));
    return all.says >= threshold(options.fail_on) ? 1 : 0;
  }
  const auto verdict = license::check(options.license, known, profile);
  TRY_VOID(put(options.common, options.common.format == Format::json
                                   ? in_json(options, verdict)
                                   : in_text(verdict, style_of(options.common))));
  return verdict.says >= threshold(options.fail_on) ? 1 : 0;
}

}  // namespace ostiary::app
