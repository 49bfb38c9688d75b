#include "license/impl/wording.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <utility>

#include "license/check.h"

namespace ostiary::license {

namespace {

constexpr std::array<std::string_view, 5> kPhrases = {
    "permits it", "permits it under a condition", "says nothing of it", "was not read for it", "forbids it"};

using Row = std::pair<std::string_view, std::string_view>;

constexpr std::array<Row, 14> kDuties = {{
    {"give-licence", "Give the text of the licence to whoever gets it from you"},
    {"keep-notices", "Keep the copyright notices and the licence's own"},
    {"give-notice", "Give a notice file along"},
    {"state-changes", "Say that you changed it"},
    {"credit", "Name the author, the source and the licence"},
    {"display", "Show the words that it asks for"},
    {"name-model", "Name models that were made from it as it asks"},
    {"pass-on-terms", "Bind whoever gets it from you to the same terms"},
    {"offer-source", "Offer its source"},
    {"give-source", "Give its source along"},
    {"no-endorsement", "Do not advertise with the names of its authors"},
    {"tell-licensor", "Tell the licensor"},
    {"indemnify", "Answer for claims of third parties against the licensor"},
    {"mark-output", "Say that a machine made what it answers"},
}};

constexpr std::array<Row, 4> kReaches = {{
    {"file", "Every file of it that you changed"},
    {"library", "The library, changed or not,"},
    {"data", "Data that were made of it"},
    {"work", "The whole work that contains it or is made of it"},
}};

}  // namespace

std::string_view phrase(Says says) {
  return kPhrases[static_cast<std::size_t>(says)];
}

std::string in_clause(const catalog::Clause& at) {
  return at.clause.empty() ? std::string() : fmt::format(" ({})", at.clause);
}

std::string noted(const catalog::Clause& at) {
  return at.note.empty() ? std::string() : " " + at.note;
}

std::string sentence(Says says, std::string_view about, const catalog::Clause& at) {
  switch (says) {
    case Says::permits:
      return fmt::format("The text permits {}{}.{}", about, in_clause(at), noted(at));
    case Says::conditions:
      return fmt::format("The text permits {} under a condition{}:{}", about, in_clause(at), noted(at));
    case Says::silent:
      return fmt::format("The text says nothing of {}.{}", about, noted(at));
    case Says::forbids:
      return fmt::format("The text forbids {}{}.{}", about, in_clause(at), noted(at));
    case Says::unknown:
      break;
  }
  return fmt::format("Nobody read what the text says of {}.", about);
}

std::string duty_line(const catalog::License::Duty& duty) {
  const auto found = std::ranges::find(kDuties, duty.to, &Row::first);
  const auto what = found == kDuties.end() ? std::string_view("Do what it asks besides") : found->second;
  return fmt::format("{}{}{}.{}", what, duty.words.empty() ? "" : fmt::format(": “{}”", duty.words),
                     in_clause(duty.at), noted(duty.at));
}

std::string_view share_alike_reach(std::string_view reach) {
  const auto found = std::ranges::find(kReaches, reach, &Row::first);
  return found == kReaches.end() ? std::string_view("What you make of it") : found->second;
}

std::string joined(const std::vector<std::string>& words, std::string_view between) {
  return fmt::format("{}", fmt::join(words, between));
}

std::string grouped(std::uint64_t number) {
  auto out = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(out.size()) - 3; at > 0; at -= 3)
    out.insert(static_cast<std::size_t>(at), ",");
  return out;
}

}  // namespace ostiary::license
