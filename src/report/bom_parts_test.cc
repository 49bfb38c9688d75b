#include "report/impl/bom_parts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/impl/uri.h"

namespace ostiary::report {
namespace {

using ::testing::ElementsAre;

TEST(LicenseExpression, WhatTheGrammarAllowsIsOne) {
  for (const char* good : {"MIT", "GPL-2.0+", "Apache-2.0 WITH LLVM-exception",
                           "(MIT OR Apache-2.0) AND BSD-3-Clause", "mit or mit", "LicenseRef-Own",
                           "DocumentRef-other:LicenseRef-x", "MIT WITH AdditionRef-x", "((MIT))"})
    EXPECT_TRUE(well_formed_expression(good)) << good;
}

TEST(LicenseExpression, ASentenceIsNone) {
  for (const char* bad :
       {"", "Llama 3.1 Community License", "MIT AND", "OR MIT", "(MIT", "MIT)", "MIT MIT", "()", "MIT WITH",
        "(MIT) WITH x", "MIT WITH a WITH b", "LicenseRef-", "LicenseRef-a_b", "MIT/X11", "MIT, BSD",
        "DocumentRef-:LicenseRef-x", "MIT WITH (x)", "AdditionRef-x"})
    EXPECT_FALSE(well_formed_expression(bad)) << bad;
}

TEST(LicenseExpression, IsBounded) {
  EXPECT_TRUE(well_formed_expression(std::string(100, '(') + "MIT" + std::string(100, ')')));
  EXPECT_FALSE(well_formed_expression(std::string(101, '(') + "MIT" + std::string(101, ')')));
  EXPECT_FALSE(well_formed_expression(std::string(4097, 'a')));
}

TEST(LicenseExpression, ItsOwnIdsAreToldOnceAndOthersNot) {
  EXPECT_THAT(custom_ids("LicenseRef-b OR (LicenseRef-a WITH AdditionRef-c AND LicenseRef-b) OR "
                         "DocumentRef-x:LicenseRef-y OR MIT"),
              ElementsAre("AdditionRef-c", "LicenseRef-a", "LicenseRef-b"));
}

TEST(LicenseText, UnknownNoneAndNamesAreToldApart) {
  const auto form = [](const char* expression, const char* name = "") {
    return license_text({.expression = expression, .name = name, .url = ""}).form;
  };
  EXPECT_EQ(form(""), LicenseForm::unknown);
  EXPECT_EQ(form("NOASSERTION"), LicenseForm::unknown);
  EXPECT_EQ(form("NONE"), LicenseForm::none);
  EXPECT_EQ(form(" MIT "), LicenseForm::expression);
  EXPECT_EQ(form("see LICENSE"), LicenseForm::name);
  EXPECT_EQ(license_text({.expression = "see LICENSE", .name = "", .url = ""}).text, "see LICENSE");
  EXPECT_EQ(license_text({.expression = "see LICENSE", .name = "Our own", .url = ""}).text, "Our own");
}

TEST(LicenseText, ANameBecomesAnIdOfAllowedCharacters) {
  EXPECT_EQ(license_ref_of("Llama 3.1 (Community) License!"), "LicenseRef-Llama-3.1-Community-License");
  EXPECT_EQ(license_ref_of("日本"), "LicenseRef-unnamed");
  EXPECT_TRUE(well_formed_expression(license_ref_of(std::string(1000, 'x'))));
}

TEST(PlaceUri, WhatIsNotAllowedIsEscapedAndUserInformationIsLeftOut) {
  EXPECT_EQ(place_uri("HTTPS://user:secret@host:8080/a b?c=<d>#e#f"),
            "https://host:8080/a%20b?c=%3Cd%3E#e%23f");
  EXPECT_EQ(place_uri("http://[::1]:11434/%41%zz"), "http://[::1]:11434/%41%25zz");
  EXPECT_EQ(place_uri("https://h/\xff[x]"), "https://h/%FF%5Bx%5D");
  EXPECT_EQ(place_uri("git+https://github.com/a/b.git"), "git+https://github.com/a/b.git");
}

TEST(PlaceUri, WhatNamesNoPlaceIsNone) {
  for (const char* bad :
       {"", "localhost:11434", "javascript:alert(1)", "javascript://x/%0aalert(1)", "data:x", "//host/",
        "https://", "https:///x", "http://[::1/", "http://[x]/", "http://h:80a/", "/a/b"})
    EXPECT_EQ(place_uri(bad), std::nullopt) << bad;
}

TEST(PackageUrl, NeedsItsSchemeAndIsEscaped) {
  EXPECT_EQ(package_url("pkg:npm/%40openai/x@1.0?a=b"), "pkg:npm/%40openai/x@1.0?a=b");
  EXPECT_EQ(package_url("pkg:npm/a \"b"), "pkg:npm/a%20%22b");
  EXPECT_EQ(package_url("npm/a"), std::nullopt);
  EXPECT_EQ(package_url("pkg:"), std::nullopt);
}

TEST(HashValue, MustFitItsKind) {
  EXPECT_EQ(hash_value({BomHashKind::sha1, std::string(40, 'A')}), std::string(40, 'a'));
  EXPECT_EQ(hash_value({BomHashKind::sha256, std::string(40, 'a')}), std::nullopt);
  EXPECT_EQ(hash_value({BomHashKind::md5, std::string(32, 'g')}), std::nullopt);
}

TEST(Decimal, HasNoExponent) {
  EXPECT_EQ(decimal(0.25), "0.25");
  EXPECT_EQ(decimal(1e-7), "0.0000001");
  EXPECT_EQ(decimal(1e17), "100000000000000000");
  EXPECT_EQ(decimal(-1.0), std::nullopt);
  EXPECT_EQ(decimal(1e300), std::nullopt);
}

BomComponent named(const char* ref, const char* name) {
  BomComponent out;
  out.ref = ref;
  out.name = name;
  return out;
}

TEST(PlacedBom, EveryComponentHasARefOfItsOwn) {
  Bom bom;
  bom.components = {named("b", "1"), named("", "2"),    named("b", "3"),
                    named("", "4"),  named("b#1", "5"), named("\xff", "6")};
  const PlacedBom placed(bom);
  std::vector<std::string> refs;
  for (const auto& one : placed.all()) refs.push_back(one.ref);
  EXPECT_THAT(refs, ElementsAre("subject", "component", "component#2", "b", "b#2", "b#1", "\xEF\xBF\xBD"));
}

TEST(PlacedBom, LinksAreOrderedOnceAndOnlyBetweenWhatThereIs) {
  Bom bom;
  bom.subject.ref = "s";
  bom.components = {named("b", ""), named("a", "")};
  bom.dependencies = {{"s", "b", BomLink::uses},         {"b", "a", BomLink::contains},
                      {"s", "a", BomLink::uses},         {"s", "b", BomLink::uses},
                      {"s", "elsewhere", BomLink::uses}, {"a", "a", BomLink::uses}};
  const PlacedBom placed(bom);
  using Link = PlacedBom::Link;
  EXPECT_THAT(placed.links(), ElementsAre(Link{0, 1, BomLink::uses}, Link{0, 2, BomLink::uses},
                                          Link{2, 1, BomLink::contains}));
  EXPECT_THAT(placed.links_from(2), ElementsAre(Link{2, 1, BomLink::contains}));
}

}  // namespace
}  // namespace ostiary::report
