#include "catalog/organisation.h"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing.h"

namespace ostiary::catalog {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class OrganisationFolder : public ::testing::Test {
 protected:
  void put(const std::string& name, std::string_view text) const {
    fs::create_directories(fs::path(folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }
  Result<Organisation> read() const { return read_organisation(folder_.path()); }
  // What is wrong, with its place without the folder.
  std::string said() const {
    const auto read_back = read();
    if (read_back) return "nothing";
    auto text = read_back.error().text();
    const std::string prefix = std::string(folder_.path()) + "/";
    if (text.starts_with(prefix)) text.erase(0, prefix.size());
    return text;
  }
  testing::TempFolder folder_;
};

TEST_F(OrganisationFolder, DetectorsListsAndAllowRulesAreRead) {
  put("detector/acme-badge.yaml",
      "id: acme-badge\nname: Acme badge\nclass: secret\nopens: doors\nkeywords: [acb_]\n"
      "pattern: 'acb_[0-9a-f]{16}'\nconfidence: high\nfires: ['acb_0123456789abcdef']\nsilent: ['acb_']\n");
  put("list/names.yaml",
      "id: names\nname: Code names\nkind: code-names\nentries: [Blue Heron, blue heron, Falkenhorst]\n"
      "file: names.txt\n");
  put("list/names.txt", "# of last year\nSilver Otter\n\n  Falkenhorst  \r\n");
  put("allow/tests.yaml",
      "id: tests\npath: tests/*\ndetector: acme-badge\nbecause: opens nothing\nby: Ada\nuntil: 2031-01-31\n");
  const auto own = read();
  ASSERT_TRUE(own) << own.error().text();
  ASSERT_EQ(own->detectors.size(), 1U);
  EXPECT_EQ(own->detectors[0].data_class, "secret");
  ASSERT_EQ(own->lists.size(), 1U);
  EXPECT_THAT(own->lists[0].entries, ElementsAre("Blue Heron", "Falkenhorst", "Silver Otter"));
  ASSERT_EQ(own->allow.size(), 1U);
  EXPECT_EQ(own->allow[0].until, "2031-01-31");
}

TEST_F(OrganisationFolder, AnEmptyFolderSaysNothingAndAMissingOneIsToldOf) {
  EXPECT_TRUE(read()->empty());
  EXPECT_EQ(read_organisation("/no/such/folder").error().code, Code::not_found);
}

TEST_F(OrganisationFolder, WhatIsWrongHasItsPlace) {
  put("list/a.yaml", "id: a\nname: A\nkind: hosts\nentries: [ok.example, 'two words']\n");
  EXPECT_EQ(said(), "list/a.yaml:4:23: 'two words' is not the name of a host or domain");
  put("list/a.yaml", "id: a\nname: A\nkind: host\nentries: [ok.example]\n");
  EXPECT_THAT(said(), HasSubstr("list/a.yaml:3:7: 'kind' cannot be 'host'; did you mean 'hosts'?"));
  put("list/a.yaml", "id: a\nname: A\nkind: hosts\n");
  EXPECT_THAT(said(), HasSubstr("it needs 'entries' or a 'file'"));
  put("list/a.yaml", "id: a\nname: A\nkind: words\nfile: a.txt\n");
  put("list/a.txt", "good\nno\n");
  EXPECT_THAT(said(), HasSubstr("list/a.txt:2:1: an entry must have 3 to 100 bytes"));
  fs::remove_all(folder_ / "list");
  put("allow/b.yaml", "id: b\nbecause: x\nby: y\nuntil: 2031-01-31\n");
  EXPECT_THAT(said(), HasSubstr("allow/b.yaml:1:1: it would allow everything"));
  put("allow/b.yaml", "id: b\nkey: x\nby: y\nuntil: 2031-02-31\n");
  EXPECT_THAT(said(), HasSubstr("(and 1 more to mend)"));
  fs::remove_all(folder_ / "allow");
  put("detector/github-personal-token.yaml",
      "id: github-personal-token\nname: A\nclass: marker\nkeywords: [abc]\npattern: abc\nconfidence: high\n"
      "fires: [abc]\nsilent: [x]\n");
  EXPECT_THAT(said(), HasSubstr("choose another id"));
  put("detectors/x.yaml", "id: x\n");
  EXPECT_THAT(said(), HasSubstr("did you mean 'detector'?"));
}

TEST_F(OrganisationFolder, AFieldsPlaceIsFound) {
  put("detector/x.yaml", "id: x\npattern: '['\n");
  EXPECT_THAT(place_of(folder_.path(), "detector", "x", "pattern"), HasSubstr("x.yaml:2:10"));
}

}  // namespace
}  // namespace ostiary::catalog
