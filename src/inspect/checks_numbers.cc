#include <algorithm>
#include <fmt/format.h>
#include <numeric>

#include "base/text.h"
#include "inspect/impl/check_kinds.h"

namespace ostiary::inspect {

namespace {

// ISO/IEC 7812-1: prefixes of issuers, and the lengths that their networks use.
struct Network {
  std::uint32_t first, last;  // six digits
  std::uint8_t shortest, longest;
};
constexpr Network kNetworks[] = {
    {220000, 220499, 16, 19},                                                      // Mir
    {222100, 272099, 16, 16},                                                      // Mastercard
    {300000, 305999, 14, 19},                                                      // Diners Club
    {309500, 309599, 14, 19}, {340000, 349999, 15, 15},                            // American Express
    {352800, 358999, 16, 19},                                                      // JCB
    {360000, 369999, 14, 19},                                                      // Diners Club
    {370000, 379999, 15, 15},                                                      // American Express
    {380000, 399999, 14, 19},                                                      // Diners Club
    {400000, 499999, 16, 16},                                                      // Visa
    {400000, 499999, 13, 13}, {400000, 499999, 19, 19}, {501800, 501899, 12, 19},  // Maestro
    {501900, 501999, 16, 16},                                                      // Dankort
    {502000, 502099, 12, 19},                                                      // Maestro
    {503800, 503899, 12, 19}, {506099, 506198, 16, 19},                            // Verve
    {508500, 508999, 16, 16},                                                      // RuPay
    {510000, 559999, 16, 16},                                                      // Mastercard
    {589300, 589399, 12, 19},                                                      // Maestro
    {601100, 601199, 16, 19},                                                      // Discover
    {606282, 606282, 16, 19},                                                      // Hipercard
    {607000, 608999, 16, 16},                                                      // RuPay
    {620000, 629999, 16, 19},                                                      // UnionPay
    {630400, 630499, 12, 19},                                                      // Maestro
    {644000, 659999, 16, 19},                                                      // Discover
    {675900, 675999, 12, 19},                                                      // Maestro
    {676100, 676399, 12, 19}, {810000, 817199, 16, 19},                            // UnionPay
    {860000, 860099, 16, 16},                                                      // Uzcard
    {979200, 979299, 16, 16},                                                      // Troy
    {986000, 986099, 16, 16},                                                      // Humo
};

bool luhn_holds(std::string_view value) {
  const auto digits = Characters::digits_of(value);
  return digits && luhn(digits->text());
}

bool card_holds(std::string_view value) {
  const auto digits = Characters::digits_of(value);
  if (!digits || digits->size() < 12 || !luhn(digits->text())) return false;
  const auto prefix = digits->number(0, 6);
  return std::ranges::any_of(kNetworks, [&](const Network& n) {
    return prefix >= n.first && prefix <= n.last && digits->size() >= n.shortest &&
           digits->size() <= n.longest;
  });
}

// ISO/IEC 7812-1 annex B.
Result<CheckStep> make_luhn(const catalog::Detector::Check&, CheckWords& words) {
  return CheckStep(words.take("cards") ? card_holds : luhn_holds);
}

// ISO 7064 mod 97-10: the remainder of a text in which letters are 10 to 35; -1 where it has other
// characters.
int remainder_97(std::string_view text, int remainder = 0) {
  for (const char c : text) {
    const int v = value_of(c);
    if (v < 0) return -1;
    remainder = (v < 10 ? remainder * 10 + v : remainder * 100 + v) % 97;
  }
  return remainder;
}

// ISO 7064 mod 97-10: both check digits stand at the end.
bool mod97_holds(std::string_view value) {
  const auto number = Characters::of(value);
  return number && number->size() > 2 && remainder_97(number->text()) == 1 &&
         number->text().find_first_not_of('0') != std::string_view::npos;
}

// The IBAN registry of ISO 13616 (SWIFT): the length of each country's, of which one is a code and two
// digits.
constexpr std::string_view kIbanLengths =
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 "
    "EE20 EG29 "
    "ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 "
    "KW30 "
    "KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 "
    "PK24 "
    "PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 "
    "UA29 "
    "VA22 VG24 XK20 YE30";

// ISO 13616: country, two check digits of ISO 7064 mod 97-10 for the text with these four at the end.
bool iban_holds(std::string_view value) {
  const auto iban = Characters::of(value);
  if (!iban || iban->size() < 15 || !is_upper((*iban)[0]) || !is_upper((*iban)[1]) || !iban->all_digits(2, 2))
    return false;
  const auto at = kIbanLengths.find(iban->text(0, 2));
  if (at == std::string_view::npos || text::parse_uint(kIbanLengths.substr(at + 2, 2)) != iban->size())
    return false;
  const auto check = iban->number(2, 2);
  if (check < 2 || check > 98) return false;
  const int remainder = remainder_97(iban->text().substr(4));
  return remainder >= 0 && remainder_97(iban->text(0, 4), remainder) == 1;
}

constexpr std::uint8_t kDihedral[10][10] = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 2, 3, 4, 0, 6, 7, 8, 9, 5},
                                            {2, 3, 4, 0, 1, 7, 8, 9, 5, 6}, {3, 4, 0, 1, 2, 8, 9, 5, 6, 7},
                                            {4, 0, 1, 2, 3, 9, 5, 6, 7, 8}, {5, 9, 8, 7, 6, 0, 4, 3, 2, 1},
                                            {6, 5, 9, 8, 7, 1, 0, 4, 3, 2}, {7, 6, 5, 9, 8, 2, 1, 0, 4, 3},
                                            {8, 7, 6, 5, 9, 3, 2, 1, 0, 4}, {9, 8, 7, 6, 5, 4, 3, 2, 1, 0}};
