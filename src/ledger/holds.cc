// Keeper: legal holds.

#include <algorithm>
#include <fmt/format.h>

#include "ledger/impl/keeper_impl.h"

namespace ostiary::ledger {

Result<Hold> Keeper::set_hold(const HoldRequest& request) {
  if (request.subject.empty() && request.team.empty() && !request.from && !request.to)
    return fail(Code::invalid, "a hold needs a subject, a team or dates");
  if (request.from && request.to && *request.from > *request.to)
    return fail(Code::invalid, "a hold must not end before it begins");
  if (request.reason.empty()) return fail(Code::invalid, "a hold needs a reason");
  const std::lock_guard lock(impl_->mutex);
  const auto id = Id::make();
  std::string line;
  append_hold(
      line, wall_now(),
      {id, request.subject, request.team, request.from, request.to, request.reason, request.by, false});
  TRY_VOID(impl_->put(line));
  return impl_->keeping.holds().back();
}

std::vector<Hold> Keeper::holds() {
  const std::lock_guard lock(impl_->mutex);
  return impl_->keeping.holds();
}

Result<Hold> Keeper::release_hold(const Id& id, const std::string& by) {
  const std::lock_guard lock(impl_->mutex);
  const auto& holds = impl_->keeping.holds();
  const auto found = std::ranges::find(holds, id, &Hold::id);
  if (found == holds.end())
    return fail(Code::not_found,
                fmt::format("no hold {} stands; `ostiary ledger hold list` shows them", id.text()));
  const Hold hold = *found;
  std::string line;
  append_hold(line, wall_now(), {id, hold.subject, hold.team, hold.from, hold.to, hold.reason, by, true});
  TRY_VOID(impl_->put(line));
  return hold;
}

}  // namespace ostiary::ledger
