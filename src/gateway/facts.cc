#include "gateway/facts.h"

#include <algorithm>
#include <array>
#include <bit>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "gateway/attachments.h"
#include "gateway/model_name.h"
#include "gateway/setup.h"
#include "gateway/size_limits.h"
#include "json/document.h"

namespace ostiary::gateway {

namespace {

using policy::FactSet;

// A fact with its place in the table.
struct Name {
  explicit Name(std::string_view name) : text(name), bit(policy::fact_set(name)) {}
  std::string_view text;
  FactSet bit;
};
const Name kAgentTools("agent.tools");
const Name kAgentUnattended("agent.unattended");
const Name kDataAttachments("data.attachments");
const Name kDataBytes("data.bytes");
const Name kDataClasses("data.classes");
const Name kDataConfidence("data.confidence");
const Name kDataFindings("data.findings");
const Name kDataLines("data.lines");
const Name kDataPartial("data.partial");
const Name kDataTokens("data.tokens");
const Name kOutputProject("output.project");
const Name kOutputUse("output.use");
const Name kPurpose("purpose");
const Name kSubjectId("subject.id");
const Name kSubjectKey("subject.key");
const Name kSubjectTeam("subject.team");
const Name kTargetEndpoint("target.endpoint");
const Name kTargetHosting("target.hosting");
const Name kTargetModel("target.model");
const Name kTargetModelLicence("target.model_licence");
const Name kTargetModelLicenceCategory("target.model_licence_category");
const Name kTargetProvider("target.provider");
const Name kTargetRegion("target.region");
const Name kTargetService("target.service");
const Name kTargetSurface("target.surface");
const Name kTargetTermsDpa("target.terms.dpa");
const Name kTargetTermsHumanReview("target.terms.human_review");
const Name kTargetTermsIndemnity("target.terms.indemnity");
const Name kTargetTermsRetentionDays("target.terms.retention_days");
const Name kTargetTermsReviewed("target.terms.reviewed");
const Name kTargetTermsTrains("target.terms.trains");
const Name kTimeHour("time.hour");
const Name kTimeNow("time.now");
const Name kTimeWeekday("time.weekday");
const Name kTool("tool");
const FactSet kData = policy::facts_below("data."), kTime = policy::facts_below("time.");

// Sets the facts that are wanted. Names come in the table's order, so that each is put behind those before
// it.
class Gathering {
 public:
  explicit Gathering(FactSet wanted) : wanted_(wanted) {
    facts_.reserve(std::min<std::size_t>(std::popcount(wanted), policy::fact_table().size()));
  }
  bool wants(const Name& name) const { return (wanted_ & name.bit) != 0; }
  bool wants_any(FactSet set) const { return (wanted_ & set) != 0; }
  void set(const Name& name, policy::FactValue value, std::string_view source) {
    if (wants(name)) facts_.set(name.text, std::move(value), source);
  }
  void text(const Name& name, std::string_view value, std::string_view source) {
    if (!value.empty() && wants(name)) facts_.set(name.text, std::string(value), source);
  }
  void count(const Name& name, std::uint64_t value, std::string_view source) {
    if (wants(name)) facts_.set(name.text, static_cast<std::int64_t>(value), source);
  }
  policy::Facts take() { return std::move(facts_); }

