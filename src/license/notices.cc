#include "license/notices.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <map>
#include <set>
#include <tuple>

#include "base/text.h"
#include "license/check.h"
#include "license/conflicts.h"

namespace ostiary::license {

namespace {

using catalog::License;
using catalog::Licenses;

constexpr std::size_t kMostLines = 100;
constexpr std::size_t kLongestLine = 300;
constexpr std::string_view kRule =
    "--------------------------------------------------------------------------------\n";

// What a notice file cannot fulfil for those who send the works out as they came.
constexpr std::array<std::string_view, 8> kBeyond = {"name-model",  "pass-on-terms", "offer-source",
                                                     "give-source", "tell-licensor", "indemnify",
                                                     "mark-output", "other"};

// Somebody who only gives copies out: what a notice file is for.
Profile giver() {
  Profile out;
  out.distributes = true;
  return out;
}

std::string titled(const Noticed& work) {
  return fmt::format("{}{}{}", work.name, work.version.empty() ? "" : " " + work.version,
                     work.kind == "code" || work.kind.empty() ? "" : fmt::format(" ({})", work.kind));
}

// As many line ends as it had, none of Windows, one at the end.
std::string tidy(std::string_view text) {
  std::string out(text::trim(text));
  std::erase(out, '\r');
  return out.empty() ? out : out + '\n';
}

std::string indented(std::string_view text) {
  std::string out;
  for (const auto line : text::split(text, '\n'))
    if (!line.empty()) out += fmt::format("    {}\n", line);
  return out;
}

class File {
 public:
  File(const Licenses& known, const TextOf& text_of) : known_(known), text_of_(text_of) {}

  Notices write(const std::vector<Noticed>& works) {
    for (const auto& work : works) add(work);
    out_.text =
        "Third-party notices\n\nThis holds works of others. They are listed by licence; the texts stand "
        "below.\n";
    for (const auto& [taken, section] : sections_)
      out_.text += fmt::format("\n{}{}\n{}\n{}", kRule, taken, kRule, section);
    for (const auto& line : words_)
      out_.text += (&line == &*words_.begin() ? '\n' + std::string(kRule) : "") + line + '\n';
    texts();
    out_.open.assign(open_.begin(), open_.end());
    return std::move(out_);
  }

 private:
  void add(const Noticed& work) {
    const auto verdict = check(work.expression, known_, giver());
    const auto taken = work.expression.empty() ? std::string("Licence not known") : verdict.taken;
    auto& section = sections_[taken];
    section += titled(work) + '\n';
    for (const auto& line : work.copyrights) section += fmt::format("    {}\n", line);
    if (!work.notice.empty()) section += "  Its notice:\n" + indented(tidy(work.notice));
    if (work.expression.empty())
      open_.insert(fmt::format("{}: nobody knows its licence, which is no permission", titled(work)));
    else if (verdict.says >= Says::silent)
      open_.insert(fmt::format("{}: {} {}", titled(work), taken, told(verdict.says)));
    if (!work.text.empty()) own_[tidy(work.text)].insert(titled(work));
    for (const auto& name : names_in(taken)) duties(work, name);
  }

  static std::string_view told(Says says) {
    if (says == Says::forbids) return "forbids giving it out";
    return says == Says::silent ? "is silent on giving it out" : "was not read on giving it out";
  }

  void duties(const Noticed& work, const std::string& name) {
    const auto* license = known_.find(name);
    if (!license) return;
    if (work.text.empty()) wanted_[license->license].insert(titled(work));
    if (license->share_alike && license->share_alike->when != "never")
      open_.insert(fmt::format("{}: {} asks that what is made of it goes under the same terms", titled(work),
                               license->license));
    if (!license->duties) return;
    for (const auto& duty : *license->duties) {
      if (std::ranges::find(duty.when, "distribute") == duty.when.end()) continue;
      if (!duty.words.empty() && (duty.to == "display" || duty.to == "give-notice"))
        words_.insert(fmt::format("{}: {}", titled(work), duty.words));
      if (std::ranges::find(kBeyond, duty.to) != kBeyond.end())
        open_.insert(fmt::format("{}: {} asks: {}", titled(work), license->license, duty_line(duty)));
    }
  }

  void texts() {
    for (const auto& [text, works] : own_) add_text(joined(works), text);
    for (const auto& [license, works] : wanted_) {
      const auto text = text_of_ ? tidy(text_of_(license)) : std::string();
      if (!text.empty()) {
        add_text(license, text);
        continue;
      }
      const auto* entry = known_.find(license);
      open_.insert(fmt::format("{}: the text of {} has to be put in; it did not come with it{}",
                               joined(works), license,
                               entry->homepage.empty() ? "" : ", see " + entry->homepage));
    }
  }

  void add_text(std::string_view title, std::string_view text) {
    out_.text += fmt::format("\n{}Text of the licence: {}\n{}\n{}", kRule, title, kRule, text);
  }

  static std::string joined(const std::set<std::string>& works) {
    std::string out;
    for (const auto& one : works) out += (out.empty() ? "" : ", ") + one;
    return out;
  }

  const Licenses& known_;
  const TextOf& text_of_;
  Notices out_;
  std::map<std::string, std::string> sections_;          // by licence
  std::map<std::string, std::set<std::string>> own_;     // works by the text that came with them
  std::map<std::string, std::set<std::string>> wanted_;  // works without one, by licence
  std::set<std::string> words_, open_;
};

}  // namespace

Notices notices(std::vector<Noticed> works, const Licenses& known, const TextOf& text_of) {
  const auto all = [](const Noticed& one) {
    return std::tie(one.name, one.version, one.kind, one.expression, one.text, one.notice, one.copyrights);
  };
  std::ranges::sort(works, {}, all);
  const auto again = std::ranges::unique(works, {}, all);
  works.erase(again.begin(), again.end());
  return File(known, text_of).write(works);
}

std::vector<std::string> copyright_lines(std::string_view text) {
  std::vector<std::string> out;
  for (const auto whole : text::split(text, '\n')) {
    auto line = text::trim(whole);
    while (!line.empty() && std::string_view("#*/;- ").contains(line.front())) line.remove_prefix(1);
    const auto small = text::lower(line.substr(0, 40));
    const auto year_at = [&](std::size_t at) {
      return small.size() > at && small[at] >= '0' && small[at] <= '9';
    };
    const bool claims = small.starts_with("copyright (c)") || small.starts_with("copyright \xc2\xa9") ||
                        small.starts_with("\xc2\xa9 ") || (small.starts_with("(c) ") && year_at(4)) ||
                        (small.starts_with("copyright ") && year_at(10));
    if (!claims || line.size() > kLongestLine) continue;
    // A form that is to be filled in names nobody.
    if (small.contains("[yyyy]") || small.contains("<year>")) continue;
    if (std::ranges::find(out, line) == out.end()) out.emplace_back(line);
    if (out.size() == kMostLines) break;
  }
  return out;
}

}  // namespace ostiary::license
