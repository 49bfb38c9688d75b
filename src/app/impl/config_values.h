#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/result.h"
#include "base/text.h"
#include "base/yaml.h"

// The types of configuration values. Each says what it takes (`describe`, for documentation and errors) and
// reads a YAML value into a member (`read`); the Error of a read has no place, its caller knows it.
namespace ostiary::app::config {

// A word of few, and what it means. Empty: `word` is none of them.
template <class T, std::size_t N>
using Words = std::array<std::pair<std::string_view, T>, N>;

// The text of a single value. Lists, mappings and nothing are refused.
inline Result<std::string_view> single(const yaml::Node& node, std::string_view what) {
  if (node.kind == yaml::Kind::scalar) return node.scalar;
  return fail(Code::invalid, fmt::format("must be {}", what));
}

// Repeats what was given where it is short enough for one line.
inline std::unexpected<Error> refused(std::string_view what, std::string_view given) {
  constexpr std::size_t kLongest = 60;
  if (given.size() > kLongest) return fail(Code::invalid, fmt::format("must be {}", what));
  return fail(Code::invalid, fmt::format("must be {}, not '{}'", what, given));
}

// "; did you mean 'x'?", or nothing where no candidate is near.
inline std::string meant(std::string_view word, const std::vector<std::string_view>& candidates) {
  const auto near = text::nearest(word, candidates);
  return near ? fmt::format("; did you mean '{}'?", *near) : "";
}

template <std::uint64_t Min, std::uint64_t Max>
struct Bytes {
  static std::string describe() {
    return fmt::format("bytes from {} to {}", text::format_bytes(Min), text::format_bytes(Max));
  }
  template <class T>
  static Result<> read(const yaml::Node& node, T& out) {
    static_assert(Max <= std::numeric_limits<T>::max());
    TRY(const auto given, single(node, describe()));
    const auto value = text::parse_bytes(given);
    if (!value || *value < Min || *value > Max) return refused(describe(), given);
    out = static_cast<T>(*value);
    return {};
  }
};

// Bounds in milliseconds.
template <std::uint64_t Min, std::uint64_t Max>
struct Duration {
  static std::string describe() {
    return fmt::format("a duration from {} to {}", text::format_duration_ms(Min),
                       text::format_duration_ms(Max));
  }
  template <class T>
  static Result<> read(const yaml::Node& node, T& out) {
    static_assert(Max <= std::numeric_limits<T>::max());
    TRY(const auto given, single(node, describe()));
    const auto value = text::parse_duration_ms(given);
    if (!value || *value < Min || *value > Max) return refused(describe(), given);
    out = static_cast<T>(*value);
    return {};
  }
};

template <std::uint64_t Min, std::uint64_t Max>
struct Count {
  static std::string describe() { return fmt::format("a whole number from {} to {}", Min, Max); }
  template <class T>
  static Result<> read(const yaml::Node& node, T& out) {
    static_assert(Max <= std::numeric_limits<T>::max());
    TRY(const auto given, single(node, describe()));
    const auto value = text::parse_uint(given);
    if (!value || *value < Min || *value > Max) return refused(describe(), given);
    out = static_cast<T>(*value);
    return {};
  }
};

struct Boolean {
  static std::string describe() { return "true or false"; }
  static Result<> read(const yaml::Node& node, bool& out) {
    TRY(const auto given, single(node, describe()));
    if (given != "true" && given != "false") return refused(describe(), given);
    out = given == "true";
    return {};
  }
};

// Text without control characters. It may hold anything a person wrote, so that errors do not repeat it.
struct Text {
  static std::string describe() { return "text"; }
  static Result<> read(const yaml::Node& node, std::string& out) {
    TRY(const auto given, single(node, describe()));
    if (std::ranges::any_of(given, [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
      return fail(Code::invalid, "must be text without control characters");
    out = given;
    return {};
  }
};

struct Path {
  static std::string describe() { return "a path"; }
  static Result<> read(const yaml::Node& node, std::string& out) { return Text::read(node, out); }
};

// One of kWords, which pairs each word with its value.
template <const auto& kWords>
struct OneOf {
  static std::vector<std::string_view> words() {
    std::vector<std::string_view> out;
    for (const auto& word : kWords) out.push_back(word.first);
    return out;
  }
  static std::string describe() { return fmt::format("one of {}", fmt::join(words(), ", ")); }
  template <class T>
  static Result<> read(const yaml::Node& node, T& out) {
    TRY(const auto given, single(node, describe()));
    const auto found = std::ranges::find(kWords, given, [](const auto& word) { return word.first; });
    if (found == kWords.end())
      return fail(Code::invalid,
                  fmt::format("must be {}, not '{}'{}", describe(), given, meant(given, words())));
    out = T(found->second);
    return {};
  }
};

}  // namespace ostiary::app::config
