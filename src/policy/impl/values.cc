#include "policy/impl/values.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "base/time.h"
#include "policy/document.h"

namespace ostiary::policy {

namespace {

constexpr std::size_t kLongestText = 1000;

std::unexpected<Error> wants(const FactSpec& spec, std::string_view what) {
  return fail(Code::invalid, fmt::format("'{}' takes {}", spec.name, what));
}

std::unexpected<Error> wants(const FactSpec& spec) {
  if (!spec.allowed.empty()) return wants(spec, fmt::format("one of {}", fmt::join(spec.allowed, ", ")));
  return wants(spec, name(spec.type));
}

}  // namespace

bool is_glob(std::string_view text) {
  return text.find_first_of("*?") != std::string_view::npos;
}

std::string meant(std::string_view word, const std::vector<std::string_view>& known) {
  const auto near = text::nearest(word.substr(0, 64), known);
  return near ? fmt::format("; did you mean '{}'?", *near) : "";
}

std::vector<std::string_view> fact_names() {
  std::vector<std::string_view> out;
  for (const auto& spec : fact_table()) out.push_back(spec.name);
  return out;
}

std::optional<WallMs> parse_moment(std::string_view text) {
  if (text.size() != 10) return parse_rfc3339(text);
  for (std::size_t i = 0; i < 10; ++i)
    if (i == 4 || i == 7 ? text[i] != '-' : text[i] < '0' || text[i] > '9') return std::nullopt;
  return parse_rfc3339(std::string(text) + "T00:00:00Z");
}

Result<std::int64_t> number_of(const FactSpec& spec, const yaml::Node& node) {
  if (node.kind != yaml::Kind::scalar) return wants(spec);
  switch (spec.type) {
    case FactType::flag:
      if (!node.quoted && node.scalar == "true") return 1;
      if (!node.quoted && node.scalar == "false") return 0;
      return wants(spec);
    case FactType::count:
    case FactType::bytes: {
      auto number = text::parse_uint(node.scalar);
      if (!number && spec.type == FactType::bytes)
        if (const auto size = text::parse_bytes(node.scalar)) number = *size;
      if (!number || *number > static_cast<std::uint64_t>(INT64_MAX)) return wants(spec);
      return static_cast<std::int64_t>(*number);
    }
    case FactType::level: {
      const auto at = std::ranges::find(spec.allowed, node.scalar);
      if (at == spec.allowed.end()) return wants(spec);
      return at - spec.allowed.begin();
    }
    case FactType::moment: {
      const auto moment = parse_moment(node.scalar);
      if (!moment) return wants(spec);
      return *moment;
    }
    case FactType::word:
    case FactType::words:
      break;
  }
  return wants(spec);
}

Result<std::string> text_of(const FactSpec& spec, const yaml::Node& node) {
  if (node.kind != yaml::Kind::scalar) return wants(spec);
  if (node.scalar.empty() || node.scalar.size() > kLongestText)
    return wants(spec, fmt::format("a text of 1 to {} bytes", kLongestText));
  if (!spec.allowed.empty() && std::ranges::find(spec.allowed, node.scalar) == spec.allowed.end())
    return wants(spec);
  return node.scalar;
}

Result<FactValue> value_of(const FactSpec& spec, const yaml::Node& node) {
  switch (spec.type) {
    case FactType::flag: {
      TRY(const auto number, number_of(spec, node));
      return FactValue(number != 0);
    }
    case FactType::count:
    case FactType::bytes: {
      TRY(const auto number, number_of(spec, node));
      return FactValue(number);
    }
    case FactType::word:
    case FactType::level: {
      TRY(auto text, text_of(spec, node));
      return FactValue(std::move(text));
    }
    case FactType::moment: {
      TRY(const auto moment, number_of(spec, node));
      return FactValue(rfc3339(moment));
    }
    case FactType::words:
      break;
  }
  std::vector<std::string> texts;
  if (node.kind == yaml::Kind::scalar) {
    TRY(auto text, text_of(spec, node));
    texts.push_back(std::move(text));
  } else if (node.kind == yaml::Kind::sequence) {
    for (const auto& item : node.items) {
      TRY(auto text, text_of(spec, item));
      texts.push_back(std::move(text));
    }
  } else {
    return wants(spec);
  }
  std::ranges::sort(texts);
  texts.erase(std::ranges::unique(texts).begin(), texts.end());
  return FactValue(std::move(texts));
}

std::pair<std::uint32_t, std::uint32_t> numbers_of(std::string_view where) {
  const auto last = where.rfind(':');
  if (last == std::string_view::npos || last == 0) return {1, 1};
  const auto before = where.rfind(':', last - 1);
  if (before == std::string_view::npos) return {1, 1};
  const auto line = text::parse_uint(where.substr(before + 1, last - before - 1));
  const auto column = text::parse_uint(where.substr(last + 1));
  return {static_cast<std::uint32_t>(line.value_or(1)), static_cast<std::uint32_t>(column.value_or(1))};
}

Result<Facts> read_facts(std::string_view text, std::string_view file, std::string_view source) {
  TRY(const auto root,
      yaml::parse(text, file, {.max_bytes = 4u << 20, .max_depth = 4, .max_nodes = 100'000}));
  if (root.kind != yaml::Kind::mapping)
    return fail(Code::invalid, "facts are names with values, such as {\"data.classes\": [\"secret\"]}",
                yaml::place(file, root));
  Facts out;
  for (const auto& member : root.members) {
    const auto index = fact_index(member.name);
    if (!index)
      return fail(Code::invalid,
                  fmt::format("there is no fact '{}'{}", member.name, meant(member.name, fact_names())),
                  yaml::place(file, member));
    auto value = value_of(fact_table()[*index], member.value);
    if (!value) return fail(Code::invalid, value.error().message, yaml::place(file, member.value));
    out.set(member.name, std::move(*value), source);
  }
  return out;
}

}  // namespace ostiary::policy