constexpr std::uint8_t kPermutations[8][10] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 5, 7, 6, 2, 8, 3, 0, 9, 4}, {5, 8, 0, 3, 7, 9, 6, 1, 4, 2},
    {8, 9, 1, 6, 0, 4, 3, 5, 2, 7}, {9, 4, 5, 3, 1, 2, 6, 8, 7, 0}, {4, 2, 8, 6, 5, 7, 3, 9, 0, 1},
    {2, 7, 9, 3, 8, 0, 6, 4, 1, 5}, {7, 0, 4, 6, 9, 1, 3, 2, 5, 8}};

bool verhoeff_holds(std::string_view value) {
  const auto digits = Characters::digits_of(value);
  return digits && verhoeff(digits->text());
}

constexpr std::uint8_t kQuasigroup[10][10] = {{0, 3, 1, 7, 5, 9, 8, 6, 4, 2}, {7, 0, 9, 2, 1, 5, 4, 8, 6, 3},
                                              {4, 2, 0, 6, 8, 7, 1, 3, 5, 9}, {1, 7, 5, 0, 9, 8, 3, 4, 2, 6},
                                              {6, 1, 2, 3, 0, 4, 5, 9, 7, 8}, {3, 6, 7, 4, 2, 0, 9, 5, 8, 1},
                                              {5, 8, 6, 9, 7, 2, 0, 1, 3, 4}, {8, 9, 4, 5, 3, 6, 2, 0, 1, 7},
                                              {9, 4, 3, 8, 6, 1, 7, 2, 0, 5}, {2, 5, 8, 1, 4, 3, 6, 7, 9, 0}};

// Damm, Total anti-symmetrische Quasigruppen, Marburg 2004.
bool damm_holds(std::string_view value) {
  const auto digits = Characters::digits_of(value);
  if (!digits) return false;
  std::size_t interim = 0;
  for (const char c : digits->text()) interim = kQuasigroup[interim][static_cast<std::size_t>(c - '0')];
  return interim == 0;
}

bool mod11_10_holds(std::string_view value) {
  const auto digits = Characters::digits_of(value);
  return digits && mod11_10(digits->text());
}

// ISO 7064, the hybrid system mod n+1,n: the check character is one of those of the number.
bool hybrid(std::string_view text, int n) {
  int product = n;
  for (const char c : text.substr(0, text.size() - 1)) {
    const int v = value_of(c);
    if (v < 0 || v >= n) return false;
    const int sum = (product + v) % n;
    product = (sum == 0 ? n : sum) * 2 % (n + 1);
  }
  const int check = value_of(text.back());
  return check >= 0 && check < n && (product + check) % n == 1;
}

// ISO 7064, the pure system mod m-2: the check character may be X, which is 10 (mod 11-2), or *, 36 (mod
// 37-2).
bool pure(std::string_view text, int m, int n, char further) {
  int sum = 0;
  for (const char c : text.substr(0, text.size() - 1)) {
    const int v = value_of(c);
    if (v < 0 || v >= n) return false;
    sum = (sum + v) * 2 % m;
  }
  const int check = text.back() == further ? n : value_of(text.back());
  return check >= 0 && check <= n && (check < n || text.back() == further) && (sum + check) % m == 1;
}

