#include "gateway/charge.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "gateway/service.h"
#include "gateway/setup.h"
#include "gateway/token_count.h"
#include "json/writer.h"

namespace ostiary::gateway {

namespace {

constexpr MonoNs kSecond = 1'000'000'000;

std::array<Account*, 2> accounts(const Exchange& x) {
  if (!x.caller.key) return {};
  return {x.caller.key->account, x.caller.key->team_account};
}

std::int64_t seconds_of(MonoNs duration) {
  return (duration + kSecond - 1) / kSecond;
}

// "12.5", without zeros at its end.
void append_dollars(std::string& out, std::int64_t nano) {
  json::append_number(out, nano / 1'000'000'000);
  auto part = nano % 1'000'000'000;
  if (part == 0) return;
  std::array<char, 9> digits;
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, part /= 10)
    *digit = static_cast<char>('0' + part % 10);
  const std::string_view shown(digits.data(), digits.size());
  (out += '.') += shown.substr(0, shown.find_last_not_of('0') + 1);
}

std::string dollar_text(std::int64_t nano) {
  std::string text;
  append_dollars(text, nano);
  return text;
}

std::string amount_text(Limit limit, std::int64_t value) {
  return limit == Limit::spend ? "$" + dollar_text(value) : std::to_string(value);
}

std::string owner(const Account& account) {
  return fmt::format("{} '{}'", name(account.scope()), account.name());
}

void append_detail(GateError& error, const Account& account, const NoRoom& none, std::int64_t resets_in_s) {
  auto& out = error.detail;
  const auto value = [&](std::string_view lead, std::int64_t number) {
    out += lead;
    append_limit_value(out, none.limit, number);
  };
  value(R"("limit":{"asked":)", none.asked);
  value(R"(,"limit":)", none.most);
  out += R"(,"name":)" + json::quoted(name(none.limit)) + R"(,"of":)" + json::quoted(name(account.scope())) +
         R"(,"owner":)" + json::quoted(account.name());
  value(R"(,"reserved":)", none.reserved);
  out += R"(,"resets_in":)" + (resets_in_s >= 0 ? std::to_string(resets_in_s) : "null");
  value(R"(,"used":)", none.used);
  out += '}';
}

// What there was no room for, in words.
std::string shortage(const NoRoom& none) {
  const auto text = [&](std::int64_t value) { return amount_text(none.limit, value); };
  auto words = fmt::format("{} of {} used", text(none.used), text(none.most));
  if (none.reserved > 0) words += fmt::format(", {} set aside for requests under way", text(none.reserved));
  if (none.limit == Limit::tokens || none.limit == Limit::spend)
    words += fmt::format(", this one may take {}", text(none.asked));
  return words;
}

GateError budget_exceeded(const LimitReached& reached, Month month) {
  const auto& none = reached.none;
  const auto resets = rfc3339(month_start(month + 1));
  GateError error;
  error.status = 429;
  error.code = "budget_exceeded";
  error.type = "insufficient_quota";
  error.message =
      fmt::format("the {} has no room in its budget ({}) for {}: {}; a new month begins at {}",
                  owner(*reached.account), name(none.limit), month_name(month), shortage(none), resets);
  if (none.asked <= none.most - none.used)
    error.retry_after = "1";  // what is set aside may come back
  else
    error.no_retry = true;
  const auto in = (month_start(month + 1) - wall_now()) / 1000;
  append_detail(error, *reached.account, none, std::max<std::int64_t>(0, in));
  return error;
}

GateError rate_limited(const LimitReached& reached) {
  const auto& none = reached.none;
  GateError error;
  error.status = 429;
  error.code = "rate_limit_exceeded";
  error.message = fmt::format("the {} has reached its limit {}: {}", owner(*reached.account),
                              name(none.limit), shortage(none));
  std::int64_t seconds = -1;
  if (none.never) {
    error.message += none.limit == Limit::tokens ? "; ask for less: lower max_tokens, or shorten the prompt"
                                                 : "; nothing is allowed here";
    error.no_retry = true;
  } else {
    seconds = std::max<std::int64_t>(1, seconds_of(none.wait.value_or(kSecond)));
    error.retry_after = std::to_string(seconds);
    error.message += none.wait ? fmt::format("; there is room again in {} s", seconds)
                               : "; there is room again when one of them has ended";
  }
  append_detail(error, *reached.account, none, seconds);
  return error;
}

// A request under a limit of spend whose cost nobody can tell.
GateError price_unknown(const Exchange& x) {
  GateError error;
  error.status = 403;
  error.code = "price_unknown";
  error.message = fmt::format(
      "the caller has a budget, and the price of the model {} at the service '{}' is not known; whoever runs "
      "the "
      "gate can add it under 'prices', or allow it with 'limits.unpriced: allow'",
      json::quoted(x.upstream_model), x.service->id());
  return error;
}

std::int64_t smallest(const Exchange& x, Limit limit) {
  std::int64_t most = kUnlimited;
  for (const auto* account : accounts(x))
    if (account) most = std::min(most, account->limit(limit));
  return most;
}

std::uint64_t as_unsigned(std::int64_t value) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, value));
}

