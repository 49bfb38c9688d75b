#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "json/document.h"
#include "ledger/impl/checkpoint_log.h"
#include "ledger/impl/merkle.h"
#include "ledger/impl/segment.h"
#include "ledger/impl/test_support.h"
#include "ledger/ledger.h"

namespace ostiary::ledger {
namespace {

using namespace testing;

// A ledger as a killed process leaves it: ten records under a checkpoint, ten behind it.
class Recover : public ::testing::Test {
 protected:
  Recover() {
    {
      EXPECT_TRUE(append_records(**Ledger::open(folder_.data(), quiet_options()), 0, 10));
    }
    namespace fs = std::filesystem;
    for (const auto* name : kOwn) fs::copy_file(folder_.ledger(name), folder_.other(name));
    {
      EXPECT_TRUE(append_records(**Ledger::open(folder_.data(), quiet_options()), 10, 20));
    }
    back();
    log_ = slurp(folder_.ledger(kFirstLog));
    leaf_ = slurp(folder_.ledger(kFirstLeaf));
  }

  // Sets the checkpoints back to the older ones.
  void back() const {
    for (const auto* name : kOwn)
      std::filesystem::copy_file(folder_.other(name), folder_.ledger(name),
                                 std::filesystem::copy_options::overwrite_existing);
  }

  // Opens the ledger; its size before anything is appended.
  std::uint64_t open_size() {
    auto ledger = Ledger::open(folder_.data(), quiet_options());
    EXPECT_TRUE(ledger) << ledger.error().text();
    return ledger ? (*ledger)->size() : 0;
  }

  Code refusal() {
    const auto ledger = Ledger::open(folder_.data(), quiet_options());
    EXPECT_FALSE(ledger);
    return ledger ? Code::closed : ledger.error().code;
  }

  // The size in bytes of the .log of the first n records.
  std::size_t log_of(std::size_t n) const {
    auto size = log_header(0).size();
    for (std::size_t i = 0; i < n; ++i) size += record_line(i).size() + 1;
    return size;
  }

  std::vector<std::string> torn_files() const {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.data() + "/ledger"))
      if (entry.path().filename().string().starts_with("torn-")) files.push_back(entry.path().string());
    std::ranges::sort(files);
    return files;
  }

  void expect_whole(std::uint64_t records) {
    const auto report = verify(folder_.data());
    ASSERT_TRUE(report) << report.error().text();
    EXPECT_TRUE(report->ok) << report->problems[0].message;
    EXPECT_TRUE(report->problems.empty());
    EXPECT_EQ(report->records, records);
  }

  void expect_recovery_record(std::uint64_t lost, std::uint64_t cut, std::uint64_t without_signature) {
    const auto last = tail(folder_.data(), 1);
    ASSERT_TRUE(last && last->size() == 1);
    const auto document = json::Document::parse(last->front());
    ASSERT_TRUE(document);
    EXPECT_EQ(document->root()["kind"].as_string(), "recovery");
    EXPECT_EQ(document->root()["records_lost"].as_uint(), lost);
    EXPECT_EQ(document->root()["bytes_cut"].as_uint(), cut);
    EXPECT_EQ(document->root()["records_unsigned"].as_uint(), without_signature);
  }

  static constexpr const char* kOwn[] = {"checkpoint", "checkpoints.log", "resume"};
  TestFolder folder_;
  std::string log_, leaf_;
};

TEST_F(Recover, LosesNothingThatWasAppendedAndSaysHowMuchOfItWasNotSigned) {
  EXPECT_EQ(open_size(), 21U) << "with the record of the recovery";
  EXPECT_TRUE(torn_files().empty());
  expect_recovery_record(0, 0, 10);
  expect_whole(21);
  EXPECT_EQ(open_size(), 21U) << "all of it is signed now";
}

TEST_F(Recover, CountsTheExchangesThatDidNotEndBehindTheCheckpoint) {
  const auto line = [](std::string_view kind, int n) {
    return fmt::format(R"({{"id":"{}","kind":"{}"}})", n, kind);
  };
  for (const auto& record : {line("intent", 1), line("intent", 2), line("outcome", 1), line("outcome", 9)})
    log_ += record + "\n";
  spill(folder_.ledger(kFirstLog), log_);
  EXPECT_EQ(open_size(), 25U);
  expect_recovery_record(0, 0, 14);
  EXPECT_THAT(tail(folder_.data(), 1)->front(), ::testing::HasSubstr(R"("intents_open":1)"));
}

