// An organisation's detectors beside those of the catalogue.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>

#include "inspect/engine.h"

namespace ostiary::inspect {
namespace {

catalog::Detector of_list(std::string id, std::vector<std::string> entries) {
  catalog::Detector d;
  d.id = d.type = std::move(id), d.klass = "marker", d.data_class = "internal";
  d.confidence = "high", d.pattern = ".", d.damped = false, d.any_case = true;
  d.keywords = std::move(entries), d.literal = true;
  return d;
}

std::vector<catalog::Detector> own_specs() {
  auto hosts = of_list("hosts", {"intra.example"});
  hosts.literal = false, hosts.start = "[A-Za-z0-9._-]", hosts.rule = "host", hosts.members = hosts.keywords;
  hosts.pattern = R"([a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63}){0,8})";
  return {of_list("names", {"Blue Heron", "falkenhorst", "Müller & Söhne"}), hosts};
}

DetectorSet joined() {
  auto set = builtin_detectors();
  auto own = DetectorSet::make(own_specs(), {});
  EXPECT_TRUE(own) << (own ? "" : own.error().text());
  EXPECT_TRUE(set->join(std::move(*own)));
  return std::move(*set);
}

std::vector<std::string> found(std::string_view text) {
  static const Engine engine(joined());
  Inspecting inspecting(engine);
  std::vector<std::string> out;
  for (const auto& finding : inspecting.inspect(text).findings)
    out.push_back(
        fmt::format("{} {}", finding.detector,
                    text.substr(finding.location.start, finding.location.end - finding.location.start)));
  return out;
}

TEST(JoinedSet, ANameOfAListIsFoundAsAWholeWordInAnyCase) {
  EXPECT_THAT(found("we call it BLUE heron, and blue heronry is something else"),
              testing::ElementsAre("names BLUE heron"));
  EXPECT_THAT(found("FALKENHORST7 falkenhorst_x myfalkenhorst (Falkenhorst)."),
              testing::ElementsAre("names Falkenhorst"));
  EXPECT_THAT(found("an Müller & Söhne, Augsburg"), testing::ElementsAre("names Müller & Söhne"));
  EXPECT_THAT(found("\"\\nfalkenhorst\""), testing::ElementsAre("names falkenhorst"));
}

TEST(JoinedSet, AHostIsFoundWithWhatStandsBelowIt) {
  EXPECT_THAT(found("ssh db-1.eu.Intra.example. then intra.example:22"),
              testing::ElementsAre("hosts db-1.eu.Intra.example", "hosts intra.example"));
  EXPECT_THAT(found("my-intra.example intra.example.com"), testing::IsEmpty());
}

TEST(JoinedSet, TheCataloguesDetectorsFindAsBefore) {
  const auto text = "key AK" + std::string("IAQYLPMN5HHHFPZAM2 of Blue Heron");
  EXPECT_THAT(found(text), testing::ElementsAre("aws-access-key-id AK" + std::string("IAQYLPMN5HHHFPZAM2"),
                                                "names Blue Heron"));
}

TEST(JoinedSet, WhatIsFoundDoesNotDependOnThePieces) {
  const auto set = joined();
  const std::string text =
      "Blue Heron at db.intra.example, \\nfalkenhorst Müller & Söhne BLUE HERON falkenhorst";
  Scanner whole(set);
  whole.begin();
  whole.scan(text, 0, true);
  const auto places = [](const Scanner& scanner) {
    std::set<std::tuple<std::uint64_t, std::uint64_t, std::uint16_t>> out;
    for (const auto& c : scanner.candidates()) out.emplace(c.start, c.end, c.detector);
    return out;
  };
  EXPECT_EQ(places(whole).size(), 6U);
  for (std::size_t cut = 1; cut < text.size(); ++cut) {
    Scanner pieces(set);
    pieces.begin();
    pieces.scan(std::string_view(text).substr(0, cut), 0, false);
    const auto settled = pieces.settled();
    const auto early = places(pieces);
    const auto from = pieces.keep_from();
    pieces.scan(std::string_view(text).substr(from), from, true);
    EXPECT_EQ(places(pieces), places(whole)) << cut;
    for (const auto& place : places(pieces))
      if (!early.contains(place)) EXPECT_GE(std::get<0>(place), settled) << cut;
  }
}

TEST(JoinedSet, WhatWasCompiledReadsBackToTheSame) {
  const auto specs = own_specs();
  const auto made = DetectorSet::make(specs, {});
  const auto bytes = made->compiled();
  ASSERT_TRUE(bytes);
  auto loaded = DetectorSet::load(specs, {}, *bytes);
  ASSERT_TRUE(loaded) << loaded.error().text();
  auto set = builtin_detectors();
  ASSERT_TRUE(set->join(std::move(*loaded)));
  const Engine engine(std::move(*set));
  Inspecting inspecting(engine);
  EXPECT_THAT(inspecting.inspect("Blue Heron").findings, testing::SizeIs(1));
}

TEST(Members, TellALicenceAndAHolderThatAreNotOurs) {
  const auto licences = Members::make("licence", {"Apache-2.0", "LicenseRef-Acme"});
  EXPECT_FALSE(licences->take("apache-2.0 "));
  EXPECT_FALSE(licences->take("(LicenseRef-Acme OR Apache-2.0)"));
  EXPECT_TRUE(licences->take("GPL-2.0-only"));
  EXPECT_TRUE(licences->take("Apache-2.0 AND GPL-2.0-only"));
  const auto holders = Members::make("holder", {"Acme", "Acme Tooling GmbH"});
  EXPECT_FALSE(holders->take("2020-2024 ACME Tooling GmbH and others"));
  EXPECT_FALSE(holders->take("2020 acme"));
  EXPECT_TRUE(holders->take("2020 Acmeister"));
  EXPECT_FALSE(Members::make("hosts", {}));
}

}  // namespace
}  // namespace ostiary::inspect
