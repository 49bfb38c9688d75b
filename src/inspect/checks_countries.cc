#include <algorithm>
#include <string>

#include "inspect/impl/check_kinds.h"

namespace ostiary::inspect {

namespace {

// Germany, § 139b AO and its ordinance: ISO 7064 mod 11,10, and of the first ten digits one stands there
// twice or three times (not three in a row) and no other more than once.
bool german_tax_id_holds(std::string_view value) {
  const auto id = Characters::digits_of(value);
  if (!id || id->size() != 11 || (*id)[0] == '0' || !mod11_10(id->text())) return false;
  const auto first = id->text(0, 10);
  int repeated = 0;
  for (char digit = '0'; digit <= '9'; ++digit) {
    const auto times = std::ranges::count(first, digit);
    if (times > 3 || (times == 3 && first.find(std::string(3, digit)) != std::string_view::npos))
      return false;
    repeated += times > 1 ? 1 : 0;
  }
  return repeated == 1;
}

// France, decree 82-103 of 22 January 1982: the key is 97 less the number modulo 97; 2A and 2B (Corsica)
// count as 19 and 18.
bool french_nir_holds(std::string_view value) {
  const auto nir = Characters::of(value);
  if (!nir || nir->size() != 15) return false;
  std::string digits(nir->text());
  if (digits.substr(5, 2) == "2A")
    digits.replace(5, 2, "19");
  else if (digits.substr(5, 2) == "2B")
    digits.replace(5, 2, "18");
  const auto number = Characters::digits_of(digits);
  return number && 97 - number->number(0, 13) % 97 == number->number(13, 2);
}

// Belgium, royal decree of 3 April 1984: 97 less the first nine digits modulo 97, with a 2 before them for
// who was born from 2000 on.
bool belgian_number_holds(std::string_view value) {
  const auto id = Characters::digits_of(value);
  if (!id || id->size() != 11) return false;
  const auto number = id->number(0, 9), check = id->number(9, 2);
  if (97 - number % 97 == check) return true;
  return id->number(0, 2) < 50 && 97 - (2'000'000'000 + number) % 97 == check;
}

// Luxembourg, grand-ducal regulation of 28 November 2013: Luhn's digit and Verhoeff's, both of the first
// eleven.
bool luxembourg_number_holds(std::string_view value) {
  const auto id = Characters::digits_of(value);
  if (!id || id->size() != 13) return false;
  return luhn(id->text(0, 12)) && verhoeff(std::string(id->text(0, 11)) + (*id)[12]);
}

// Italy, ministerial decree of 23 December 1976; letters may stand for digits where two codes would be the
// same.
bool italian_code_holds(std::string_view value) {
  constexpr int kOdd[] = {1,  0,  5, 7, 9, 13, 15, 17, 19, 21, 2,  4,  18,
                          20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23};
  const auto code = Characters::of(value);
  if (!code || code->size() != 16) return false;
  int sum = 0;
  for (std::size_t i = 0; i < 15; ++i) {
    const char c = (*code)[i];
    if (value_of(c) < 0) return false;
    const int place = is_decimal(c) ? c - '0' : c - 'A';
    sum += i % 2 == 0 ? kOdd[place] : place;
  }
  const bool month = std::string_view("ABCDEHLMPRST").find((*code)[8]) != std::string_view::npos;
  return month && (*code)[15] == 'A' + sum % 26;
}

// Finland, decree 128/2010: the remainder modulo 31 of the day of birth and the number that follows the sign
// of the century.
bool finnish_code_holds(std::string_view value) {
  const auto code = Characters::of(value);  // a dash, the sign of the 20th century, is gone
  if (!code || code->size() < 10 || code->size() > 11) return false;
  const auto at = code->size() - 4;
  if (!code->all_digits(0, 6) || !code->all_digits(at, 3)) return false;
  if (at == 7 && std::string_view("+ABCDEFUVWXY").find((*code)[6]) == std::string_view::npos) return false;
  const auto number = code->number(0, 6) * 1000 + code->number(at, 3);
  return "0123456789ABCDEFHJKLMNPRSTUVWXY"[number % 31] == (*code)[code->size() - 1];
}

// Russia, Pension Fund board decision 192p of 2006: the sum with weights 9 to 1, modulo 101; 100 is written
// 00.
bool russian_snils_holds(std::string_view value) {
  const auto id = Characters::digits_of(value);
  if (!id || id->size() != 11) return false;
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < 9; ++i) sum += id->number(i, 1) * (9 - i);
  return sum % 101 % 100 == id->number(9, 2);
}

// Singapore, National Registration Act: NRIC and FIN; published by observers, not by the authority.
bool singapore_number_holds(std::string_view value) {
  constexpr int kWeights[] = {2, 7, 6, 5, 4, 3, 2};
  const auto id = Characters::of(value);
  if (!id || id->size() != 9 || !id->all_digits(1, 7)) return false;
  int sum = 0;
  for (std::size_t i = 0; i < 7; ++i) sum += kWeights[i] * ((*id)[i + 1] - '0');
  switch ((*id)[0]) {
    case 'S':
      return "JZIHGFEDCBA"[sum % 11] == (*id)[8];
    case 'T':
      return "JZIHGFEDCBA"[(sum + 4) % 11] == (*id)[8];
    case 'F':
      return "XWUTRQPNMLK"[sum % 11] == (*id)[8];
    case 'G':
      return "XWUTRQPNMLK"[(sum + 4) % 11] == (*id)[8];
    case 'M':
      return "XWUTRQPNJLK"[(sum + 3) % 11] == (*id)[8];
    default:
      return false;
  }
}

// Taiwan, Household Registration Act: the letter of the place counts as two digits, then all have weights.
bool taiwanese_number_holds(std::string_view value) {
  constexpr std::string_view kPlaces = "ABCDEFGHJKLMNPQRSTUVXYWZIO";  // 10, 11, …
  const auto id = Characters::of(value);
  if (!id || id->size() != 10 || !id->all_digits(2, 8)) return false;
  const auto place = kPlaces.find((*id)[0]);
  if (place == std::string_view::npos) return false;
  std::size_t sum = (place + 10) / 10 + (place + 10) % 10 * 9;
  // The second character is 1 or 2, or in numbers of foreigners before 2021 a letter, of which the units
  // count.
  const auto second = kPlaces.find((*id)[1]);
  if (!is_decimal((*id)[1]) && second == std::string_view::npos) return false;
  sum += 8 * (is_decimal((*id)[1]) ? id->number(1, 1) : (second + 10) % 10);
  for (std::size_t i = 2; i < 9; ++i) sum += id->number(i, 1) * (9 - i);
  return (sum + id->number(9, 1)) % 10 == 0;
}

// Hong Kong, Registration of Persons Regulations: one or two letters (a blank is 36), six digits, weights 9
// to 2, modulo 11; 10 is A. The check digit may stand in brackets.
bool hong_kong_number_holds(std::string_view value) {
  std::string plain;
  std::ranges::copy_if(value.substr(0, 32), std::back_inserter(plain),
                       [](char c) { return c != '(' && c != ')'; });
  const auto id = Characters::of(plain);
  if (!id || id->size() < 8 || id->size() > 9 || value.size() > 32) return false;
  const auto letters = id->size() - 7;
  int sum = letters == 1 ? 36 * 9 : 0;
  for (std::size_t i = 0; i < id->size() - 1; ++i) {
    const char c = (*id)[i];
    if (i < letters ? !is_upper(c) : !is_decimal(c)) return false;
    sum += value_of(c) * static_cast<int>(id->size() - i);
  }
  const char last = (*id)[id->size() - 1];
  return (is_decimal(last) || last == 'A') && (sum + value_of(last)) % 11 == 0;
}

constexpr CheckKind kKinds[] = {{"germany-tax-id", plain<german_tax_id_holds>},
                                {"france-nir", plain<french_nir_holds>},
                                {"belgium-national-number", plain<belgian_number_holds>},
                                {"luxembourg-national-number", plain<luxembourg_number_holds>},
                                {"italy-codice-fiscale", plain<italian_code_holds>},
                                {"finland-hetu", plain<finnish_code_holds>},
                                {"russia-snils", plain<russian_snils_holds>},
                                {"singapore-nric", plain<singapore_number_holds>},
                                {"taiwan-id", plain<taiwanese_number_holds>},
                                {"hong-kong-id", plain<hong_kong_number_holds>}};

}  // namespace

std::span<const CheckKind> country_checks() {
  return kKinds;
}

}  // namespace ostiary::inspect
