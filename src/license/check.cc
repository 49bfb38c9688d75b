#include "license/check.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <functional>
#include <tuple>

#include "license/impl/wording.h"

namespace ostiary::license {

namespace {

using catalog::Clause;
using catalog::License;

// What the profile does that a right is about.
struct Question {
  std::string_view right;
  std::string_view about;
  std::optional<bool> does;
};

// Puts one licence to the questions of one profile.
class Judge {
 public:
  Judge(const License& license, const catalog::LicenseReview* review, const Profile& profile)
      : license_(license), profile_(profile), by_(review ? review->by : std::string()) {}

  Verdict run() {
    verdict_.says = Says::permits;
    verdict_.taken = license_.license;
    verdict_.category = license_.category;
    purpose();
    for (const auto& question : {Question{"redistribution", "giving out copies", profile_.distributes},
                                 Question{"modification", "changing it", profile_.modifies},
                                 Question{"hosting", "letting others use it over a network", profile_.hosts},
                                 Question{"training-on-outputs", "training another model on what it answers",
                                          profile_.trains_on_outputs}})
      right(question);
    training();
    ceilings();
    territories();
    restrictions();
    share_alike();
    duties();
    remarks();
    return std::move(verdict_);
  }

 private:
  void add(Says says, std::string_view about, std::string text, const Clause* at) {
    verdict_.says = std::max(verdict_.says, says);
    Reason reason{says, std::string(about), std::move(text), license_.license, {}, {}, {}, by_};
    if (at) {
      reason.clause = at->clause;
      reason.source = at->origin.source;
      reason.date = at->origin.date;
    }
    verdict_.reasons.push_back(std::move(reason));
  }

  void statement(const License::Right* right, std::string_view about) {
    if (!right || right->says == Says::unknown) {
      add(Says::unknown, about, fmt::format("Nobody read what the text says of {}.", about), nullptr);
    } else {
      add(right->says, about, sentence(right->says, about, right->at), &right->at);
    }
  }

  // A purpose that is not told is taken as commercial.
  void purpose() {
    const auto* commercial = license_.right("commercial-use");
    const bool free = commercial && commercial->says == Says::permits;
    const auto* research = license_.right("research-use");
    if (profile_.purpose == Purpose::research && !free) {
      statement(research, "use for research");
    } else {
      statement(commercial, profile_.purpose == Purpose::internal
                                ? std::string_view("commercial use, inside an organisation too")
                                : std::string_view("commercial use"));
    }
  }

  void right(const Question& question) {
    const auto* said = license_.right(question.right);
    if (question.does == true) {
      statement(said, question.about);
    } else if (!question.does && said && said->says == Says::forbids) {
      add(Says::unknown, question.about,
          fmt::format("The text forbids {}, and the profile does not say whether you do.", question.about),
          &said->at);
    }
  }

  // A text that does not name training is judged by what it says of use and change.
  void training() {
    if (profile_.trains != true) return;
    const auto* said = license_.right("training");
    constexpr std::string_view about = "training a model on it";
    if (said && said->says != Says::silent) return statement(said, about);
    const auto* change = license_.right("modification");
    if (!change || change->says == Says::unknown) return statement(nullptr, about);
    add(change->says, about,
        fmt::format("The text does not name training. Of copies that are changed it says: {}{}.",
                    phrase(change->says), in_clause(change->at)),
        &change->at);
  }

  void ceilings() {
    if (!license_.ceilings) return not_read("sizes of the licensee");
    for (const auto& ceiling : *license_.ceilings) {
      const bool users = ceiling.of == "monthly-users";
      const auto& ours = users ? profile_.monthly_users : profile_.revenue;
      const std::string_view about = users ? "monthly users" : "revenue";
      const auto limit = grouped(ceiling.most) + (users ? " monthly users" : " US dollars a year");
      if (!ours) {
        add(Says::unknown, about,
            fmt::format("The grant ends above {}{}, and the profile does not say how many you have.", limit,
                        in_clause(ceiling.at)),
            &ceiling.at);
      } else if (*ours > ceiling.most) {
        add(ceiling.beyond, about,
            fmt::format("You are above {}, where {}{}.", limit,
                        ceiling.beyond == Says::forbids ? "the grant does not hold" : "more is asked",
                        in_clause(ceiling.at)),
            &ceiling.at);
      } else {
        add(Says::permits, about, fmt::format("You are not above {}{}.", limit, in_clause(ceiling.at)),
            &ceiling.at);
      }
    }
  }

  void territories() {
    if (!license_.territories) return not_read("territories");
    for (const auto& excluded : *license_.territories) {
      const auto places = joined(excluded.places, ", ");
      if (profile_.territories.empty()) {
        add(Says::unknown, "territory",
            fmt::format("The grant does not hold in {}{}, and the profile does not say where you are.",
                        places, in_clause(excluded.at)),
            &excluded.at);
        continue;
      }
      const bool met = std::ranges::any_of(profile_.territories, [&](const std::string& ours) {
        return std::ranges::any_of(excluded.places, [&](const auto& place) { return meets(ours, place); });
      });
      add(met ? Says::forbids : Says::permits, "territory",
          fmt::format("The grant does not hold in {}{}; you are {}there.{}", places, in_clause(excluded.at),
                      met ? "" : "not ", met ? noted(excluded.at) : std::string()),
          &excluded.at);
    }
  }