// The estimate of the input, made once.
std::uint64_t input_of(Exchange& x) {
  if (!x.input_estimate) x.input_estimate = estimate_input(x.document);
  return *x.input_estimate;
}

// What to set aside for the output: what the request allows. Where it names no maximum, what such requests
// took of late, but no more than fits the limits at all.
std::uint64_t output_to_reserve(const Exchange& x, std::uint64_t input) {
  if (x.asked.endpoint.name == "embeddings") return 0;
  const auto root = x.document.root();
  if (const auto stated = stated_output(root)) return *stated;
  const auto assumed =
      std::max(x.setup->settings.limits.assumed_output, x.caller.key->account->usual_output.value());
  auto output = assumed * answers_asked(root);
  if (const auto most = smallest(x, Limit::tokens); most != kUnlimited)
    output = std::min(output, as_unsigned(most - static_cast<std::int64_t>(input)));
  const auto budget = smallest(x, Limit::spend);
  if (budget != kUnlimited && x.price && x.price->output > 0 && x.price->of(input, output) > budget) {
    const auto left = static_cast<unsigned __int128>(as_unsigned(budget - x.price->of(input, 0)));
    output = static_cast<std::uint64_t>(left * 1'000'000 / static_cast<std::uint64_t>(x.price->output));
  }
  return output;
}

// The most that the estimate may be short of, so that what is set aside is enough.
std::uint64_t with_margin(std::uint64_t estimate) {
  return estimate + estimate / 4;
}

// A service began to work on it.
bool reached_service(const Exchange& x) {
  if (x.outcome == ledger::Outcome::refused) return false;
  return (x.status >= 200 && x.status < 400) || (x.outcome == ledger::Outcome::cancelled && x.attempts > 0);
}

void estimate_usage(Exchange& x) {
  x.usage.input = input_of(x);
  x.usage.output = x.seen_output;
  x.usage.estimated = true;
  // The answer to this is made later, where the gate does not see it: what was asked for counts.
  if (x.document.root()["background"].as_bool() == true)
    x.usage.output = stated_output(x.document.root()).value_or(x.setup->settings.limits.assumed_output);
}

// What the next requests of the key may take beyond what can be seen of them.
void learn(Exchange& x, std::uint64_t input, std::uint64_t output) {
  auto& account = *x.caller.key->account;
  const auto root = x.document.root();
  if (!stated_output(root)) account.usual_output.learn(output / answers_asked(root));
  const auto expected = with_margin(input_of(x));
  account.usual_surplus.learn(input > expected ? input - expected : 0);
}

// The account of the two that has less left, of those that have the limit.
struct Tightest {
  const Account* account = nullptr;
  Standing standing;
  std::int64_t remaining = kUnlimited;
};
Tightest tightest(const Exchange& x, Limit limit, MonoNs now) {
  Tightest found;
  for (auto* account : accounts(x)) {
    if (!account || !account->limits(limit)) continue;
    const auto standing = account->standing(limit, month_of(x.at), now);
    const auto left = std::max<std::int64_t>(0, account->limit(limit) - standing.used - standing.reserved);
    if (left < found.remaining) found = {account, standing, left};
  }
  return found;
}

// As OpenAI writes them: "12s", "1m0s".
void append_duration(std::string& out, MonoNs duration) {
  auto seconds = seconds_of(duration);
  if (seconds >= 60) {
    json::append_number(out, seconds / 60);
    out += 'm';
    seconds %= 60;
  }
  json::append_number(out, seconds);
  out += 's';
}

}  // namespace