bool mod11_2_holds(std::string_view value) {
  const auto number = Characters::of(value);
  return number && number->size() > 1 && pure(number->text(), 11, 10, 'X');
}
bool mod37_2_holds(std::string_view value) {
  const auto number = Characters::of(value);
  return number && number->size() > 1 && pure(number->text(), 37, 36, '*');
}
bool mod37_36_holds(std::string_view value) {
  const auto number = Characters::of(value);
  return number && number->size() > 1 && hybrid(number->text(), 36);
}

// Where the parts of a date stand; a size of 0: not at all.
struct DateForm {
  std::size_t at[3] = {}, size[3] = {};  // year, month, day
  std::size_t end = 0;
  std::vector<std::uint64_t> months{0}, days{0};  // what may have been added

  bool holds(std::string_view value) const;
};

constexpr std::string_view kParts = "YMD";

bool is_date_form(std::string_view word) {
  return word.find('@') != std::string_view::npos && kParts.find(word.front()) != std::string_view::npos;
}

bool DateForm::holds(std::string_view value) const {
  constexpr std::uint64_t kDays[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const auto number = Characters::of(value);
  if (!number || number->size() < end) return false;
  std::uint64_t part[3];
  for (std::size_t i = 0; i < 3; ++i) {
    if (!number->all_digits(at[i], size[i])) return false;
    part[i] = number->number(at[i], size[i]);
  }
  auto year = part[0];
  if (size[0] == 4 && (year < 1850 || year > 2099)) return false;
  if (size[0] == 3) year += year < 500 ? 2000 : 1000;
  const bool leap = size[0] == 2 ? year % 4 == 0 : year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return std::ranges::any_of(months, [&](auto more) {
    if (part[1] < more + 1 || part[1] > more + 12) return false;
    const auto month = part[1] - more;
    const auto most = month == 2 && !leap ? 28 : kDays[month - 1];
    return std::ranges::any_of(days, [&](auto d) { return part[2] > d && part[2] <= d + most; });
  });
}

Result<> take_numbers(CheckWords& words, std::string_view name, std::vector<std::uint64_t>& numbers) {
  const auto list = words.take_value(name);
  if (!list) return {};
  for (const auto part : text::split(*list, ',')) {
    const auto n = text::parse_uint(part);
    if (!n || *n > 99)
      return fail(Code::invalid, fmt::format("{} are numbers such as 20,40", name), "check argument");
    numbers.push_back(*n);
  }
  return {};
}

// ISO 8601's calendar; where the century stands apart, year 00 is taken as a leap year.
Result<CheckStep> make_date(const catalog::Detector::Check&, CheckWords& words) {
  const auto wrong = [] {
    return fail(Code::invalid, "date needs an argument such as YYMMDD@1: where year, month and day stand",
                "check argument");
  };
  const auto word = words.take_if(is_date_form);
  if (!word) return wrong();
  const auto sign = word->find('@');
  const auto first = text::parse_uint(word->substr(sign + 1));
  if (!first || *first == 0 || *first > Characters::kMost) return wrong();
  DateForm form;
  for (std::size_t i = 0; i < sign; ++i) {
    const auto part = kParts.find((*word)[i]);
    if (part == std::string_view::npos) return wrong();
    const auto place = *first - 1 + i;
    if (form.size[part] == 0) form.at[part] = place;
    if (form.at[part] + form.size[part] != place) return wrong();
    ++form.size[part];
  }
  form.end = *first - 1 + sign;
  if (form.size[0] < 2 || form.size[0] > 4 || form.size[1] != 2 || form.size[2] != 2) return wrong();
  TRY_VOID(take_numbers(words, "months", form.months));
  TRY_VOID(take_numbers(words, "days", form.days));
  return CheckStep([form](std::string_view value) { return form.holds(value); });
}

// ICAO 9303 part 3, 4.9: weights 7, 3, 1; the filler < is 0.
bool icao_digit(std::string_view text, char digit) {
  constexpr int kWeights[] = {7, 3, 1};
  int sum = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int v = text[i] == '<' ? 0 : value_of(text[i]);
    if (v < 0) return false;
    sum += v * kWeights[i % 3];
  }
  const int check = digit == '<' ? 0 : is_decimal(digit) ? digit - '0' : -1;
  return check == sum % 10;
}