  void restrictions() {
    const auto& said = license_.use_restrictions;
    if (!said) return not_read("purposes that are ruled out");
    if (said->says == "none") return;
    oblige(
        "keep-to-restrictions",
        fmt::format("Keep to the purposes that {} allows{}.{}",
                    said->says == "policy" ? "the licensor's policy of use, which may change," : "the text",
                    in_clause(said->at), noted(said->at)),
        said->at);
  }

  void share_alike() {
    const auto& said = license_.share_alike;
    if (!said) return not_read("sharing alike");
    if (said->when == "never") return;
    const bool by_network = said->when == "network" && profile_.hosts.value_or(true);
    const bool by_copies = profile_.distributes.value_or(true);
    if (!by_network && !by_copies) return;
    const auto text = fmt::format(
        "{}{} goes under the same terms{}.{}", share_alike_reach(said->reach),
        by_copies
            ? (by_network ? " that you give out or let others use over a network" : " that you give out")
            : " that you let others use over a network",
        in_clause(said->at), noted(said->at));
    oblige("share-alike", text, said->at);
    if (profile_.stays_closed == true)
      add(Says::forbids, "keeping your work closed",
          "What you make of it must go under the same terms, and the profile says that it stays closed.",
          &said->at);
  }

  bool does(std::string_view what) const {
    if (what == "use" || what == "advertise") return true;
    if (what == "distribute") return profile_.distributes.value_or(true);
    if (what == "host") return profile_.hosts.value_or(true);
    if (what == "modify") return profile_.modifies.value_or(true);
    return profile_.trains_on_outputs.value_or(false);
  }

  void duties() {
    if (!license_.duties) return not_read("duties");
    for (const auto& duty : *license_.duties)
      if (std::ranges::any_of(duty.when, [&](const auto& when) { return does(when); }))
        oblige(duty.to, duty_line(duty), duty.at);
  }

  void oblige(std::string_view duty, std::string text, const Clause& at) {
    verdict_.obligations.push_back({std::string(duty), std::move(text), license_.license, at.clause});
  }

  void not_read(std::string_view about) {
    add(Says::unknown, about, fmt::format("Nobody read what the text says of {}.", about), nullptr);
  }

  void remarks() {
    const auto& end = license_.termination;
    if (!end) return;
    if (end->says == "at-will")
      verdict_.remarks.push_back(fmt::format("{}: the licensor may end the grant without a breach{}.",
                                             license_.license, in_clause(end->at)));
    if (end->remote == true)
      verdict_.remarks.push_back(fmt::format("{}: the licensor may restrict use from afar{}.",
                                             license_.license, in_clause(end->at)));
  }

  const License& license_;
  const Profile& profile_;
  const std::string by_;
  Verdict verdict_;
};

// The strictest first: it is what the answer stands on.
void order(std::vector<Reason>& reasons) {
  std::vector<Reason> sorted;
  sorted.reserve(reasons.size());
  for (const auto says : {Says::forbids, Says::unknown, Says::silent, Says::conditions, Says::permits})
    for (auto& one : reasons)
      if (one.says == says) sorted.push_back(std::move(one));
  reasons = std::move(sorted);
}

constexpr std::array<std::string_view, 9> kStrictness = {
    "public-domain",  "permissive",     "weak-copyleft", "copyleft", "network-copyleft",
    "use-restricted", "non-commercial", "proprietary",   "unknown"};

std::size_t strictness(std::string_view category) {
  const auto found = std::ranges::find(kStrictness, category);
  return found == kStrictness.end() ? kStrictness.size() - 1
                                    : static_cast<std::size_t>(found - kStrictness.begin());
}

}  // namespace

std::string_view stricter(std::string_view one, std::string_view other) {
  return kStrictness[std::max(strictness(one), strictness(other))];
}

Verdict check_one(std::string_view name, const catalog::Licenses& known, const Profile& profile) {
  if (const auto* license = known.find(name)) {
    auto verdict = Judge(*license, known.review_of(*license), profile).run();
    order(verdict.reasons);
    return verdict;
  }
  Verdict out;
  out.taken = name;
  out.category = "unknown";
  out.reasons.push_back({Says::unknown,
                         "the licence",
                         fmt::format("The catalogue has no licence '{}': nobody read it.", name),
                         std::string(name),
                         {},
                         {},
                         {},
                         {}});
  return out;
}

Verdict all_of(std::vector<Verdict> parts) {
  Verdict out = std::move(parts.front());
  for (std::size_t i = 1; i < parts.size(); ++i) {
    auto& part = parts[i];
    out.says = std::max(out.says, part.says);
    out.taken += " AND " + part.taken;
    out.category = stricter(out.category, part.category);
    std::ranges::move(part.reasons, std::back_inserter(out.reasons));
    std::ranges::move(part.obligations, std::back_inserter(out.obligations));
    std::ranges::move(part.remarks, std::back_inserter(out.remarks));
  }
  order(out.reasons);
  return out;
}

Verdict best_of(std::vector<Verdict> choices) {
  const auto best = std::ranges::min_element(choices, {}, [](const Verdict& one) {
    return std::tuple(one.says, strictness(one.category), one.obligations.size());
  });
  Verdict out = std::move(*best);
  for (auto& other : choices)
    if (&other != &*best)
      out.remarks.push_back(
          fmt::format("{} could be chosen instead: its text {}.", other.taken, phrase(other.says)));
  return out;
}

}  // namespace ostiary::license
