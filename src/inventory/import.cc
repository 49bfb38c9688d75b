// Rows of a table as uses.

#include "inventory/import.h"

#include <algorithm>
#include <fmt/format.h>

#include "base/clean.h"
#include "base/hash.h"
#include "base/text.h"
#include "inventory/impl/cell.h"
#include "inventory/match.h"

namespace ostiary::inventory {

namespace {

// One row being read.
class Reading {
 public:
  Reading(std::uint64_t row, std::vector<RowTrouble>& troubles) : row_(row), troubles_(troubles) {}

  void take(const Column& column, const std::string& cell) {
    if (column.ours() || text::trim(cell).empty()) return;
    if (!column.field) return keep(column.header, cell);
    if (cell.size() > Use::kLongestText)
      tell(
          fmt::format("'{}' is cut after {} of its {} bytes", column.header, Use::kLongestText, cell.size()));
    if (says_nothing(cell)) return;
    auto values = values_of(*column.field, cell);
    if (!values) {
      tell(fmt::format("'{}' is kept as it is: {}", column.header, values.error().message));
      return keep(column.header, cell);
    }
    add(*column.field, std::move(*values));
  }
  Use use() && { return std::move(use_); }

 private:
  void tell(std::string text) { troubles_.push_back({row_, std::move(text)}); }

  void keep(const std::string& column, const std::string& cell) {
    if (use_.other.size() == Use::kMostOther) return tell(fmt::format("'{}' has no place any more", column));
    if (cell.size() > Use::kLongestText)
      tell(fmt::format("'{}' is cut after {} of its {} bytes", column, Use::kLongestText, cell.size()));
    use_.other.emplace_back(text::clean(column, 300), text::clean(cell, Use::kLongestText));
  }

  static Result<std::vector<std::string>> values_of(F f, const std::string& cell) {
    const auto& row = field(f);
    switch (row.type) {
      case FieldType::word: {
        auto word = word_in(row, cell);
        if (!word) return fail(Code::invalid, fmt::format("no word that {} knows", row.name));
        return std::vector{std::move(*word)};
      }
      case FieldType::date: {
        auto day = day_in(cell);
        if (!day) return fail(Code::invalid, "no day, or one that can be read in two ways; write 2026-11-26");
        return std::vector{std::move(*day)};
      }
      case FieldType::list:
        return stated(f, items_in(cell));
      default:
        break;
    }
    return stated(f, {f == F::provider ? provider_id(text::clean(cell, Use::kLongestText)) : cell});
  }

  // A further column of a field goes behind what is there.
  void add(F f, std::vector<std::string> values) {
    if (values.empty()) return;
    auto all = use_.all(f);
    if (field(f).type == FieldType::long_text && !all.empty())
      all.front() = text::clean(all.front() + "\n" + values.front(), Use::kLongestText);
    else
      std::ranges::move(values, std::back_inserter(all));
    use_.set(f, std::move(all));
    use_.declared[static_cast<std::size_t>(f)] = true;
  }

  const std::uint64_t row_;
  std::vector<RowTrouble>& troubles_;
  Use use_;
};

constexpr F kTelling[] = {F::tool, F::provider, F::service, F::model, F::sdk, F::purpose};

}  // namespace

std::optional<Use> use_of_row(const Table::Row& row, const std::vector<Column>& columns,
                              std::vector<RowTrouble>& troubles) {
  Reading reading(row.number, troubles);
  std::string text;
  const auto width = std::min(row.cells.size(), columns.size());
  for (std::size_t i = 0; i < width; ++i) {
    reading.take(columns[i], row.cells[i]);
    if (!columns[i].ours())
      text += columns[i].header + '\x1e' + std::string(text::trim(row.cells[i])) + '\x1f';
  }
  for (auto i = width; i < row.cells.size(); ++i)
    if (!text::trim(row.cells[i]).empty())
      reading.take({.header = fmt::format("column {}", i + 1), .field = {}, .how = "none"}, row.cells[i]);
  auto use = std::move(reading).use();
  if (std::ranges::none_of(kTelling, [&](F f) { return use.known(f); })) {
    troubles.push_back({row.number, "it names no tool, provider, service, model, SDK or purpose"});
    return std::nullopt;
  }
  use.origin = hex(sha256(text)).substr(0, 32);
  return use;
}

std::string identity(const Use& use) {
  std::string key;
  bool known = false;
  for (const auto f :
       {F::tool, F::provider, F::service, F::model, F::sdk, F::purpose, F::team, F::repository}) {
    key += f == F::provider || f == F::tool ? plain_name(use[f]) : text::lower(cell_of(use, f));
    key += '\x1f';
    known = known || (use.known(f) && f != F::team && f != F::repository);
  }
  return known ? key : std::string();
}

}  // namespace ostiary::inventory