// The lines of a machine readable zone, whatever breaks them: line ends, \n written out, strings of a list.
std::string zone_of(std::string_view value) {
  std::string out;
  for (std::size_t i = 0; i < value.size() && out.size() <= 90; ++i) {
    const char c = value[i];
    if (c == '\\' && i + 1 < value.size() && value[i + 1] == '\\') continue;
    if (c == '\\')
      ++i;
    else if (c == '<' || value_of(c) >= 0)
      out += c;
    else if (std::string_view(" \r\n\",").find(c) == std::string_view::npos)
      return {};
  }
  return out;
}

// Passports and visas, two lines of 44 (TD3, MRV-A), and documents of two lines of 36 (TD2, MRV-B). Visas
// have no last check digit.
bool zone_of_two(std::string_view zone, std::size_t width) {
  const auto line = zone.substr(width);
  if (!icao_digit(line.substr(0, 9), line[9]) || !icao_digit(line.substr(13, 6), line[19]) ||
      !icao_digit(line.substr(21, 6), line[27]))
    return false;
  if (zone[0] == 'V') return true;
  if (width == 44 && !icao_digit(line.substr(28, 14), line[42])) return false;
  const std::string all = std::string(line.substr(0, 10)) + std::string(line.substr(13, 7)) +
                          std::string(line.substr(21, width - 22));
  return icao_digit(all, line[width - 1]);
}

// Cards, three lines of 30 (TD1). A number that is too long goes on in the optional data.
bool zone_of_three(std::string_view zone) {
  const bool number = zone[14] == '<' || icao_digit(zone.substr(5, 9), zone[14]);
  const std::string all = std::string(zone.substr(5, 25)) + std::string(zone.substr(30, 7)) +
                          std::string(zone.substr(38, 7)) + std::string(zone.substr(48, 11));
  return number && icao_digit(zone.substr(30, 6), zone[36]) && icao_digit(zone.substr(38, 6), zone[44]) &&
         icao_digit(all, zone[59]);
}

// ICAO 9303 parts 4 to 7: all lines of a zone.
bool mrz_holds(std::string_view value) {
  if (value.size() > 256) return false;
  const auto zone = zone_of(value);
  if (zone.size() == 88 || zone.size() == 72) return zone_of_two(zone, zone.size() / 2);
  return zone.size() == 90 && zone_of_three(zone);
}

// 49 CFR 565.15 (ISO 3779 leaves it to the countries): the ninth character.
bool vin_holds(std::string_view value) {
  constexpr std::string_view kLetters = "ABCDEFGHJKLMNPRSTUVWXYZ", kValues = "12345678123457923456789";
  constexpr int kWeights[] = {8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2};
  const auto vin = Characters::of(value);
  if (!vin || vin->size() != 17) return false;
  int sum = 0;
  for (std::size_t i = 0; i < 17; ++i) {
    const char c = (*vin)[i];
    const auto letter = kLetters.find(c);
    if (!is_decimal(c) && letter == std::string_view::npos) return false;
    sum += kWeights[i] * ((is_decimal(c) ? c : kValues[letter]) - '0');
  }
  return (*vin)[8] == "0123456789X"[sum % 11];
}

// Verhoeff, Error Detecting Decimal Codes, Amsterdam 1969; ISO 7064; the others: see their functions.
constexpr CheckKind kKinds[] = {{"luhn", make_luhn},
                                {"iban", plain<iban_holds>},
                                {"mod97", plain<mod97_holds>},
                                {"verhoeff", plain<verhoeff_holds>},
                                {"damm", plain<damm_holds>},
                                {"iso7064-mod11-10", plain<mod11_10_holds>},
                                {"iso7064-mod11-2", plain<mod11_2_holds>},
                                {"iso7064-mod37-2", plain<mod37_2_holds>},
                                {"iso7064-mod37-36", plain<mod37_36_holds>},
                                {"date", make_date},
                                {"mrz", plain<mrz_holds>},
                                {"vin", plain<vin_holds>}};

}  // namespace

bool luhn(std::string_view digits) {
  int sum = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const int digit = digits[digits.size() - 1 - i] - '0';
    const int twice = digit * 2;
    sum += i % 2 == 0 ? digit : twice > 9 ? twice - 9 : twice;
  }
  return sum % 10 == 0;
}

bool verhoeff(std::string_view digits) {
  std::size_t check = 0;
  for (std::size_t i = 0; i < digits.size(); ++i)
    check =
        kDihedral[check][kPermutations[i % 8][static_cast<std::size_t>(digits[digits.size() - 1 - i] - '0')]];
  return check == 0;
}

bool mod11_10(std::string_view digits) {
  return hybrid(digits, 10);
}

std::span<const CheckKind> number_checks() {
  return kKinds;
}

}  // namespace ostiary::inspect
