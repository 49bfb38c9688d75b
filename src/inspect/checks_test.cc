#include "inspect/checks.h"

#include <algorithm>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/hash.h"
#include "inspect/impl/check_kinds.h"

namespace ostiary::inspect {
namespace {

using Spec = catalog::Detector::Check;

Check check(const Spec& spec) {
  auto made = Check::make(spec);
  EXPECT_TRUE(made) << (made ? "" : made.error().text());
  return made ? std::move(*made) : Check();
}

Spec kind(std::string_view name, std::string_view argument = {}) {
  Spec spec;
  spec.kind = name;
  spec.argument = argument;
  return spec;
}

Spec weighted(std::string_view weights, std::uint32_t modulus, std::string_view result,
              std::string_view ten = {}, std::string_view argument = {}, std::string_view table = {}) {
  Spec spec = kind("weighted", argument);
  spec.weights = weights;
  spec.modulus = modulus;
  spec.result = result;
  spec.ten = ten;
  spec.table = table;
  return spec;
}

// Every value that differs from `value` in one digit.
std::vector<std::string> with_one_digit_changed(std::string_view value) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < value.size(); ++i)
    for (char digit = '0'; digit <= '9' && is_decimal(value[i]); ++digit) {
      out.emplace_back(value);
      out.back()[i] = digit;
      if (out.back() == value) out.pop_back();
    }
  return out;
}

// Every value in which two neighbours have changed places.
std::vector<std::string> with_two_swapped(std::string_view value) {
  std::vector<std::string> out;
  for (std::size_t i = 1; i < value.size(); ++i) {
    if (value[i - 1] == value[i]) continue;
    out.emplace_back(value);
    std::swap(out.back()[i - 1], out.back()[i]);
  }
  return out;
}

struct Scheme {
  const char* name;
  Spec spec;
  std::vector<std::string> right;
  bool finds_swaps = false, finds_changes = true;
};

void PrintTo(const Scheme& scheme, std::ostream* out) {
  *out << scheme.name;
}

