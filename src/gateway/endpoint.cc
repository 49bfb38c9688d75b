#include "gateway/endpoint.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace ostiary::gateway {

namespace {

constexpr std::array kPosted = {
    Endpoint{"chat/completions", true, true, true, EndMarker::done_word},
    Endpoint{"completions", true, true, true, EndMarker::done_word},
    Endpoint{"embeddings", true, true, true, EndMarker::none},
    Endpoint{"responses", true, true, false, EndMarker::response_event},
};

Asked wrong_method(std::string_view allow) {
  Asked asked;
  asked.found = Asked::Found::no_method;
  asked.allow = allow;
  return asked;
}

// A path that leaves the place where it is appended, written plainly or percent-encoded.
bool climbs(std::string_view path) {
  for (auto part : text::split(path, '/')) {
    std::size_t dots = 0;
    for (; !part.empty(); ++dots) {
      const bool encoded = part.size() >= 3 && text::iequals(part.substr(0, 3), "%2e");
      if (!encoded && part.front() != '.') break;
      part.remove_prefix(encoded ? 3 : 1);
    }
    if (part.empty() && (dots == 1 || dots == 2)) return true;
  }
  return false;
}

// /responses/{id}, /responses/{id}/cancel, /responses/{id}/input_items
Asked stored_response(std::string_view method, std::string_view path) {
  const auto rest = path.substr(std::string_view("/responses/").size());
  const auto slash = rest.find('/');
  Asked asked{Asked::Found::yes, {}, path, rest.substr(0, slash), {}, {}};
  const auto action = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
  if (asked.response_id.empty() || (!action.empty() && action != "cancel" && action != "input_items"))
    return {};
  if (action == "cancel"        ? method != "POST"
      : action == "input_items" ? method != "GET"
                                : method != "GET" && method != "DELETE")
    return wrong_method(action == "cancel" ? "POST" : action == "input_items" ? "GET" : "GET, DELETE");
  asked.endpoint = Endpoint{"responses", false, false, method == "GET", EndMarker::response_event};
  return asked;
}

}  // namespace

Asked find_endpoint(std::string_view method, std::string_view path, bool pass_through) {
  if (!path.starts_with("/v1/") || climbs(path)) return {};
  path.remove_prefix(3);
  for (const auto& endpoint : kPosted) {
    if (path.substr(1) != endpoint.name) continue;
    if (method != "POST") return wrong_method("POST");
    return {Asked::Found::yes, endpoint, path, {}, {}, {}};
  }
  if (path == "/models" || path.starts_with("/models/")) {
    if (method != "GET") return wrong_method("GET");
    const auto id = path.size() > 8 ? path.substr(8) : std::string_view();
    return {Asked::Found::yes, Endpoint{"models", false, false, true, EndMarker::none}, path, {}, id, {}};
  }
  if (path.starts_with("/responses/")) {
    if (const auto asked = stored_response(method, path); asked.found != Asked::Found::no_path) return asked;
  }
  if (!pass_through) return {};
  static constexpr std::array<std::string_view, 5> methods = {"GET", "POST", "PUT", "PATCH", "DELETE"};
  if (std::ranges::find(methods, method) == methods.end())
    return wrong_method("GET, POST, PUT, PATCH, DELETE");
  const bool has_body = method == "POST" || method == "PUT" || method == "PATCH";
  return {Asked::Found::yes,
          Endpoint{"other", has_body, has_body, !has_body && method != "DELETE", EndMarker::none},
          path,
          {},
          {},
          {}};
}

}  // namespace ostiary::gateway
