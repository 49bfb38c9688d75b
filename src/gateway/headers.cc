#include "gateway/headers.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "gateway/service.h"

namespace ostiary::gateway {

namespace {

using text::iequals;

bool starts(std::string_view name, std::string_view lower_prefix) {
  return name.size() >= lower_prefix.size() && iequals(name.substr(0, lower_prefix.size()), lower_prefix);
}

template <std::size_t N>
bool is_one_of(std::string_view name, const std::array<std::string_view, N>& names) {
  return std::ranges::any_of(names, [&](std::string_view other) { return iequals(name, other); });
}

bool named_by_connection(const net::Head& head, std::string_view name) {
  if (!head.framing.names_headers) return false;
  for (const auto& h : head.headers) {
    if (!iequals(h.name, "connection")) continue;
    for (const auto part : text::split(h.value, ','))
      if (iequals(text::trim(part), name)) return true;
  }
  return false;
}

bool hop_by_hop(const net::Head& head, std::string_view name) {
  static constexpr std::array<std::string_view, 7> hops = {"connection", "keep-alive", "te",    "trailer",
                                                           "upgrade",    "host",       "expect"};
  return is_one_of(name, hops) || starts(name, "proxy-") || iequals(name, "transfer-encoding") ||
         iequals(name, "content-length") || named_by_connection(head, name);
}

}  // namespace

bool drops_request_header(const net::Head& head, std::string_view name, bool own_credential) {
  if (name.empty() || name.contains('_')) return true;
  static constexpr std::array<std::string_view, 17> identifying = {
      "cookie",      "user-agent", "referer",   "origin",       "forwarded",       "via",
      "from",        "dnt",        "x-real-ip", "x-client-ip",  "true-client-ip",  "accept-encoding",
      "traceparent", "tracestate", "baggage",   "x-request-id", "x-correlation-id"};
  switch (name.front() | 0x20) {  // most names are settled by their first letter
    case 'x':
      if (starts(name, "x-ostiary-") || starts(name, "x-stainless-") || starts(name, "x-forwarded-"))
        return true;
      break;
    case 'a':
      if (iequals(name, "authorization")) return !own_credential;
      if (iequals(name, "api-key")) return true;
      break;
    case 'o':
      if (starts(name, "openai-organization") || starts(name, "openai-project")) return !own_credential;
      break;
    case 's':
      if (starts(name, "sec-")) return true;
      break;
    case 'c':
      if (starts(name, "cf-")) return true;
      break;
    default:
      break;
  }
  constexpr std::string_view key = "-api-key";
  if (name.size() > key.size() && iequals(name.substr(name.size() - key.size()), key)) return true;
  return is_one_of(name, identifying) || iequals(name, "content-encoding") || hop_by_hop(head, name);
}

bool drops_response_header(const net::Head& head, std::string_view name) {
  static constexpr std::array<std::string_view, 4> ours = {"content-encoding", "set-cookie",
                                                           "strict-transport-security", "alt-svc"};
  return is_one_of(name, ours) || hop_by_hop(head, name) || starts(name, "x-ostiary-");
}

bool is_rate_limit_header(std::string_view name) {
  return starts(name, "x-ratelimit-");
}

bool holds_key(std::string_view text, std::string_view key_id) {
  constexpr std::string_view mark = "ost_";
  std::string plain;
  if (text.contains('%')) text = plain = percent_decode(text);
  for (auto at = text.find(mark); at != std::string_view::npos; at = text.find(mark, at + 1)) {
    const auto rest = text.substr(at + mark.size());
    if (rest.starts_with(key_id) && rest.substr(key_id.size()).starts_with('_')) return true;
  }
  return false;
}

bool repeats_credential(std::string_view text, std::string_view credential) {
  if (starts(credential, "bearer ")) credential.remove_prefix(7);
  constexpr std::size_t telling = 12, least = 8;  // a shorter one is a word that may stand anywhere
  if (credential.size() < least) return false;
  return text.contains(credential.substr(0, telling)) ||
         text.contains(credential.substr(credential.size() - std::min(telling, credential.size())));
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  out += value;
  out += "\r\n";
}

}  // namespace ostiary::gateway
