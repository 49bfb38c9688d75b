#include "watch/forge.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "base/text.h"
#include "net/http.h"

namespace ostiary::watch {

namespace {

constexpr std::size_t kMostClasses = 50, kMostSections = 100;

bool begins_with(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && text::iequals(text.substr(0, prefix.size()), prefix);
}

std::vector<std::string> words_of(std::string_view list) {
  std::vector<std::string> words;
  for (auto part : text::split(list, ',')) {
    part = text::trim(part);
    if (!part.empty() && words.size() < kMostClasses) words.emplace_back(part);
  }
  return words;
}

// Takes the value of a form's field; false where it has no such field.
bool take_field(ForgeQuestion& question, std::string_view name, std::string_view value) {
  struct Field {
    std::string_view name;
    std::string ForgeQuestion::* member;
  };
  static constexpr std::array kFields = std::to_array<Field>({{"what for", &ForgeQuestion::what_for},
                                                              {"tool", &ForgeQuestion::tool},
                                                              {"model", &ForgeQuestion::model},
                                                              {"service", &ForgeQuestion::service},
                                                              {"surface", &ForgeQuestion::surface},
                                                              {"output use", &ForgeQuestion::output_use}});
  if (value == "_No response_") value = {};
  for (const auto& field : kFields)
    if (text::iequals(field.name, name)) return question.*field.member = value, true;
  if (text::iequals(name, "data classes")) return question.data_classes = words_of(value), true;
  if (text::iequals(name, "people blocked")) {
    const auto count = text::parse_uint(value);
    question.people_blocked =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(count.value_or(0), 1'000'000));
    return true;
  }
  if (text::iequals(name, "deadline")) {
    question.deadline = parse_rfc3339(std::string(value) + (value.size() == 10 ? "T23:59:59.000Z" : ""));
    return true;
  }
  return false;
}

// One section of a form: its heading and what stands below it.
struct Section {
  std::string_view name, all;  // `all` with the heading
  std::string_view value;
};

// The sections of a text in the order in which they stand; what is ahead of the first has no name.
std::vector<Section> sections_of(std::string_view text) {
  std::vector<Section> sections{{"", text.substr(0, 0), text.substr(0, 0)}};
  std::size_t start = 0, begin = 0, value = 0;
  std::string_view name;
  const auto close = [&](std::size_t end) {
    sections.push_back({name, text.substr(begin, end - begin), text::trim(text.substr(value, end - value))});
  };
  while (start < text.size()) {
    const auto end = std::min(text.find('\n', start), text.size());
    const auto line = text.substr(start, end - start);
    if (line.starts_with("### ") && sections.size() < kMostSections) {
      close(start);
      name = text::trim(line.substr(4)), begin = start, value = std::min(end + 1, text.size());
    }
    start = end + 1;
  }
  close(text.size());
  return sections;
}

}  // namespace

bool is_question(std::string_view title, const std::vector<std::string>& labels, const ForgeRules& rules) {
  if (rules.label.empty() && rules.title_prefix.empty()) return true;
  if (!rules.title_prefix.empty() && begins_with(text::trim(title), rules.title_prefix)) return true;
  return !rules.label.empty() && std::ranges::find(labels, rules.label) != labels.end();
}

ForgeQuestion question_of_issue(std::string_view title, std::string_view text, const ForgeRules& rules) {
  ForgeQuestion question;
  title = text::trim(title);
  if (!rules.title_prefix.empty() && begins_with(title, rules.title_prefix))
    title = text::trim(title.substr(rules.title_prefix.size()));
  question.text = title;
  std::string rest;
  for (const auto& section : sections_of(text)) {
    if (!section.name.empty() && take_field(question, section.name, section.value)) continue;
    rest += section.all;
  }
  if (const auto more = text::trim(rest); !more.empty())
    question.text += (question.text.empty() ? "" : "\n\n") + std::string(more);
  return question;
}

Result<std::string> checked_link(const std::optional<std::string>& text, std::string_view pointer) {
  const auto good = [](char c) {
    return c > 0x20 && c < 0x7f && std::string_view("\"<>\\^`{|}").find(c) == std::string_view::npos;
  };
  if (text && text->size() <= kLongestLink && std::ranges::all_of(*text, good))
    if (net::parse_url(text->substr(0, text->find_first_of("?#")))) return *text;
  return fail(Code::invalid, "an http or https URL is needed", std::string(pointer));
}

Result<std::string> checked_asker(const std::optional<std::string>& text, std::string_view pointer) {
  const auto control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
  if (text && !text->empty() && text->size() <= kLongestAsker && std::ranges::none_of(*text, control))
    return *text;
  return fail(Code::invalid, fmt::format("a name of at most {} bytes is needed", kLongestAsker),
              std::string(pointer));
}

}  // namespace ostiary::watch
