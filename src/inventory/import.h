#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "files/spreadsheet.h"
#include "inventory/use.h"

namespace ostiary::inventory {

// A table of uses that people keep: the heading, and the rows below it.
struct Table {
  static constexpr std::size_t kMostColumns = 200;

  std::vector<std::string> header = {};  // names made unique: "Notes", "Notes (2)"; a blank one "column 3"
  struct Row {
    std::uint64_t number = 0;  // in its file, from 1
    std::vector<std::string> cells = {};
  };
  std::vector<Row> rows = {};  // without blank ones and without the heading where it comes again
};

// Finds the heading among the first rows of a sheet: the one most of whose cells people use as names of
// columns, else the first with more than one cell. `invalid` where no row has one.
Result<Table> table_of(const files::Sheet& sheet);

// What a column is taken for.
struct Column {
  std::string header;
  std::optional<F> field = {};  // none: it is kept as it is, under its name (`other`)
  std::string_view how = {};    // "said", "remembered", "name", "alike", "ours", "none"
  // Of a table that the program wrote: the use's id, its revision or what was seen. It is passed over.
  bool ours() const { return how == "ours"; }
};

// By header; no field: the column is kept as it is.
using ColumnWishes = std::map<std::string, std::optional<F>, std::less<>>;

// One field for each column, in the table's order; each field once at most, but those of lists and of long
// texts, which take several. What is said goes before what is remembered, that before what the names suggest:
// the name of a field or a usual name for it ("name"), or one that differs from such by a slip or a word more
// ("alike").
std::vector<Column> columns_of(const std::vector<std::string>& header, const ColumnWishes& said,
                               const ColumnWishes& remembered);

// A digest of the heading by which its columns are remembered: small letters, without blanks at the ends.
std::string heading_digest(const std::vector<std::string>& header);
std::string wishes_json(const ColumnWishes& wishes);
ColumnWishes read_wishes(std::string_view json);  // what is none is left out

struct RowTrouble {
  std::uint64_t row = 0;
  std::string text;
};

// A row as a use without an id. Values that are none of their field (a status that nobody knows, a day that
// can be read in two ways) are kept in `other` under the column's name, and told. `origin` is a digest of the
// row. Nothing: the row says nothing that tells a use.
std::optional<Use> use_of_row(const Table::Row& row, const std::vector<Column>& columns,
                              std::vector<RowTrouble>& troubles);

// Whether two uses are the same entry as people keep it: alike in tool, provider, service, model, team,
// repository and purpose, and one of them known.
std::string identity(const Use& use);

}  // namespace ostiary::inventory
