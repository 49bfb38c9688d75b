#include "gateway/endpoint.h"

#include <algorithm>
#include <array>

#include "base/hash.h"
#include "base/text.h"

namespace ostiary::gateway {

namespace {

// RFC 3986 section 2.3: what need never be escaped.
bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

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

// A path that a service may read as another than it says here: an escaped letter, dot or separator, an empty
// segment, a parameter.
bool ambiguous(std::string_view path) {
  if (path.contains("//") || path.find_first_of("\\;") != std::string_view::npos) return true;
  for (auto at = path.find('%'); at != std::string_view::npos; at = path.find('%', at + 1)) {
    const auto byte = unhex(path.substr(at + 1, 2));
    if (!byte || byte->size() != 1) return true;
    const char c = byte->front();
    if (c == '/' || c == '\\' || c == ';' || is_unreserved(c)) return true;
  }
  return false;
}

// Ids as services make them; anything else might lead elsewhere.
bool is_response_id(std::string_view id) {
  return !id.empty() && id.size() <= kMostResponseId &&
         std::ranges::all_of(id, [](char c) { return is_unreserved(c) && c != '.' && c != '~'; });
}

// /responses/{id}, /responses/{id}/cancel, /responses/{id}/input_items
Asked stored_response(std::string_view method, std::string_view path) {
  const auto rest = path.substr(std::string_view("/responses/").size());
  const auto slash = rest.find('/');
  Asked asked{Asked::Found::yes, {}, path, rest.substr(0, slash), {}, {}};
  const auto action = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
  if (!is_response_id(asked.response_id) ||
      (!action.empty() && action != "cancel" && action != "input_items"))
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
  if (ambiguous(path)) return {};
  if (path.starts_with("/responses/")) return stored_response(method, path);
  const auto first = path.substr(0, path.find('/', 1));  // a service may take letters of either case
  if (!pass_through || text::iequals(first, "/responses")) return {};
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
