#include "inventory/inventory.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>

#include "base/text.h"
#include "inventory/match.h"

namespace ostiary::inventory {

namespace {

store::StoredUse stored_form(Use use) {
  store::StoredUse out{.id = use.id.text(),
                       .revision = use.revision,
                       .owner = use[F::owner],
                       .details = {},
                       .created = use.created,
                       .changed = use.changed};
  use.set(F::owner, std::string());  // in its own column alone, so that it can be erased
  append_json(out.details, use);
  return out;
}

std::vector<std::string> names_of(const Edit& edit) {
  std::vector<std::string> names;
  for (const auto& [f, values] : edit) names.emplace_back(name(f));
  std::ranges::sort(names);
  return names;
}

std::unexpected<Error> full() {
  return fail(Code::exists,
              fmt::format("the inventory holds {} uses; more there cannot be", Inventory::kMost));
}

// That somebody said so, on that day.
Sighting declaration(WallMs now) {
  Sighting s;
  s.how = How::declaration;
  s.first = s.last = now;
  return s;
}

Result<> same_revision(const Use& use, std::optional<std::uint64_t> revision) {
  if (!revision || *revision == use.revision) return {};
  return fail(Code::exists,
              fmt::format("it was changed meanwhile: its revision is {}, not {}", use.revision, *revision));
}

bool fits(const Use& use, const UseFilter& filter) {
  const auto named = [&](const std::string& wanted, F f) {
    return wanted.empty() || plain_name(wanted) == plain_name(use[f]);
  };
  const auto alike = [&](const std::string& wanted, F f) {
    return wanted.empty() || text::iequals(wanted, use.known(f) ? std::string_view(use[f]) : kUnknown);
  };
  if (!named(filter.provider, F::provider) || !named(filter.tool, F::tool)) return false;
  if (!alike(filter.team, F::team) || !alike(filter.owner, F::owner) || !alike(filter.status, F::status))
    return false;
  return filter.model.empty() || std::ranges::any_of(use.all(F::model), [&](const auto& model) {
           return text::glob(text::lower(filter.model), text::lower(model));
         });
}

}  // namespace

Result<Use> Inventory::read(const store::StoredUse& stored) const {
  TRY(const auto document, json::Document::parse(stored.details));
  TRY(auto use, read_use(document.root()));
  use.set(F::owner, stored.owner);
  if (stored.owner.empty()) use.declared[static_cast<std::size_t>(F::owner)] = false;
  use.revision = stored.revision;
  use.created = stored.created;
  use.changed = stored.changed;
  return use;
}

Result<Use> Inventory::find_locked(const Id& id) {
  TRY(const auto stored, store_.find(id.text()));
  return read(stored);
}

Result<std::vector<Use>> Inventory::all_locked() {
  TRY(const auto stored, store_.all());
  std::vector<Use> out;
  out.reserve(stored.size());
  for (const auto& one : stored) {
    TRY(auto use, read(one));
    out.push_back(std::move(use));
  }
  return out;
}

Result<> Inventory::write(std::vector<Use>& uses, std::span<const Change> changes, const Record& record) {
  std::vector<store::StoredUse> stored;
  stored.reserve(uses.size());
  for (const auto& use : uses) stored.push_back(stored_form(use));
  return store_.write(stored, [&]() -> Result<> { return record ? record(changes) : Result<>(); });
}

Result<Use> Inventory::find(const Id& id) {
  const std::lock_guard lock(mutex_);
  return find_locked(id);
}

Result<std::vector<Use>> Inventory::all() {
  const std::lock_guard lock(mutex_);
  return all_locked();
}

Result<std::vector<Use>> Inventory::list(const UseFilter& filter) {
  TRY(auto all_uses, all());
  std::vector<Use> out;
  for (auto& use : all_uses) {
    if (out.size() == filter.most) break;
    if (use.id.text() > filter.after && fits(use, filter)) out.push_back(std::move(use));
  }
  return out;
}

Result<Use> Inventory::add(const Edit& edit, WallMs now, const Record& record) {
  const std::lock_guard lock(mutex_);
  TRY(const auto there, store_.all());
  if (there.size() >= kMost) return full();
  Use use;
  use.id = Id::make();
  use.created = use.changed = now;
  if (!apply_edit(use, edit)) return fail(Code::exists, "nothing is said about it");
  use.see(declaration(now));
  const Change change{
      .action = "use-added", .what = use.id.text(), .fields = names_of(edit), .from = "stated"};
  std::vector<Use> one{use};
  TRY_VOID(write(one, {&change, 1}, record));
  return use;
}

Result<Use> Inventory::edit(const Id& id, const Edit& edit, std::optional<std::uint64_t> revision, WallMs now,
                            const Record& record) {
  const std::lock_guard lock(mutex_);
  TRY(auto use, find_locked(id));
  TRY_VOID(same_revision(use, revision));
  if (!apply_edit(use, edit)) return use;
  ++use.revision;
  use.changed = now;
  use.see(declaration(now));
  const Change change{.action = "use-changed",
                      .what = id.text(),
                      .revision = use.revision,
                      .fields = names_of(edit),
                      .from = "stated"};
  std::vector<Use> one{use};
  TRY_VOID(write(one, {&change, 1}, record));
  return use;
}

Result<Use> Inventory::remove(const Id& id, std::optional<std::uint64_t> revision, const Record& record) {
  const std::lock_guard lock(mutex_);
  TRY(auto use, find_locked(id));
  TRY_VOID(same_revision(use, revision));
  const Change change{.action = "use-removed", .what = id.text(), .revision = use.revision, .from = "stated"};
  TRY_VOID(store_.remove(id.text(), use.revision,
                         [&]() -> Result<> { return record ? record({&change, 1}) : Result<>(); }));
  return use;
}

namespace {

// Whether it tells more than before.
bool mark(Use& use, const std::vector<Sighting>& sightings) {
  const auto before = use.seen;
  for (const auto& one : sightings) use.see(one);
  return use.seen != before;
}

}  // namespace

Result<Reconciled> Inventory::reconcile(const Evidence& evidence, const Reconciling& how, bool apply,
                                        const Record& record) {
  const std::lock_guard lock(mutex_);
  TRY(auto uses, all_locked());
  auto found = inventory::reconcile(uses, evidence, how);
  if (!apply) return found;
  if (uses.size() + found.proposed.size() > kMost) return full();
  std::vector<Use> written;
  std::vector<Change> changes;
  for (const auto& one : found.marks) {
    const auto at = std::ranges::lower_bound(uses, one.use, {}, &Use::id);
    if (at == uses.end() || at->id != one.use || !mark(*at, one.sightings)) continue;
    ++at->revision;
    at->changed = how.now;
    changes.push_back(
        {.action = "use-changed", .what = at->id.text(), .revision = at->revision, .from = "reconciled"});
    written.push_back(*at);
  }
  for (const auto& use : found.proposed) {
    changes.push_back({.action = "use-added", .what = use.id.text(), .from = "reconciled"});
    written.push_back(use);
  }
  if (!written.empty()) TRY_VOID(write(written, changes, record));
  return found;
}

namespace {

// Fills what is not known; what is known stays. Whether anything was filled.
bool fill(Use& use, const Use& from, RowTrouble& trouble) {
  bool filled = false;
  std::string differs;
  for (const auto& f : fields()) {
    if (!writable(f.id) || !from.known(f.id)) continue;
    if (use.known(f.id)) {
      if (use.all(f.id) != from.all(f.id)) differs += (differs.empty() ? "" : ", ") + std::string(f.name);
      continue;
    }
    use.set(f.id, from.all(f.id));
    use.declared[static_cast<std::size_t>(f.id)] = true;
    filled = true;
  }
  for (const auto& [column, text] : from.other) {
    const bool there = std::ranges::find(use.other, std::pair(column, text)) != use.other.end();
    if (!there && use.other.size() < Use::kMostOther) use.other.emplace_back(column, text), filled = true;
  }
  if (!differs.empty())
    trouble.text =
        fmt::format("the use {} says something else of {}; it stays as it is", use.id.text(), differs);
  return filled;
}

std::vector<std::string> known_names(const Use& use) {
  std::vector<std::string> names;
  for (const auto& f : fields())
    if (writable(f.id) && use.known(f.id)) names.emplace_back(f.name);
  std::ranges::sort(names);
  return names;
}

// Rows becoming uses, new ones and ones that are there.
class Importing {
 public:
  Importing(std::vector<Use>& uses, WallMs now, Imported& out) : uses_(uses), now_(now), out_(out) {
    for (std::size_t i = 0; i < uses_.size(); ++i) index(i);
  }

