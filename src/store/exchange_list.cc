#include <algorithm>
#include <filesystem>
#include <queue>
#include <sys/stat.h>
#include <tuple>
#include <unordered_map>

#include "store/exchanges.h"
#include "store/impl/exchange_schema.h"
#include "store/impl/sqlite.h"

namespace ostiary::store {

namespace {

// Rows looked at in order of time before the facets that match are gone through: enough for what is frequent.
constexpr std::int64_t kScanned = 10'000;
constexpr std::size_t kLongestPage = 1000;

// The least id of a millisecond.
Id id_at(WallMs at) {
  constexpr WallMs last = (WallMs{1} << 48) - 1;
  const auto ms = static_cast<std::uint64_t>(std::clamp<WallMs>(at, 0, last));
  Id id;
  for (int i = 0; i < 6; ++i)
    id.bytes[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(ms >> (40 - 8 * i));
  return id;
}

WallMs time_of(const Id& id) {
  WallMs at = 0;
  for (std::size_t i = 0; i < 6; ++i) at = at << 8 | id.bytes[i];
  return at;
}

struct Condition {
  std::string_view column;
  std::string_view value;
};

// One page being gathered: ids of the span [low, high), newest first.
class PageSearch {
 public:
  PageSearch(Database& db, const ExchangeFilter& filter, std::size_t wanted);
  void span(const Id& low, const Id& high) { low_ = low, high_ = high; }
  Result<std::vector<Id>> run();

 private:
  Result<> scan();
  Result<> merge();
  Result<bool> matches(Statement& question, std::int64_t facet);
  std::string facet_clause() const;
  void bind_facet(Statement& statement) const;

  Database& db_;
  std::vector<Condition> conditions_;
  std::vector<std::string_view> any_team_;
  std::size_t wanted_;
  Id low_, high_;
  std::vector<Id> found_;
  bool whole_ = false;  // the span was scanned to its end
  std::unordered_map<std::int64_t, bool> known_;
};

PageSearch::PageSearch(Database& db, const ExchangeFilter& filter, std::size_t wanted)
    : db_(db), wanted_(wanted) {
  for (const auto& [column, value] : {Condition{"subject", filter.subject},
                                      {"key", filter.key},
                                      {"team", filter.team},
                                      {"model", filter.model},
                                      {"service", filter.service},
                                      {"outcome", filter.outcome},
                                      {"effect", filter.decision}})
    if (!value.empty()) conditions_.emplace_back(column, kept_part(value));
  for (const auto& team : filter.any_team) any_team_.push_back(kept_part(team));
}

std::string PageSearch::facet_clause() const {
  std::string clause;
  for (const auto& condition : conditions_) clause += " AND " + std::string(condition.column) + " = ?";
  if (any_team_.empty()) return clause;
  clause += " AND team IN (?";
  for (std::size_t i = 1; i < any_team_.size(); ++i) clause += ", ?";
  return clause + ")";
}

void PageSearch::bind_facet(Statement& statement) const {
  for (const auto& condition : conditions_) statement.bind(condition.value);
  for (const auto team : any_team_) statement.bind(team);
}

Result<bool> PageSearch::matches(Statement& question, std::int64_t facet) {
  if (conditions_.empty() && any_team_.empty()) return true;
  const auto [known, fresh] = known_.try_emplace(facet, false);
  if (!fresh) return known->second;
  bind_facet(question.reset().bind(facet));
  known->second = question.step();
  TRY_VOID(question.end());
  return known->second;
}

Result<> PageSearch::scan() {
  auto question = db_.prepare("SELECT 1 FROM facets WHERE id = ?" + facet_clause());
  auto rows =
      db_.prepare("SELECT id, facet FROM exchanges WHERE id >= ? AND id < ? ORDER BY id DESC LIMIT ?");
  rows.bind(blob(low_)).bind(blob(high_)).bind(kScanned);
  std::int64_t seen = 0;
  while (found_.size() < wanted_ && rows.step()) {
    ++seen;
    high_ = read_id(rows, 0);
    TRY(const bool match, matches(question, rows.number(1)));
    if (match) found_.push_back(high_);
  }
  TRY_VOID(rows.end());
  whole_ = found_.size() < wanted_ && seen < kScanned;
  return {};
}

// Goes through the facets that match, those first that are the most recent, and keeps the newest ids. A facet
// whose last exchange is older than all that are kept ends it.
Result<> PageSearch::merge() {
  const auto room = wanted_ - found_.size();
  std::priority_queue<Id, std::vector<Id>, std::greater<>> newest;  // the oldest on top
  auto facets =
      db_.prepare("SELECT id, last FROM facets WHERE last >= ?" + facet_clause() + " ORDER BY last DESC");
  bind_facet(facets.bind(blob(low_)));
  auto rows =
      db_.prepare("SELECT id FROM exchanges WHERE facet = ? AND id >= ? AND id < ? ORDER BY id DESC LIMIT ?");
  while (facets.step()) {
    const bool full = newest.size() == room;
    if (full && read_id(facets, 1) <= newest.top()) break;
    const Id low = full ? newest.top() : low_;
    rows.reset().bind(facets.number(0)).bind(blob(low)).bind(blob(high_));
    rows.bind(static_cast<std::int64_t>(room));
    while (rows.step()) {
      const Id id = read_id(rows, 0);
      if (newest.size() < room)
        newest.push(id);
      else if (id > newest.top())
        newest.pop(), newest.push(id);
      else
        break;
    }
    TRY_VOID(rows.end());
  }
  TRY_VOID(facets.end());
  const auto before = found_.size();
  for (; !newest.empty(); newest.pop()) found_.push_back(newest.top());
  std::reverse(found_.begin() + static_cast<std::ptrdiff_t>(before), found_.end());
  return {};
}

Result<std::vector<Id>> PageSearch::run() {
  TRY_VOID(scan());
  if (found_.size() < wanted_ && !whole_) TRY_VOID(merge());
  return std::move(found_);
}

}  // namespace

struct Exchanges::Connection {
  Database db;
  ino_t file = 0;
};

Exchanges::Exchanges(std::string path) : path_(std::move(path)) {}
Exchanges::~Exchanges() = default;

// Opened at the first question, and again once another file stands in its place.
Result<Exchanges::Connection*> Exchanges::connection() {
  struct stat info{};
  if (::stat(path_.c_str(), &info) != 0) {
    connection_.reset();
    return fail_errno("open the exchange table", path_, errno);
  }
  if (connection_ && connection_->file == info.st_ino) return connection_.get();
  TRY(auto db, Database::open_to_read(path_));
  TRY(const auto application, db.pragma("application_id"));
  TRY(const auto version, db.pragma("user_version"));
  if (application != kExchangeSchema.application_id ||
      version != static_cast<std::int64_t>(kExchangeSchema.migrations.size()))
    return fail(Code::unavailable, "the exchange table is not ready", path_);
  connection_ = std::make_unique<Connection>(std::move(db), info.st_ino);
  return connection_.get();
}

Result<ExchangePage> Exchanges::list(const ExchangeFilter& filter, std::string_view cursor,
                                     std::size_t limit) {
  if (limit == 0 || limit > kLongestPage) return fail(Code::invalid, "a page holds 1 to 1000 exchanges");
  const auto before = cursor.empty() ? std::nullopt : Id::parse(cursor);
  if (!cursor.empty() && !before)
    return fail(Code::invalid, "the cursor is none; take it as the page before gave it");
  const std::lock_guard lock(mutex_);
  TRY(auto* const open, connection());
  PageSearch search(open->db, filter, limit + 1);
  Id high;
  high.bytes.fill(0xff);
  if (filter.until) high = std::min(high, id_at(*filter.until));
  if (before) high = std::min(high, *before);
  search.span(filter.from ? id_at(*filter.from) : Id{}, high);
  TRY(auto ids, search.run());
  ExchangePage page;
  if (ids.size() > limit) {
    ids.resize(limit);
    page.next = ids.back().text();
  }
  auto row = open->db.prepare("SELECT " + std::string(kExchangeColumns) +
                              " FROM exchanges e JOIN facets f ON f.id = e.facet WHERE e.id = ?");
  for (const auto& id : ids) {
    if (row.reset().bind(blob(id)).step()) page.exchanges.push_back(read_exchange(row));
    TRY_VOID(row.end());
  }
  return page;
}

Result<ExchangeEntry> Exchanges::find(const Id& id) {
  const std::lock_guard lock(mutex_);
  TRY(auto* const open, connection());
  auto row = open->db.prepare("SELECT " + std::string(kExchangeColumns) +
                              " FROM exchanges e JOIN facets f ON f.id = e.facet WHERE e.id = ?");
  if (row.bind(blob(id)).step()) return read_exchange(row);
  TRY_VOID(row.end());
  return fail(Code::not_found, "there is no exchange " + id.text());
}

namespace {

Result<std::vector<MonthUsage>> read_month(Database& db, std::string_view month) {
  auto rows = db.prepare(
      "SELECT key, team, exchanges, input, output, cached, cost_nano FROM usage_months WHERE month = ? "
      "ORDER BY key, team");
  rows.bind(month);
  std::vector<MonthUsage> usages;
  const auto count = [&](int column) { return static_cast<std::uint64_t>(rows.number(column)); };
  while (rows.step())
    usages.emplace_back(rows.text(0), rows.text(1), count(2), count(3), count(4), count(5), rows.number(6));
  TRY_VOID(rows.end());
  return usages;
}

Result<UsageAt> read_usage(Database& db, const std::vector<std::string>& months) {
  UsageAt usage;
  TRY(usage.position, read_position(db));
  for (const auto& month : months) {
    TRY(auto one, read_month(db, month));
    usage.months.push_back(std::move(one));
  }
  auto rows = db.prepare("SELECT id, at, key, team, cost_nano FROM intents");
  while (rows.step())
    usage.open.push_back({read_id(rows, 0), rows.number(1), rows.text(2), rows.text(3), rows.number(4)});
  TRY_VOID(rows.end());
  return usage;
}

}  // namespace

Result<std::vector<MonthUsage>> Exchanges::months(std::string_view month) {
  const std::lock_guard lock(mutex_);
  TRY(auto* const open, connection());
  return read_month(open->db, month);
}

Result<std::vector<Traffic>> Exchanges::traffic(WallMs from, std::size_t most) {
  const std::lock_guard lock(mutex_);
  TRY(auto* const open, connection());
  const auto low = id_at(from);
  auto rows = open->db.prepare(
      "SELECT f.team, f.tool, f.service, f.provider, f.surface, f.model, sum(c.n), min(c.low), max(c.high) "
      "FROM "
      "(SELECT facet, count(*) AS n, min(id) AS low, max(id) AS high FROM exchanges WHERE id >= ? GROUP BY "
      "facet) c JOIN facets f ON f.id = c.facet WHERE f.outcome <> 'refused' GROUP BY 1, 2, 3, 4, 5, 6 ORDER "
      "BY "
      "7 DESC, 1, 2, 3, 4, 5, 6 LIMIT ?");
  rows.bind(blob(low)).bind(static_cast<std::int64_t>(most));
  std::vector<Traffic> all;
  while (rows.step())
    all.push_back({.team = rows.text(0),
                   .tool = rows.text(1),
                   .service = rows.text(2),
                   .provider = rows.text(3),
                   .surface = rows.text(4),
                   .model = rows.text(5),
                   .exchanges = static_cast<std::uint64_t>(rows.number(6)),
                   .first = time_of(read_id(rows, 7)),
                   .last = time_of(read_id(rows, 8))});
  TRY_VOID(rows.end());
  const auto order = [](const Traffic& t) {
    return std::tie(t.team, t.tool, t.service, t.provider, t.surface, t.model);
  };
  std::ranges::sort(all, [&](const auto& a, const auto& b) { return order(a) < order(b); });
  return all;
}

Result<UsageAt> Exchanges::usage_at(const std::vector<std::string>& months) {
  const std::lock_guard lock(mutex_);
  TRY(auto* const open, connection());
  TRY_VOID(open->db.run("BEGIN"));
  auto usage = read_usage(open->db, months);
  TRY_VOID(open->db.run("ROLLBACK"));
  return usage;
}

Result<Projected> Exchanges::position() {
  const std::lock_guard lock(mutex_);
  TRY(auto* const open, connection());
  return read_position(open->db);
}

}  // namespace ostiary::store
