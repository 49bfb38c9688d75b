// How fast the exchange table is filled and read:
//   store_exchange_list [ROWS] [FOLDER]     1,000,000 rows in a temporary folder where nothing is said
// Prints what docs/performance.md shows, in processor time. Exit status 1 where the 95th percentile of any
// filter is over 50 ms.

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <time.h>
#include <vector>

#include "base/testing.h"
#include "base/text.h"
#include "base/time.h"
#include "ledger/record.h"
#include "ledger/record_view.h"
#include "store/exchanges.h"
#include "store/projection.h"

namespace {

using namespace ostiary;

constexpr double kMostMs = 50;
constexpr std::uint64_t kBatch = 4096;  // exchanges, which are twice as many records
constexpr WallMs kDays = 90, kDay = 86'400'000;
constexpr WallMs kBegin = 1'788'000'000'000;

[[noreturn]] void stop(const Error& error) {
  fmt::print(stderr, "exchange_list: {}\n", error.text());
  std::exit(3);
}

template <class T>
T need(Result<T> result) {
  if (!result) stop(result.error());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

// Processor time: what else runs on the machine does not count. Everything is in memory, so nothing waits.
MonoNs used() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

double seconds_since(MonoNs start) {
  return static_cast<double>(used() - start) / 1e9;
}

std::mt19937_64 chance(7);

std::size_t below(std::size_t n) {
  return std::uniform_int_distribution<std::size_t>(0, n - 1)(chance);
}

// Few are asked for often, many hardly ever.
std::size_t skewed(std::size_t n) {
  const double x = std::uniform_real_distribution<double>(0, 1)(chance);
  return std::min(n - 1, static_cast<std::size_t>(static_cast<double>(n) * x * x * x));
}

Id id_at(WallMs at, std::uint64_t n) {
  Id id = Id::make();
  for (int i = 0; i < 6; ++i)
    id.bytes[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(at >> (40 - 8 * i));
  id.bytes[6] = static_cast<std::uint8_t>(0x70 | (n >> 8 & 15));
  id.bytes[7] = static_cast<std::uint8_t>(n);
  return id;
}

// A key of three exchanges, long ago; and a name that nobody has.
constexpr std::string_view kRareKey = "KeyRare", kNobody = "nobody-has-this-name";
constexpr std::uint64_t kRare = 3;
constexpr std::size_t kKeys = 1000, kTeams = 40, kSubjects = 600, kServices = 5, kModels = 14;
constexpr std::array<std::string_view, 5> kOutcomes = {"complete", "failed", "cancelled", "truncated",
                                                       "refused"};
constexpr std::array<std::string_view, 3> kEffects = {"allow", "deny", "redact"};

std::string key_of(std::size_t n) {
  return fmt::format("Key{:05}", n);
}
std::string team_of(std::size_t key) {
  return fmt::format("team-{}", key % kTeams);
}
std::string subject_of(std::size_t key) {
  return fmt::format("sub_{:020}", key % kSubjects);
}
std::string service_of(std::size_t model) {
  return fmt::format("service-{}", model % kServices);
}
std::string model_of(std::size_t n) {
  return fmt::format("vendor-model-{}-2026", n);
}

// One exchange of a company's quarter.
struct Made {
  std::string key, team, subject, service, model;
  ledger::ExchangeRecord record;
};

void make(Made& made, std::uint64_t n, std::uint64_t rows) {
  const auto key = skewed(kKeys);
  // Keys keep to a few models; a third of the keys came only lately.
  const auto model = (key * 7 + skewed(3)) % kModels;
  const auto at = kBegin + static_cast<WallMs>(n * static_cast<std::uint64_t>(kDays * kDay) / rows);
  made.key = n < kRare ? std::string(kRareKey) : key_of(key), made.team = team_of(key),
  made.subject = subject_of(key);
  made.model = model_of(model), made.service = service_of(model);
  auto& r = made.record;
  r = {};
  r.id = id_at(at, n);
  r.at = at;
  r.subject = made.subject, r.team = made.team, r.key = made.key, r.tool = "";
  r.endpoint = below(5) == 0 ? "responses" : "chat/completions", r.method = "POST";
  r.service = made.service, r.provider = "vendor", r.surface = "api", r.model = made.model;
  const auto kind = below(1000);
  r.outcome = kind < 960   ? ledger::Outcome::complete
              : kind < 975 ? ledger::Outcome::failed
              : kind < 985 ? ledger::Outcome::cancelled
              : kind < 990 ? ledger::Outcome::truncated
                           : ledger::Outcome::refused;
  r.decision_json = kind >= 990 ? R"({"alternative":null,"effect":"deny","facts":[],"mode":"enforce"})"
                    : kind < 10 ? R"({"alternative":null,"effect":"redact","facts":[],"mode":"enforce"})"
                                : R"({"alternative":null,"effect":"allow","facts":[],"mode":"enforce"})";
  r.status = kind >= 990 ? 403 : 200;
  r.attempts = 1;
  r.stream = below(2) == 0;
  r.request_bytes = below(20'000), r.response_bytes = below(5'000);
  r.usage = {below(5000), below(900), below(1000), static_cast<double>(below(1'000'000)) / 1e9, false};
  r.timings = {below(300), below(900), below(900'000), below(3'000'000)};
}

store::ExchangeView exchange_of(const ledger::RecordView& r) {
  store::ExchangeView e;
  e.id = r.id, e.at = r.at, e.subject = r.subject, e.team = r.team, e.key = r.key, e.endpoint = r.endpoint;
  e.service = r.service, e.provider = r.provider, e.surface = r.surface, e.model = r.model;
  e.effect = r.effect, e.mode = r.mode, e.outcome = r.outcome, e.error = r.error, e.status = r.status;
  e.attempts = r.attempts, e.stream = r.stream, e.input = r.input, e.output = r.output, e.cached = r.cached;
  e.cost_nano = r.cost_nano, e.decided = r.decided, e.connected = r.connected, e.first_byte = r.first_byte;
  e.total = r.total, e.request_bytes = r.request_bytes, e.response_bytes = r.response_bytes;
  return e;
}

struct Filling {
  double parse = 0, apply = 0;  // seconds
  std::uint64_t records = 0;
};

// Fills the table as the projector does: lines are parsed, intents and outcomes applied, in batches.
Filling fill(const std::string& path, std::uint64_t rows) {
  const auto projection = need(store::Projection::open(path));
  Filling filling;
  std::vector<std::string> lines;
  Made made;
  ledger::RecordReader reader;
  ledger::RecordView view;
  for (std::uint64_t n = 0; n < rows;) {
    lines.clear();
    for (; lines.size() < 2 * kBatch && n < rows; ++n) {
      make(made, n, rows);
      ledger::append_intent(lines.emplace_back(), made.record);
      ledger::append_outcome(lines.emplace_back(), made.record);
    }
    auto start = used();
    std::uint64_t bytes = 0;
    for (const auto& line : lines) bytes += reader.read(line, view) ? view.request_bytes : 0;
    filling.parse += seconds_since(start);
    if (bytes == 0) std::exit(3);
    start = used();
    need(projection->begin());
    for (const auto& line : lines) {
      reader.read(line, view);
      auto exchange = exchange_of(view);
      const bool intent = view.kind == ledger::RecordView::Kind::intent;
      (intent ? exchange.intent_index : exchange.outcome_index) = filling.records++;
      need(intent ? projection->intent(exchange) : projection->outcome(exchange));
    }
    need(projection->commit({filling.records, {}, 0, 0}));
    filling.apply += seconds_since(start);
  }
  return filling;
}

// A filter of the texts whose bits are set: half of the values are those of one key's traffic, half are drawn
// one by one, so that they may have nothing in common.
store::ExchangeFilter filter_of(unsigned bits) {
  const bool together = below(2) == 0;
  const auto one = skewed(kKeys);
  const auto key = [&] { return together ? one : below(kKeys); };
  const auto model = [&] { return together ? (one * 7) % kModels : below(kModels); };
  store::ExchangeFilter f;
  if (bits & 1) f.team = team_of(key());
  if (bits & 2) f.subject = subject_of(key());
  if (bits & 4) f.key = key_of(key());
  if (bits & 8) f.service = service_of(model());
  if (bits & 16) f.model = model_of(model());
  if (bits & 32) f.outcome = kOutcomes[below(kOutcomes.size())];
  if (bits & 64) f.decision = kEffects[below(kEffects.size())];
  return f;
}

// What a filter finds: what is usual, three exchanges at most, or nothing at all, as one of its names is
// nobody's. `teams` asks for all of a caller who may see that many, as the API does for one who may not see
// all.
enum class Finds : std::uint8_t { usual, little, nothing, teams };
constexpr std::array<std::string_view, 4> kFinds = {"", "a rare key", "a name of nobody's",
                                                    "20 teams allowed"};

void narrow(store::ExchangeFilter& f, Finds finds) {
  if (finds == Finds::little) f.key = kRareKey;
  if (finds == Finds::teams)
    for (std::size_t n = 0; n < kTeams; n += 2) f.any_team.push_back(team_of(n));
  if (finds != Finds::nothing) return;
  std::vector<std::string*> names;
  for (auto* name : {&f.team, &f.subject, &f.key, &f.service, &f.model, &f.outcome, &f.decision})
    if (!name->empty()) names.push_back(name);
  if (!names.empty()) *names[below(names.size())] = kNobody;
}

std::string name_of(unsigned bits, unsigned time, Finds finds) {
  constexpr std::array<std::string_view, 7> names = {"team",  "subject", "key",     "service",
                                                     "model", "outcome", "decision"};
  std::string name;
  for (std::size_t i = 0; i < names.size(); ++i)
    if (bits >> i & 1) name += (name.empty() ? "" : " + ") + std::string(names[i]);
  if (finds != Finds::usual)
    name += (name.empty() ? "" : " + ") + std::string(kFinds[static_cast<std::size_t>(finds)]);
  if (time != 0) name += (name.empty() ? "" : " + ") + std::string(time == 1 ? "a day" : "a month");
  return name.empty() ? "none" : name;
}

double percentile(std::vector<double>& times, double part) {
  std::ranges::sort(times);
  return times[std::min(times.size() - 1,
                        static_cast<std::size_t>(part * static_cast<double>(times.size())))];
}

struct Timed {
  std::string name;
  double p95 = 0, most = 0;
};

// Times of pages of 50: the first, and one behind a cursor anywhere.
Timed time_filter(store::Exchanges& exchanges, unsigned bits, unsigned time, Finds finds,
                  std::vector<double>& all) {
  constexpr int samples = 5;
  std::vector<double> times;
  for (int i = 0; i < samples; ++i) {
    auto f = filter_of(bits);
    narrow(f, finds);
    if (time != 0) {
      const WallMs days = time == 1 ? 1 : 30;
      f.from = kBegin + static_cast<WallMs>(below(static_cast<std::size_t>((kDays - days) * 24))) * 3'600'000;
      f.until = *f.from + days * kDay;
    }
    const auto anywhere = kBegin + static_cast<WallMs>(below(static_cast<std::size_t>(kDays * kDay)));
    for (const auto& cursor : {std::string(), id_at(anywhere, 0).text()}) {
      const auto start = used();
      const auto page = need(exchanges.list(f, cursor, 50));
      times.push_back(seconds_since(start) * 1000);
    }
  }
  all.insert(all.end(), times.begin(), times.end());
  return {name_of(bits, time, finds), percentile(times, 0.95), times.back()};
}

}  // namespace

int main(int argc, char** argv) {
  const auto rows = argc > 1 ? text::parse_uint(argv[1]).value_or(0) : 1'000'000;
  if (rows == 0 || argc > 3) {
    fmt::print(stderr, "exchange_list: call it as: store_exchange_list [ROWS] [FOLDER]\n");
    return 2;
  }
  std::optional<testing::TempFolder> temporary;
  const auto path = (argc > 2 ? argv[2] : temporary.emplace().path()) + "/exchanges.sqlite";
  const auto filling = fill(path, rows);
  const auto size = std::filesystem::file_size(path);
  fmt::print("| | |\n| --- | --- |\n");
  fmt::print("| records parsed | {:.0f} a second |\n", static_cast<double>(filling.records) / filling.parse);
  fmt::print("| exchanges put into the table, parsing included | {:.0f} a second ({:.0f} records) |\n",
             static_cast<double>(rows) / filling.apply, static_cast<double>(filling.records) / filling.apply);
  std::fflush(stdout);
  fmt::print("| the file | {} bytes an exchange |\n\n", size / rows);
  store::Exchanges exchanges(path);
  std::vector<Timed> timed;
  std::map<int, std::vector<double>> by_count;
  std::map<Finds, std::vector<double>> by_finds;
  for (unsigned time = 0; time < 3; ++time)
    for (unsigned bits = 0; bits < 128; ++bits) {
      auto& count = by_count[std::popcount(bits) + (time != 0 ? 1 : 0)];
      timed.push_back(time_filter(exchanges, bits, time, Finds::usual, count));
      for (const auto finds : {Finds::little, Finds::nothing, Finds::teams})
        timed.push_back(time_filter(exchanges, bits, time, finds, by_finds[finds]));
    }
  fmt::print("| filters at once | p50 ms | p95 ms | longest ms |\n| --- | --- | --- | --- |\n");
  for (auto& [count, times] : by_count) {
    const auto p95 = percentile(times, 0.95);
    fmt::print("| {} | {:.2f} | {:.2f} | {:.1f} |\n", count, percentile(times, 0.5), p95, times.back());
  }
  for (auto& [finds, times] : by_finds) {
    const auto p95 = percentile(times, 0.95);
    fmt::print("| any, with {} | {:.2f} | {:.2f} | {:.1f} |\n", kFinds[static_cast<std::size_t>(finds)],
               percentile(times, 0.5), p95, times.back());
  }
  std::ranges::sort(timed, std::greater<>(), &Timed::p95);
  fmt::print("\n| slowest filters | p95 ms | longest ms |\n| --- | --- | --- |\n");
  for (std::size_t i = 0; i < 5; ++i)
    fmt::print("| {} | {:.2f} | {:.1f} |\n", timed[i].name, timed[i].p95, timed[i].most);
  return timed.front().p95 > kMostMs ? 1 : 0;
}
