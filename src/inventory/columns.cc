// Which field a column of a table is.

#include <algorithm>
#include <fmt/format.h>
#include <set>

#include "base/hash.h"
#include "base/text.h"
#include "inventory/impl/cell.h"
#include "inventory/import.h"
#include "json/document.h"
#include "json/writer.h"

namespace ostiary::inventory {

namespace {

constexpr std::size_t kLongestName = 60;  // bytes of a heading that is compared

// A usual name of a field, as plain words.
struct Name {
  std::string words;
  F field;
};

const std::vector<Name>& usual_names() {
  static const std::vector<Name> all = [] {
    std::vector<Name> names;
    for (const auto& f : fields()) {
      if (!writable(f.id)) continue;
      names.push_back({plain_words(f.name), f.id});
      for (const auto header : f.headers) names.push_back({std::string(header), f.id});
    }
    return names;
  }();
  return all;
}

std::optional<F> by_name(const std::string& words) {
  for (const auto& one : usual_names())
    if (one.words == words) return one.field;
  return std::nullopt;
}

// Whether `part` stands in `words` as whole words.
bool holds_words(const std::string& words, const std::string& part) {
  return (" " + words + " ").find(" " + part + " ") != std::string::npos;
}

// The longest usual name that it holds, where it has at most three words more.
std::optional<F> holding(const std::string& words) {
  const Name* best = nullptr;
  const auto blanks = std::ranges::count(words, ' ');
  for (const auto& one : usual_names())
    if (holds_words(words, one.words) && blanks - std::ranges::count(one.words, ' ') <= 3 &&
        (!best || one.words.size() > best->words.size()))
      best = &one;
  return best ? std::optional(best->field) : std::nullopt;
}

// That, or the one that differs by a slip of the keyboard.
std::optional<F> alike(const std::string& words) {
  if (words.size() > kLongestName) return std::nullopt;
  if (const auto held = holding(words)) return held;
  std::vector<std::string_view> candidates;
  for (const auto& one : usual_names())
    if (one.words.size() >= 5) candidates.push_back(one.words);
  const auto near = text::nearest(words, candidates);
  return near ? by_name(*near) : std::nullopt;
}

bool takes_several(F f) {
  return field(f).type == FieldType::list || field(f).type == FieldType::long_text;
}

class Columns {
 public:
  explicit Columns(const std::vector<std::string>& header) {
    for (const auto& name : header) all_.push_back({.header = name, .field = {}, .how = "none"});
    settled_.resize(header.size());
  }
  void take(const ColumnWishes& wishes, std::string_view how) {
    for (std::size_t i = 0; i < all_.size(); ++i) {
      const auto wish = wishes.find(all_[i].header);
      if (settled_[i] || wish == wishes.end()) continue;
      settled_[i] = true;
      all_[i].how = how;
      if (wish->second) give(i, *wish->second);
    }
  }
  // What an export writes beside what people state.
  void know_ours() {
    const auto has = [&](std::string_view name) {
      return std::ranges::find(all_, name, &Column::header) != all_.end();
    };
    if (!has("id") || !has("revision") || !has(name(F::last_seen))) return;
    for (std::size_t i = 0; i < all_.size(); ++i) {
      const auto f = field_named(all_[i].header);
      if (all_[i].header != "id" && all_[i].header != "revision" && (!f || writable(*f))) continue;
      settled_[i] = true;
      all_[i].how = "ours";
    }
  }
  void suggest(std::optional<F> (*of)(const std::string& words), std::string_view how) {
    for (std::size_t i = 0; i < all_.size(); ++i) {
      if (settled_[i]) continue;
      const auto f = of(plain_words(all_[i].header));
      if (!f || !give(i, *f)) continue;
      settled_[i] = true;
      all_[i].how = how;
    }
  }
  std::vector<Column> all() && { return std::move(all_); }

