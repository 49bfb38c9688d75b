#include "gateway/limits.h"

#include <algorithm>

#include "json/writer.h"

namespace ostiary::gateway {

using Scope = Account::Scope;

std::string_view name(Scope scope) {
  return scope == Scope::key ? "key" : "team";
}

Result<std::vector<ManagedLimits>> managed_limits(const std::vector<store::StoredLimits>& stored) {
  std::vector<ManagedLimits> managed;
  for (const auto& one : stored) {
    auto limits = limits_from_json(one.json);
    if (!limits)
      return fail(limits.error().code, limits.error().message,
                  "limits of the " + one.scope + " '" + one.name + "'");
    managed.push_back({one.scope == "team" ? Scope::team : Scope::key, one.name, *limits});
  }
  return managed;
}

std::optional<std::int64_t> LimitReport::Line::remaining() const {
  if (most == kUnlimited) return std::nullopt;
  return std::max<std::int64_t>(0, most - used - reserved);
}

void Limiter::know_lines(std::vector<LineMember> renewed) {
  const std::lock_guard lock(mutex_);
  if (renewed == renewed_) return;
  renewed_ = std::move(renewed);
  origins_.clear();
  newest_.clear();
  for (const auto& key : renewed_) {
    origins_[key.id] = key.origin;
    newest_[key.origin].push_back(key.id);
  }
  for (auto& [origin, line] : newest_) {
    std::ranges::reverse(line);
    if (const auto found = accounts_.find({Scope::key, origin}); found != accounts_.end())
      apply(found->first, *found->second);
  }
}

const std::string& Limiter::line_of(const std::string& key) const {
  const auto found = origins_.find(key);
  return found == origins_.end() ? key : found->second;
}

Account& Limiter::account(Scope scope, std::string_view name) {
  const std::lock_guard lock(mutex_);
  const std::string named(name);
  Name key{scope, scope == Scope::key ? line_of(named) : named};
  auto& found = accounts_[key];
  if (!found) {
    found = std::make_unique<Account>(scope, key.second);
    apply(key, *found);
  }
  return *found;
}

void Limiter::configure(LimitSettings settings) {
  const std::lock_guard lock(mutex_);
  settings_ = std::move(settings);
  for (auto& [name, account] : accounts_) apply(name, *account);
}

void Limiter::manage(std::vector<ManagedLimits> managed) {
  const std::lock_guard lock(mutex_);
  managed_ = std::move(managed);
  for (auto& [name, account] : accounts_) apply(name, *account);
}

const LimitSet* Limiter::managed(Scope scope, const std::string& name) const {
  const auto found =
      std::ranges::find_if(managed_, [&](const auto& m) { return m.scope == scope && m.name == name; });
  return found == managed_.end() ? nullptr : &found->limits;
}

// The most precise first.
std::vector<Limiter::Level> Limiter::levels(const Name& name) const {
  const auto& [scope, id] = name;
  const bool key = scope == Scope::key;
  std::vector<Level> found;
  if (const auto* own = managed(scope, id)) found.push_back({own, "api"});
  const auto& named = key ? settings_.keys : settings_.teams;
  const auto configured = [&](const std::string& one) {
    if (const auto own = named.find(one); own != named.end())
      found.push_back({&own->second, std::string(key ? "limits.keys." : "limits.teams.") + one});
  };
  if (const auto line = newest_.find(id); key && line != newest_.end())
    std::ranges::for_each(line->second, configured);
  configured(id);
  if (const auto* each = managed(scope, ""))
    found.push_back({each, key ? "api: each key" : "api: each team"});
  found.push_back(
      {key ? &settings_.per_key : &settings_.per_team, key ? "limits.per_key" : "limits.per_team"});
  return found;
}

void Limiter::apply(const Name& name, Account& account) const {
  LimitSet effective;
  const auto all = levels(name);
  for (std::size_t i = 0; i < kLimits; ++i)
    for (const auto& level : all)
      if (const auto value = (*level.limits)[static_cast<Limit>(i)]) {
        effective[static_cast<Limit>(i)] = *value;
        break;
      }
  account.set_limits(effective);
}

LimitReport Limiter::report(Scope scope, std::string_view name, WallMs now) {
  auto& counted = account(scope, name);
  LimitReport report{scope, counted.name(), month_of(now), {}};
  const auto mono = mono_now();
  const std::lock_guard lock(mutex_);
  const auto all = levels({scope, report.name});
  for (std::size_t i = 0; i < kLimits; ++i) {
    const auto limit = static_cast<Limit>(i);
    auto& line = report.lines[i];
    const auto standing = counted.standing(limit, report.month, mono);
    line.limit = limit;
    line.most = counted.limit(limit);
    line.used = standing.used;
    line.reserved = standing.reserved;
    if (limit == Limit::spend)
      line.resets_at = month_start(report.month + 1);
    else if (limit == Limit::requests || limit == Limit::tokens)
      line.resets_at = now + (standing.empty_in + 999'999) / 1'000'000;
    const auto level =
        std::ranges::find_if(all, [&](const Level& l) { return (*l.limits)[limit].has_value(); });
    if (level != all.end()) line.source = level->source;
  }
  return report;
}

void append_json(std::string& out, const LimitReport& report) {
  auto lines = report.lines;
  std::ranges::sort(lines, {}, [](const auto& line) { return name(line.limit); });
  json::Writer w(out);
  w.begin_object();
  w.key("limits");
  w.begin_object();
  for (const auto& line : lines) {
    const auto value = [&](std::string_view key, std::int64_t number) {
      std::string text;
      append_limit_value(text, line.limit, number);
      w.key(key);
      w.raw(text);
    };
    w.key(name(line.limit));
    w.begin_object();
    value("limit", line.most);
    value("remaining", line.remaining().value_or(kUnlimited));
    value("reserved", line.reserved);
    w.member_or_null("resets_at",
                     line.resets_at ? std::optional(rfc3339(*line.resets_at)) : std::optional<std::string>());
    w.member_or_null("source",
                     line.source.empty() ? std::optional<std::string>() : std::optional(line.source));
    value("used", line.used);
    w.end_object();
  }
  w.end_object();
  w.member("month", month_name(report.month));
  w.member("name", report.name);
  w.member("scope", name(report.scope));
  w.end_object();
}

}  // namespace ostiary::gateway
