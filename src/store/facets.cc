#include "store/impl/facets.h"

#include <algorithm>

namespace ostiary::store {

namespace {

constexpr std::size_t kMostKnown = 20'000;

}  // namespace

std::array<std::string_view, kFacetTexts> facet_texts(const ExchangeView& e) {
  std::array<std::string_view, kFacetTexts> texts{e.subject,  e.team,    e.key,      e.tool,
                                                  e.endpoint, e.service, e.provider, e.surface,
                                                  e.model,    e.effect,  e.mode,     e.outcome};
  for (auto& text : texts) text = kept_part(text);
  return texts;
}

Facets::Facets(Database& db)
    : find_(db.prepare("SELECT id, last FROM facets WHERE hash = ?")),
      insert_(db.prepare("INSERT INTO facets (hash, subject, team, key, tool, endpoint, service, provider, "
                         "surface, model, effect, mode, outcome, last) "
                         "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id")),
      update_(db.prepare("UPDATE facets SET last = ? WHERE id = ?")) {}

Result<Facets::Known> Facets::look_up(const std::array<std::string_view, kFacetTexts>& texts,
                                      const Id& last) {
  const Digest hash = sha256(name_);
  if (find_.reset().bind(hash).step()) {
    Known known{find_.number(0), read_id(find_, 1)};
    find_.reset();
    return known;
  }
  TRY_VOID(find_.end());
  insert_.reset().bind(hash);
  for (const auto text : texts) insert_.bind(text);
  if (!insert_.bind(blob(last)).step()) {
    TRY_VOID(insert_.end());
    return fail(Code::io, "a facet could not be made");
  }
  const Known known{insert_.number(0), last};
  TRY_VOID(insert_.run());
  insert_.reset();
  return known;
}

Result<std::int64_t> Facets::of(const ExchangeView& exchange) {
  const auto texts = facet_texts(exchange);
  name_.clear();
  for (const auto text : texts) {
    name_ += text;
    name_ += '\0';
  }
  auto found = known_.find(name_);
  if (found == known_.end()) {
    if (known_.size() >= kMostKnown) {
      TRY_VOID(settle());
      known_.clear();
    }
    TRY(const auto known, look_up(texts, exchange.id));
    found = known_.emplace(name_, known).first;
  }
  Known& facet = found->second;
  if (exchange.id > facet.last) {
    facet.last = exchange.id;
    if (!facet.due) due_.push_back(&facet);
    facet.due = true;
  }
  return facet.id;
}

Result<> Facets::settle() {
  for (auto* facet : due_) {
    TRY_VOID(update_.reset().bind(blob(facet->last)).bind(facet->id).run());
    facet->due = false;
  }
  due_.clear();
  return {};
}

void Facets::forget() {
  known_.clear();
  due_.clear();
}

}  // namespace ostiary::store