 private:
  bool give(std::size_t i, F f) {
    if (!taken_.insert(f).second && !takes_several(f)) return false;
    all_[i].field = f;
    return true;
  }
  std::vector<Column> all_;
  std::vector<bool> settled_;
  std::set<F> taken_;
};

std::size_t score(const std::vector<std::string>& row) {
  std::size_t points = 0;
  for (std::size_t i = 0; i < std::min(row.size(), Table::kMostColumns); ++i) {
    if (row[i].size() > kLongestName) continue;
    const auto words = plain_words(row[i]);
    if (!words.empty()) points += by_name(words) ? 3 : holding(words) ? 1 : 0;
  }
  return points;
}

std::size_t filled(const std::vector<std::string>& row) {
  return static_cast<std::size_t>(
      std::ranges::count_if(row, [](const auto& cell) { return !text::trim(cell).empty(); }));
}

std::optional<std::size_t> heading_of(const files::Sheet& sheet) {
  constexpr std::size_t looked_at = 30;
  std::optional<std::size_t> best;
  std::size_t most = 0;
  for (std::size_t i = 0; i < std::min(looked_at, sheet.rows.size()); ++i) {
    if (filled(sheet.rows[i]) == 0) continue;
    const auto points = filled(sheet.rows[i]) > 1 ? score(sheet.rows[i]) + 1 : score(sheet.rows[i]);
    if (points > most) best = i, most = points;
  }
  return best;
}

std::vector<std::string> unique_names(const std::vector<std::string>& row) {
  std::vector<std::string> out;
  std::set<std::string> taken;
  for (std::size_t i = 0; i < std::min(row.size(), Table::kMostColumns); ++i) {
    auto name = std::string(text::trim(row[i]));
    std::ranges::replace_if(name, [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
    if (name.size() > 200) name.resize(200);
    if (name.empty()) name = fmt::format("column {}", i + 1);
    auto unique = name;
    for (int n = 2; !taken.insert(text::lower(unique)).second; ++n) unique = fmt::format("{} ({})", name, n);
    out.push_back(std::move(unique));
  }
  return out;
}

bool repeats(const std::vector<std::string>& row, const std::vector<std::string>& heading) {
  if (row.size() != heading.size()) return false;
  return std::ranges::equal(row, heading,
                            [](const auto& a, const auto& b) { return plain_words(a) == plain_words(b); });
}

}  // namespace

Result<Table> table_of(const files::Sheet& sheet) {
  const auto heading = heading_of(sheet);
  if (!heading) return fail(Code::invalid, "no row of it is a heading", sheet.name);
  Table table;
  const auto& names = sheet.rows[*heading];
  table.header = unique_names(names);
  for (std::size_t i = *heading + 1; i < sheet.rows.size(); ++i) {
    const auto& row = sheet.rows[i];
    if (filled(row) == 0 || repeats(row, names)) continue;
    table.rows.push_back({.number = i < sheet.numbers.size() ? sheet.numbers[i] : i + 1, .cells = row});
  }
  return table;
}

std::vector<Column> columns_of(const std::vector<std::string>& header, const ColumnWishes& said,
                               const ColumnWishes& remembered) {
  Columns columns(header);
  columns.know_ours();
  columns.take(said, "said");
  columns.take(remembered, "remembered");
  columns.suggest(by_name, "name");
  columns.suggest(alike, "alike");
  return std::move(columns).all();
}

std::string heading_digest(const std::vector<std::string>& header) {
  std::string text;
  for (const auto& name : header) text += text::lower(text::trim(name)) + '\x1f';
  return hex(sha256(text)).substr(0, 32);
}

std::string wishes_json(const ColumnWishes& wishes) {
  std::string out;
  json::Writer w(out);
  w.begin_array();
  for (const auto& [header, f] : wishes) {
    w.begin_object();
    w.member("column", header);
    w.key("field");
    f ? w.string(name(*f)) : w.null();
    w.end_object();
  }
  w.end_array();
  return out;
}

ColumnWishes read_wishes(std::string_view json) {
  ColumnWishes wishes;
  const auto document = json::Document::parse(json);
  if (!document) return wishes;
  for (const auto one : document->root()) {
    const auto f = field_named(one["field"].string_or(""));
    if (one["field"].is_null() || (f && writable(*f))) wishes[one["column"].string_or("")] = f;
  }
  return wishes;
}

}  // namespace ostiary::inventory