  void take(std::uint64_t row, Use use) {
    ++out_.rows;
    if (origins_.contains(use.origin)) return void(++out_.same);
    const auto key = identity(use);
    const auto known = key.empty() ? identities_.end() : identities_.find(key);
    known == identities_.end() ? add(std::move(use)) : fill_one(known->second, row, use);
  }
  std::vector<Use> written() const {
    std::vector<Use> out;
    for (const auto& [i, change] : changes_) out.push_back(uses_[i]);
    return out;
  }
  std::vector<Change> changes() const {
    std::vector<Change> out;
    for (const auto& [i, change] : changes_) out.push_back(change);
    return out;
  }

 private:
  void index(std::size_t i) {
    if (!uses_[i].origin.empty()) origins_.emplace(uses_[i].origin, i);
    if (auto key = identity(uses_[i]); !key.empty()) identities_.emplace(std::move(key), i);
  }
  void add(Use use) {
    use.id = Id::make();
    use.created = use.changed = now_;
    use.see(declaration(now_));
    ++out_.added;
    out_.uses.push_back(use.id.text());
    uses_.push_back(std::move(use));
    const auto i = uses_.size() - 1;
    index(i);
    changes_[i] = {.action = "use-added",
                   .what = uses_[i].id.text(),
                   .fields = known_names(uses_[i]),
                   .from = "imported"};
  }
  void fill_one(std::size_t i, std::uint64_t row, const Use& from) {
    auto& use = uses_[i];
    RowTrouble trouble{row, ""};
    const bool filled = fill(use, from, trouble);
    if (!trouble.text.empty()) out_.partial.push_back(std::move(trouble));
    if (!filled) return void(++out_.same);
    ++out_.filled;
    if (changes_.contains(i)) return;  // of this import: its revision is new already
    ++use.revision;
    use.changed = now_;
    use.see(declaration(now_));
    out_.uses.push_back(use.id.text());
    changes_[i] = {.action = "use-changed",
                   .what = use.id.text(),
                   .revision = use.revision,
                   .fields = known_names(from),
                   .from = "imported"};
  }

