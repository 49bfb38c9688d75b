#include "store/projection.h"

#include <algorithm>
#include <fmt/format.h>
#include <functional>
#include <map>
#include <unordered_map>

#include "store/impl/exchange_schema.h"
#include "store/impl/facets.h"
#include "store/impl/sqlite.h"

namespace ostiary::store {

namespace {

// An exchange that has begun and not ended, with texts of its own.
struct Open {
  ExchangeEntry entry;
  bool stored = false;  // stands in table `intents`
};

void assign(ExchangeEntry& to, const ExchangeView& from) {
  to.id = from.id;
  to.at = from.at;
  to.subject = from.subject, to.team = from.team, to.key = from.key, to.tool = from.tool;
  to.endpoint = from.endpoint, to.service = from.service, to.provider = from.provider;
  to.surface = from.surface, to.model = from.model, to.effect = from.effect, to.mode = from.mode;
  to.outcome = kUnknownOutcome;
  to.input = from.input, to.output = from.output, to.cached = from.cached, to.cost_nano = from.cost_nano;
  to.request_bytes = from.request_bytes;
  to.intent_index = from.intent_index;
}

ExchangeView view_of(const ExchangeEntry& e) {
  ExchangeView view;
  view.id = e.id;
  view.at = e.at;
  view.subject = e.subject, view.team = e.team, view.key = e.key, view.tool = e.tool;
  view.endpoint = e.endpoint, view.service = e.service, view.provider = e.provider;
  view.surface = e.surface, view.model = e.model, view.effect = e.effect, view.mode = e.mode;
  view.outcome = e.outcome;
  view.input = e.input, view.output = e.output, view.cached = e.cached, view.cost_nano = e.cost_nano;
  view.request_bytes = e.request_bytes;
  view.intent_index = e.intent_index;
  return view;
}

std::int64_t number(std::uint64_t n) {
  return static_cast<std::int64_t>(n);
}

// What the batch adds to usage_months; a replaced exchange takes away.
struct Counted {
  std::int64_t exchanges = 0, input = 0, output = 0, cached = 0, cost_nano = 0;
};

constexpr std::string_view kInsertExchange =
    "INSERT INTO exchanges (id, facet, at, error, status, attempts, stream, estimated, input, output, "
    "cached, "
    "cost_nano, decided, connected, first_byte, total, request_bytes, response_bytes, intent_index, "
    "outcome_index) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr std::string_view kInsertIntent =
    "INSERT OR REPLACE INTO intents (id, subject, team, key, tool, endpoint, service, provider, surface, "
    "model, effect, mode, outcome, at, input, output, cached, cost_nano, request_bytes, intent_index) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr std::string_view kAddToMonth =
    "INSERT INTO usage_months (month, key, team, exchanges, input, output, cached, cost_nano) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (month, key, team) DO UPDATE SET "
    "exchanges = exchanges + excluded.exchanges, input = input + excluded.input, "
    "output = output + excluded.output, cached = cached + excluded.cached, "
    "cost_nano = cost_nano + excluded.cost_nano";

}  // namespace

struct Projection::Impl {
  explicit Impl(Database opened)
      : db(std::move(opened)),
        facets(db),
        insert(db.prepare(kInsertExchange)),
        insert_intent(db.prepare(kInsertIntent)),
        delete_intent(db.prepare("DELETE FROM intents WHERE id = ?")),
        add_to_month(db.prepare(kAddToMonth)) {}

  Result<> load_open();
  Result<> add(ExchangeView exchange);
  Result<> take_out(ExchangeView& newer);
  void count(WallMs at, std::string_view key, std::string_view team, const Counted& usage);
  void count_in(std::string_view key, std::string_view team, const Counted& usage);
  Result<> write_intents();
  Result<> write_months();
  Result<> write_position(const Projected& upto);
  std::unique_ptr<Open> blank();

