#pragma once

#include <filesystem>
#include <gtest/gtest.h>
#include <map>
#include <signal.h>
#include <string>
#include <sys/resource.h>
#include <vector>

#include "ledger/impl/append_file.h"
#include "ledger/impl/test_support.h"
#include "ledger/keeper.h"

// What tests of the keeper share.
namespace ostiary::ledger::testing {

constexpr WallMs kDay = 24LL * 3600 * 1000;
constexpr WallMs kStart = 1'760'000'000'000;

class Book final : public NameBook {
 public:
  Book() = default;
  explicit Book(const std::string& subject, bool is_broken = false)
      : names{{subject, "ada"}}, broken(is_broken) {}
  std::map<std::string, std::string> names;
  std::vector<std::string> forgotten;
  bool broken = false;
  Result<bool> knows(const std::string& subject) override { return names.contains(subject); }
  Result<> forget(const std::string& subject) override {
    if (broken) return fail(Code::io, "the store is broken");
    forgotten.push_back(subject);
    names.erase(subject);
    return {};
  }
};

// A data folder with a ledger, its keeper, and exchanges.
struct House {
  explicit House(const std::string& data, Options options = quiet_options(), KeeperOptions keeping = {})
      : folder(data) {
    auto opened = Ledger::open(data, options);
    EXPECT_TRUE(opened) << opened.error().text();
    ledger = std::move(*opened);
    auto made = Keeper::open(data, *ledger, keeping);
    EXPECT_TRUE(made) << made.error().text();
    keeper = std::move(*made);
  }

  Id exchange(const std::string& subject, const std::string& team = "t", WallMs at = kStart) {
    ExchangeRecord record;
    record.id = Id::make();
    record.at = at;
    record.subject = subject;
    record.team = team;
    std::string intent, outcome;
    append_intent(intent, record);
    append_outcome(outcome, record);
    Batch batch;
    batch.add_key(record.id, random_key());
    batch.add(intent);
    batch.add(outcome);
    EXPECT_TRUE(ledger->append(batch));
    return record.id;
  }
  bool has_key(const Id& id) const { return digest_key(folder, id).has_value(); }
  std::vector<std::string> of_kind(const std::string& kind) const {
    std::vector<std::string> found;
    for (const auto& line : *tail(folder, 1000))
      if (line.find("\"kind\":\"" + kind + "\"") != line.npos) found.push_back(line);
    return found;
  }

  std::string folder;
  std::unique_ptr<Ledger> ledger;
  std::unique_ptr<Keeper> keeper;
};

inline void expect_sound(const std::string& data) {
  const auto report = verify(data);
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_TRUE(report->ok) << report->problems[0].what << ": " << report->problems[0].message;
}

// Three closed segments of exchanges, each a day older than the next, and one that is written to.
struct OldHouse : House {
  explicit OldHouse(const std::string& data) : House(data) {
    for (int day = 10; day > 7; --day) {
      for (int n = 0; n < 4; ++n)
        ids.push_back(exchange("sub_" + std::to_string(day), "t", wall_now() - day * kDay));
      EXPECT_TRUE(ledger->rotate().value());
    }
    ids.push_back(exchange("sub_0", "t", wall_now()));
  }
  static constexpr std::uint64_t days(int n) { return static_cast<std::uint64_t>(n * kDay); }
  std::string log(std::uint64_t first) const { return folder + "/ledger/" + numbered_name(first, ".log"); }
  bool stands(std::uint64_t first) const { return std::filesystem::exists(log(first)); }
  std::vector<Id> ids;  // 4 a segment, then 1
};

// The parts of an exchange, one by one.
struct Parts {
  explicit Parts(WallMs at) {
    record.id = Id::make();
    record.at = at;
    record.subject = "sub_a";
    record.team = "t";
  }
  void begin(House& house) const {
    std::string line;
    append_intent(line, record);
    Batch batch;
    batch.add_key(record.id, random_key());
    batch.add(line);
    ASSERT_TRUE(house.ledger->append(batch));
  }
  void end(House& house) const {
    std::string line;
    append_outcome(line, record);
    Batch batch;
    batch.add(line);
    ASSERT_TRUE(house.ledger->append(batch));
  }
  ExchangeRecord record;
};

// Lowers and lifts what this process may write.
class Room {
 public:
  Room() {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
  }
  ~Room() { lift(); }
  void limit(rlim_t bytes) const {
    const rlimit less{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &less);
  }
  void lift() const { ::setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

}  // namespace ostiary::ledger::testing
