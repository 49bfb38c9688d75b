#include "inspect/detector_set.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <utility>

#include "base/text.h"

namespace ostiary::inspect {

namespace {

std::optional<Confidence> confidence_of(std::string_view word) {
  if (word == "low") return Confidence::low;
  if (word == "medium") return Confidence::medium;
  if (word == "high") return Confidence::high;
  return std::nullopt;
}

Class class_of(std::string_view word) {
  if (word == "personal") return Class::personal;
  return word == "marker" ? Class::marker : Class::secret;
}

// A failed check never hides a secret: the number may be from a newer series than we know.
std::optional<Confidence> failed_check_of(const catalog::Detector& spec, std::optional<Confidence> confidence) {
  if (!spec.check_failed.empty()) return confidence_of(spec.check_failed);
  if (class_of(spec.klass) != Class::secret || !confidence) return std::nullopt;
  return *confidence == Confidence::high ? Confidence::medium : Confidence::low;
}

// A literal is looked for as it is, in any case, or not at all, whichever detectors want it.
using LiteralUses = std::map<std::pair<std::string, bool>, std::vector<DetectorSet::Use>>;

void use(LiteralUses& all, std::string_view text, bool any_case, std::uint16_t detector, bool keyword, bool word) {
  auto& uses = all[{any_case ? text::lower(text) : std::string(text), any_case}];
  if (uses.empty() || uses.back().detector != detector) uses.push_back({detector, false, false});
  uses.back().keyword |= keyword;
  uses.back().word |= word;
}

LiteralUses uses_of(std::span<const catalog::Detector> specs) {
  LiteralUses all;
  for (std::uint16_t i = 0; i < specs.size(); ++i) {
    const bool near = specs[i].where == "near";
    for (const auto& keyword : specs[i].keywords) use(all, keyword, specs[i].any_case || near, i, true, near);
    for (const auto& word : specs[i].words) use(all, word, true, i, false, true);
  }
  return all;
}

}  // namespace

Result<Detector> Detector::compile(const catalog::Detector& spec) {
  Detector d;
  d.spec = spec;
  d.klass = class_of(spec.klass);
  d.near = spec.where == "near";
  TRY(d.value, Pattern::compile(spec.pattern, spec.any_case));
  if (d.value.matches_nothing()) return fail(Code::invalid, "the pattern must not match nothing", "pattern");
  if (!spec.before.empty()) {
    TRY(d.before, Pattern::compile(spec.before, spec.any_case));
  }
  if (!spec.start.empty()) {
    TRY(d.start, parse_byte_class(spec.start, spec.any_case));
  }
  if (!spec.after.empty()) {
    TRY(d.after, parse_byte_class(spec.after));
  }
  for (const auto& expression : spec.reject) {
    TRY(auto pattern, Pattern::compile(expression, true));
    d.reject.push_back(std::move(pattern));
  }
  TRY(d.check, Check::make(spec.check));
  d.confidence = confidence_of(spec.confidence);
  d.with_words = spec.with_words.empty() ? d.confidence : confidence_of(spec.with_words);
  d.check_failed = failed_check_of(spec, d.confidence ? d.confidence : d.with_words);
  if (spec.keywords.empty() == spec.trigger.empty())
    return fail(Code::invalid, "it needs keywords or a trigger, and not both", "keywords");
  for (const auto& keyword : spec.keywords)
    if (keyword.size() < 3 || keyword.size() > 255)
      return fail(Code::invalid, fmt::format("the keyword '{}' must have 3 to 255 bytes", keyword), "keywords");
  return d;
}

std::vector<Literals::Literal> DetectorSet::first_pass_of(std::span<const catalog::Detector> specs) {
  std::vector<Literals::Literal> out;
  for (const auto& [literal, uses] : uses_of(specs)) out.push_back({literal.first, literal.second});
  return out;
}

void DetectorSet::add_literals() {
  std::vector<catalog::Detector> specs;
  for (const auto& detector : detectors_) specs.push_back(detector.spec);
  for (auto& [literal, uses] : uses_of(specs)) {
    literals_.push_back({literal.first, literal.second, std::move(uses)});
    longest_literal_ = std::max(longest_literal_, literal.first.size());
    for (const auto& use : literals_.back().uses) {
      const auto& d = detectors_[use.detector];
      if (use.keyword && (d.begins_with_keyword() || d.start)) beginnings_.add(literal.first, use.detector);
    }
  }
  for (const auto at_sign : at_sign_) beginnings_.add("@", at_sign);
  beginnings_.prepare();
}

Result<DetectorSet> DetectorSet::make(std::span<const catalog::Detector> specs,
                                      std::span<const catalog::Damper> dampers, std::string_view literals) {
  DetectorSet set;
  TRY(set.damping_, Damping::make(dampers));
  for (const auto& spec : specs) {
    auto detector = Detector::compile(spec);
    if (!detector) {
      auto& error = detector.error();
      error.where = fmt::format("detector {}{}{}", spec.id, error.where.empty() ? "" : ", ", error.where);
      return std::unexpected(std::move(error));
    }
    const auto number = static_cast<std::uint16_t>(set.detectors_.size());
    if (spec.trigger == "digits") set.digits_.push_back(number);
    if (spec.trigger == "at-sign") set.at_sign_.push_back(number);
    if (detector->start) set.with_start_.push_back(number);
    set.detectors_.push_back(std::move(*detector));
  }
  set.add_literals();
  auto first_pass = literals.empty() ? Literals::compile(first_pass_of(specs)) : Literals::load(literals);
  if (!first_pass) return std::unexpected(first_pass.error());
  set.first_pass_ = std::move(*first_pass);
  return set;
}

}  // namespace ostiary::inspect
