#include "inspect/organisation.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/hash.h"
#include "inspect/engine.h"

namespace ostiary::inspect {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

catalog::List list(std::string id, std::string kind, std::vector<std::string> entries) {
  catalog::List l;
  l.id = std::move(id), l.name = l.id, l.kind = std::move(kind), l.entries = std::move(entries);
  return l;
}

catalog::AllowRule rule(std::string id) {
  catalog::AllowRule r;
  r.id = std::move(id), r.because = "a test", r.by = "Ada", r.until = "2999-12-31";
  return r;
}

Engine engine_of(const catalog::Organisation& own) {
  auto set = builtin_detectors();
  auto made = DetectorSet::make(own_detectors(own), {});
  EXPECT_TRUE(made) << (made ? "" : made.error().text());
  EXPECT_TRUE(set->join(std::move(*made)));
  EXPECT_TRUE(keep_to_foreign_licences(*set, own));
  return {std::make_shared<const DetectorSet>(std::move(*set)),
          std::make_shared<const AllowRules>(own.allow)};
}

std::vector<std::string> told(const Engine& engine, std::string_view text, std::string_view file = {}) {
  Inspecting inspecting(engine);
  std::vector<std::string> out;
  for (const auto& f : inspecting.inspect(text, file).findings)
    out.push_back(fmt::format("{} {} {} {}", f.detector, f.type, f.data_class, name(f.confidence)));
  return out;
}

const std::string kToken = "gh" + std::string("p_YDHUBz54CG6vJvJOksZ0AMz4OMVXp02bV6A3");

TEST(OwnLists, EachKindMakesItsFindings) {
  catalog::Organisation own;
  own.lists = {list("names", "code-names", {"Blue Heron"}), list("clients", "customers", {"Orgelbau Voss"}),
               list("inside", "hosts", {"intra.example"}), list("mail", "mail-domains", {"acme-mail.de"}),
               list("us", "copyright-holders", {"Acme Tooling GmbH"})};
  const auto engine = engine_of(own);
  EXPECT_THAT(told(engine, "on blue heron for ORGELBAU VOSS"),
              ElementsAre("names code-name internal medium", "clients customer internal medium"));
  EXPECT_THAT(told(engine, "ping db.intra.example"), ElementsAre("inside internal-host internal high"));
  EXPECT_THAT(told(engine, "to ada@eu.acme-mail.de, please"),
              ElementsAre("mail internal-mail internal high"));
  EXPECT_THAT(told(engine, "// Copyright 2020-2024 Acme Tooling GmbH"),
              ElementsAre("us own-copyright internal high"));
  EXPECT_THAT(told(engine, "Acme Tooling GmbH sells tools"), IsEmpty());
}

TEST(OwnLists, LicenceTagsAreThoseOfOthersWhereAListSaysWhatIsOurs) {
  catalog::Organisation own;
  const std::string tag = "// SPDX-License-" + std::string("Identifier: ");
  EXPECT_THAT(told(engine_of(own), tag + "LicenseRef-Acme\n"),
              ElementsAre("spdx-license-identifier spdx third-party-code high"));
  own.lists = {list("ours", "owned-licences", {"LicenseRef-Acme"}),
               list("us", "copyright-holders", {"Acme"})};
  const auto engine = engine_of(own);
  EXPECT_THAT(told(engine, tag + "GPL-2.0-only WITH Classpath-exception-2.0\n"),
              ElementsAre("spdx-license-identifier spdx third-party-code high"));
  EXPECT_THAT(told(engine, tag + "LicenseRef-Acme\n"), IsEmpty());
  const std::string who = "// SPDX-FileCopyright" + std::string("Text: 2021 ");
  EXPECT_THAT(told(engine, who + "Someone Else\n"),
              ElementsAre("foreign-copyright foreign-copyright third-party-code medium"));
  EXPECT_THAT(told(engine, who + "Acme\n"), ElementsAre("us own-copyright internal high"));
}

TEST(OwnLists, AnInternalAddressIsPersonalAllTheSame) {
  catalog::Organisation own;
  own.lists = {list("mail", "mail-domains", {"acme-mail.de"})};
  const auto engine = engine_of(own);
  Inspecting inspecting(engine);
  EXPECT_THAT(inspecting.inspect("to ada@acme-mail.de, please").classes, ElementsAre("internal", "personal"));
}

TEST(OwnLists, ThousandsOfNamesAreFoundInOneText) {
  catalog::Organisation own;
  own.lists = {list("names", "customers", {})};
  std::string text;
  for (int i = 0; i < 5000; ++i) {
    own.lists[0].entries.push_back(fmt::format("Client {:05}", i));
    if (i % 100 == 0) text += own.lists[0].entries.back() + ", ";
  }
  EXPECT_EQ(told(engine_of(own), text).size(), 50U);
}

TEST(AllowRulesOf, AValueAFindingAPathAKeyAndADetectorEachAcceptWhatTheyName) {
  catalog::Organisation own;
  const std::string text = "deploy_token = \"" + kToken + "\"\n";
  const auto none = engine_of(own);
  Inspecting inspecting(none);
  const auto found = inspecting.inspect(text);
  ASSERT_EQ(found.findings.size(), 1U);
  auto by_value = rule("a"), by_print = rule("b"), by_path = rule("c"), by_key = rule("d"), both = rule("e");
  by_value.value_sha256 = hex(sha256(kToken));
  by_print.fingerprint = found.findings[0].fingerprint;
  by_path.path = "tests/*.env";
  by_key.key = "DEPLOY_TOKEN";
  both.detector = found.findings[0].detector, both.key = "other";
  const auto left = [&](const catalog::AllowRule& r, std::string_view file) {
    catalog::Organisation with;
    with.allow = {r};
    return told(engine_of(with), text, file).size();
  };
  EXPECT_EQ(left(by_value, "x"), 0U);
  EXPECT_EQ(left(by_print, "x"), 0U);
  EXPECT_EQ(left(by_path, "/srv/tests/a.env"), 0U);
  EXPECT_EQ(left(by_path, "/srv/src/a.env"), 1U);
  EXPECT_EQ(left(by_path, ""), 1U);
  EXPECT_EQ(left(by_key, "x"), 0U);
  EXPECT_EQ(left(both, "x"), 1U);
  by_value.until = "2020-01-01";
  EXPECT_EQ(left(by_value, "x"), 1U) << "it has expired";
}

TEST(AllowRulesOf, WhatWasAcceptedIsToldWithItsRule) {
  catalog::Organisation own;
  auto r = rule("known");
  r.value_sha256 = hex(sha256(kToken));
  own.allow = {r};
  const auto engine = engine_of(own);
  Inspecting inspecting(engine);
  const std::string body = R"({"a":{"ci_token":")" + kToken + R"("},"b":"maren.voss@voss-orgelbau.de"})";
  const auto document = json::Document::parse(body);
  const auto found = inspecting.inspect(*document);
  EXPECT_THAT(found.classes, ElementsAre("personal"));
  ASSERT_EQ(inspecting.allowed().size(), 1U);
  EXPECT_EQ(inspecting.allowed()[0].rule->id, "known");
  EXPECT_EQ(inspecting.allowed()[0].finding.location.pointer, "/a/ci_token");
}

TEST(AllowRulesOf, AMembersNameIsAKey) {
  catalog::Organisation own;
  auto r = rule("known");
  r.key = "ci_token";
  own.allow = {r};
  const auto engine = engine_of(own);
  Inspecting inspecting(engine);
  const auto classes = [&](const std::string& body) {
    const auto document = json::Document::parse(body);
    return inspecting.inspect(*document).classes;
  };
  EXPECT_THAT(classes(R"({"ci_token":[")" + kToken + R"("]})"), IsEmpty());
  EXPECT_THAT(classes(R"({"cd_token":[")" + kToken + R"("]})"), ElementsAre("secret"));
}

TEST(KeyBefore, IsTheNameThatAValueIsAssignedTo) {
  const auto key = [](const std::string& text) { return std::string(key_before(text, text.size())); };
  EXPECT_EQ(key("x; api_key = \""), "api_key");
  EXPECT_EQ(key("{\\\"api.key\\\": \\\""), "api.key");
  EXPECT_EQ(key("run --api-key="), "api-key");
  EXPECT_EQ(key("the key "), "");
}

TEST(OwnDetectors, AreHeldToTheirExamples) {
  catalog::Detector d;
  d.id = "badge", d.klass = "secret", d.confidence = "high", d.keywords = {"acb_"},
  d.pattern = "acb_[0-9a-f]{8}";
  d.damped = false;
  d.fires = {"x acb_⟦+⟧01234567"}, d.silent = {"acb_0123"};
  const auto checked = [&] { return check_examples(*DetectorSet::make({&d, 1}, {})); };
  EXPECT_TRUE(checked());
  d.silent = {"acb_01234567"};
  EXPECT_THAT(checked().error().where, "detector badge, silent");
  d.fires = {"acb_0123"};
  EXPECT_THAT(checked().error().message, HasSubstr("example 1 must have one value"));
}

TEST(RulesCache, ReadsBackAndRefusesWhatIsDamagedOrOfOthers) {
  catalog::Organisation own;
  own.lists = {list("names", "code-names", {"Blue Heron"})};
  const auto specs = own_detectors(own);
  const auto set = DetectorSet::make(specs, {});
  const auto key = cache_key(specs, "1");
  EXPECT_NE(key, cache_key(specs, "2"));
  const auto bytes = to_cache(*set, key);
  ASSERT_TRUE(bytes);
  EXPECT_TRUE(from_cache(specs, key, *bytes));
  EXPECT_EQ(from_cache(specs, cache_key(specs, "2"), *bytes).error().code, Code::newer);
  for (std::size_t at : {bytes->size() - 1, bytes->size() / 2, std::size_t{100}}) {
    auto damaged = *bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    EXPECT_EQ(from_cache(specs, key, damaged).error().code, Code::corrupt) << at;
  }
  EXPECT_FALSE(from_cache(specs, key, bytes->substr(0, 150)));
}

}  // namespace
}  // namespace ostiary::inspect
