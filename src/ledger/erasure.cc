// Keeper: erasing digest keys.

#include <fmt/format.h>

#include "base/log.h"
#include "ledger/impl/keeper_impl.h"

namespace ostiary::ledger {

// What a hold protects shows only when its records are read, so that is done before anything is begun.
Result<IdSet> Keeper::Impl::exchanges_of(const std::string& subject, std::uint64_t from) {
  IdSet ids;
  const Hold* held = nullptr;
  TRY_VOID(each_exchange(from, subject, [&](const ExchangeView& exchange) -> Result<> {
    if (exchange.subject != subject) return {};
    ids.insert(exchange.id);
    if (!held) held = holder_of(exchange);
    return {};
  }));
  if (held) return refuse(*held, "exchanges of " + subject);
  return ids;
}

// The name goes first: from then on no exchange of the subject can begin, and those that the ledger has got
// meanwhile are found by reading it again.
Result<Erasure> Keeper::Impl::carry_out(const Keeping::PendingErasure& erasure, NameBook& book) {
  IdSet ids;
  std::uint64_t known = 0;
  if (erasure.exchange) ids.insert(*erasure.exchange);
  if (!erasure.subject.empty()) {
    TRY_VOID(book.forget(erasure.subject));
    known = ledger.size();
    TRY_VOID(each_exchange(0, erasure.subject, [&](const ExchangeView& exchange) -> Result<> {
      if (exchange.subject == erasure.subject) ids.insert(exchange.id);
      return {};
    }));
  }
  TRY(const auto keys, erase_digest_keys(keys_at, ids));
  std::string line;
  append_erasure(line, wall_now(), {erasure.id, erasure.subject, erasure.exchange, erasure.by, keys, known});
  TRY_VOID(put(line));
  return Erasure{erasure.id, keys};
}

// Whether a hold that was set after the erasure began covers any of it.
Result<bool> Keeper::Impl::is_held(const Keeping::PendingErasure& erasure) {
  if (keeping.holds().empty()) return false;
  for (const auto& hold : keeping.holds())
    if (!erasure.subject.empty() && hold.subject == erasure.subject) return true;
  bool held = false;
  const auto word = erasure.exchange ? erasure.exchange->text() : erasure.subject;
  TRY_VOID(each_exchange(0, word, [&](const ExchangeView& exchange) -> Result<> {
    const bool meant = erasure.exchange ? exchange.id == *erasure.exchange : exchange.subject == word;
    held |= meant && holder_of(exchange);
    return {};
  }));
  return held;
}

Result<> Keeper::Impl::finish_erasures(NameBook& book) {
  const auto pending = keeping.pending();
  for (const auto& erasure : pending) {
    TRY(const bool held, is_held(erasure));
    if (held) {
      log::warn("ledger: erasure " + erasure.id.text() +
                " was cut off before its end and waits, as a hold stands in the way now");
      continue;
    }
    TRY_VOID(carry_out(erasure, book));
    log::info("ledger: erasure " + erasure.id.text() + " was cut off before its end and is done now");
  }
  return {};
}

Result<> Keeper::finish(NameBook& names) {
  const std::lock_guard lock(impl_->mutex);
  TRY_VOID(impl_->making_room([this] { return impl_->finish_removal(); }));
  return impl_->finish_erasures(names);
}

Result<Erasure> Keeper::erase_subject(const std::string& subject, const std::string& by, NameBook& names) {
  const std::lock_guard lock(impl_->mutex);
  for (const auto& hold : impl_->keeping.holds())
    if (hold.subject == subject) return impl_->refuse(hold, "subject " + subject);
  TRY(const auto ids, impl_->exchanges_of(subject, 0));
  TRY(const bool known, names.knows(subject));
  if (!known && ids.empty())
    return fail(Code::not_found,
                fmt::format("there is no subject '{}'; `ostiary key list` shows them", subject));
  std::string line;
  const Keeping::PendingErasure erasure{Id::make(), subject, by, std::nullopt, 0};
  append_erasure(line, wall_now(), {erasure.id, subject, std::nullopt, by, std::nullopt, 0});
  TRY_VOID(impl_->put(line));
  return impl_->carry_out(erasure, names);
}

namespace {

// Erasing one exchange asks for no name.
class NoNames final : public NameBook {
 public:
  Result<bool> knows(const std::string&) override { return false; }
  Result<> forget(const std::string&) override { return {}; }
};

}  // namespace

Result<Erasure> Keeper::erase_exchange(const Id& exchange, const std::string& by) {
  const std::lock_guard lock(impl_->mutex);
  TRY_VOID(digest_key(impl_->data, exchange));
  if (!impl_->keeping.holds().empty()) {
    const Hold* held = nullptr;
    TRY_VOID(impl_->each_exchange(0, exchange.text(), [&](const ExchangeView& view) -> Result<> {
      if (view.id == exchange && !held) held = impl_->holder_of(view);
      return {};
    }));
    if (held) return impl_->refuse(*held, "exchange " + exchange.text());
  }
  std::string line;
  const Keeping::PendingErasure erasure{Id::make(), "", by, exchange, 0};
  append_erasure(line, wall_now(), {erasure.id, "", exchange, by, std::nullopt, 0});
  TRY_VOID(impl_->put(line));
  NoNames names;
  return impl_->carry_out(erasure, names);
}

}  // namespace ostiary::ledger
