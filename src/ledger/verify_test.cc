#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>

#include "base/text.h"
#include "ledger/impl/checkpoint.h"
#include "ledger/impl/checkpoint_log.h"
#include "ledger/impl/merkle.h"
#include "ledger/impl/segment.h"
#include "ledger/impl/test_support.h"
#include "ledger/ledger.h"

namespace ostiary::ledger {
namespace {

using namespace testing;
using ::testing::Contains;
using ::testing::ElementsAre;

constexpr std::uint64_t kRecords = 60;

VerifyReport verified(const TestFolder& folder, const VerifyOptions& options = {}) {
  auto report = verify(folder.data(), options);
  EXPECT_TRUE(report) << report.error().text();
  return report ? *report : VerifyReport{};
}

std::vector<std::string> problems(const VerifyReport& report) {
  std::vector<std::string> names;
  for (const auto& problem : report.problems) names.push_back(problem.what);
  return names;
}

std::vector<std::string> problems(const TestFolder& folder) {
  const auto report = verified(folder);
  EXPECT_FALSE(report.ok);
  return problems(report);
}

// Three segments of records with a checkpoint after every ten.
class Verify : public ::testing::Test {
 protected:
  Verify() {
    auto options = quiet_options();
    options.segment_bytes = 2000;
    auto ledger = Ledger::open(folder_.data(), options);
    for (std::uint64_t n = 0; n < kRecords; n += 10) {
      EXPECT_TRUE(append_records(**ledger, n, n + 10, 1));
      EXPECT_TRUE((*ledger)->checkpoint_now());
      if (n == 20) spill(folder_.other("kept"), slurp(folder_.ledger("checkpoint")));
    }
    ledger->reset();
    segments_ = list_numbered(folder_.data() + "/ledger", ".log").value();
  }

  std::string log(std::size_t i) const { return log_path(folder_.data() + "/ledger", segments_[i]); }
  std::string leaf(std::size_t i) const { return leaf_path(folder_.data() + "/ledger", segments_[i]); }

  // Changes the lines of segment i; the header is not among them. With `leaves` the leaf hashes are made to
  // agree.
  void change(std::size_t i, bool leaves, const std::function<void(std::vector<std::string>&)>& how) const {
    auto lines = lines_of(slurp(log(i)));
    const auto header = lines.front();
    lines.erase(lines.begin());
    how(lines);
    std::string text = header, hashes(kLeafHeader);
    for (const auto& line : lines) {
      text += line;
      const auto hash = leaf_hash(std::string_view(line).substr(0, line.size() - 1));
      hashes.append(reinterpret_cast<const char*>(hash.data()), hash.size());
    }
    spill(log(i), text);
    if (leaves) spill(leaf(i), hashes);
  }