TEST_F(Recover, RefusesALedgerWhoseCheckpointsAreGone) {
  std::filesystem::remove(folder_.ledger("checkpoint"));
  EXPECT_EQ(open_size(), 21U) << "checkpoints.log has it too";
  std::filesystem::remove(folder_.ledger("checkpoint"));
  std::filesystem::remove(folder_.ledger("checkpoints.log"));
  EXPECT_EQ(refusal(), Code::corrupt);
}

TEST_F(Recover, BeginsAgainWhereTheMakingOfALedgerWasCutOff) {
  const TestFolder young;
  {
    EXPECT_TRUE(Ledger::open(young.data(), quiet_options()));
  }
  std::filesystem::remove(young.ledger(kFirstLog));
  std::filesystem::remove(young.ledger(kFirstLeaf));
  for (const auto* lacks : {"checkpoint", "checkpoints.log"}) {
    std::filesystem::remove(young.ledger(lacks));
    EXPECT_TRUE(Ledger::open(young.data(), quiet_options()));
    EXPECT_TRUE(verify(young.data())->ok);
    std::filesystem::remove(young.ledger(kFirstLog));
    std::filesystem::remove(young.ledger(kFirstLeaf));
  }
}

TEST_F(Recover, NeedsNoResumeFile) {
  std::filesystem::remove(folder_.ledger("resume"));
  EXPECT_EQ(open_size(), 21U);
  expect_whole(21);
}

TEST_F(Recover, BelievesNoFalseResumeFile) {
  Resume lie{{}, 0, log_of(5)};
  for (std::uint64_t i = 0; i < 5; ++i) lie.frontier.add(leaf_hash("something else"));
  spill(folder_.ledger("resume"), lie.text());
  EXPECT_EQ(open_size(), 21U);
  expect_whole(21);
}

TEST_F(Recover, CutsATornTailAtAnyByteAndSaysSo) {
  for (std::size_t cut = 1; cut < log_of(20) - log_of(19); cut += 7) {
    for (const auto& file : torn_files()) std::filesystem::remove(file);
    spill(folder_.ledger(kFirstLog), log_.substr(0, log_.size() - cut));
    spill(folder_.ledger(kFirstLeaf), leaf_.substr(0, leaf_.size() - 32));
    back();
    const auto torn = log_.size() - cut - log_of(19);
    EXPECT_EQ(open_size(), 20U) << "19 records and that of the recovery";
    expect_recovery_record(0, torn, 9);
    if (torn == 0) continue;
    ASSERT_EQ(torn_files().size(), 1U);
    EXPECT_EQ(slurp(torn_files()[0]), log_.substr(log_of(19), torn));
    expect_whole(20);
  }
}

TEST_F(Recover, TellsOfRecordsWhoseLeafHashIsAllThatIsLeft) {
  spill(folder_.ledger(kFirstLog), log_.substr(0, log_of(17) + 5));
  EXPECT_EQ(open_size(), 18U);
  expect_recovery_record(3, 5, 7);
  EXPECT_EQ(torn_files().size(), 2U) << "the bytes of the line, and the leaf hashes";
  expect_whole(18);
}

TEST_F(Recover, CutsATailOfZerosAsAPowerCutLeavesIt) {
  auto zeros = log_.substr(0, log_of(15));
  zeros.resize(log_.size(), '\0');
  spill(folder_.ledger(kFirstLog), zeros);
  EXPECT_EQ(open_size(), 16U);
  expect_recovery_record(5, log_.size() - log_of(15), 5);
  expect_whole(16);
}

TEST_F(Recover, GivesRecordsTheLeafHashesThatTheyLack) {
  for (const std::size_t leaves : {0U, 10U, 15U, 19U}) {
    for (const std::size_t ragged : {0U, 1U, 31U}) {
      spill(folder_.ledger(kFirstLog), log_);
      spill(folder_.ledger(kFirstLeaf), leaf_.substr(0, 16 + leaves * 32 + ragged));
      back();
      EXPECT_EQ(open_size(), 21U);
      EXPECT_TRUE(slurp(folder_.ledger(kFirstLeaf)).starts_with(leaf_));
      expect_whole(21);
    }
  }
  spill(folder_.ledger(kFirstLog), log_);
  std::filesystem::remove(folder_.ledger(kFirstLeaf));
  back();
  EXPECT_EQ(open_size(), 21U);
  EXPECT_TRUE(slurp(folder_.ledger(kFirstLeaf)).starts_with(leaf_));
}