 private:
  FactSet wanted_;
  policy::Facts facts_;
};

constexpr std::size_t kMostTools = 512, kLongestTool = 256;

// Of one tool that the model is offered: its name, and what kind of tool it is where that says more than that
// the caller runs it. False: neither is told, or there are too many or too long ones.
bool add_tool(json::Value tool, std::vector<std::string>& names) {
  const auto before = names.size();
  for (const auto& name :
       {tool["function"]["name"], tool["custom"]["name"], tool["name"], tool["server_label"]})
    if (auto text = name.as_string(); text && !text->empty()) {
      names.push_back(std::move(*text));
      break;
    }
  if (auto type = tool["type"].as_string();
      type && !type->empty() && *type != "function" && *type != "custom")
    names.push_back(std::move(*type));
  return names.size() > before && names.size() <= kMostTools &&
         std::ranges::all_of(names.begin() + static_cast<std::ptrdiff_t>(before), names.end(),
                             [](const std::string& name) { return name.size() <= kLongestTool; });
}

// The names of the tools that a request offers; nothing where they cannot all be known: a stored prompt may
// bring others, what is not read as a request of a known form may hold them anywhere, and so many or so long
// ones are no request's that the policy should have to look through.
std::optional<std::vector<std::string>> offered_tools(const Exchange& x) {
  std::vector<std::string> names;
  if (!x.asked.endpoint.has_body) return names;
  const auto root = x.document.root();
  if (x.asked.endpoint.name == "other" || root["prompt"].is_object()) return std::nullopt;
  for (const auto& list : {root["tools"], root["functions"]}) {
    if (!list || list.is_null()) continue;
    if (!list.is_array()) return std::nullopt;
    for (const json::Value tool : list)
      if (!add_tool(tool, names)) return std::nullopt;
  }
  if (const auto search = root["web_search_options"]; search && !search.is_null())
    names.emplace_back("web_search");
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  return names;
}

void set_claims(const Exchange& x, Gathering& into) {
  const auto& claims = x.claims;
  if (into.wants(kAgentTools))
    if (auto tools = offered_tools(x)) into.set(kAgentTools, std::move(*tools), "request");
  if (claims.unattended) into.set(kAgentUnattended, *claims.unattended, "request");
}

// Measured here where the inspection did not: nothing is inspected, or nobody has asked for it before.
std::optional<inspect::Size> size_of(const Exchange& x, const inspect::Inspection& found,
                                     const Gathering& into) {
  if (found.size) return found.size;
  if (!into.wants(kDataAttachments) && !into.wants(kDataLines) && !into.wants(kDataTokens))
    return std::nullopt;
  return measure(x.document, find_attachments(x.document).size());
}

void set_found(const inspect::Inspection& found, Gathering& into) {
  into.set(kDataClasses, found.classes, "inspection");
  if (into.wants(kDataConfidence)) {
    std::string_view highest = "none";
    auto least = inspect::Confidence::low;
    for (const auto& finding : found.findings)
      if (finding.klass != inspect::Class::size && finding.confidence >= least) {
        highest = inspect::name(finding.confidence);
        least = finding.confidence;
      }
    into.set(kDataConfidence, std::string(highest), "inspection");
  }
  if (into.wants(kDataFindings)) {
    std::vector<std::string> types;  // of those that give the request a class
    for (const auto& finding : found.findings)
      if (finding.klass != inspect::Class::size && finding.confidence >= inspect::Confidence::medium)
        types.push_back(finding.type);
    std::ranges::sort(types);
    types.erase(std::ranges::unique(types).begin(), types.end());
    into.set(kDataFindings, std::move(types), "inspection");
  }
}

// Where nothing is inspected nobody knows what a request holds.
void set_data(const Exchange& x, const inspect::Inspection& found, Gathering& into) {
  if (!into.wants_any(kData)) return;
  const bool inspected = x.setup && x.setup->settings.inspect;
  const auto size = size_of(x, found, into);
  if (size) into.count(kDataAttachments, size->attachments, "request");
  into.count(kDataBytes, x.body.size(), "request");
  if (inspected) set_found(found, into);
  if (size) into.count(kDataLines, size->lines, "request");
  into.set(kDataPartial, inspected ? found.partial : std::vector<std::string>{std::string(kNotInspected)},
           "inspection");
  if (size) into.count(kDataTokens, size->tokens, "request");
}

std::string_view hosting_of(const ServiceSettings& s) {
  if (!s.hosting.empty()) return s.hosting;
  if (s.surface == "self-hosted") return "own";
  if (s.surface == "via-cloud") return "cloud";
  return s.surface.empty() ? std::string_view() : "provider";
}

// The licence that the configuration names for a model, as the service calls it, by its name or its glob,
// whichever stands first.
const ModelLicence* licence_of(const ServiceSettings& s, std::string_view model) {
  const auto at = std::ranges::find_if(
      s.licences, [&](const ModelLicence& licence) { return text::glob(licence.model, model); });
  return at == s.licences.end() ? nullptr : &*at;
}

void set_terms(const TermsFacts& terms, Gathering& into) {
  const auto flag = [&](const Name& name, const std::optional<bool>& value) {
    if (value) into.set(name, *value, "config");
  };
  flag(kTargetTermsDpa, terms.dpa);
  flag(kTargetTermsHumanReview, terms.human_review);
  flag(kTargetTermsIndemnity, terms.indemnity);
  if (terms.retention_days) into.count(kTargetTermsRetentionDays, *terms.retention_days, "config");
  flag(kTargetTermsReviewed, terms.reviewed);
  flag(kTargetTermsTrains, terms.trains);
}

// What is asked for under another name is the model behind that name.
void set_target(const ServiceSettings& s, std::string_view endpoint, std::string_view asked,
                Gathering& into) {
  const auto model = asked.empty() ? asked : name_at_service(s, asked).value_or(asked);
  into.text(kTargetEndpoint, endpoint, "request");
  into.text(kTargetHosting, hosting_of(s), "config");
  into.text(kTargetModel, model, "request");
  if (const auto* licence = model.empty() ? nullptr : licence_of(s, model)) {
    into.text(kTargetModelLicence, licence->expression, "config");
    into.text(kTargetModelLicenceCategory, licence->category, "config");
  }
  into.text(kTargetProvider, s.provider, "config");
  into.text(kTargetRegion, s.region, "config");
  into.text(kTargetService, s.id, "config");
  into.text(kTargetSurface, s.surface, "config");
  set_terms(s.terms, into);
}

void set_time(WallMs at, Gathering& into) {
  constexpr std::array<std::string_view, 7> kDays = {"monday", "tuesday",  "wednesday", "thursday",
                                                     "friday", "saturday", "sunday"};
  constexpr WallMs kSecond = 1000, kHour = 3'600'000, kDay = 24 * kHour;
  if (!into.wants_any(kTime)) return;
  into.count(kTimeHour, static_cast<std::uint64_t>(at % kDay / kHour), "clock");
  if (into.wants(kTimeNow)) into.set(kTimeNow, rfc3339(at / kSecond * kSecond), "clock");
  into.text(kTimeWeekday, kDays[static_cast<std::size_t>((at / kDay + 3) % 7)], "clock");
}

}  // namespace

policy::Facts gather_facts(const Exchange& x, const Service& target, FactSet wanted,
                           const Otherwise& otherwise) {
  Gathering into(wanted);
  set_claims(x, into);
  set_data(x, otherwise.inspection ? *otherwise.inspection : x.inspection, into);
  into.text(kOutputProject, x.claims.project, "request");
  into.text(kOutputUse, x.claims.output_use, "request");
  into.text(kPurpose, x.claims.purpose, "request");
  if (x.caller.key) {
    into.text(kSubjectId, x.caller.key->subject, "key");
    into.text(kSubjectKey, x.caller.key->id, "key");
    into.text(kSubjectTeam, x.caller.key->team, "key");
  }
  set_target(target.settings(), x.asked.endpoint.name, otherwise.model ? *otherwise.model : x.model, into);
  set_time(x.at, into);
  into.text(kTool, x.claims.tool, "request");
  return into.take();
}

policy::Facts time_facts(WallMs at) {
  Gathering into(policy::kAllFacts);
  set_time(at, into);
  return into.take();
}

policy::Facts target_facts(const ServiceSettings& service, std::string_view model) {
  Gathering into(policy::kAllFacts);
  set_target(service, {}, model, into);
  return into.take();
}

namespace {

constexpr std::size_t kLongestClaim = 100;

bool is_word(std::string_view text, std::string_view signs) {
  return !text.empty() && text.size() <= kLongestClaim && std::ranges::all_of(text, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || signs.contains(c);
  });
}

GateError bad_header(std::string_view name, std::string_view what) {
  GateError error;
  error.status = 400;
  error.code = "bad_header";
  error.message = fmt::format("the header {} {}", name, what);
  return error;
}

struct Claim {
  std::string_view name;
  std::string_view Claims::* into;
  std::string_view fact;
  std::string_view signs;  // that a value may have beside letters and digits
};
constexpr std::array<Claim, 4> kClaims = {{
    {"x-ostiary-output-use", &Claims::output_use, "output.use", "-"},
    {"x-ostiary-project", &Claims::project, "output.project", "-_./:@+~"},
    {"x-ostiary-purpose", &Claims::purpose, "purpose", "-_."},
    {"x-ostiary-tool", &Claims::tool, "tool", "-_."},
}};
constexpr std::string_view kUnattended = "x-ostiary-unattended";

std::optional<GateError> take_claim(const Claim& claim, std::string_view value, Claims& claims) {
  if (!(claims.*claim.into).empty()) return bad_header(claim.name, "stands twice");
  const auto& allowed = policy::fact_table()[*policy::fact_index(claim.fact)].allowed;
  if (!allowed.empty() && std::ranges::find(allowed, value) == allowed.end())
    return bad_header(claim.name, fmt::format("must be one of {}", fmt::join(allowed, ", ")));
  if (!is_word(value, claim.signs))
    return bad_header(claim.name, fmt::format("takes a word of letters, digits and {}, at most {} characters",
                                              claim.signs, kLongestClaim));
  claims.*claim.into = value;
  return std::nullopt;
}

// The product that a client names first in its User-Agent (RFC 9110 section 10.1.5), in small letters.
std::string_view product_of(std::string_view agent, std::array<char, 64>& into) {
  agent = agent.substr(0, agent.find_first_of("/ ("));
  if (agent.size() > into.size() || !is_word(agent, "-_.")) return {};
  std::ranges::transform(agent, into.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return {into.data(), agent.size()};
}

}  // namespace

std::optional<GateError> read_claims(Exchange& x) {
  constexpr std::string_view kOwn = "x-ostiary-", kAgent = "user-agent";
  std::string_view agent;
  for (const auto& h : x.head.headers) {
    if (h.name.size() == kAgent.size() && text::iequals(h.name, kAgent)) agent = h.value;
    if (h.name.size() <= kOwn.size() || !text::iequals(h.name.substr(0, kOwn.size()), kOwn)) continue;
    const auto value = text::trim(h.value);
    for (const auto& claim : kClaims)
      if (text::iequals(h.name, claim.name))
        if (auto wrong = take_claim(claim, value, x.claims)) return wrong;
    if (!text::iequals(h.name, kUnattended)) continue;
    if (x.claims.unattended) return bad_header(kUnattended, "stands twice");
    if (value != "true" && value != "false") return bad_header(kUnattended, "must be true or false");
    x.claims.unattended = value == "true";
  }
  if (x.claims.tool.empty()) x.claims.tool = product_of(agent, x.claims.product);
  return std::nullopt;
}

}  // namespace ostiary::gateway
