#include "inventory/summary.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <set>

#include "inventory/answer.h"

namespace ostiary::inventory {

namespace {

std::vector<Counted> ordered(const std::map<std::string, std::uint64_t>& counts, std::size_t most) {
  std::vector<Counted> out;
  for (const auto& [what, count] : counts) out.push_back({what, count});
  std::ranges::sort(out, [](const Counted& a, const Counted& b) {
    return a.count != b.count ? a.count > b.count : a.what < b.what;
  });
  if (out.size() > most) out.resize(most);
  return out;
}

std::vector<Counted> counted(const std::vector<Use>& uses, F f, std::size_t most = 50) {
  std::map<std::string, std::uint64_t> counts;
  for (const auto& use : uses) ++counts[use.known(f) ? use[f] : std::string(kUnknown)];
  return ordered(counts, most);
}

bool retired(const Use& use) {
  return use[F::status] == "retired";
}

bool holds(const Use& use, F f, std::string_view value) {
  return std::ranges::find(use.all(f), value) != use.all(f).end();
}

bool forbids(const Use& use) {
  return use.known(F::license) && forbids_commercial(use[F::license]) == Forbids::yes;
}

// What counts as a risk, the gravest first.
struct Rule {
  std::string_view what, why;
  bool (*holds)(const Use& use, WallMs now);
};

bool consumer(const Use& use) {
  return use[F::surface] == "consumer" || use[F::surface] == "api-free";
}

constexpr Rule kRisks[] = {
    {"A practice that Article 5 of the EU AI Act prohibits", "ai_act_risk or prohibited_practices says so",
     [](const Use& use, WallMs) {
       return use[F::ai_act_risk] == "prohibited" || use[F::prohibited_practices] == "found";
     }},
    {"High-risk use without human oversight that anybody wrote down",
     "ai_act_risk is high, human_oversight unknown",
     [](const Use& use, WallMs) { return use[F::ai_act_risk] == "high" && !use.known(F::human_oversight); }},
    {"Personal or confidential data through consumer or free surfaces",
     "data_classes holds personal, confidential, secret or code; surface is consumer or api-free",
     [](const Use& use, WallMs) {
       return consumer(use) &&
              (holds(use, F::data_classes, "personal") || holds(use, F::data_classes, "confidential") ||
               holds(use, F::data_classes, "secret") || holds(use, F::data_classes, "code"));
     }},
    {"A licence that forbids commercial use", "license says so",
     [](const Use& use, WallMs) { return forbids(use); }},
    {"Consumer or free surfaces, with data that nobody named",
     "surface is consumer or api-free, data_classes unknown",
     [](const Use& use, WallMs) { return consumer(use) && !use.known(F::data_classes); }},
    {"Personal data without a data protection impact assessment",
     "data_classes holds personal, dpia is due or unknown",
     [](const Use& use, WallMs) {
       return holds(use, F::data_classes, "personal") && (!use.known(F::dpia) || use[F::dpia] == "due");
     }},
    {"Nobody to tell", "owner and team are unknown",
     [](const Use& use, WallMs) { return !use.known(F::owner) && !use.known(F::team); }},
    {"A review that is overdue", "next_review has passed",
     [](const Use& use, WallMs now) {
       const auto day = parse_day(use[F::next_review]);
       return day && *day + 86'400'000 <= now;
     }},
    {"A class under the EU AI Act that nobody named", "ai_act_risk is unknown",
     [](const Use& use, WallMs) { return !use.known(F::ai_act_risk); }},
};

constexpr Rule kDecisions[] = {
    {"Approve or stop: in use without an approval", "status is in-use, approval unknown",
     [](const Use& use, WallMs) { return use[F::status] == "in-use" && !use.known(F::approval); }},
    {"Assess: high risk without a fundamental rights impact assessment",
     "ai_act_risk is high, fria is due or unknown",
     [](const Use& use, WallMs) {
       return use[F::ai_act_risk] == "high" && (!use.known(F::fria) || use[F::fria] == "due");
     }},
    {"Review: the day has passed, or was never set", "next_review has passed or is unknown",
     [](const Use& use, WallMs now) {
       const auto day = parse_day(use[F::next_review]);
       return !day || *day + 86'400'000 <= now;
     }},
    {"Name an owner", "owner is unknown", [](const Use& use, WallMs) { return !use.known(F::owner); }},
};

Concern concern_of(const Rule& rule, const std::vector<Use>& uses, WallMs now) {
  Concern out{.what = std::string(rule.what), .why = std::string(rule.why)};
  std::set<std::string> titles, teams;
  for (const auto& use : uses) {
    if (retired(use) || !rule.holds(use, now)) continue;
    ++out.count;
    titles.insert(use.title());
    if (use.known(F::team)) teams.insert(use[F::team]);
  }
  for (const auto& title : titles)
    if (out.uses.size() < Concern::kMostNamed) out.uses.push_back(title);
  for (const auto& team : teams)
    if (out.teams.size() < Concern::kMostNamed) out.teams.push_back(team);
  return out;
}

// What people ask for first when something happened.
constexpr F kWanted[] = {F::owner,       F::purpose,     F::data_classes,    F::provider,
                         F::surface,     F::license,     F::approval,        F::next_review,
                         F::ai_act_role, F::ai_act_risk, F::human_oversight, F::impact_assessment};

Concern gap_concern(Gap gap, std::string_view what, const Reconciled& found) {
  Concern out{.what = std::string(what), .why = fmt::format("finding {}", name(gap))};
  std::set<std::string> titles, teams;
  for (const auto& one : found.findings) {
    if (one.gap != gap) continue;
    ++out.count;
    titles.insert(one.what);
    if (!one.team.empty()) teams.insert(one.team);
  }
  for (const auto& title : titles)
    if (out.uses.size() < Concern::kMostNamed) out.uses.push_back(title);
  for (const auto& team : teams)
    if (out.teams.size() < Concern::kMostNamed) out.teams.push_back(team);
  return out;
}

void keep_real(std::vector<Concern>& all, Concern one) {
  if (one.count > 0) all.push_back(std::move(one));
}

}  // namespace

Summary summarise(const std::vector<Use>& uses, const Reconciled& found,
                  const std::optional<AnswerTimes>& answers, WallMs now) {
  Summary out;
  out.at = now;
  out.uses = uses.size();
  for (const auto& use : uses) {
    const auto shows = [](const Sighting& s) { return s.how != How::declaration && s.how != How::question; };
    out.seen += std::ranges::any_of(use.seen, shows) ? 1 : 0;
    out.declared += std::ranges::find(use.declared, true) != use.declared.end() ? 1 : 0;
  }
  out.by_status = counted(uses, F::status);
  out.by_surface = counted(uses, F::surface);
  out.by_provider = counted(uses, F::provider, 10);
  for (const auto f : kWanted) {
    const auto lacking =
        std::ranges::count_if(uses, [&](const Use& use) { return !retired(use) && !use.known(f); });
    if (lacking > 0) out.unknown.push_back({std::string(name(f)), static_cast<std::uint64_t>(lacking)});
  }
  std::map<Gap, std::uint64_t> gaps;
  for (const auto& one : found.findings) ++gaps[one.gap];
  for (const auto& [gap, count] : gaps) out.gaps.push_back({std::string(name(gap)), count});
  for (const auto& rule : kRisks) keep_real(out.risks, concern_of(rule, uses, now));
  keep_real(out.risks,
            gap_concern(Gap::in_code_not_at_gate, "Code that reaches providers past the gate", found));
  if (out.risks.size() > Summary::kMostRisks) out.risks.resize(Summary::kMostRisks);
  keep_real(out.decisions,
            gap_concern(Gap::seen_never_declared, "Declare or stop: seen, and in no inventory", found));
  keep_real(out.decisions,
            gap_concern(Gap::approved_but_gone, "Retire: approved, and nothing shows it any more", found));
  for (const auto& rule : kDecisions) keep_real(out.decisions, concern_of(rule, uses, now));
  out.answers = answers;
  out.partial = found.partial;
  return out;
}

}  // namespace ostiary::inventory
