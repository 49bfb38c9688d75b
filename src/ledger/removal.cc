#include "ledger/impl/removal.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <tuple>
#include <unordered_map>

#include "ledger/cursor.h"
#include "ledger/impl/segment.h"
#include "ledger/record_view.h"

namespace ostiary::ledger {

namespace {

using Kind = RecordView::Kind;

// The program began anew: what is open then has ended without anybody seeing how.
bool is_beginning(const RecordView& record) {
  return record.kind == Kind::recovery || (record.kind == Kind::change && record.action == "started");
}

// What one record says that its exchange used, or reserved.
UsageSum use_of(const RecordView& record) {
  return {month_of(record.at),       std::string(record.key),
          std::string(record.team),  1,
          record.input.value_or(0),  record.output.value_or(0),
          record.cached.value_or(0), record.cost_nano.value_or(0)};
}

// Looks at segments that are to go, and at what stands around them.
class Look {
 public:
  Look(const std::string& ledger_folder, const std::vector<Range>& going, const std::atomic<bool>& stopping)
      : ledger_(ledger_folder), going_(going), stopping_(stopping) {}
  Result<Removal> run();

 private:
  struct Segment {
    std::unordered_map<Id, UsageSum, IdHash> open;     // that have begun and, as far as is known, not ended
    std::unordered_map<Id, UsageSum, IdHash> unknown;  // that ended without anybody seeing how
    std::map<std::tuple<std::string, std::string, std::string>, UsageSum> usage;
    std::vector<Id> outcomes;
    IdSet carried;  // of these, the exchanges that a segment before it holds too, which goes as well

    void begin_anew() { unknown.merge(std::exchange(open, {})); }
    void add(const UsageSum& use);
  };

  bool goes(std::uint64_t first) const {
    return std::ranges::find(going_, first, &Range::first) != going_.end();
  }
  bool is_kept(std::uint64_t first) const {
    return !goes(first) && std::filesystem::exists(log_path(ledger_, first));
  }
  // Every record of a segment, until `take` has enough or the gate stops.
  Result<> scan(std::uint64_t first, const TakeRecord& take);
  Result<Segment> read(std::uint64_t first);
  Result<> look_behind(std::uint64_t first, Segment& segment);
  Result<> look_before();
  SegmentSums sums_of(Segment& segment) const;

  const std::string& ledger_;
  const std::vector<Range>& going_;
  const std::atomic<bool>& stopping_;
  std::vector<std::uint64_t> segments_;
  RecordReader reader_;
  RecordView record_;
  IdSet ids_;      // of all exchanges of the segments that go
  IdSet earlier_;  // of them, those that kept segments before hold too
  IdSet later_;    // those of which a later record is kept, or to come
};

void Look::Segment::add(const UsageSum& use) {
  auto& sum =
      usage.try_emplace({use.month, use.key, use.team}, UsageSum{use.month, use.key, use.team}).first->second;
  sum.exchanges += use.exchanges;
  sum.input += use.input;
  sum.output += use.output;
  sum.cached += use.cached;
  sum.cost_nano += use.cost_nano;
}

Result<> Look::scan(std::uint64_t first, const TakeRecord& take) {
  TRY_VOID(
      scan_segment(ledger_, first, first, [&](std::uint64_t index, std::string_view line) -> Result<bool> {
        if (stopping_) return fail(Code::closed, "the gate is stopping");
        return take(index, line);
      }));
  return {};
}

Result<Look::Segment> Look::read(std::uint64_t first) {
  Segment segment;
  std::unordered_map<Id, UsageSum, IdHash> ended;
  TRY_VOID(scan(first, [&](std::uint64_t, std::string_view line) -> Result<bool> {
    if (!reader_.read(line, record_)) return true;
    if (is_beginning(record_)) segment.begin_anew();
    if (record_.kind != Kind::intent && record_.kind != Kind::outcome) return true;
    const bool was_met = !ids_.insert(record_.id).second;
    if (record_.kind == Kind::intent) {
      segment.open[record_.id] = use_of(record_);
      return true;
    }
    const bool open_here = segment.open.erase(record_.id) + segment.unknown.erase(record_.id) != 0;
    if (was_met && !open_here && !ended.contains(record_.id)) segment.carried.insert(record_.id);
    ended[record_.id] = use_of(record_);
    return true;
  }));
  for (const auto& [id, use] : ended) {
    segment.add(use);
    segment.outcomes.push_back(id);
  }
  return segment;
}

// How the exchanges went on that were open at the segment's end.
Result<> Look::look_behind(std::uint64_t first, Segment& segment) {
  auto next = std::ranges::upper_bound(segments_, first);
  for (; next != segments_.end() && !segment.open.empty(); ++next) {
    if (!std::filesystem::exists(log_path(ledger_, *next))) {
      const auto sums = read_sums(ledger_, *next);
      if (!sums) continue;
      for (const auto& id : sums->ended) segment.open.erase(id);
      continue;
    }
    const bool kept = !goes(*next);
    const auto see = [&](std::uint64_t, std::string_view line) -> Result<bool> {
      if (!reader_.read(line, record_)) return true;
      if (is_beginning(record_)) segment.begin_anew();
      const bool of_exchange = record_.kind == Kind::intent || record_.kind == Kind::outcome;
      if (of_exchange && segment.open.erase(record_.id) != 0 && kept) later_.insert(record_.id);
      return !segment.open.empty();
    };
    TRY_VOID(scan(*next, see));
  }
  for (const auto& [id, use] : segment.open) later_.insert(id);  // still under way
  return {};
}

Result<> Look::look_before() {
  for (const auto first : segments_) {
    if (first >= going_.back().first) break;
    if (!is_kept(first)) continue;
    TRY_VOID(scan(first, [&](std::uint64_t, std::string_view line) -> Result<bool> {
      if (reader_.read(line, record_) && ids_.contains(record_.id)) earlier_.insert(record_.id);
      return true;
    }));
  }
  return {};
}

SegmentSums Look::sums_of(Segment& segment) const {
  for (const auto& [id, use] : segment.unknown)
    if (!earlier_.contains(id)) segment.add(use);
  SegmentSums sums;
  for (const auto& [name, sum] : segment.usage) sums.usage.push_back(sum);
  for (const auto& id : segment.outcomes)
    if (earlier_.contains(id) || segment.carried.contains(id)) sums.ended.push_back(id);
  std::ranges::sort(sums.ended);
  return sums;
}

Result<Removal> Look::run() {
  Removal removal;
  if (going_.empty()) return removal;
  TRY(segments_, list_segments(ledger_));
  std::vector<Segment> read_ones;
  for (const auto& range : going_) {
    TRY(auto segment, read(range.first));
    TRY_VOID(look_behind(range.first, segment));
    read_ones.push_back(std::move(segment));
  }
  TRY_VOID(look_before());
  for (auto& segment : read_ones) removal.sums.push_back(sums_of(segment));
  for (const auto& id : ids_)
    if (!earlier_.contains(id) && !later_.contains(id)) removal.last.insert(id);
  return removal;
}

}  // namespace

Result<Removal> look_before_removal(const std::string& ledger_folder, const std::vector<Range>& going,
                                    const std::atomic<bool>& stopping) {
  return Look(ledger_folder, going, stopping).run();
}

}  // namespace ostiary::ledger
