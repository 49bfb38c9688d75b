#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "inspect/checks.h"

// The input is a value, or behind five lines of it that are a check of its own. No check may be harmed by any
// bytes, one value must always get the same answer, and a number has but one right check digit.
namespace {

using namespace ostiary;
using inspect::Check;
using Spec = catalog::Detector::Check;

void require(bool holds) {
  if (!holds) std::abort();
}

Check made(const Spec& spec) {
  auto check = Check::make(spec);
  require(check.has_value());
  return std::move(*check);
}

Spec kind(std::string_view name, std::string_view argument = {}) {
  Spec spec;
  spec.kind = name;
  spec.argument = argument;
  return spec;
}

Spec weighted(std::string_view weights, std::string_view argument) {
  Spec spec = kind("weighted", argument);
  spec.weights = weights;
  spec.modulus = 11;
  spec.result = "complement";
  spec.ten = "X";
  return spec;
}

const std::vector<Check>& all_checks() {
  static const auto checks = [] {
    std::vector<Check> out;
    for (const auto name : Check::kinds()) {
      if (name == "weighted" || name == "date" || name == "base58") continue;
      out.push_back(made(kind(name)));
    }
    out.push_back(made(kind("luhn", "cards last=16")));
    out.push_back(made(kind("date", "YYMMDD@1 months=20,40 days=40")));
    out.push_back(made(kind("date", "DDMMYYYY@3")));
    out.push_back(made(kind("base58", "bytes=32")));
    out.push_back(made(kind("base58check", "ripple versions=00")));
    out.push_back(made(kind("bech32", "hrp=bc,tb")));
    out.push_back(made(kind("eip55", "mixed")));
    out.push_back(made(weighted("10 9 8 7 6 5 4 3 2", "short")));
    out.push_back(made(weighted("8 7 6 5 4 3 2 @ 9", "open letters=1 cross-sum")));
    out.push_back(made(weighted("1 2 3 4 5 / 3 4 5 6 7, 6 5 4 3 2 1", "letters=two-digits plus=3")));
    return out;
  }();
  return checks;
}

// Of ten numbers that differ in their last digit one is right, or none where all their digits may be the
// same.
void has_one_check_digit(const Check& check, std::string_view value) {
  std::string digits;
  std::ranges::copy_if(value.substr(0, 256), std::back_inserter(digits),
                       [](char c) { return c >= '0' && c <= '9'; });
  if (digits.size() < 2 || digits.size() > 40) return;
  const bool varied = digits.find_first_not_of(digits[0]) != std::string::npos;
  int right = 0;
  for (char digit = '0'; digit <= '9'; ++digit) right += check.holds(digits + digit) ? 1 : 0;
  require(right == 1 || (right == 0 && !varied));
}

void try_a_check(std::string_view input) {
  std::array<std::string_view, 5> lines;
  for (auto& line : lines) {
    const auto end = input.find('\n');
    if (end == std::string_view::npos) return;
    line = input.substr(0, end);
    input.remove_prefix(end + 1);
  }
  Spec spec = kind(lines[0], lines[1]);
  spec.weights = lines[2];
  spec.table = lines[3];
  spec.modulus = static_cast<std::uint32_t>(text::parse_uint(lines[4]).value_or(11) % 1000);
  spec.result = lines[4].size() % 2 == 0 ? "remainder" : "complement";
  const auto check = Check::make(spec);
  require(check || !check.error().message.empty());
  if (check) (void)check->holds(input);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Check luhn = made(kind("luhn")), verhoeff = made(kind("verhoeff")), damm = made(kind("damm")),
                     hybrid = made(kind("iso7064-mod11-10"));
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  for (const auto& check : all_checks()) require(check.holds(input) == check.holds(std::string(input)));
  for (const auto* check : {&luhn, &verhoeff, &damm, &hybrid}) has_one_check_digit(*check, input);
  try_a_check(input);
  return 0;
}
