#include "inventory/match.h"

#include <algorithm>
#include <unordered_map>

#include "base/text.h"
#include "catalog/catalog.h"

namespace ostiary::inventory {

namespace {

std::string squeezed(std::string_view name) {
  std::string out;
  for (const char c : text::lower(name))
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80) out += c;
  return out;
}

using Names = std::unordered_map<std::string, std::string>;  // name to id, both squeezed

const Names& catalogue_names() {
  static const Names all = [] {
    Names names;
    const auto add = [&](const auto& entries) {
      for (const auto& one : entries) names.try_emplace(squeezed(one.name), squeezed(one.id));
    };
    add(catalog::providers());
    add(catalog::tools());
    add(catalog::sdks());
    return names;
  }();
  return all;
}

bool differ(const std::string& a, const std::string& b) {
  return !a.empty() && !b.empty() && a != b;
}
bool agree(const std::string& a, const std::string& b) {
  return !a.empty() && a == b;
}

bool is_pattern(const std::string& model) {
  return model.find_first_of("*?") != std::string::npos;
}

// A key for each thing that is known, by what it is.
class Keys {
 public:
  void add(char what, const std::string& name) {
    if (!name.empty()) all_.push_back(what + name);
  }
  void add(char what, const std::string& provider, const std::string& name) {
    if (!provider.empty() && !name.empty()) all_.push_back(what + provider + '\x1f' + name);
  }
  std::vector<std::string> take() { return std::move(all_); }

 private:
  std::vector<std::string> all_;
};

}  // namespace

std::string plain_name(std::string_view name) {
  auto plain = squeezed(name);
  const auto known = catalogue_names().find(plain);
  return known == catalogue_names().end() ? plain : known->second;
}

std::string provider_id(std::string_view name) {
  const auto plain = plain_name(name);
  for (const auto& one : catalog::providers())
    if (!plain.empty() && squeezed(one.id) == plain) return one.id;
  return std::string(name);
}

Matcher::Matcher(const Use& use)
    : tool_(plain_name(use[F::tool])),
      provider_(plain_name(use[F::provider])),
      surface_(use[F::surface]),
      service_(text::lower(use[F::service])),
      team_(text::lower(use[F::team])),
      repository_(text::lower(use[F::repository])),
      question_(use[F::approval]) {
  for (const auto& sdk : use.all(F::sdk)) sdks_.push_back(plain_name(sdk));
  for (const auto& model : use.all(F::model)) models_.push_back(text::lower(model));
}

SeenNames::SeenNames(const Sighting& s)
    : how(s.how),
      tool(plain_name(s.tool)),
      sdk(plain_name(s.sdk)),
      provider(plain_name(s.provider)),
      surface(s.surface),
      service(text::lower(s.service)),
      model(text::lower(s.model)),
      team(text::lower(s.team)),
      repository(text::lower(s.repository)),
      question(s.question) {}

std::vector<std::string> SeenNames::keys() const {
  Keys keys;
  keys.add('t', tool);
  keys.add('s', service);
  keys.add('m', model);
  keys.add('l', sdk);
  keys.add('q', question);
  keys.add('r', provider, repository);
  keys.add('g', provider, team);
  keys.add('u', provider, surface);
  keys.add('p', provider);
  return keys.take();
}

// As holds() below has it, one for each way in which something agrees.
std::vector<std::string> Matcher::keys() const {
  Keys keys;
  keys.add('t', tool_);
  keys.add('s', service_);
  for (const auto& model : models_)
    if (!is_pattern(model)) keys.add('m', model);
  for (const auto& sdk : sdks_) keys.add('l', sdk);
  keys.add('q', question_);
  keys.add('r', provider_, repository_);
  keys.add('g', provider_, team_);
  if (tool_.empty()) keys.add('u', provider_, surface_);
  if (names_provider_alone()) keys.add('p', provider_);
  return keys.take();
}

bool Matcher::names_patterns() const {
  return std::ranges::any_of(models_, is_pattern);
}

bool Matcher::names_provider_alone() const {
  return tool_.empty() && service_.empty() && team_.empty() && repository_.empty() && sdks_.empty() &&
         models_.empty();
}

bool Matcher::model_agrees(const std::string& model) const {
  return !model.empty() &&
         std::ranges::any_of(models_, [&](const auto& pattern) { return text::glob(pattern, model); });
}

bool Matcher::differs(const SeenNames& seen) const {
  if (differ(provider_, seen.provider) || differ(surface_, seen.surface) || differ(service_, seen.service) ||
      differ(team_, seen.team) || differ(repository_, seen.repository))
    return true;
  if (seen.how != How::gate && differ(tool_, seen.tool)) return true;
  return !models_.empty() && !seen.model.empty() && !model_agrees(seen.model);
}

bool Matcher::holds(const SeenNames& seen) const {
  if (seen.how == How::question && agree(question_, seen.question)) return true;
  if (differs(seen)) return false;
  if (agree(tool_, seen.tool) || agree(service_, seen.service) || model_agrees(seen.model)) return true;
  if (!seen.sdk.empty() && std::ranges::find(sdks_, seen.sdk) != sdks_.end()) return true;
  if (!agree(provider_, seen.provider)) return false;
  if (agree(repository_, seen.repository) || agree(team_, seen.team)) return true;
  if (seen.how == How::log && tool_.empty() && agree(surface_, seen.surface)) return true;
  return names_provider_alone();
}

}  // namespace ostiary::inventory
