#include "catalog/spdx.h"

#include <utility>

#include "base/text.h"
#include "catalog/impl/entries.h"

namespace ostiary::catalog {

namespace {

using simdjson::dom::element;

// The deprecated exceptions of the list; all other deprecated ids are licences'.
SpdxList::Kind kind_of_deprecated(std::string_view id) {
  return id.ends_with("-exception-1.1") ? SpdxList::Kind::exception : SpdxList::Kind::license;
}

SpdxList list_of(const element& entry) {
  std::vector<SpdxList::Id> ids;
  for (auto& id : texts_of(entry, "licenses")) ids.push_back({.id = std::move(id), .now = {}});
  for (auto& id : texts_of(entry, "exceptions"))
    ids.push_back({.id = std::move(id), .kind = SpdxList::Kind::exception, .now = {}});
  for (auto& old : each_of(entry, "deprecated", [](const element& e) {
         const auto id = text_of(e, "id");
         return SpdxList::Id{id, kind_of_deprecated(id), true, text_of(e, "now")};
       }))
    ids.push_back(std::move(old));
  return {text_of(entry, "version"), std::move(ids)};
}

}  // namespace

SpdxList::SpdxList(std::string version, std::vector<Id> ids)
    : version_(std::move(version)), ids_(std::move(ids)) {
  for (std::size_t i = 0; i < ids_.size(); ++i) by_id_.emplace(text::lower(ids_[i].id), i);
}

const SpdxList::Id* SpdxList::find(std::string_view id) const {
  const auto found = by_id_.find(text::lower(id));
  return found == by_id_.end() ? nullptr : &ids_[found->second];
}

const SpdxList& spdx_list() {
  static const auto list = [] {
    auto all = read_kind<SpdxList>("spdx", list_of);
    if (all.empty()) broken("spdx");
    return std::move(all.front());
  }();
  return list;
}

}  // namespace ostiary::catalog
