// What is asked, held to the table.

#include "console/impl/check.h"

#include <algorithm>
#include <fmt/format.h>

#include "base/hash.h"
#include "base/text.h"
#include "net/stream.h"

namespace ostiary::console {

namespace {

// Of a body that may be large a value has 16 bytes at least, on average.
json::Limits limits_of(const Operation& operation) {
  const auto values = std::max<std::size_t>(100'000, operation.most_body / 16);
  return {.max_depth = 32, .max_values = static_cast<std::uint32_t>(values), .refuse_duplicates = true};
}

bool is_variable(std::string_view segment) {
  return segment.starts_with('{');
}

// Nothing where it is no UTF-8. `form`: + stands for a blank.
std::optional<std::string> decoded(std::string_view s, bool form) {
  std::string out;
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (s[i] == '%') {
      const auto byte = unhex(s.substr(i + 1, 2));
      if (!byte || byte->size() != 1) return std::nullopt;
      out += *byte;
      i += 2;
    } else {
      out += form && s[i] == '+' ? ' ' : s[i];
    }
  }
  return text::is_utf8(out) ? std::optional(std::move(out)) : std::nullopt;
}

bool matches(const std::vector<std::string_view>& pattern, const std::vector<std::string_view>& path) {
  if (pattern.size() != path.size()) return false;
  for (std::size_t i = 0; i < path.size(); ++i)
    if (is_variable(pattern[i]) ? path[i].empty() : pattern[i] != path[i]) return false;
  return true;
}

Refusal wrong_parameter(std::string_view name, std::string message) {
  return {400, "invalid", std::move(message), {}, std::string(name)};
}

const Parameter* find(const Operation& operation, Parameter::In in, std::string_view name) {
  for (const auto& parameter : operation.parameters)
    if (parameter.in == in && parameter.name == name) return &parameter;
  return nullptr;
}

std::optional<Refusal> take(const Parameter& parameter, std::string value, Call& call) {
  if (auto wrong = parameter.schema.check_text(value))
    return wrong_parameter(parameter.name, fmt::format("'{}' {}", parameter.name, *wrong));
  if (!call.values.emplace(parameter.name, std::move(value)).second)
    return wrong_parameter(parameter.name, fmt::format("'{}' stands twice", parameter.name));
  return std::nullopt;
}

std::optional<Refusal> take_query(const Operation& operation, std::string_view query, Call& call) {
  if (query.empty()) return std::nullopt;
  for (const auto part : text::split(query, '&')) {
    const auto equals = part.find('=');
    const auto name = decoded(part.substr(0, equals), true);
    auto value = decoded(equals == std::string_view::npos ? "" : part.substr(equals + 1), true);
    if (!name || !value) return Refusal{400, "invalid", "the query must be percent-encoded UTF-8", {}, {}};
    const auto* parameter = find(operation, Parameter::In::query, *name);
    if (!parameter) {
      std::vector<std::string_view> known;
      for (const auto& one : operation.parameters)
        if (one.in == Parameter::In::query) known.push_back(one.name);
      const auto near = text::nearest(*name, known);
      return Refusal{400,
                     "invalid",
                     near ? fmt::format("there is no such parameter; did you mean '{}'?", *near)
                          : "there is no such parameter",
                     {},
                     {}};
    }
    if (auto wrong = take(*parameter, std::move(*value), call)) return wrong;
  }
  return std::nullopt;
}

bool is_json(std::string_view type) {
  const auto media = text::trim(type.substr(0, type.find(';')));
  return text::iequals(media, "application/json");
}

std::optional<Refusal> take_body(const Operation& operation, Call& call) {
  const auto& body = call.request.body;
  if (!operation.body) {
    if (body.empty()) return std::nullopt;
    return Refusal{400, "invalid", "this operation takes no body", {}, {}};
  }
  if (!is_json(call.request.header("content-type")))
    return Refusal{415, "unsupported_type", "the body must be application/json", {}, {}};
  if (operation.raw) return std::nullopt;
  if (const auto parsed = json::Document::parse_into(body, limits_of(operation), call.body); !parsed)
    return Refusal{400, "invalid", "the body is not JSON: " + parsed.error().text(), {}, {}};
  if (auto wrong = operation.body->check(call.body.root()))
    return Refusal{400, "invalid", std::move(wrong->message), std::move(wrong->pointer), {}};
  return std::nullopt;
}

}  // namespace

Route find_route(std::string_view method, std::string_view path) {
  if (method == "HEAD") method = "GET";
  const auto segments = text::split(path, '/');
  Route best;
  std::string allow;
  std::size_t fewest = ~std::size_t{0};
  for (const auto& operation : operations()) {
    const auto pattern = text::split(operation.path, '/');
    if (!matches(pattern, segments)) continue;
    const auto variables = static_cast<std::size_t>(std::ranges::count_if(pattern, is_variable));
    if (variables > fewest) continue;  // a path that is spelled out goes before one with a variable
    if (variables < fewest) allow.clear(), best = {};
    fewest = variables;
    allow += (allow.empty() ? "" : ", ") + operation.method;
    if (operation.method == "GET") allow += ", HEAD";
    if (operation.method != method) continue;
    best.operation = &operation;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
      if (!is_variable(pattern[i])) continue;
      // What is no UTF-8 becomes empty, which no schema takes.
      auto value = decoded(segments[i], false);
      best.values.emplace_back(pattern[i].substr(1, pattern[i].size() - 2), value ? std::move(*value) : "");
    }
  }
  if (!best.operation) best.allow = std::move(allow);
  return best;
}

std::optional<Refusal> check_call(const Operation& operation, const Route& route, Call& call) {
  for (const auto& [name, value] : route.values)
    if (const auto* parameter = find(operation, Parameter::In::path, name))
      if (auto wrong = take(*parameter, value, call)) return wrong;
  if (auto wrong = take_query(operation, call.request.query, call)) return wrong;
  for (const auto& parameter : operation.parameters) {
    if (parameter.in != Parameter::In::header) continue;
    auto value = call.request.header(parameter.name);
    if (value.empty()) continue;
    if (auto wrong = take(parameter, std::move(value), call)) return wrong;
  }
  for (const auto& parameter : operation.parameters)
    if (parameter.required && !call.has(parameter.name))
      return wrong_parameter(parameter.name, fmt::format("'{}' is missing", parameter.name));
  return take_body(operation, call);
}

bool is_own_host(std::string_view host, const std::vector<std::string>& known) {
  if (host.empty()) return true;
  std::string_view name = host;
  if (name.starts_with('['))
    name = name.substr(1, name.find(']') - 1);
  else
    name = name.substr(0, name.rfind(':'));
  if (std::ranges::any_of(known, [&](const auto& one) { return text::iequals(one, name); })) return true;
  return text::iequals(name, "localhost") || net::is_loopback({std::string(name), 0, false});
}

}  // namespace ostiary::console