  TestFolder folder_;
  std::vector<std::uint64_t> segments_;
};

TEST_F(Verify, FindsNothingInAnHonestLedger) {
  ASSERT_GE(segments_.size(), 3U);
  const auto report = verified(folder_);
  EXPECT_TRUE(report.ok);
  EXPECT_THAT(problems(report), ElementsAre());
  EXPECT_EQ(report.records, kRecords);
  EXPECT_EQ(report.covered, kRecords);
}

TEST_F(Verify, AcceptsACheckpointKeptElsewhere) {
  VerifyOptions options;
  options.checkpoint_file = folder_.other("kept");
  options.verifier_key = slurp(folder_.ledger("verify-key"));
  EXPECT_TRUE(verified(folder_, options).ok);
}

TEST_F(Verify, TellsItsProgressUpToTheEnd) {
  VerifyOptions options;
  std::uint64_t last = 0, whole = 0;
  options.progress = [&](std::uint64_t done, std::uint64_t all) {
    EXPECT_GE(done, last);
    last = done;
    whole = all;
  };
  verified(folder_, options);
  EXPECT_GT(whole, 0U);
  EXPECT_NEAR(static_cast<double>(last), static_cast<double>(whole), 200);
}

TEST_F(Verify, IsGivenUpOnceNobodyWaitsForIt) {
  VerifyOptions options;
  options.stopped = [] { return true; };
  const auto report = verify(folder_.data(), options);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Code::closed);
}

TEST_F(Verify, FindsEveryFlippedBit) {
  std::mt19937_64 random(4711);
  std::vector<std::string> files = {folder_.ledger("checkpoint"), folder_.ledger("checkpoints.log"),
                                    folder_.ledger("verify-key")};
  for (std::size_t i = 0; i < segments_.size(); ++i) files.insert(files.end(), {log(i), leaf(i)});
  for (const auto& file : files) {
    const auto original = slurp(file);
    for (int round = 0; round < 150; ++round) {
      // The first and the last bytes each once, then anywhere.
      const auto place = static_cast<std::size_t>(round);
      const auto at = place < 20   ? place % original.size()
                      : place < 40 ? original.size() - 1 - (place - 20) % original.size()
                                   : random() % original.size();
      auto changed = original;
      changed[at] = static_cast<char>(changed[at] ^ (1 << random() % 8));
      spill(file, changed);
      const auto report = verify(folder_.data());
      // A version digit may become a higher one, and the verifier key's last newline may go: it is no part of
      // the key.
      if (report && file.ends_with("verify-key") && at + 1 == original.size()) continue;
      EXPECT_TRUE(!report || !report->problems.empty()) << file << " byte " << at;
      EXPECT_TRUE(!report || !report->ok || problems(*report) == std::vector<std::string>{"torn-tail"})
          << file << " " << at;
    }
    spill(file, original);
  }
  EXPECT_TRUE(verified(folder_).ok);
}

TEST_F(Verify, NamesAChangedRecord) {
  change(1, false, [](auto& lines) { lines[3][20] = '#'; });
  const auto report = verified(folder_);
  EXPECT_THAT(problems(report), ElementsAre("record-changed"));
  EXPECT_EQ(report.problems[0].index, segments_[1] + 3);
}

TEST_F(Verify, NamesARemovedRecord) {
  change(1, false, [](auto& lines) { lines.erase(lines.begin() + 4); });
  const auto report = verified(folder_);
  EXPECT_THAT(problems(report), ElementsAre("record-missing"));
  EXPECT_EQ(report.problems[0].index, segments_[1] + 4);
  EXPECT_EQ(report.records, kRecords - 1);
}

TEST_F(Verify, NamesAnInsertedRecord) {
  change(0, false, [](auto& lines) { lines.insert(lines.begin() + 4, "{\"kind\":\"change\"}\n"); });
  const auto report = verified(folder_);
  EXPECT_THAT(problems(report), ElementsAre("record-inserted"));
  EXPECT_EQ(report.problems[0].index, 4U);
}

TEST_F(Verify, NamesMovedRecords) {
  change(0, false, [](auto& lines) { std::swap(lines[4], lines[5]); });
  EXPECT_THAT(problems(folder_), ElementsAre("record-moved"));
  change(0, false, [](auto& lines) {
    std::swap(lines[4], lines[5]), std::rotate(lines.begin() + 1, lines.begin() + 2, lines.begin() + 9);
  });
  EXPECT_THAT(problems(folder_), ::testing::Each(::testing::Eq("record-moved")));
}

TEST_F(Verify, FindsAChangeThatTheLeavesWereMadeToAgreeWith) {
  change(1, true, [](auto& lines) { lines[3][20] = '#'; });
  EXPECT_THAT(problems(folder_), ElementsAre("root-mismatch"));
}

TEST_F(Verify, FindsARemovalThatTheLeavesWereMadeToAgreeWith) {
  change(1, true, [](auto& lines) { lines.erase(lines.begin() + 4); });
  EXPECT_THAT(problems(folder_), Contains("record-missing"));
  change(segments_.size() - 1, true, [](auto& lines) { lines.pop_back(); });
  EXPECT_THAT(problems(folder_), Contains("truncated"));
}

TEST_F(Verify, FindsAMissingSegment) {
  std::filesystem::remove(log(1));
  EXPECT_THAT(problems(folder_), ElementsAre("segment-missing"));
  std::filesystem::remove(leaf(1));
  EXPECT_THAT(problems(folder_), Contains("record-missing"));
  EXPECT_EQ(verified(folder_).covered, (segments_[1] / 10) * 10)
      << "what stands before it is proved all the same";
}

TEST_F(Verify, FindsMissingLeafHashes) {
  const auto whole = slurp(leaf(1));
  spill(leaf(1), whole.substr(0, whole.size() - 64));
  EXPECT_THAT(problems(folder_), ElementsAre("leaf-missing"));
  std::filesystem::remove(leaf(1));
  EXPECT_THAT(problems(folder_), ElementsAre("leaf-missing"));
}

TEST_F(Verify, FindsAMissingFirstSegment) {
  std::filesystem::remove(log(0));
  std::filesystem::remove(leaf(0));
  EXPECT_THAT(problems(folder_), Contains("segment-missing"));
}

TEST_F(Verify, FindsAMissingLastSegment) {
  std::filesystem::remove(log(segments_.size() - 1));
  std::filesystem::remove(leaf(segments_.size() - 1));
  EXPECT_THAT(problems(folder_), Contains("truncated"));
}

TEST_F(Verify, ATruncatedTailIsFoundByACheckpointKeptElsewhere) {
  // The whole folder is set back to an earlier honest state: only who kept a checkpoint can tell.
  spill(folder_.other("kept"), slurp(folder_.ledger("checkpoint")));
  const auto last = segments_.size() - 1;
  for (std::size_t i = 1; i <= last; ++i) std::filesystem::remove(log(i)), std::filesystem::remove(leaf(i));
  auto history = lines_of(slurp(folder_.ledger("checkpoints.log")));
  ASSERT_GT(segments_[1], 10U);
  spill(folder_.ledger("checkpoints.log"), history[0] + history[1] + history[2]);
  auto note = history[2];
  note.pop_back();
  spill(folder_.ledger("checkpoint"), *note_of_line(note));
  EXPECT_TRUE(verified(folder_).ok);
  VerifyOptions options;
  options.checkpoint_file = folder_.other("kept");
  const auto report = verified(folder_, options);
  EXPECT_FALSE(report.ok);
  EXPECT_THAT(problems(report), ElementsAre("truncated"));
}

TEST_F(Verify, ACheckpointOfAnotherKeyProvesNothing) {
  const TestFolder other;
  {
    EXPECT_TRUE(append_records(**Ledger::open(other.data(), quiet_options()), 100, 105));
  }
  VerifyOptions options;
  options.checkpoint_file = other.ledger("checkpoint");
  const auto report = verified(folder_, options);
  EXPECT_FALSE(report.ok);
  EXPECT_THAT(problems(report), ElementsAre("bad-signature"));
  options.verifier_key = slurp(other.ledger("verify-key"));
  EXPECT_THAT(problems(verified(folder_, options)), ElementsAre("root-mismatch"));
}

TEST_F(Verify, AKeptCheckpointThatIsNoneIsTheCallersError) {
  VerifyOptions options;
  options.checkpoint_file = folder_.other("none");
  EXPECT_EQ(verify(folder_.data(), options).error().code, Code::not_found);
  spill(folder_.other("none"), "nonsense");
  EXPECT_EQ(verify(folder_.data(), options).error().code, Code::invalid);
  options.checkpoint_file = folder_.other("kept");
  options.verifier_key = "nonsense";
  EXPECT_EQ(verify(folder_.data(), options).error().code, Code::invalid);
}

TEST_F(Verify, FindsCheckpointsThatWereTakenAway) {
  auto history = lines_of(slurp(folder_.ledger("checkpoints.log")));
  const auto whole = slurp(folder_.ledger("checkpoints.log"));
  spill(folder_.ledger("checkpoints.log"), history[0] + history[1]);
  EXPECT_THAT(problems(folder_), ElementsAre("checkpoint-missing"));
  spill(folder_.ledger("checkpoints.log"), whole);
  std::filesystem::remove(folder_.ledger("checkpoint"));
  EXPECT_THAT(problems(folder_), ElementsAre("checkpoint-missing"));
  std::filesystem::remove(folder_.ledger("checkpoints.log"));
  EXPECT_THAT(problems(folder_), ElementsAre("checkpoint-missing", "checkpoint-missing"));
  EXPECT_EQ(verified(folder_).covered, 0U);
}

TEST_F(Verify, ANewLedgerHasACheckpointOfNothing) {
  const TestFolder fresh;
  const auto ledger = Ledger::open(fresh.data(), quiet_options());
  ASSERT_TRUE(ledger);
  EXPECT_TRUE(verified(fresh).ok);
  EXPECT_EQ(slurp(fresh.ledger("checkpoint")),
            *note_of_line(text::trim(lines_of(slurp(fresh.ledger("checkpoints.log")))[1])));
}

TEST_F(Verify, AForgedLedgerWithoutItsCheckpointsIsFoundAndNotSignedByTheNextStart) {
  change(1, true, [](auto& lines) { lines[3][20] = '#'; });
  for (const auto* name : {"checkpoint", "checkpoints.log", "resume"})
    std::filesystem::remove(folder_.ledger(name));
  EXPECT_THAT(problems(folder_), Contains("checkpoint-missing"));
  const auto ledger = Ledger::open(folder_.data(), quiet_options());
  ASSERT_FALSE(ledger);
  EXPECT_EQ(ledger.error().code, Code::corrupt);
  EXPECT_THAT(ledger.error().message, ::testing::HasSubstr("put checkpoint and checkpoints.log back"));
  EXPECT_FALSE(std::filesystem::exists(folder_.ledger("checkpoint")));
}

TEST_F(Verify, WhatIsForgedBehindAnOlderCheckpointCountsAsUnsignedAndTheNextStartSaysSo) {
  spill(folder_.other("newest"), slurp(folder_.ledger("checkpoint")));
  const auto history = lines_of(slurp(folder_.ledger("checkpoints.log")));
  spill(folder_.ledger("checkpoints.log"), history[0] + history[1] + history[2]);
  spill(folder_.ledger("checkpoint"), *note_of_line(text::trim(history[2])));
  std::filesystem::remove(folder_.ledger("resume"));
  change(1, true, [](auto& lines) { lines[3][20] = '#'; });
  ASSERT_GT(segments_[1], 10U);
  const auto report = verified(folder_);
  EXPECT_TRUE(report.ok);
  EXPECT_EQ(report.covered, 10U);
  EXPECT_EQ(report.records, kRecords);
  VerifyOptions against;
  against.checkpoint_file = folder_.other("newest");
  EXPECT_THAT(problems(verified(folder_, against)), ElementsAre("root-mismatch"));
  ASSERT_TRUE(Ledger::open(folder_.data(), quiet_options()));
  EXPECT_THAT(tail(folder_.data(), 1)->front(), ::testing::HasSubstr("\"records_unsigned\":50"));
}

TEST_F(Verify, FindsCheckpointsInAnotherOrder) {
  auto history = lines_of(slurp(folder_.ledger("checkpoints.log")));
  std::swap(history[2], history[3]);
  std::string text;
  for (const auto& line : history) text += line;
  spill(folder_.ledger("checkpoints.log"), text);
  EXPECT_THAT(problems(folder_), Contains("bad-checkpoint"));
}

TEST_F(Verify, NamesATornTailWithoutCallingItFalse) {
  spill(log(segments_.size() - 1), slurp(log(segments_.size() - 1)) + "{\"half");
  const auto report = verified(folder_);
  EXPECT_TRUE(report.ok);
  EXPECT_THAT(problems(report), ElementsAre("torn-tail"));
  EXPECT_EQ(report.records, kRecords);
}

TEST_F(Verify, CallsItFalseWhenATornTailReachesUnderACheckpoint) {
  const auto last = log(segments_.size() - 1);
  auto text = slurp(last);
  text.resize(text.size() - 3);
  spill(last, text);
  EXPECT_THAT(problems(folder_), Contains("truncated"));
}

TEST_F(Verify, RefusesWhatANewerProgramWrote) {
  auto text = slurp(log(1));
  text.replace(0, text.find('\n'), "{\"ostiary-ledger\":2,\"first\":1}");
  spill(log(1), text);
  EXPECT_EQ(verify(folder_.data()).error().code, Code::newer);
}

TEST_F(Verify, OfSomethingElseIsAnError) {
  EXPECT_EQ(verify(folder_.other("nowhere")).error().code, Code::not_found);
}

TEST_F(Verify, ListsNoMoreProblemsThanOneReads) {
  const TestFolder folder;
  {
    EXPECT_TRUE(append_records(**Ledger::open(folder.data(), quiet_options()), 0, 3000));
  }
  auto lines = lines_of(slurp(folder.ledger(kFirstLog)));
  std::string text = lines[0];
  for (std::size_t i = 1; i < lines.size(); ++i) text += "{}\n";
  spill(folder.ledger(kFirstLog), text);
  const auto report = verified(folder);
  EXPECT_FALSE(report.ok);
  EXPECT_EQ(report.problems.size(), 1001U);
  EXPECT_THAT(problems(report), Contains("more"));
}

TEST(VerifyMany, FindsOneChangeBehindAThousandOthers) {
  const TestFolder folder;
  {
    EXPECT_TRUE(append_records(**Ledger::open(folder.data(), quiet_options()), 0, 3000));
  }
  auto lines = lines_of(slurp(folder.ledger(kFirstLog)));
  std::string text = lines[0];
  for (std::size_t i = 1; i < lines.size(); ++i)
    if (i != 2000) text += i >= 100 && i < 500 ? "{}\n" : lines[i];
  spill(folder.ledger(kFirstLog), text);
  const auto report = verified(folder);
  EXPECT_EQ(report.problems.size(), 401U);
  EXPECT_EQ(report.problems.back().what, "record-missing");
  EXPECT_EQ(report.problems.back().index, 1999U);
}

}  // namespace
}  // namespace ostiary::ledger