  std::vector<Use>& uses_;
  const WallMs now_;
  Imported& out_;
  std::map<std::string, std::size_t> origins_, identities_;
  std::map<std::size_t, Change> changes_;
};

}  // namespace

Result<Imported> Inventory::import(const Table& table, const ColumnWishes& wishes, bool dry_run, WallMs now,
                                   const Record& record) {
  const std::lock_guard lock(mutex_);
  const auto heading = heading_digest(table.header);
  TRY(const auto kept, store_.mapping(heading));
  auto remembered = kept ? read_wishes(*kept) : ColumnWishes{};
  Imported out;
  out.columns = columns_of(table.header, wishes, remembered);
  TRY(auto uses, all_locked());
  Importing importing(uses, now, out);
  for (const auto& row : table.rows)
    if (auto use = use_of_row(row, out.columns, out.partial)) importing.take(row.number, std::move(*use));
  if (uses.size() > kMost) return full();
  if (dry_run) return out;
  auto written = importing.written();
  const auto changes = importing.changes();
  if (!written.empty()) TRY_VOID(write(written, changes, record));
  for (const auto& [header, f] : wishes) remembered.insert_or_assign(header, f);
  if (!wishes.empty()) TRY_VOID(store_.remember_mapping(heading, wishes_json(remembered), now));
  return out;
}

}  // namespace ostiary::inventory