// Values that issuers or standards publish, or that are computed by hand from their text.
constexpr std::string_view kSpain = "TRWAGMYFPDXBNJZSQVHLCKE", kEleven = "11234567890";
const Scheme kSchemes[] = {
    {"luhn", kind("luhn"), {"79927398713", "4111 1111 1111 1111", "046-454-286"}},
    {"cards",
     kind("luhn", "cards"),
     {"4111111111111111", "3782 822463 10005", "30569309025904", "6200000000000005"}},
    {"iban",
     kind("iban"),
     {"GB82 WEST 1234 5698 7654 32", "de89370400440532013000", "NO93 8601 1117 947"},
     true},
    {"mod97", kind("mod97"), {"794 44", "3214282912345698765432161182"}, true},
    {"verhoeff", kind("verhoeff"), {"2363", "123451", "2341 2341 2346"}, true},
    {"damm", kind("damm"), {"5724", "112946"}, true},
    {"mod11_10", kind("iso7064-mod11-10"), {"07945", "69435151530"}},
    {"mod11_2",
     kind("iso7064-mod11-2"),
     {"0794 0", "079X", "0000-0002-1825-0097", "11010519491231002X"},
     true},
    {"mod37_2", kind("iso7064-mod37-2"), {"A999914123456N", "G123489654321Y"}, true},
    {"mod37_36", kind("iso7064-mod37-36"), {"A12425GABC1234002M"}},
    {"nhs", weighted("10 9 8 7 6 5 4 3 2", 11, "complement", "refuse"), {"943 476 5919"}, true},
    {"pesel", weighted("1 3 7 9 1 3 7 9 1 3", 10, "complement"), {"44051401359"}},
    {"bsn",
     weighted("9 8 7 6 5 4 3 2", 11, "remainder", "refuse", "short"),
     {"111222333", "1112.22.333", "11122233 3"}},
    {"dni",
     weighted("10000000 1000000 100000 10000 1000 100 10 1", 23, "remainder", "", "short", kSpain),
     {"12345678Z", "12.345.678-z"}},
    {"nie",
     weighted("10000000 1000000 100000 10000 1000 100 10 1", 23, "remainder", "", "letters=0:XYZ", kSpain),
     {"X1234567L"}},
    {"cpf", weighted("10 9 8 7 6 5 4 3 2, 11 10 9 8 7 6 5 4 3 2", 11, "complement"), {"529.982.247-25"}},
    {"isikukood",
     weighted("1 2 3 4 5 6 7 8 9 1 / 3 4 5 6 7 8 9 1 2 3", 11, "remainder"),
     {"37605030299", "38001085718"},
     false,
     false},
    {"tckn", weighted("7 -1 7 -1 7 -1 7 -1 7, 1 1 1 1 1 1 1 1 1 1", 10, "remainder"), {"10000000146"}},
    {"svnr", weighted("3 7 9 @ 5 8 4 2 1 6", 11, "remainder", "refuse"), {"1237 010180"}},
    {"rut",
     weighted("3 2 7 6 5 4 3 2", 11, "complement", "K", "short"),
     {"12.345.678-5", "7.654.321-6", "14.569.484-1", "6.265.837-1"}},
    {"thai",
     weighted("13 12 11 10 9 8 7 6 5 4 3 2", 11, "complement", "", "", kEleven),
     {"1-1017-00230-70-8"},
     false,
     false},
    {"pps",
     weighted("8 7 6 5 4 3 2 @ 9", 23, "remainder", "", "letters=1 open", "WABCDEFGHIJKLMNOPQRSTUV"),
     {"6433435F", "6433435OA"}},
    {"pension",
     weighted("2 1 2 5 7 1 2 1 2 1 2 1", 10, "remainder", "", "letters=two-digits cross-sum"),
     {"15070649C103", "65180539W001"},
     false,
     false},
    {"polish_card",
     weighted("7 3 1 @ 7 3 1 7 3", 10, "remainder", "", "letters=10"),
     {"ABA300000", "ABS123456"}},
    {"curp",
     weighted("18 17 16 15 14 13 12 11 10 9 8 7 6 5 4 3 2", 10, "complement", "",
              "letters=10:ABCDEFGHIJKLMN*OPQRSTUVWXYZ"),
     {"BOXW310820HNERXN09"},
     false,
     false},
    {"latvia",
     weighted("10 5 8 4 2 1 6 3 7 9", 11, "remainder", "", "plus=1"),
     {"161175-19997"},
     false,
     false},
    {"tax_id", kind("germany-tax-id"), {"36574261809", "47036892816"}},
    {"nir", kind("france-nir"), {"2 95 10 99 126 111 93", "253072B07300470"}, true},
    {"belgium", kind("belgium-national-number"), {"85.07.30-033.28", "17.07.30-033.84"}},
    {"luxembourg", kind("luxembourg-national-number"), {"1893 12 01 05732"}, true},
    {"codice", kind("italy-codice-fiscale"), {"RSSMRA85T10A562S", "rccmnl83s18d969h"}},
    {"hetu", kind("finland-hetu"), {"131052-308T", "131052A308T", "131052+308T"}, true},
    {"snils", kind("russia-snils"), {"112-233-445 95"}},
    {"nric", kind("singapore-nric"), {"S1234567D", "T1234567J", "F1234567N", "G1234567X", "M1234567K"}},
    {"taiwan", kind("taiwan-id"), {"A123456789"}, false, false},
    {"hong_kong", kind("hong-kong-id"), {"A123456(3)", "AB987654(3)", "G123456(A)"}},
    {"vin", kind("vin"), {"1M8GDM9AXKP042788"}, false, false},
    {"mrz_two",
     kind("mrz"),
     {"P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"},
     false,
     false},
    {"mrz_three",
     kind("mrz"),
     {"I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<"},
     false,
     false},
    {"base58check",
     kind("base58check", "versions=00,05"),
     {"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy"},
     true},
    {"ripple", kind("base58check", "ripple"), {"rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh"}, true},
    {"bech32",
     kind("bech32", "hrp=bc,tb"),
     {"BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
      "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0"},
     true},
    {"eip55",
     kind("eip55"),
     {"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb"}},
    {"monero",
     kind("monero"),
     {"44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3A"},
     true},
    {"github",
     kind("github-crc32"),
     {"ghp_"
      "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17"}},
    {"crc32_hex", kind("crc32-hex"), {"123456789cbf43926", "123456789CBF43926"}, true},
};

class EachScheme : public testing::TestWithParam<Scheme> {};

TEST_P(EachScheme, HoldsForWhatIsRight) {
  const auto c = check(GetParam().spec);
  for (const auto& value : GetParam().right) EXPECT_TRUE(c.holds(value)) << value;
}

