#include "app/ledger_projection.h"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <sys/stat.h>

#include "base/log.h"
#include "ledger/sums.h"

namespace ostiary::app {

namespace {

// Enough that a transaction costs little of each record, few enough that it takes some 20 ms.
constexpr std::uint64_t kBatch = 8192;

std::uint64_t inode_of(const std::string& path) {
  struct stat info{};
  return ::stat(path.c_str(), &info) == 0 ? info.st_ino : 0;
}

ledger::Place place_of(const store::Projected& at) {
  return {at.index, at.segment, at.offset};
}

store::ExchangeView exchange_of(const ledger::RecordView& r) {
  store::ExchangeView e;
  e.id = r.id;
  e.at = r.at;
  e.subject = r.subject, e.team = r.team, e.key = r.key, e.tool = r.tool, e.endpoint = r.endpoint;
  e.service = r.service, e.provider = r.provider, e.surface = r.surface, e.model = r.model;
  e.effect = r.effect, e.mode = r.mode, e.outcome = r.outcome, e.error = r.error;
  e.status = r.status, e.attempts = r.attempts, e.stream = r.stream, e.estimated = r.estimated;
  e.input = r.input, e.output = r.output, e.cached = r.cached, e.cost_nano = r.cost_nano;
  e.decided = r.decided, e.connected = r.connected, e.first_byte = r.first_byte, e.total = r.total;
  e.request_bytes = r.request_bytes, e.response_bytes = r.response_bytes;
  return e;
}

}  // namespace

std::string exchanges_path(const std::string& data_folder) {
  return data_folder + "/exchanges.sqlite";
}

LedgerProjection::LedgerProjection(const std::string& data_folder, std::unique_ptr<store::Projection> table)
    : data_(data_folder),
      file_(inode_of(exchanges_path(data_folder))),
      table_(std::move(table)),
      cursor_(data_folder, place_of(table_->position())) {}

Result<std::unique_ptr<store::Projection>> LedgerProjection::open_table(const std::string& path, bool anew) {
  auto opened = store::Projection::open(path);
  if (opened && anew) {
    const auto cleared = (*opened)->clear();
    if (!cleared) opened = std::unexpected(cleared.error());
  }
  const bool replaced =
      !opened && (opened.error().code == Code::corrupt || (anew && opened.error().code == Code::newer));
  if (!replaced) return opened;
  log::warn("exchanges: " + opened.error().text() + "; it is made anew from the ledger");
  for (const auto* suffix : {"", "-wal", "-shm"}) {
    std::error_code ignored;
    std::filesystem::remove(path + suffix, ignored);
  }
  return store::Projection::open(path);
}

Result<std::unique_ptr<LedgerProjection>> LedgerProjection::open(const std::string& data_folder, bool anew) {
  TRY(auto table, open_table(exchanges_path(data_folder), anew));
  std::unique_ptr<LedgerProjection> projection(new LedgerProjection(data_folder, std::move(table)));
  TRY_VOID(projection->check_ledger());
  return projection;
}

// The last record that was projected must be the ledger's at that place.
Result<> LedgerProjection::check_ledger() {
  const auto at = table_->position();
  if (at.index == 0) return {};
  TRY(const auto leaf, ledger::leaf_of(data_, at.index - 1));
  const bool cut_off = leaf == at.leaf && ledger::is_within_removed(data_, at.index);
  if (leaf == at.leaf && !cut_off) return {};
  log::warn(fmt::format(
      "exchanges: the table was made from {} records {}; it is made anew", at.index,
      cut_off ? "and the rest of their segment was removed for its age" : "that are not this ledger's"));
  TRY_VOID(table_->clear());
  cursor_ = ledger::Cursor(data_);
  return {};
}

Result<> LedgerProjection::leave_out(std::uint64_t index) {
  if (!std::exchange(complained_, true))
    log::warn(fmt::format("exchanges: record {} of the ledger cannot be read and is left out", index));
  return {};
}

// The exchange of record_.
Result<> LedgerProjection::give_exchange(std::uint64_t index) {
  auto exchange = exchange_of(record_);
  if (record_.kind == ledger::RecordView::Kind::intent) {
    exchange.intent_index = index;
    return table_->intent(exchange);
  }
  exchange.outcome_index = index;
  exchange.intent_index = held_.take(exchange.id);
  return table_->outcome(exchange);
}

// Intents whose outcome is not in this batch.
Result<> LedgerProjection::give_held() {
  Result<> given;
  held_.release([&](std::uint64_t index, std::string_view line) {
    if (given) given = reader_.read(line, record_) ? give_exchange(index) : leave_out(index);
  });
  return given;
}

Result<> LedgerProjection::give(std::uint64_t index, std::string_view line) {
  using Kind = ledger::RecordView::Kind;
  if (const auto exchange = reader_.intent_of(line)) {
    held_.hold(*exchange, index, line);
    return {};
  }
  if (!reader_.read(line, record_)) return leave_out(index);
  if (record_.kind == Kind::outcome) return give_exchange(index);
  const bool anew =
      record_.kind == Kind::recovery || (record_.kind == Kind::change && record_.action == "started");
  if (!anew) return {};
  TRY_VOID(give_held());
  return table_->begun_anew();
}

// Records [from, to) were removed: what they used counts all the same.
Result<> LedgerProjection::pass_over(std::uint64_t from, std::uint64_t to) {
  if (from == to) return {};
  TRY_VOID(give_held());
  if (ledger::is_within_removed(data_, from))
    return fail(Code::unavailable, "records were removed while they were read", data_);
  return ledger::each_removed(data_, from, to, [this](const ledger::SegmentSums& sums) {
    for (const auto& sum : sums.usage)
      table_->count_removed(
          sum.month, {sum.key, sum.team, sum.exchanges, sum.input, sum.output, sum.cached, sum.cost_nano});
    for (const auto& id : sums.ended) table_->ended_in_removed(id);
  });
}

Result<> LedgerProjection::commit() {
  const auto& at = cursor_.place();
  store::Projected upto{at.index, {}, at.segment, at.offset};
  TRY(const auto leaf, ledger::leaf_of(data_, at.index - 1));
  if (leaf) upto.leaf = *leaf;
  return table_->commit(upto);
}

Result<bool> LedgerProjection::step(std::uint64_t until) {
  const auto before = cursor_.place().index;
  if (before >= until) return false;
  TRY_VOID(table_->begin());
  Result<> given;
  auto next = before;
  TRY_VOID(cursor_.read(until, kBatch, [&](std::uint64_t index, std::string_view line) {
    if (given) given = pass_over(std::exchange(next, index + 1), index);
    if (given) given = give(index, line);
  }));
  TRY_VOID(std::move(given));
  TRY_VOID(pass_over(next, cursor_.place().index));
  TRY_VOID(give_held());
  if (cursor_.place().index == before) {
    TRY_VOID(table_->abandon());
    return false;
  }
  TRY_VOID(commit());
  return true;
}

Result<> LedgerProjection::forget_removed() {
  TRY(auto removed, ledger::removed_records(data_));
  for (const auto& range : removed)
    if (std::ranges::find(forgotten_, range) == forgotten_.end())
      TRY_VOID(table_->forget(range.first, range.second));
  forgotten_ = std::move(removed);
  return {};
}

bool LedgerProjection::in_place() const {
  return file_ != 0 && inode_of(exchanges_path(data_)) == file_;
}

}  // namespace ostiary::app
