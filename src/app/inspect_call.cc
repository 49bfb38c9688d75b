#include "app/inspect_call.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <span>
#include <unistd.h>

namespace ostiary::app {

namespace {

using Names = std::span<const std::string_view>;

// One piece of work and the flags that say something to it.
struct Work {
  std::string_view name;
  Names flags;
};

constexpr std::array<std::string_view, 5> kAlways = {"--data", "--help", "--quiet", "--format", "--output"};
constexpr std::array<std::string_view, 15> kInspect = {
    "--accepted",  "--as",       "--baseline", "--fail-on",  "--gate",  "--history", "--least", "--max-bytes",
    "--no-ignore", "--own-code", "--reveal",   "--revision", "--rules", "--staged",  "paths"};
constexpr std::array<std::string_view, 11> kRedact = {
    "--accepted",  "--baseline", "--fail-on", "--gate",  "--least", "--max-bytes",
    "--no-ignore", "--own-code", "--redact",  "--rules", "paths"};
constexpr std::array<std::string_view, 11> kExplain = {
    "--accepted",  "--as",       "--explain", "--gate",   "--history", "--max-bytes",
    "--no-ignore", "--revision", "--rules",   "--staged", "paths"};
constexpr std::array<std::string_view, 13> kBaseline = {
    "--accepted",  "--as",       "--baseline", "--gate",  "--history", "--least",         "--max-bytes",
    "--no-ignore", "--own-code", "--revision", "--rules", "--staged",  "--write-baseline"};
constexpr std::array<std::string_view, 4> kLearn = {"--learn", "--no-ignore", "--own-code", "paths"};
constexpr std::array<std::string_view, 7> kAlarms = {
    "--accept", "--because", "--false-alarm", "--false-alarms", "--gate", "--reject", "--until"};

Work work_of(const InspectOptions& options) {
  if (options.learn) return {"--learn", kLearn};
  if (options.false_alarms) return {"--false-alarms", kAlarms};
  if (!options.false_alarm.empty()) return {"--false-alarm", kAlarms};
  if (!options.accept.empty()) return {"--accept", kAlarms};
  if (!options.reject.empty()) return {"--reject", kAlarms};
  if (options.explain) return {"--explain", kExplain};
  if (options.write_baseline) return {"--write-baseline", kBaseline};
  if (options.redact) return {"--redact", kRedact};
  return {"inspect", kInspect};
}

bool has(Names names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

bool given(const InspectOptions& options, std::string_view name) {
  return std::ranges::find(options.given, name) != options.given.end();
}

std::unexpected<Error> says_nothing(std::string_view flag, std::string_view beside) {
  return fail(Code::invalid, fmt::format("{} says nothing beside {}; leave one of them out", flag, beside));
}

// A flag of a work that goes with only some of its flags.
Result<> check_pairs(const InspectOptions& options) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 2> needs = {
      {{"--revision", "--history"}, {"--until", "--accept"}}};
  for (const auto& [flag, with] : needs)
    if (given(options, flag) && !given(options, with))
      return fail(Code::invalid, fmt::format("{} goes with {} only", flag, with));
  for (const std::string_view git : {"--staged", "--history"})
    if (given(options, "--no-ignore") && given(options, git)) return says_nothing("--no-ignore", git);
  if (given(options, "--gate") && !given(options, "--accepted") &&
      work_of(options).flags.data() != kAlarms.data())
    return fail(Code::invalid, "--gate goes with --accepted, or with marking and deciding");
  if (options.false_alarms && given(options, "--because")) return says_nothing("--because", "--false-alarms");
  return {};
}

Result<> check_format(const InspectOptions& options, const Work& work) {
  const auto format = options.common.format;
  if (options.redact && format != Format::text)
    return fail(Code::invalid, "--redact writes the text itself, in no other format; leave --format out");
  if ((options.learn || options.write_baseline) && given(options, "--format"))
    return says_nothing("--format", work.name);
  if ((options.learn || options.write_baseline) && given(options, "--output"))
    return says_nothing("--output", work.name);
  if (options.explain && format == Format::sarif)
    return fail(Code::invalid, "--explain writes text or JSON, and no masked text");
  return {};
}

}  // namespace

Result<> check_call(const InspectOptions& options) {
  const auto work = work_of(options);
  for (const auto& flag : options.given)
    if (!has(work.flags, flag) && !has(kAlways, flag) && !(options.write_baseline && flag == "paths")) {
      if (work.flags.data() == kInspect.data())
        return fail(Code::invalid, fmt::format("{} goes with marking or deciding on a false alarm", flag));
      return says_nothing(flag == "paths" ? "a file" : flag, work.name);
    }
  TRY_VOID(check_pairs(options));
  TRY_VOID(check_format(options, work));
  if (options.reveal && (!options.common.output.empty() || ::isatty(STDOUT_FILENO) != 1))
    return fail(Code::invalid,
                "--reveal shows values only on a terminal, so that they end up in no file or log");
  if (options.reveal && options.common.format != Format::text)
    return fail(Code::invalid, "--reveal goes with the text format only");
  if (options.redact && options.paths.size() > 1)
    return fail(Code::invalid, "--redact takes one file or standard input");
  return {};
}

}  // namespace ostiary::app
