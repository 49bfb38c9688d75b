#include "gateway/duties.h"

#include <algorithm>
#include <fmt/format.h>

#include "base/log.h"
#include "base/text.h"
#include "gateway/headers.h"
#include "gateway/service.h"
#include "policy/obligations.h"

namespace ostiary::gateway {

namespace {

std::string rules_of(const policy::Decision& decision) {
  std::string out;
  for (const auto& rule : decision.rules) out += (out.empty() ? "" : ", ") + rule.id;
  return out;
}

void log_exchange(const Exchange& x, std::string_view level) {
  const auto line =
      fmt::format("policy: {} for exchange {} of {} to {} by {}", policy::name(x.decision.effect),
                  x.id.text(), x.caller.key ? x.caller.key->subject : std::string("nobody"),
                  x.service ? x.service->id() : std::string("no service"), rules_of(x.decision));
  if (level == "warn")
    log::warn(line);
  else
    log::info(line);
}

// Headers belong to the decision that is in force; the others happen once an exchange.
void carry_out(Exchange& x, const std::string& text) {
  const auto [name, value] = policy::parse_obligation(text);
  if (name == "header") {
    const auto sign = value.find('=');
    if (sign != std::string_view::npos)
      append_header(x.answer_headers, value.substr(0, sign), value.substr(sign + 1));
    return;
  }
  if (name == "disclose") return append_header(x.answer_headers, "x-ostiary-disclosure", header_line(value));
  if (std::ranges::find(x.carried_out, text) != x.carried_out.end()) return;
  x.carried_out.push_back(text);
  if (name == "log") log_exchange(x, value);
}

}  // namespace

void carry_out_obligations(Exchange& x) {
  x.answer_headers.clear();
  for (const auto& text : x.decision.obligations) carry_out(x, text);
}

std::optional<std::uint64_t> approval_lasts(const std::vector<std::string>& obligations) {
  std::optional<std::uint64_t> least;
  for (const auto& text : obligations) {
    const auto [name, value] = policy::parse_obligation(text);
    if (name != "expire") continue;
    const auto ms = text::parse_duration_ms(value).value_or(0);
    least = std::min(least.value_or(ms), ms);
  }
  return least;
}

std::string header_line(std::string_view text) {
  std::string out;
  for (const char c : text)
    if (c >= ' ' && c <= '~' && c != '%')
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  return out;
}

}  // namespace ostiary::gateway
