#include <algorithm>
#include <fmt/format.h>

#include "base/text.h"
#include "inspect/impl/check_kinds.h"

namespace ostiary::inspect {

namespace {

// How letters count in a weighted sum.
struct Letters {
  enum class Kind : std::uint8_t { refused, from, two_digits };
  Kind kind = Kind::refused;
  int first = 0;
  std::string list = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

  std::optional<int> value(char c) const {
    if (is_decimal(c)) return c - '0';
    const auto at = kind == Kind::from && c != '*' ? list.find(c) : std::string::npos;
    if (at == std::string::npos) return std::nullopt;
    return first + static_cast<int>(at);
  }
};

// One round over a number: the weights of its characters, and where the check character stands.
struct Round {
  std::vector<std::int64_t> weights;  // 0 at `check` where that is within
  std::size_t check = 0;
};

// A scheme in which a check character depends on the sum of the others, each multiplied by its weight.
struct Weighted {
  std::vector<std::vector<Round>> digits;  // of each check character its rounds
  std::int64_t modulus = 0, plus = 0;
  bool complement = false, cross_sum = false, may_be_short = false, open = false;
  std::string table, ten;
  Letters letters;
  std::size_t size = 0;  // characters of a whole number

  bool holds(std::string_view value) const;
  std::optional<std::string> whole(std::string_view value) const;
  std::optional<std::int64_t> result(const Round& round, std::string_view number) const;
  std::optional<char> character(const std::vector<Round>& rounds, std::string_view number) const;
};

std::optional<std::int64_t> Weighted::result(const Round& round, std::string_view number) const {
  std::int64_t sum = plus;
  for (std::size_t i = 0; i < round.weights.size() && i < number.size(); ++i) {
    if (i == round.check) continue;
    const auto value = letters.value(number[i]);
    if (!value) {
      if (round.weights[i] == 0) continue;
      return std::nullopt;
    }
    const auto product = *value * round.weights[i];
    sum += cross_sum ? product / 10 + product % 10 : product;
  }
  const auto remainder = ((sum % modulus) + modulus) % modulus;
  return complement ? (modulus - remainder) % modulus : remainder;
}

std::optional<char> Weighted::character(const std::vector<Round>& rounds, std::string_view number) const {
  std::optional<std::int64_t> last;
  for (const auto& round : rounds) {
    last = result(round, number);
    if (!last) return std::nullopt;
    if (*last != 10) break;
  }
  if (!table.empty()) return table[static_cast<std::size_t>(*last)];
  if (*last < 10) return static_cast<char>('0' + *last);
  if (ten == "refuse") return std::nullopt;
  return ten.empty() ? '0' : ten[0];
}

// The number with what may be missing; nothing where it has another length.
std::optional<std::string> Weighted::whole(std::string_view value) const {
  const auto number = Characters::of(value);
  if (!number || number->size() < 4) return std::nullopt;
  if (number->text().find_first_not_of((*number)[0]) == std::string_view::npos) return std::nullopt;
  std::string out;
  for (const char c : number->text()) {
    if (letters.kind == Letters::Kind::two_digits && is_upper(c))
      out += fmt::format("{:02}", c - 'A' + 1);
    else
      out += c;
  }
  if (may_be_short && out.size() < size && out.size() + 4 >= size) out.insert(0, size - out.size(), '0');
  const bool may_end = open && out.size() < size && out.size() > digits.back().front().check;
  if (out.size() != size && !may_end) return std::nullopt;
  return out;
}

bool Weighted::holds(std::string_view value) const {
  const auto number = whole(value);
  return number && std::ranges::all_of(digits, [&](const auto& rounds) {
           return character(rounds, *number) == (*number)[rounds.front().check];
         });
}

std::unexpected<Error> wrong(std::string message, std::string where) {
  return fail(Code::invalid, std::move(message), std::move(where));
}

std::optional<std::int64_t> weight_of(std::string_view word) {
  const bool negative = word.starts_with('-');
  const auto n = text::parse_uint(negative ? word.substr(1) : word);
  if (!n || *n > 1'000'000'000) return std::nullopt;
  const auto weight = static_cast<std::int64_t>(*n);
  return negative ? -weight : weight;
}

Result<Round> round_of(std::string_view list) {
  Round round;
  std::optional<std::size_t> check;
  for (const auto word : text::split(list, ' ')) {
    if (word.empty()) continue;
    if (word == "@") {
      if (check) return wrong("@ stands twice in one round", "check weights");
      check = round.weights.size();
      round.weights.push_back(0);
      continue;
    }
    const auto weight = weight_of(word);
    if (!weight) return wrong(fmt::format("'{}' is no weight", word), "check weights");
    round.weights.push_back(*weight);
  }
  if (round.weights.size() < 2 || round.weights.size() >= Characters::kMost)
    return wrong("weighted needs weights: one for each character but the check digit, with blanks between",
                 "check weights");
  round.check = check.value_or(round.weights.size());
  return round;
}

Result<> take_letters(CheckWords& words, Letters& letters) {
  const auto text = words.take_value("letters");
  if (!text) return {};
  if (*text == "two-digits") {
    letters.kind = Letters::Kind::two_digits;
    return {};
  }
  const auto colon = text->find(':');
  const auto first = weight_of(text->substr(0, colon));
  if (!first || *first > 100 || *first < -100)
    return wrong("letters= needs the value of the first letter, or two-digits", "check argument");
  letters.kind = Letters::Kind::from;
  letters.first = static_cast<int>(*first);
  if (colon != std::string_view::npos) letters.list = text->substr(colon + 1);
  return {};
}

// Every country's law for itself: the weights, the modulus and what the result is written as are the scheme.
Result<CheckStep> make_weighted(const catalog::Detector::Check& spec, CheckWords& words) {
  Weighted out;
  for (const auto digit : text::split(spec.weights, ',')) {
    out.digits.emplace_back();
    for (const auto list : text::split(digit, '/')) {
      TRY(auto round, round_of(list));
      if (!out.digits.back().empty() && out.digits.back().front().check != round.check)
        return wrong("all rounds of a check digit must be of the same length", "check weights");
      out.size = std::max({out.size, round.weights.size(), round.check + 1});
      out.digits.back().push_back(std::move(round));
    }
  }
  if (spec.modulus < 2) return wrong("weighted needs a modulus", "check modulus");
  if (spec.modulus > 11 && spec.table.empty()) return wrong("a modulus over 11 needs a table", "check table");
  if (!spec.table.empty() && spec.table.size() != spec.modulus)
    return wrong("the table needs as many characters as the modulus says", "check table");
  if (spec.result != "remainder" && spec.result != "complement")
    return wrong("weighted needs a result, remainder or complement", "check result");
  out.modulus = spec.modulus;
  out.complement = spec.result == "complement";
  out.table = spec.table;
  out.ten = spec.ten;
  out.cross_sum = words.take("cross-sum");
  out.may_be_short = words.take("short");
  out.open = words.take("open");
  TRY_VOID(take_letters(words, out.letters));
  if (const auto plus = words.take_value("plus")) {
    const auto n = weight_of(*plus);
    if (!n) return wrong("plus= needs a number", "check argument");
    out.plus = *n;
  }
  return CheckStep([out = std::move(out)](std::string_view value) { return out.holds(value); });
}

constexpr CheckKind kKinds[] = {{"weighted", make_weighted}};

}  // namespace

std::span<const CheckKind> weighted_checks() {
  return kKinds;
}

}  // namespace ostiary::inspect
