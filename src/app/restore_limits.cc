#include "app/restore_limits.h"

#include <algorithm>
#include <functional>
#include <map>

#include "gateway/account.h"
#include "ledger/cursor.h"
#include "ledger/record_view.h"
#include "ledger/sums.h"
#include "store/exchanges.h"

namespace ostiary::app {

namespace {

using gateway::Account;
using gateway::Amount;
using gateway::Month;
using Kind = ledger::RecordView::Kind;

constexpr WallMs kMinuteMs = 61'000;
constexpr std::uint64_t kAtOnce = 1u << 16;

// Which month's spending or which minute's requests and tokens an exchange counts in.
struct Use {
  std::string key, team;
  WallMs at = 0, ended = 0;
  std::uint64_t tokens = 0;
  std::int64_t cost = 0;
};

Use use_of(const ledger::RecordView& record) {
  const auto total_ms = static_cast<WallMs>(record.total.value_or(0) / 1000);
  return {std::string(record.key),
          std::string(record.team),
          record.at,
          record.at + total_ms,
          record.input.value_or(0) + record.output.value_or(0),
          record.cost_nano.value_or(0)};
}

class Restoring {
 public:
  Restoring(gateway::Limiter& limiter, const std::string& data_folder, std::uint64_t size, WallMs now)
      : limiter_(limiter), data_(data_folder), size_(size), now_(now), mono_(mono_now()) {}

  Result<> months();
  Result<> minute();

 private:
  template <class Take>
  Result<> each_use(const ledger::Place& from, std::map<Id, Use> open, Take take,
                    const std::function<void(const ledger::UsageSum&)>& take_removed = {});
  Result<std::uint64_t> a_minute_ago();
  template <class Add>
  void for_both(const Use& use, Add add) {
    if (use.key.empty()) return;
    add(limiter_.account(Account::Scope::key, use.key));
    add(limiter_.account(Account::Scope::team, use.team));
  }
  // Never in the future, whatever the clock did meanwhile.
  MonoNs mono_of(WallMs at) const { return mono_ - std::max<WallMs>(0, now_ - at) * 1'000'000; }

  gateway::Limiter& limiter_;
  const std::string data_;
  const std::uint64_t size_;
  const WallMs now_;
  const MonoNs mono_;
};

// Calls `take` with what each exchange used whose last record is at or behind `from`, refusals left out;
// of those in `open`, which began before it, too. `take_removed` gets what removed records used.
template <class Take>
Result<> Restoring::each_use(const ledger::Place& from, std::map<Id, Use> open, Take take,
                             const std::function<void(const ledger::UsageSum&)>& take_removed) {
  ledger::Cursor cursor(data_, from);
  ledger::RecordReader reader;
  ledger::RecordView record;
  Result<> passed;
  auto next = from.index;
  const auto pass_over = [&](std::uint64_t to) {
    const auto at = std::exchange(next, to);
    if (at == to || !take_removed || !passed) return;
    passed = ledger::each_removed(data_, at, to, [&](const ledger::SegmentSums& sums) {
      for (const auto& sum : sums.usage) take_removed(sum);
      for (const auto& id : sums.ended) open.erase(id);
    });
  };
  const auto read = [&](std::uint64_t index, std::string_view line) {
    pass_over(index);
    next = index + 1;
    if (!reader.read(line, record)) return;
    if (record.kind == Kind::intent) {
      open[record.id] = use_of(record);
    } else if (record.kind == Kind::outcome) {
      open.erase(record.id);
      if (record.outcome != "refused") take(use_of(record));
    }
  };
  while (cursor.place().index < size_) {
    const auto before = cursor.place().index;
    TRY(const auto given, cursor.read(size_, kAtOnce, read));
    pass_over(cursor.place().index);
    TRY_VOID(passed);
    if (given == 0 && cursor.place().index == before) break;
  }
  for (const auto& [id, use] : open) take(use);
  return {};
}

Result<> Restoring::months() {
  const Month now = gateway::month_of(now_);
  store::Exchanges table(data_ + "/exchanges.sqlite");
  ledger::Place from;
  std::map<Id, Use> open;
  const Month first = now - 1;  // the clock may have been wrong, or be so now
  const auto table_says =
      table.usage_at({gateway::month_name(first), gateway::month_name(now), gateway::month_name(now + 1)});
  if (table_says && table_says->position.index <= size_) {
    const auto& at = table_says->position;
    from = {at.index, at.segment, at.offset};
    Month month = first;
    for (const auto& usage : table_says->months) {
      for (const auto& one : usage)
        for_both({one.key, one.team, 0, 0, 0, 0},
                 [&](Account& account) { account.restore({0, one.cost_nano, month}, 0, mono_); });
      ++month;
    }
    for (const auto& one : table_says->open)
      open[one.id] = {one.key, one.team, one.at, one.at, 0, one.cost_nano};
  }
  const auto spent = [&](const Use& use) {
    for_both(use,
             [&](Account& account) { account.restore({0, use.cost, gateway::month_of(use.at)}, 0, mono_); });
  };
  return each_use(from, std::move(open), spent, [&](const ledger::UsageSum& sum) {
    const auto began = parse_rfc3339(sum.month + "-01T00:00:00Z");
    if (began) spent({sum.key, sum.team, *began, *began, 0, sum.cost_nano});
  });
}

// The index of a record with nothing of the last minute before it.
Result<std::uint64_t> Restoring::a_minute_ago() {
  for (std::uint64_t back = 1024;; back *= 4) {
    if (back >= size_) return 0;
    ledger::Cursor cursor(data_, {size_ - back, 0, 0});
    ledger::RecordReader reader;
    ledger::RecordView record;
    bool old = false;
    TRY(const auto given, cursor.read(size_, 1, [&](std::uint64_t, std::string_view line) {
      old = reader.read(line, record) && use_of(record).ended < now_ - kMinuteMs;
    }));
    if (given == 0 || old) return size_ - back;
  }
}

Result<> Restoring::minute() {
  TRY(const auto index, a_minute_ago());
  return each_use({index, 0, 0}, {}, [&](const Use& use) {
    for_both(use, [&](Account& account) {
      if (use.at >= now_ - kMinuteMs) account.restore({}, 1, mono_of(use.at));
      if (use.ended >= now_ - kMinuteMs) account.restore({use.tokens, 0, 0}, 0, mono_of(use.ended));
    });
  });
}

}  // namespace

Result<> restore_limits(gateway::Limiter& limiter, const std::string& data_folder, std::uint64_t size,
                        WallMs now) {
  Restoring restoring(limiter, data_folder, size, now);
  TRY_VOID(restoring.months());
  return restoring.minute();
}

}  // namespace ostiary::app