TEST_F(Recover, TakesNoLineWithoutLeafHashThatIsNoRecord) {
  spill(folder_.ledger(kFirstLog), log_ + "not json\n");
  EXPECT_EQ(open_size(), 21U);
  expect_recovery_record(0, 9, 10);
  expect_whole(21);
}

TEST_F(Recover, RefusesABadRecordWithGoodOnesBehindIt) {
  auto changed = log_;
  changed[log_of(15) + 10] ^= 1;
  spill(folder_.ledger(kFirstLog), changed);
  EXPECT_EQ(refusal(), Code::corrupt);
  EXPECT_EQ(slurp(folder_.ledger(kFirstLog)), changed) << "nothing was touched";
}

TEST_F(Recover, RefusesARemovedRecordWithGoodOnesBehindIt) {
  spill(folder_.ledger(kFirstLog), log_.substr(0, log_of(15)) + log_.substr(log_of(16)));
  EXPECT_EQ(refusal(), Code::corrupt);
}

TEST_F(Recover, RefusesDamageUnderTheCheckpoint) {
  spill(folder_.ledger(kFirstLog), log_.substr(0, log_of(9)));
  spill(folder_.ledger(kFirstLeaf), leaf_.substr(0, 16 + 9 * 32));
  EXPECT_EQ(refusal(), Code::corrupt);
}

TEST_F(Recover, RefusesAMissingSegment) {
  std::filesystem::remove(folder_.ledger(kFirstLog));
  EXPECT_EQ(refusal(), Code::corrupt);
  std::filesystem::remove(folder_.ledger(kFirstLeaf));
  EXPECT_EQ(refusal(), Code::corrupt);
}

TEST_F(Recover, RefusesACheckpointThatIsNotItsOwn) {
  const TestFolder other;
  {
    EXPECT_TRUE(append_records(**Ledger::open(other.data(), quiet_options()), 0, 10));
  }
  spill(folder_.ledger("checkpoint"), slurp(other.ledger("checkpoint")));
  EXPECT_EQ(refusal(), Code::corrupt);
}

TEST_F(Recover, MakesNoNewKeyForAnOldLedger) {
  std::filesystem::remove(folder_.ledger("signing-key"));
  EXPECT_EQ(refusal(), Code::corrupt);
}

TEST_F(Recover, RefusesWhatANewerProgramWrote) {
  spill(folder_.ledger(kFirstLog), "{\"ostiary-ledger\":2,\"first\":0}\n");
  EXPECT_EQ(refusal(), Code::newer);
  spill(folder_.ledger(kFirstLog), log_);
  auto newer = leaf_;
  newer[8] = 2;
  spill(folder_.ledger(kFirstLeaf), newer);
  EXPECT_EQ(refusal(), Code::newer);
}

TEST_F(Recover, MendsASegmentWhoseMakingWasCutOff) {
  spill(folder_.ledger("00000000000000000020.leaf"), std::string(kLeafHeader.substr(0, 5)));
  spill(folder_.ledger("00000000000000000020.log"), "{\"ostiary-led");
  EXPECT_EQ(open_size(), 21U) << "with the record of the recovery";
  expect_whole(21);
}

TEST_F(Recover, PutsALostTailAsideThatReachesIntoTheNextSegment) {
  const auto full = log_header(20) + "torn";
  spill(folder_.ledger("00000000000000000020.log"), full);
  spill(folder_.ledger("00000000000000000020.leaf"), std::string(kLeafHeader));
  spill(folder_.ledger(kFirstLog), log_.substr(0, log_of(18) + 4));
  EXPECT_EQ(open_size(), 19U);
  expect_recovery_record(2, 4 + full.size(), 8);
  expect_whole(19);
}

TEST_F(Recover, CutsATornLineOfTheCheckpoints) {
  const auto path = folder_.ledger("checkpoints.log");
  spill(path, slurp(path) + "{\"checkpoint\":\"half");
  EXPECT_EQ(open_size(), 21U);
  expect_whole(21);
}

}  // namespace
}  // namespace ostiary::ledger
