#include "desk/approvals.h"

#include <utility>

namespace ostiary::desk {

void Approvals::add(std::string fingerprint, const Approval& approval) {
  all_.insert_or_assign(std::move(fingerprint), approval);
}

const Approvals::Approval* Approvals::find(std::string_view fingerprint, WallMs now) const {
  const auto at = all_.find(fingerprint);
  if (at == all_.end() || now < at->second.from || now >= at->second.expires) return nullptr;
  return &at->second;
}

}  // namespace ostiary::desk