  Database db;
  Facets facets;
  Statement insert, insert_intent, delete_intent, add_to_month;
  Projected position;
  std::optional<Transaction> batch;
  std::unordered_map<Id, std::unique_ptr<Open>, IdHash> open;
  std::vector<std::unique_ptr<Open>> blanks;  // used ones, whose texts keep their room
  std::vector<Id> fresh, closed;              // intents of the batch; stored ones that ended in it
  std::map<std::string, Counted> months;      // by month, key and team, each with a zero byte behind it
  std::string month_name;
  std::optional<WallMs> month_day;  // days since 1970
  std::string month_of_day;         // of that one
};

std::unique_ptr<Open> Projection::Impl::blank() {
  if (blanks.empty()) return std::make_unique<Open>();
  auto last = std::move(blanks.back());
  blanks.pop_back();
  return last;
}

Result<> Projection::Impl::load_open() {
  auto rows = db.prepare(
      "SELECT id, at, input, output, cached, cost_nano, request_bytes, intent_index, subject, team, key, "
      "tool, "
      "endpoint, service, provider, surface, model, effect, mode, outcome FROM intents");
  const auto maybe = [&](int column) {
    return rows.is_null(column) ? std::nullopt
                                : std::optional(static_cast<std::uint64_t>(rows.number(column)));
  };
  while (rows.step()) {
    auto known = std::make_unique<Open>();
    known->stored = true;
    auto& e = known->entry;
    e.id = read_id(rows, 0);
    e.at = rows.number(1);
    e.input = maybe(2), e.output = maybe(3), e.cached = maybe(4);
    if (!rows.is_null(5)) e.cost_nano = rows.number(5);
    e.request_bytes = static_cast<std::uint64_t>(rows.number(6));
    e.intent_index = maybe(7);
    int column = 8;
    for (auto* text : {&e.subject, &e.team, &e.key, &e.tool, &e.endpoint, &e.service, &e.provider, &e.surface,
                       &e.model, &e.effect, &e.mode, &e.outcome})
      *text = rows.text(column++);
    open.emplace(e.id, std::move(known));
  }
  return rows.end();
}

void Projection::Impl::count(WallMs at, std::string_view key, std::string_view team, const Counted& usage) {
  constexpr std::size_t month_size = 7;  // "2026-11"
  constexpr WallMs day_ms = 24LL * 3600 * 1000;
  if (const auto day = (at < 0 ? at - day_ms + 1 : at) / day_ms; day != month_day) {
    month_day = day;
    month_name.clear();
    append_rfc3339(month_name, at);
    month_of_day = month_name.substr(0, month_size);
  }
  month_name = month_of_day;
  count_in(key, team, usage);
}

// In the month of month_name, which it makes longer.
void Projection::Impl::count_in(std::string_view key, std::string_view team, const Counted& usage) {
  for (const auto name : {std::string_view(), key, team}) {
    month_name += name;
    month_name += '\0';
  }
  auto& sum = months[month_name];
  sum.exchanges += usage.exchanges;
  sum.input += usage.input;
  sum.output += usage.output;
  sum.cached += usage.cached;
  sum.cost_nano += usage.cost_nano;
}

// Takes out the exchange of the same id, which `newer` replaces.
Result<> Projection::Impl::take_out(ExchangeView& newer) {
  auto row = db.prepare(
      "SELECT e.at, f.key, f.team, e.input, e.output, e.cached, e.cost_nano, e.intent_index "
      "FROM exchanges e JOIN facets f ON f.id = e.facet WHERE e.id = ?");
  if (row.bind(blob(newer.id)).step()) {
    count(row.number(0), row.view(1), row.view(2),
          {-1, -row.number(3), -row.number(4), -row.number(5), -row.number(6)});
    if (!row.is_null(7)) newer.intent_index = static_cast<std::uint64_t>(row.number(7));
  }
  TRY_VOID(row.run());
  return db.prepare("DELETE FROM exchanges WHERE id = ?").bind(blob(newer.id)).run();
}

Result<> Projection::Impl::add(ExchangeView e) {
  TRY(const auto facet, facets.of(e));
  const auto bind = [&] {
    insert.reset().bind(blob(e.id)).bind(facet).bind(e.at);
    e.error.empty() ? insert.bind(std::nullopt) : insert.bind(kept_part(e.error));
    insert.bind(std::int64_t{e.status}).bind(std::int64_t{e.attempts});
    insert.bind(std::int64_t{e.stream}).bind(std::int64_t{e.estimated});
    insert.bind(e.input).bind(e.output).bind(e.cached).bind(e.cost_nano);
    insert.bind(e.decided).bind(e.connected).bind(e.first_byte).bind(e.total);
    insert.bind(number(e.request_bytes)).bind(number(e.response_bytes));
    insert.bind(e.intent_index).bind(e.outcome_index);
  };
  bind();
  auto added = insert.run();
  if (!added && added.error().code == Code::exists) {
    TRY_VOID(take_out(e));
    bind();
    added = insert.run();
  }
  TRY_VOID(std::move(added));
  const auto texts = facet_texts(e);
  count(e.at, texts[2], texts[1],
        {1, number(e.input.value_or(0)), number(e.output.value_or(0)), number(e.cached.value_or(0)),
         e.cost_nano.value_or(0)});
  return {};
}

// Intents that are still open at the end of a batch are kept, those that ended in it are taken out.
Result<> Projection::Impl::write_intents() {
  for (const auto& id : closed) TRY_VOID(delete_intent.reset().bind(blob(id)).run());
  closed.clear();
  for (const auto& id : fresh) {
    const auto found = open.find(id);
    if (found == open.end() || found->second->stored) continue;
    const auto view = view_of(found->second->entry);
    insert_intent.reset().bind(blob(id));
    for (const auto text : facet_texts(view)) insert_intent.bind(text);
    insert_intent.bind(view.at).bind(view.input).bind(view.output).bind(view.cached).bind(view.cost_nano);
    TRY_VOID(insert_intent.bind(number(view.request_bytes)).bind(view.intent_index).run());
    found->second->stored = true;
  }
  fresh.clear();
  return {};
}

Result<> Projection::Impl::write_months() {
  for (const auto& [name, sum] : months) {
    const std::string_view all(name);
    const auto month = all.substr(0, 7), rest = all.substr(8);
    const auto key = rest.substr(0, rest.find('\0'));
    const auto team = rest.substr(key.size() + 1, rest.size() - key.size() - 2);
    add_to_month.reset().bind(month).bind(key).bind(team).bind(sum.exchanges).bind(sum.input);
    TRY_VOID(add_to_month.bind(sum.output).bind(sum.cached).bind(sum.cost_nano).run());
  }
  months.clear();
  return {};
}

Result<> Projection::Impl::write_position(const Projected& upto) {
  auto update = db.prepare("UPDATE position SET next_index = ?, leaf = ?, segment = ?, byte_offset = ?");
  return update.bind(number(upto.index))
      .bind(upto.leaf)
      .bind(number(upto.segment))
      .bind(number(upto.offset))
      .run();
}

Projection::Projection() = default;
Projection::~Projection() = default;

Result<std::unique_ptr<Projection>> Projection::open(const std::string& path) {
  TRY(auto db, Database::open(path));
  TRY_VOID(migrate(db, kExchangeSchema));
  std::unique_ptr<Projection> projection(new Projection);
  projection->impl_ = std::make_unique<Impl>(std::move(db));
  auto& impl = *projection->impl_;
  TRY(impl.position, read_position(impl.db));
  TRY_VOID(impl.load_open());
  return projection;
}

const Projected& Projection::position() const {
  return impl_->position;
}

Result<> Projection::begin() {
  TRY(auto transaction, Transaction::begin(impl_->db));
  impl_->batch.emplace(std::move(transaction));
  return {};
}

Result<> Projection::intent(const ExchangeView& exchange) {
  auto& slot = impl_->open[exchange.id];
  if (slot && slot->stored) impl_->closed.push_back(exchange.id);
  if (!slot) slot = impl_->blank();
  assign(slot->entry, exchange);
  slot->stored = false;
  impl_->fresh.push_back(exchange.id);
  return {};
}

Result<> Projection::outcome(const ExchangeView& exchange) {
  const auto begun = impl_->open.find(exchange.id);
  if (begun == impl_->open.end()) return impl_->add(exchange);
  auto with_intent = exchange;
  if (!with_intent.intent_index) with_intent.intent_index = begun->second->entry.intent_index;
  if (begun->second->stored) impl_->closed.push_back(exchange.id);
  constexpr std::size_t most_blanks = 4096;
  if (impl_->blanks.size() < most_blanks) impl_->blanks.push_back(std::move(begun->second));
  impl_->open.erase(begun);
  return impl_->add(with_intent);
}

Result<> Projection::begun_anew() {
  std::vector<const Open*> all;
  for (const auto& [id, open] : impl_->open) all.push_back(open.get());
  std::ranges::sort(all, {}, [](const Open* open) { return open->entry.intent_index; });
  for (const auto* open : all) {
    if (open->stored) impl_->closed.push_back(open->entry.id);
    TRY_VOID(impl_->add(view_of(open->entry)));
  }
  impl_->open.clear();
  return {};
}

void Projection::count_removed(std::string_view month, const MonthUsage& usage) {
  impl_->month_name = month;
  impl_->count_in(kept_part(usage.key), kept_part(usage.team),
                  {number(usage.exchanges), number(usage.input), number(usage.output), number(usage.cached),
                   usage.cost_nano});
}

void Projection::ended_in_removed(const Id& exchange) {
  const auto begun = impl_->open.find(exchange);
  if (begun == impl_->open.end()) return;
  if (begun->second->stored) impl_->closed.push_back(exchange);
  impl_->open.erase(begun);
}

Result<> Projection::commit(const Projected& upto) {
  TRY_VOID(impl_->write_intents());
  TRY_VOID(impl_->write_months());
  TRY_VOID(impl_->facets.settle());
  TRY_VOID(impl_->write_position(upto));
  TRY_VOID(impl_->batch->commit());
  impl_->batch.reset();
  impl_->position = upto;
  return {};
}

Result<> Projection::clear() {
  TRY(auto transaction, Transaction::begin(impl_->db));
  for (const auto* table : {"exchanges", "facets", "intents", "usage_months"})
    TRY_VOID(impl_->db.run(fmt::format("DELETE FROM {}", table)));
  TRY_VOID(impl_->write_position({}));
  TRY_VOID(transaction.commit());
  impl_->facets.forget();
  impl_->open.clear();
  impl_->position = {};
  return {};
}

Result<> Projection::abandon() {
  impl_->batch.reset();
  return {};
}

Result<> Projection::forget(std::uint64_t from, std::uint64_t to) {
  constexpr std::int64_t at_once = 10'000;  // so that no transaction takes long
  do {
    TRY_VOID(impl_->db
                 .prepare("DELETE FROM exchanges WHERE id IN (SELECT id FROM exchanges "
                          "WHERE coalesce(outcome_index, intent_index) >= ? "
                          "AND coalesce(outcome_index, intent_index) < ? LIMIT ?)")
                 .bind(number(from))
                 .bind(number(to))
                 .bind(at_once)
                 .run());
  } while (impl_->db.changes() > 0);
  TRY(auto transaction, Transaction::begin(impl_->db));
  for (const auto* sql :
       {"UPDATE exchanges SET intent_index = NULL WHERE intent_index >= ? AND intent_index < ?",
        "DELETE FROM intents WHERE intent_index >= ? AND intent_index < ?"})
    TRY_VOID(impl_->db.prepare(sql).bind(number(from)).bind(number(to)).run());
  TRY_VOID(
      impl_->db.run("DELETE FROM facets WHERE NOT EXISTS (SELECT 1 FROM exchanges WHERE facet = facets.id)"));
  TRY_VOID(transaction.commit());
  std::erase_if(impl_->open, [&](const auto& one) {
    const auto intent = one.second->entry.intent_index;
    return intent >= from && intent < to;
  });
  impl_->facets.forget();
  return {};
}

}  // namespace ostiary::store
