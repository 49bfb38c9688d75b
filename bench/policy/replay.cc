// How long it takes to decide a ledger's exchanges again under a document, beside only reading them.
//
//   policy_replay [EXCHANGES [DOCUMENT]]      default: 1,000,000 and catalog/policy.md of the current folder
//
// Exit status 1 where a million would take more than ten seconds, or something was not decided.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <fmt/format.h>
#include <string>

#include "../ledger/made.h"
#include "app/replay_ledger.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/testing.h"
#include "base/text.h"
#include "ledger/export.h"
#include "ledger/ledger.h"

namespace {

using namespace ostiary;
using Clock = std::chrono::steady_clock;

constexpr double kLimit = 10;  // seconds for a million
constexpr int kRounds = 5;

template <class T>
T need(Result<T> result) {
  if (result) return std::move(*result);
  fmt::print(stderr, "{}\n", result.error().text());
  std::exit(2);
}

std::string decision_of(std::uint64_t n) {
  const auto classes = n % 10 == 0 ? R"(["personal"])" : n % 97 == 0 ? R"(["secret"])" : "[]";
  return fmt::format(
      R"({{"alternative":null,"effect":"{}","facts":[{{"name":"data.bytes","source":"request","value":{}}},)"
      R"({{"name":"data.classes","source":"inspection","value":{}}},)"
      R"({{"name":"data.partial","source":"inspection","value":[]}},)"
      R"({{"name":"target.hosting","source":"config","value":"provider"}},)"
      R"({{"name":"target.surface","source":"config","value":"api"}}],"mode":"enforce","obligations":[],)"
      R"("policy":{{"digest":null,"version":null}},"rules":[{{"clause":null,"id":"data_classes.secret"}}]}})",
      n % 97 == 0 ? "deny" : "allow", 1024 + n % 512, classes);
}

void add_exchange(ledger::Batch& batch, std::uint64_t n) {
  constexpr std::array<std::string_view, 4> models = {"gpt-5-mini", "claude-sonnet-4-5", "mistral-large",
                                                      "llama3"};
  const auto digest = sha256(std::to_string(n));
  const auto decision = decision_of(n), subject = fmt::format("u-{:012x}", n % 300),
             team = fmt::format("team-{}", n % 20);
  auto record = bench::exchange_record(n, digest);
  record.subject = subject;
  record.team = team;
  record.tool = n % 3 == 0 ? "codex" : "";
  record.model = models[n % models.size()];
  record.decision_json = decision;
  if (n % 10 == 0)
    record.findings_json =
        R"([{"checksum":"none","class":"personal","confidence":"high","detector":"email-address",)"
        R"("fingerprint":"1f0c2e77a9d4b831","location":{"end":60,"pointer":"/messages/0/content","start":40},)"
        R"("preview":"…"}])";
  bench::add(batch, record);
}

void write_ledger(const std::string& data, std::uint64_t exchanges) {
  ledger::Options options;
  options.sync = ledger::Sync::os;
  options.checkpoint_interval_ms = 3'600'000;
  const auto book = need(ledger::Ledger::open(data, options));
  for (std::uint64_t n = 0; n < exchanges;) {
    ledger::Batch batch;
    for (int i = 0; i < 500 && n < exchanges; ++i, ++n) add_exchange(batch, n);
    if (const auto done = book->append(batch); !done) std::exit(2);
    if (const auto done = book->checkpoint_now(); !done) std::exit(2);
  }
}

double seconds(auto&& work) {
  const auto before = Clock::now();
  work();
  return std::chrono::duration<double>(Clock::now() - before).count();
}

double median(std::vector<double> all) {
  std::ranges::sort(all);
  return all[all.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  const auto exchanges = argc > 1 ? text::parse_uint(argv[1]).value_or(1'000'000) : 1'000'000;
  const std::string file = argc > 2 ? argv[2] : "catalog/policy.md";
  log::set_level(log::Level::error);
  auto document = policy::read_document(need(read_file(file, 16U << 20)));
  if (!document.usable()) {
    fmt::print(stderr, "{}: 'ostiary policy check' tells what is wrong with it\n", file);
    return 2;
  }
  const policy::Policy candidate(std::move(document.document));
  const testing::TempFolder folder;
  const auto data = folder / "data";
  write_ledger(data, exchanges);
  bool fine = true;
  std::uint64_t changed = 0;
  std::vector<double> reading, replaying;
  for (int i = 0; i < kRounds; ++i) {
    ledger::RecordFilter filter;
    filter.kind = "outcome";
    reading.push_back(seconds([&] {
      std::uint64_t bytes = 0;
      const auto read = ledger::export_records(data, filter, [&](std::string_view line) -> Result<> {
        bytes += line.size();
        return {};
      });
      fine &= read && read->matched == exchanges && bytes > 0;
    }));
    replaying.push_back(seconds([&] {
      const auto all = need(app::replay_ledger(data, candidate, {}, {}, {}, {}));
      fine &= all.replay.exchanges() == exchanges && all.undecided == 0 && all.unread == 0;
      changed = all.replay.changed();
    }));
  }
  const auto each = median(replaying) / static_cast<double>(exchanges);
  fmt::print("{} exchanges, {} rules, {} decided otherwise; medians of {} rounds\n", exchanges,
             candidate.document().rules.size(), changed, kRounds);
  fmt::print("reading the outcomes {:.2f} s, replaying {:.2f} s: {:.1f} times as long\n", median(reading),
             median(replaying), median(replaying) / median(reading));
  const bool met = each * 1e6 < kLimit;
  fmt::print("a million in {:.2f} s, limit {:.0f} s: {}\n", each * 1e6, kLimit, met ? "met" : "missed");
  if (!fine) fmt::print(stderr, "something was not read or not decided\n");
  return met && fine ? 0 : 1;
}
