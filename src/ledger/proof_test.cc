#include "ledger/proof.h"

#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "json/document.h"
#include "ledger/impl/merkle.h"
#include "ledger/impl/segment.h"
#include "ledger/impl/test_support.h"

namespace ostiary::ledger {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using namespace ledger::testing;

constexpr std::uint64_t kRecords = 150;

// A closed ledger of kRecords records in many small segments, with a checkpoint kept when it had kOld of
// them.
class Proofs : public ::testing::Test {
 protected:
  static constexpr std::uint64_t kOld = 77;
  void SetUp() override {
    auto options = quiet_options();
    options.segment_bytes = 2000;
    options.origin = "example.com/ledger";
    auto ledger = Ledger::open(folder_.data(), options);
    ASSERT_TRUE(ledger) << ledger.error().text();
    key_ = (*ledger)->verifier_key();
    ASSERT_TRUE(append_records(**ledger, 0, kOld));
    ASSERT_TRUE((*ledger)->checkpoint_now());
    spill(old_, slurp(folder_.ledger("checkpoint")));
    ASSERT_TRUE(append_records(**ledger, kOld, kRecords));
    ledger->reset();
    ASSERT_GT(list_segments(folder_.data() + "/ledger")->size(), 5U);
  }

  TestFolder folder_;
  std::string old_ = folder_.other("old-checkpoint");
  std::string key_;
};

TEST_F(Proofs, OfEveryRecordHoldInBothForms) {
  for (std::uint64_t i = 0; i < kRecords; ++i) {
    const auto proof = prove_inclusion(folder_.data(), i);
    ASSERT_TRUE(proof) << proof.error().text();
    ASSERT_EQ(proof->record, record_line(i));
    ASSERT_EQ(proof->leaf, leaf_hash(record_line(i)));
    for (const auto& text : {proof_text(*proof), proof_json(*proof)}) {
      const auto read = parse_proof(text);
      ASSERT_TRUE(read) << read.error().text();
      ASSERT_EQ(read->index, i);
      ASSERT_EQ(read->record, record_line(i));
      const auto checked = check_proof(*read, key_);
      ASSERT_TRUE(checked) << checked.error().text();
      ASSERT_EQ(checked->size, kRecords);
      ASSERT_EQ(checked->origin, "example.com/ledger");
    }
  }
}

TEST_F(Proofs, AreWrittenAsTheFormatOfOtherToolsAsks) {
  const auto proof = proof_text(*prove_inclusion(folder_.data(), 149));
  const auto lines = text::split(proof, '\n');
  EXPECT_EQ(lines[0], "c2sp.org/tlog-proof@v1");
  EXPECT_EQ(lines[1], "extra " + base64(record_line(149)));
  EXPECT_EQ(lines[2], "index 149");
  EXPECT_EQ(unbase64(lines[3])->size(), 32U);
  const auto note = slurp(folder_.ledger("checkpoint"));
  EXPECT_THAT(proof, ::testing::EndsWith("\n\n" + note));

  const auto grown = proof_text(*prove_consistency(folder_.data(), old_));
  EXPECT_THAT(grown, StartsWith("old 77\n"));
  EXPECT_THAT(grown, ::testing::EndsWith("\n\n" + note));
}

TEST_F(Proofs, AgainstAKeptCheckpointCarryThatOne) {
  ProveOptions options;
  options.checkpoint_file = old_;
  const auto proof = prove_inclusion(folder_.data(), 5, options);
  ASSERT_TRUE(proof);
  EXPECT_EQ(proof->checkpoint, slurp(old_));
  EXPECT_EQ(check_proof(*proof, key_)->size, kOld);
  EXPECT_EQ(prove_inclusion(folder_.data(), kOld, options).error().code, Code::unavailable);
}

TEST_F(Proofs, AreGivenUpOnceNobodyWaitsForThem) {
  ProveOptions options;
  options.stopped = [] { return true; };
  EXPECT_EQ(prove_inclusion(folder_.data(), 5, options).error().code, Code::closed);
  EXPECT_EQ(prove_consistency(folder_.data(), old_, options).error().code, Code::closed);
  EXPECT_EQ(find_record(folder_.data(), Id::make(), {}, options.stopped).error().code, Code::closed);
}

TEST_F(Proofs, CanLeaveTheRecordOutAndTakeItBackForTheCheck) {
  ProveOptions options;
  options.with_record = false;
  auto proof = *parse_proof(proof_text(*prove_inclusion(folder_.data(), 8, options)));
  EXPECT_EQ(check_proof(proof, key_).error().code, Code::invalid);
  proof.record = record_line(8);
  EXPECT_TRUE(check_proof(proof, key_));
  proof.record = record_line(9);
  EXPECT_EQ(check_proof(proof, key_).error().code, Code::denied);
}

TEST_F(Proofs, HoldOfRecordsWhoseLinesAreGone) {
  std::filesystem::remove(folder_.ledger(kFirstLog));
  const auto proof = prove_inclusion(folder_.data(), 2);
  ASSERT_TRUE(proof) << proof.error().text();
  EXPECT_FALSE(proof->record);
  EXPECT_TRUE(check_proof(*parse_proof(proof_json(*proof)), key_));
}

TEST_F(Proofs, OfConsistencyHoldInBothForms) {
  const auto proof = prove_consistency(folder_.data(), old_);
  ASSERT_TRUE(proof) << proof.error().text();
  EXPECT_EQ(check_proof(*parse_proof(proof_json(*proof)), key_)->size, kRecords);
  auto read = *parse_proof(proof_text(*proof));
  EXPECT_EQ(check_proof(read, key_).error().code, Code::invalid);  // the older checkpoint is not in it
  read.old_checkpoint = slurp(old_);
  EXPECT_TRUE(check_proof(read, key_));
  read.old_checkpoint = slurp(folder_.ledger("checkpoint"));
  EXPECT_EQ(check_proof(read, key_).error().code, Code::denied);
}

TEST_F(Proofs, AreNotGivenOfALedgerThatWasSetBack) {
  spill(folder_.other("newest"), slurp(folder_.ledger("checkpoint")));
  spill(folder_.ledger("checkpoint"), slurp(old_));
  const auto proof = prove_consistency(folder_.data(), folder_.other("newest"));
  ASSERT_FALSE(proof);
  EXPECT_EQ(proof.error().code, Code::corrupt);
  EXPECT_THAT(proof.error().message, HasSubstr("set back"));
}

TEST_F(Proofs, AreNotGivenWhereAnyLeafIsChanged) {
  const auto path = folder_.ledger(kFirstLeaf);
  auto leaves = slurp(path);
  leaves[kLeafHeader.size() + 40] ^= 1;
  spill(path, leaves);
  for (const std::uint64_t index : {0U, 1U, 149U})
    EXPECT_EQ(prove_inclusion(folder_.data(), index).error().code, Code::corrupt) << index;
}

TEST_F(Proofs, AreNotGivenOfAChangedRecord) {
  const auto path = folder_.ledger(kFirstLog);
  auto lines = slurp(path);
  lines[lines.size() - 5] ^= 1;
  spill(path, lines);
  EXPECT_TRUE(prove_inclusion(folder_.data(), 0));
  std::uint64_t last = leaves_in(folder_.ledger(kFirstLeaf)) - 1;
  EXPECT_EQ(prove_inclusion(folder_.data(), last).error().code, Code::corrupt);
}

TEST_F(Proofs, SayWhatIsWrongWithWhatWasAsked) {
  EXPECT_EQ(prove_inclusion(folder_.data(), kRecords).error().code, Code::not_found);
  EXPECT_EQ(prove_inclusion(folder_.other("nothing"), 0).error().code, Code::not_found);
  EXPECT_EQ(prove_consistency(folder_.data(), folder_.other("nothing")).error().code, Code::not_found);
  spill(folder_.other("note"), "no note");
  EXPECT_EQ(prove_consistency(folder_.data(), folder_.other("note")).error().code, Code::invalid);
}

TEST_F(Proofs, DoNotHoldWithAnyBitChanged) {
  const auto text = proof_text(*prove_inclusion(folder_.data(), 40));
  for (std::size_t i = 0; i < text.size() * 8; ++i) {
    auto changed = text;
    changed[i / 8] = static_cast<char>(changed[i / 8] ^ (1 << (i % 8)));
    const auto read = parse_proof(changed);
    ASSERT_FALSE(read && check_proof(*read, key_)) << "bit " << i << " of\n" << text;
  }
}

TEST(ProofText, IsRefusedInAnyOtherForm) {
  const auto hash = base64(sha256("x"));
  for (const auto& text : std::vector<std::string>{
           "", "\n", "c2sp.org/tlog-proof@v1\n", "c2sp.org/tlog-proof@v1\nindex 07\n\nx", "old -1\n\nx",
           "c2sp.org/tlog-proof@v2\nindex 0\n\nx", "c2sp.org/tlog-proof@v1\nindex 0\nAAAA\n\nx",
           "c2sp.org/tlog-proof@v1\nindex 0\n" + hash, "c2sp.org/tlog-proof@v1\nextra \nindex 0\n\nx",
           "{\"ostiary\":1,\"kind\":\"proof\"}", "{\"ostiary\":1,\"kind\":\"scan\",\"checkpoint\":\"\"}",
           "{"})
    EXPECT_EQ(parse_proof(text).error().code, Code::invalid) << text;
  std::string many = "c2sp.org/tlog-proof@v1\nindex 0\n";
  for (int i = 0; i < 65; ++i) many += hash + "\n";
  EXPECT_FALSE(parse_proof(many + "\nx"));
}

class Exchanges : public ::testing::Test {
 protected:
  void write(const std::vector<std::pair<Id, bool>>& records) {
    auto ledger = Ledger::open(folder_.data(), quiet_options());
    ASSERT_TRUE(ledger);
    Batch batch;
    for (const auto& [id, outcome] : records) {
      ExchangeRecord record;
      record.id = id;
      std::string line;
      outcome ? append_outcome(line, record) : append_intent(line, record);
      batch.add(line);
    }
    ASSERT_TRUE((*ledger)->append(batch));
  }
  TestFolder folder_;
};

TEST_F(Exchanges, AreFoundByTheirIdTheOutcomeFirst) {
  const Id whole = Id::make(), open = Id::make();
  write({{whole, false}, {open, false}, {whole, true}});
  EXPECT_EQ(find_record(folder_.data(), whole), 2U);
  EXPECT_EQ(find_record(folder_.data(), whole, "intent"), 0U);
  EXPECT_EQ(find_record(folder_.data(), open), 1U);
  EXPECT_EQ(find_record(folder_.data(), open, "outcome").error().code, Code::not_found);
  EXPECT_EQ(find_record(folder_.data(), Id::make()).error().code, Code::not_found);
}

}  // namespace
}  // namespace ostiary::ledger
