#include "ledger/keeper.h"

#include <fmt/format.h>

#include "json/document.h"
#include "ledger/cursor.h"
#include "ledger/impl/keeper_impl.h"
#include "ledger/impl/segment.h"

namespace ostiary::ledger {

bool Hold::covers(std::string_view of_subject, std::string_view of_team, WallMs at_time) const {
  return (subject.empty() || subject == of_subject) && (team.empty() || team == of_team) &&
         (!from || at_time >= *from) && (!to || at_time <= *to);
}

Keeper::Impl::Impl(const std::string& data_folder, Ledger& of, const KeeperOptions& with)
    : data(data_folder),
      folder(ledger_folder(data_folder)),
      keys_at(keys_folder(data_folder)),
      ledger(of),
      options(with) {}

const Hold* Keeper::Impl::holder_of(const ExchangeView& exchange) const {
  for (const auto& hold : keeping.holds())
    if (hold.covers(exchange.subject, exchange.team, exchange.at)) return &hold;
  return nullptr;
}

std::unexpected<Error> Keeper::Impl::refuse(const Hold& hold, std::string_view what) const {
  return fail(Code::denied, fmt::format("{} must be kept: hold {} of {} stands in the way ({}); `ostiary "
                                        "ledger hold release {}` ends it",
                                        what, hold.id.text(), rfc3339(hold.at), hold.reason, hold.id.text()));
}

Result<> Keeper::Impl::each_exchange(std::uint64_t from, std::string_view word, const See& see) {
  return scan_records(folder, from, [&](std::uint64_t, std::string_view line) -> Result<bool> {
    if (stopping) return fail(Code::closed, "the gate is stopping; the rest is done at its next start");
    if (line.find(word) == line.npos) return true;
    TRY(const auto exchange, read_exchange(line));
    if (exchange.id != Id{}) TRY_VOID(see(exchange));
    return true;
  });
}

Result<ExchangeView> Keeper::Impl::read_exchange(std::string_view line) const {
  const auto document = json::Document::parse(line);
  if (!document) return fail(Code::corrupt, "a record cannot be read; run `ostiary ledger verify`", folder);
  const auto root = document->root();
  const auto kind = root["kind"].string_or("");
  ExchangeView exchange;
  exchange.at = parse_rfc3339(root["at"].string_or("")).value_or(0);
  if (kind != "intent" && kind != "outcome") return exchange;
  exchange.id = Id::parse(root["id"].string_or("")).value_or(Id{});
  exchange.subject = root["subject"].string_or("");
  exchange.team = root["team"].string_or("");
  return exchange;
}

// ledger/keeping says first that it may lack what comes now, so that a crash in between costs a reading.
Result<std::uint64_t> Keeper::Impl::put(const std::string& line) {
  const auto before = ledger.size();
  TRY_VOID(save_keeping(folder, keeping, before));
  Batch batch;
  batch.add(line);
  TRY_VOID(ledger.append_within_reserve(batch));
  // What the record says counts from now on, whether or not it can be signed yet.
  TRY(keeping, load_keeping(folder));
  TRY_VOID(ledger.checkpoint_now());
  TRY_VOID(save_keeping(folder, keeping, std::nullopt));
  return before;
}

Keeper::Keeper() = default;

Keeper::~Keeper() {
  stop();
}

Result<bool> Keeper::rotate() {
  return impl_->ledger.rotate();
}

void Keeper::stop() {
  {
    const std::lock_guard lock(impl_->sleep_mutex);
    impl_->stopping = true;
  }
  impl_->wake.notify_all();
  if (impl_->thread.joinable()) impl_->thread.join();
}

Result<std::unique_ptr<Keeper>> Keeper::open(const std::string& data_folder, Ledger& ledger,
                                             const KeeperOptions& options) {
  std::unique_ptr<Keeper> keeper(new Keeper);
  keeper->impl_ = std::make_unique<Impl>(data_folder, ledger, options);
  auto& impl = *keeper->impl_;
  impl.newest_before = newest_record(impl.folder);
  TRY(impl.keeping, load_keeping(impl.folder));
  // On a full disk the file stays as it was, which is true too.
  const auto saved = save_keeping(impl.folder, impl.keeping, std::nullopt);
  if (!saved && saved.error().code != Code::unavailable) return std::unexpected(saved.error());
  return keeper;
}

}  // namespace ostiary::ledger
