#include "inspect/allow.h"

#include <algorithm>

#include "base/hash.h"
#include "base/text.h"
#include "inspect/impl/marks.h"

namespace ostiary::inspect {

namespace {

// The end of a day, or a moment; 0 where it is none, so that a rule which cannot be read never holds.
WallMs end_of(std::string_view day) {
  if (const auto moment = parse_rfc3339(day)) return *moment;
  return parse_rfc3339(std::string(day) + "T23:59:59.999Z").value_or(0);
}

bool in_folder(std::string_view pattern, std::string_view file) {
  return text::glob(pattern, file) || text::glob("*/" + std::string(pattern), file);
}

}  // namespace

std::string_view key_before(std::string_view text, std::size_t at) {
  constexpr std::size_t most = 128;
  constexpr std::string_view between = " \t\"'`=:>\\(";
  const auto low = at < most ? 0 : at - most;
  bool assigned = false;
  auto end = at;
  for (; end > low && between.find(text[end - 1]) != std::string_view::npos; --end)
    assigned = assigned || text[end - 1] == '=' || text[end - 1] == ':' || text[end - 1] == '(';
  if (!assigned) return {};
  auto start = end;
  while (start > low && (is_word(static_cast<unsigned char>(text[start - 1])) || text[start - 1] == '-' ||
                         text[start - 1] == '.'))
    --start;
  while (start < end && text[start] == '-') ++start;  // of an option
  return text.substr(start, end - start);
}

AllowRules::AllowRules(std::vector<catalog::AllowRule> rules) : specs_(std::move(rules)) {
  for (std::size_t i = 0; i < specs_.size(); ++i) {
    const bool value = !specs_[i].value_sha256.empty() || !specs_[i].fingerprint.empty();
    rules_.push_back({i, end_of(specs_[i].until), value});
    (value ? values_ : places_) = true;
  }
}

bool AllowRules::holds_at(const catalog::AllowRule& rule, const Place& place) const {
  if (!rule.detector.empty() && rule.detector != place.detector) return false;
  if (!rule.path.empty() && (place.file.empty() || !in_folder(rule.path, place.file))) return false;
  return rule.key.empty() || text::iequals(rule.key, place.member) ||
         text::iequals(rule.key, key_before(place.text, place.start));
}

const catalog::AllowRule* AllowRules::of_place(const Place& place, WallMs now) const {
  if (!places_) return nullptr;
  for (const auto& rule : rules_)
    if (!rule.of_value && now <= rule.ends && holds_at(specs_[rule.spec], place)) return &specs_[rule.spec];
  return nullptr;
}

const catalog::AllowRule* AllowRules::of_value(const Place& place, std::string_view value,
                                               std::string_view fingerprint, WallMs now) const {
  if (!values_) return nullptr;
  const auto digest = hex(sha256(value));
  for (const auto& rule : rules_) {
    const auto& spec = specs_[rule.spec];
    if (rule.of_value && now <= rule.ends && (spec.value_sha256.empty() || spec.value_sha256 == digest) &&
        (spec.fingerprint.empty() || spec.fingerprint == fingerprint) && holds_at(spec, place))
      return &spec;
  }
  return nullptr;
}

std::vector<const catalog::AllowRule*> AllowRules::expired(WallMs now) const {
  std::vector<const catalog::AllowRule*> out;
  for (const auto& rule : rules_)
    if (now > rule.ends) out.push_back(&specs_[rule.spec]);
  return out;
}

}  // namespace ostiary::inspect