TEST_P(EachScheme, NoticesOneChangedDigitAndSwapsWhereItsSchemePromises) {
  const auto c = check(GetParam().spec);
  for (const auto& value : GetParam().right) {
    if (GetParam().finds_changes)
      for (const auto& wrong : with_one_digit_changed(value)) EXPECT_FALSE(c.holds(wrong)) << wrong;
    if (!GetParam().finds_swaps) continue;
    for (const auto& wrong : with_two_swapped(value)) {
      const bool same = std::ranges::equal(Characters::of(value)->text(), Characters::of(wrong)->text());
      EXPECT_TRUE(same || !c.holds(wrong)) << wrong;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Checks, EachScheme, testing::ValuesIn(kSchemes),
                         [](const auto& info) { return std::string(info.param.name); });

// A spec of every kind.
std::vector<Spec> one_of_each() {
  std::vector<Spec> out;
  for (const auto name : Check::kinds()) {
    out.push_back(name == "weighted"
                      ? weighted("3 2 1 / 1 2 3", 11, "remainder", "X", "short open letters=10 plus=2")
                      : kind(name));
    if (name == "date") out.back().argument = "YYMMDD@1";
    if (name == "base58") out.back().argument = "bytes=32";
  }
  return out;
}

TEST(Checks, HostileValuesDoNoHarmAndDoNotHold) {
  std::vector<std::string> hostile = {"",
                                      " ",
                                      "-",
                                      "0",
                                      "\0",
                                      "\xff",
                                      "\xc3\xa9\xc3\xa9",
                                      ".....",
                                      "eyJ",
                                      "-----BEGIN ",
                                      "\\",
                                      "=",
                                      "0x",
                                      "1",
                                      "bc1",
                                      "_",
                                      std::string(16 * 1024, '1'),
                                      std::string(16 * 1024, 'A'),
                                      std::string(16 * 1024, '\xff'),
                                      std::string(16 * 1024, '.'),
                                      std::string(16 * 1024, '\\'),
                                      std::string(40, '0'),
                                      std::string("\0\0\0\0\0\0\0\0\0\0\0", 11),
                                      std::string(11, '0'),
                                      "１２３４５６７８９０１",
                                      "٤٤٠٥١٤٠١٣٥٩"};
  for (const auto& spec : one_of_each()) {
    const auto c = check(spec);
    for (const auto& value : hostile) EXPECT_FALSE(c.holds(value)) << spec.kind << " " << value.substr(0, 40);
  }
}

TEST(Checks, EmptySpecIsNoCheck) {
  EXPECT_FALSE(check({}).exists());
  EXPECT_TRUE(check(kind("luhn")).exists());
}

std::string why_not(const Spec& spec) {
  const auto made = Check::make(spec);
  return made ? "made" : made.error().text();
}

TEST(Checks, SaysWhatASpecLacks) {
  EXPECT_THAT(why_not(kind("lun")),
              testing::AllOf(testing::HasSubstr("'lun'"), testing::HasSubstr("jwt, luhn, ")));
  EXPECT_THAT(why_not(kind("luhn", "crads")), testing::HasSubstr("'crads' is no argument of luhn"));
  EXPECT_THAT(why_not(kind("date")), testing::HasSubstr("YYMMDD@1"));
  for (const auto* wrong : {"YYMMDD@0", "YYMMDD@99", "YMMDD@1", "YYDD@1", "YYMYMDD@1", "@1", "YYMMDD@x"})
    EXPECT_THAT(why_not(kind("date", wrong)), testing::HasSubstr("check argument")) << wrong;
  EXPECT_THAT(why_not(kind("base58")), testing::HasSubstr("bytes=N"));
  EXPECT_THAT(why_not(kind("base58check", "versions=0")), testing::HasSubstr("versions="));
  EXPECT_THAT(why_not(kind("luhn", "last=0")), testing::HasSubstr("last=0"));
  EXPECT_THAT(why_not(kind("weighted")), testing::HasSubstr("needs weights"));
  EXPECT_THAT(why_not(weighted("1 2 3", 0, "remainder")), testing::HasSubstr("needs a modulus"));
  EXPECT_THAT(why_not(weighted("1 2 3", 23, "remainder")), testing::HasSubstr("needs a table"));
  EXPECT_THAT(why_not(weighted("1 2 3", 10, "remainder", "", "", "ABC")),
              testing::HasSubstr("as many characters"));
  EXPECT_THAT(why_not(weighted("1 2 3", 10, "rest")), testing::HasSubstr("remainder or complement"));
  EXPECT_THAT(why_not(weighted("1 two 3", 10, "remainder")), testing::HasSubstr("'two'"));
  EXPECT_THAT(why_not(weighted("1 @ @ 3", 10, "remainder")), testing::HasSubstr("twice"));
  EXPECT_THAT(why_not(weighted("1 2 / 1 2 3", 10, "remainder")), testing::HasSubstr("same length"));
}

TEST(Checks, KindsAreSortedAndMakeable) {
  const auto kinds = Check::kinds();
  EXPECT_TRUE(std::ranges::is_sorted(kinds));
  EXPECT_EQ(std::ranges::adjacent_find(kinds), kinds.end());
}

TEST(Checks, CardsNeedAnIssuerAndItsLength) {
  const auto cards = check(kind("luhn", "cards"));
  EXPECT_TRUE(check(kind("luhn")).holds("1000000000000008"));
  EXPECT_FALSE(cards.holds("1000000000000008"));
  EXPECT_FALSE(cards.holds("411111111111116")) << "Visa with 15 digits";
  EXPECT_FALSE(cards.holds("79927398713"));
}

TEST(Checks, IbansHaveTheLengthOfTheirCountry) {
  const auto iban = check(kind("iban"));
  EXPECT_FALSE(iban.holds("GB82 WEST 1234 5698 7654 3")) << "short";
  EXPECT_FALSE(iban.holds("ZZ82 WEST 1234 5698 7654 32"));
  EXPECT_FALSE(iban.holds("AA00 0000 0000 0000 00"));
}

TEST(Checks, CombinedKindsMustAllHold) {
  auto spec = weighted("2 4 8 5 10 9 7 3 6", 11, "remainder", "", "YYMMDD@1 months=20,40");
  spec.kind = "weighted+date";
  const auto egn = check(spec);
  EXPECT_TRUE(egn.holds("7523169263"));
  EXPECT_TRUE(egn.holds("8032056031"));
  EXPECT_FALSE(egn.holds("7552A10004"));
  EXPECT_FALSE(egn.holds("8013106029")) << "month 13";
}

TEST(Checks, DatesAreThoseOfTheCalendar) {
  const auto short_year = check(kind("date", "YYMMDD@1 months=20,40 days=60"));
  for (const auto* right :
       {"850730", "000229", "240229", "85-07-30", "852730", "854730", "850791", "850730 and more"})
    EXPECT_TRUE(short_year.holds(right)) << right;
  for (const auto* wrong :
       {"851330", "850732", "850431", "230229", "850060", "85073", "8507x0", "850700", "000000"})
    EXPECT_FALSE(short_year.holds(wrong)) << wrong;
  const auto long_year = check(kind("date", "DDMMYYYY@3"));
  EXPECT_TRUE(long_year.holds("xx29022000"));
  EXPECT_FALSE(long_year.holds("xx29021900"));
  EXPECT_FALSE(long_year.holds("xx29020200"));
  const auto three = check(kind("date", "DDMMYYY@1"));
  EXPECT_TRUE(three.holds("2902000"));
  EXPECT_FALSE(three.holds("2902900"));
}

TEST(Checks, OnlyTheLastCharactersCountWhereAskedFor) {
  const auto swedish = check(kind("luhn+date", "last=10 YYMMDD@1 days=60"));
  EXPECT_TRUE(swedish.holds("811218-9876"));
  EXPECT_TRUE(swedish.holds("19811218-9876"));
  EXPECT_FALSE(swedish.holds("811218-9877"));
}

TEST(Checks, TaxIdsRepeatOneDigit) {
  const auto tax_id = check(kind("germany-tax-id"));
  EXPECT_TRUE(check(kind("iso7064-mod11-10")).holds("12345678903"));
  EXPECT_FALSE(tax_id.holds("12345678903")) << "no digit twice";
  EXPECT_FALSE(tax_id.holds("03657426180"));
}

TEST(Checks, NumbersMayBeCopiedWithNoBreakSpaces) {
  const auto luhn = check(kind("luhn"));
  EXPECT_TRUE(
      luhn.holds("4929\xc2\xa0"
                 "1857\xe2\x80\xaf"
                 "1716\xe2\x80\x87"
                 "8792"));
  EXPECT_FALSE(
      luhn.holds("4929\xc2\xa0"
                 "1857\xc2\xa0"
                 "1716\xc2\xa0"
                 "8795"));
}

TEST(Checks, ZonesMayBeEscaped) {
  const auto mrz = check(kind("mrz"));
  const std::string first = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
                    second = "L898902C36UTO7408122F1204159ZE184226B<<<<<10";
  for (const auto* line_end : {"\n", "\r\n", "\\n", "\\\\n", " ", "\",\n  \"", ""})
    EXPECT_TRUE(mrz.holds(first + line_end + second));
  for (const auto& wrong : with_one_digit_changed(second))
    EXPECT_FALSE(mrz.holds(first + "\n" + wrong)) << wrong;
}

TEST(Checks, WitnessProgramsHaveTheirVersionsChecksum) {
  const auto bech32 = check(kind("bech32", "hrp=bc"));
  EXPECT_FALSE(bech32.holds("tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx")) << "another network";
  EXPECT_FALSE(bech32.holds("bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4"))
      << "BIP-350, invalid";
  EXPECT_FALSE(bech32.holds("bc1zw508d6qejxtdg4y5r3zarvaryvqyzf3du"))
      << "BIP-350, plain Bech32 for version 2";
  EXPECT_FALSE(bech32.holds("bc1qW508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4")) << "mixed case";
  EXPECT_TRUE(check(kind("bech32")).holds("a12uel5l"));
  EXPECT_TRUE(check(kind("bech32")).holds("a1lqfn3a"));
}

TEST(Checks, AddressesAllInOneCaseHaveNoChecksum) {
  EXPECT_TRUE(check(kind("eip55")).holds("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"));
  EXPECT_FALSE(check(kind("eip55", "mixed")).holds("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"));
  EXPECT_FALSE(check(kind("eip55")).holds("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1Beaed"));
}

TEST(Checks, KeccakIsTheOneBeforeTheStandard) {
  EXPECT_EQ(hex(keccak256("")), "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
  EXPECT_EQ(hex(keccak256("abc")), "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45");
  for (const std::size_t size : {135U, 136U, 137U, 1000U})
    EXPECT_NE(keccak256(std::string(size, 'a')), keccak256(std::string(size + 1, 'a')));
}

TEST(Checks, Base58OfANumberOfBytes) {
  const auto solana = check(kind("base58", "bytes=32"));
  EXPECT_TRUE(solana.holds("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"));
  EXPECT_TRUE(solana.holds("11111111111111111111111111111111"));
  EXPECT_FALSE(solana.holds("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"));
}

std::string base64url(std::string_view bytes) {
  auto out = base64(bytes);
  std::erase(out, '=');
  std::ranges::replace(out, '+', '-');
  std::ranges::replace(out, '/', '_');
  return out;
}

TEST(Checks, JwtsHaveAHeaderWithAnAlgorithmAndClaims) {
  const auto jwt = check(kind("jwt"));
  const auto head = base64url(R"({"alg":"HS256","typ":"JWT"})"), claims = base64url(R"({"sub":"1"})");
  EXPECT_TRUE(jwt.holds(head + "." + claims + ".c2lnbmF0dXJl"));
  EXPECT_TRUE(jwt.holds(base64url(R"({"alg":"none"})") + "." + claims + "."));
  EXPECT_TRUE(jwt.holds(base64url(R"({"alg":"dir","enc":"A128GCM"})") + "..aXY.Y2lwaGVy.dGFn"));
  EXPECT_FALSE(jwt.holds(head + "." + claims));
  EXPECT_FALSE(jwt.holds(head + "." + base64url("[1]") + ".c2ln"));
  EXPECT_FALSE(jwt.holds(base64url(R"({"typ":"JWT"})") + "." + claims + ".c2ln"));
  EXPECT_FALSE(jwt.holds(base64url(R"({"alg":1})") + "." + claims + ".c2ln"));
  EXPECT_FALSE(jwt.holds(head + "..aXY.Y2lwaGVy.dGFn")) << "JWE without enc";
  EXPECT_FALSE(jwt.holds(head + "." + claims + ".c2ln.c2ln"));
  EXPECT_FALSE(jwt.holds(head + "." + claims + ".c2l*"));
}

TEST(Checks, Base64HoldsAnObject) {
  const auto c = check(kind("base64-json"));
  EXPECT_TRUE(c.holds(base64(R"({"k":"v"})")));
  EXPECT_TRUE(c.holds("glc_" + base64(R"({"k":"v"})")));
  EXPECT_FALSE(c.holds(base64(R"(["k"])")));
  EXPECT_FALSE(c.holds(base64(R"({"k":)")));
  EXPECT_FALSE(c.holds(base64(R"({"k":"v"})") + "A"));
}

// A sequence of `size` bytes in all, as PEM.
std::string body(std::size_t size, std::size_t stated) {
  std::string der = {'\x30', '\x81', static_cast<char>(stated)};
  for (std::size_t i = 0; der.size() < size; ++i) der += static_cast<char>(i * 37);
  return base64(der);
}

TEST(Checks, PemBodiesAreSequencesWhoseLengthFits) {
  const auto pem = check(kind("pem"));
  const auto whole = [](std::string_view label, std::string_view body, std::string_view line_end) {
    return fmt::format("-----BEGIN {0}-----{2}{1}{2}-----END {0}-----", label, body, line_end);
  };
  const auto good = body(203, 200);
  for (const auto* line_end : {"\n", "\r\n", "\\n", "\\\\n", " ", "\\n\",\n  \""})
    EXPECT_TRUE(pem.holds(whole("RSA PRIVATE KEY", good, line_end))) << line_end;
  EXPECT_TRUE(pem.holds(whole("PRIVATE KEY", good.substr(0, 64) + "\\n" + good.substr(64), "\\n")));
  EXPECT_TRUE(pem.holds(good)) << "the body alone";
  EXPECT_TRUE(pem.holds("-----BEGIN PRIVATE KEY-----\n" + good.substr(0, 101))) << "cut off";
  EXPECT_FALSE(pem.holds(whole("PRIVATE KEY", body(203, 190), "\n")));
  EXPECT_FALSE(pem.holds(whole("PRIVATE KEY", body(190, 200), "\n")));
  EXPECT_FALSE(pem.holds(whole("PRIVATE KEY", "...", "\n")));
  EXPECT_FALSE(pem.holds(whole("PRIVATE KEY", "your private key goes here", "\n")));
}

TEST(Checks, PemKnowsOpenSshEncryptedKeysAndOpenPgp) {
  const auto pem = check(kind("pem"));
  const std::string ssh = std::string("openssh-key-v1\0\0\0\0\4none and the rest", 36);
  EXPECT_TRUE(pem.holds("-----BEGIN OPENSSH PRIVATE KEY-----\n" + base64(ssh) +
                        "\n-----END OPENSSH PRIVATE KEY-----"));
  const auto blocks = base64(std::string(64, '\x93'));
  const std::string head =
      "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,1F0D\n\n";
  EXPECT_TRUE(pem.holds(head + blocks + "\n-----END RSA PRIVATE KEY-----"));
  EXPECT_FALSE(pem.holds(head + base64(std::string(63, '\x93')) + "\n-----END RSA PRIVATE KEY-----"));
  EXPECT_FALSE(pem.holds("-----BEGIN RSA PRIVATE KEY-----\n" + blocks + "\n-----END RSA PRIVATE KEY-----"));
  const auto packet = base64("\x95\x01" + std::string(40, 'k'));
  EXPECT_TRUE(pem.holds("-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: 2\n\n" + packet +
                        "\n=aB3d\n-----END PGP PRIVATE KEY BLOCK-----"));
}

TEST(Checks, UuidsHaveAVersionAndAVariant) {
  const auto uuid = check(kind("uuid"));
  EXPECT_TRUE(uuid.holds("f81d4fae-7dec-11d0-a765-00a0c91e6bf6"));
  EXPECT_TRUE(uuid.holds("017F22E2-79B0-7CC3-98C4-DC0C0C07398F"));
  EXPECT_FALSE(uuid.holds("f81d4fae-7dec-01d0-a765-00a0c91e6bf6"));
  EXPECT_FALSE(uuid.holds("f81d4fae-7dec-11d0-c765-00a0c91e6bf6"));
  EXPECT_FALSE(uuid.holds("f81d4fae-7dec-11d0-a765+00a0c91e6bf6"));
}

TEST(Checks, GateKeysHaveASumOverTheirPrefixToo) {
  const auto c = check(kind("ostiary-key"));
  std::string key = "ost_XtaYW77o_" + std::string(43, 'a');
  const auto sum = crc32(key);
  const std::array<std::uint8_t, 4> bytes = {
      static_cast<std::uint8_t>(sum >> 24), static_cast<std::uint8_t>(sum >> 16),
      static_cast<std::uint8_t>(sum >> 8), static_cast<std::uint8_t>(sum)};
  key += base62(bytes, 6);
  EXPECT_TRUE(c.holds(key));
  for (const auto& wrong : with_two_swapped(key)) EXPECT_FALSE(c.holds(wrong)) << wrong;
}

}  // namespace
}  // namespace ostiary::inspect