std::optional<GateError> check_prompt(const Exchange& x, std::uint64_t bytes) {
  for (const auto* account : accounts(x)) {
    if (!account || bytes <= as_unsigned(account->limit(Limit::prompt))) continue;
    const auto most = account->limit(Limit::prompt);
    GateError error;
    error.status = 413;
    error.code = "prompt_too_large";
    error.message = fmt::format("the request has {} bytes, and the {} may send at most {} (max_prompt_bytes)",
                                bytes, owner(*account), most);
    append_detail(error, *account,
                  {Limit::prompt,
                   most,
                   0,
                   0,
                   static_cast<std::int64_t>(std::min<std::uint64_t>(bytes, kUnlimited - 1)),
                   {},
                   true},
                  -1);
    return error;
  }
  return std::nullopt;
}

bool needs_usage(const Exchange& x) {
  return std::ranges::any_of(accounts(x), [](const Account* a) { return a && a->counts_tokens(); });
}

std::optional<GateError> reserve(Exchange& x) {
  const auto [key, team] = accounts(x);
  if (!key || !team) return std::nullopt;
  const auto& service = x.service->settings();
  const bool counts = x.asked.endpoint.has_body;
  x.price.reset();
  if (counts) x.price = x.setup->prices->find(service.provider, service.surface, x.upstream_model, x.at);
  Amount amount{0, 0, month_of(x.at)};
  x.reserved.reset();
  if (counts && needs_usage(x)) {
    const bool spends = smallest(x, Limit::spend) != kUnlimited;
    if (spends && !x.price && !x.setup->settings.limits.allow_unpriced) return price_unknown(x);
    ledger::Reserved reserved;
    reserved.input = with_margin(input_of(x)) + key->usual_surplus.value();
    reserved.output = output_to_reserve(x, reserved.input);
    amount.tokens = reserved.input + reserved.output;
    if (x.price) {
      amount.cost = x.price->of(reserved.input, reserved.output);
      reserved.cost = dollars(amount.cost);
    }
    x.reserved = reserved;
  }
  const auto reached = x.reservation.reserve(*key, *team, amount);
  if (!reached) return std::nullopt;
  return reached->none.limit == Limit::spend ? budget_exceeded(*reached, amount.month)
                                             : rate_limited(*reached);
}

void count_refused(Exchange& x) {
  const auto [key, team] = accounts(x);
  if (key && team) [[maybe_unused]]
    const auto reached = x.reservation.reserve(*key, *team, {0, 0, month_of(x.at)});
}

void settle(Exchange& x) {
  Amount used{0, 0, month_of(x.at)};
  if (!x.asked.endpoint.has_body || !reached_service(x)) {
    x.usage = {};  // a stored answer that is read again was paid when it was made
  } else {
    auto& usage = x.usage;
    if (!usage.input && !usage.output) estimate_usage(x);
    const auto input = usage.input.value_or(0), output = usage.output.value_or(0),
               cached = usage.cached.value_or(0);
    used.tokens = input + output;
    if (x.price) {
      used.cost = x.price->of(input, output, cached);
      usage.cost = dollars(used.cost);
    }
    if (x.reserved && !usage.estimated) learn(x, input, output);
  }
  x.reservation.settle(used);
}

bool has_limits(const Exchange& x) {
  return std::ranges::any_of(accounts(x), [](const Account* a) { return a && a->limited(); });
}

void append_limit_headers(std::string& out, const Exchange& x) {
  if (!has_limits(x)) return;
  const auto now = mono_now();
  const auto minute = [&](Limit limit, std::string_view what) {
    const auto found = tightest(x, limit, now);
    if (!found.account) return;
    ((out += "x-ratelimit-limit-") += what) += ": ";
    json::append_number(out, found.account->limit(limit));
    ((out += "\r\nx-ratelimit-remaining-") += what) += ": ";
    json::append_number(out, found.remaining);
    ((out += "\r\nx-ratelimit-reset-") += what) += ": ";
    append_duration(out, found.standing.empty_in);
    out += "\r\n";
  };
  minute(Limit::requests, "requests");
  minute(Limit::tokens, "tokens");
  if (const auto found = tightest(x, Limit::spend, now); found.account) {
    out += "x-ostiary-budget-remaining: ";
    append_dollars(out, found.remaining);
    out += "\r\n";
  }
}

}  // namespace ostiary::gateway
