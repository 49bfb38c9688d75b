// The inventory as a whole: reconciled with what is seen, filled from tables, exported, asked, summed up.

#include <algorithm>
#include <fmt/format.h>

#include "base/text.h"
#include "console/impl/inventory.h"
#include "console/impl/keys.h"
#include "console/impl/questions.h"
#include "console/impl/tables.h"
#include "inventory/answer.h"
#include "inventory/export.h"
#include "inventory/summary.h"
#include "report/cyclonedx.h"
#include "report/spdx.h"

namespace ostiary::console {

namespace {

constexpr std::size_t kMostTraffic = 5000, kMostAdvisories = 100;
constexpr WallMs kDayMs = 86'400'000;

// An approved question as something that was seen.
std::optional<inventory::Sighting> approval_of(const desk::Question& question, WallMs now) {
  const auto& answer = question.answer;
  if (!answer || answer->ruling == desk::Ruling::deny || (answer->expires && *answer->expires <= now))
    return {};
  inventory::Sighting s;
  s.how = inventory::How::question;
  s.question = desk::number_text(question.number);
  s.tool = question.tool;
  s.service = question.service;
  s.model = question.model;
  s.surface = question.surface;
  s.team = question.team;
  if (const auto* fact = question.facts.find("target.provider"))
    if (const auto* provider = std::get_if<std::string>(&fact->value)) s.provider = *provider;
  if (s.tool.empty() && s.service.empty() && s.model.empty() && s.provider.empty()) return {};
  s.first = s.last = answer->at;
  s.count = 1;
  return s;
}

Result<> add_approvals(Backing& backing, inventory::Evidence& evidence) {
  if (!backing.desk) return {};
  const desk::Actor everybody{.subject = {}, .team = {}, .answers = true, .key = "local"};
  const auto now = wall_now();
  desk::Filter filter;
  filter.states = {desk::State::answered};
  filter.most = 500;
  for (int page = 0; page < 20; ++page) {
    TRY(const auto questions, backing.desk->list(filter, everybody, now));
    for (const auto& question : questions)
      if (const auto approval = approval_of(question, now)) evidence.add(*approval);
    if (questions.size() < filter.most) break;
    filter.after = questions.back().number;
  }
  return {};
}

Result<> add_traffic(Backing& backing, inventory::Evidence& evidence) {
  const auto traffic = backing.traffic.traffic(0, kMostTraffic);
  if (!traffic && traffic.error().code != Code::not_found && traffic.error().code != Code::unavailable &&
      traffic.error().code != Code::io)
    return std::unexpected(traffic.error());
  if (!traffic) return {};
  for (const auto& one : *traffic) {
    inventory::Sighting s;
    s.how = inventory::How::gate;
    s.team = one.team;
    s.tool = one.tool;
    s.service = one.service;
    s.provider = one.provider;
    s.surface = one.surface;
    s.model = one.model;
    s.count = one.exchanges;
    s.first = one.first;
    s.last = one.last;
    if (!s.provider.empty() || !s.service.empty()) evidence.add(s);
    evidence.gate = true;
  }
  if (traffic->size() == kMostTraffic)
    evidence.partial.push_back(
        fmt::format("of the gate's traffic the {} largest kinds were looked at", kMostTraffic));
  return {};
}

std::optional<WallMs> time_at(json::Value value) {
  const auto text = value.as_string();
  return text ? parse_time(*text) : std::nullopt;
}

Result<> take_given(inventory::Evidence& evidence, json::Value body) {
  const auto now = wall_now();
  for (const auto scan : body["scans"]) {
    auto taken = inventory::take_document(evidence, scan["document"], scan["repository"].string_or(""),
                                          time_at(scan["at"]).value_or(now));
    if (!taken) return fail(Code::exists, taken.error().message);
  }
  for (const auto one : body["sightings"]) {
    TRY(auto sighting, inventory::read_sighting(one));
    sighting.first = time_at(one["first"]);  // with any offset
    sighting.last = time_at(one["last"]);
    evidence.add(sighting);
    evidence.scanned = evidence.scanned || sighting.how == inventory::How::scan;
    evidence.logs = evidence.logs || sighting.how == inventory::How::log;
  }
  for (const auto one : body["looked_at"]) {
    evidence.scanned = evidence.scanned || one.string_or("") == "scan";
    evidence.logs = evidence.logs || one.string_or("") == "log";
  }
  for (const auto one : body["partial"])
    if (evidence.partial.size() < 200) evidence.partial.push_back(desk::clean_text(one.string_or(""), 1000));
  return {};
}

void write_texts(json::Writer& w, std::string_view name, const std::vector<std::string>& all) {
  w.key(name);
  w.begin_array();
  for (const auto& text : all) w.string(text);
  w.end_array();
}

void write_or_null(json::Writer& w, std::string_view name, const std::string& text) {
  w.key(name);
  text.empty() ? w.null() : w.string(text);
}

void write_finding(json::Writer& w, const inventory::Finding& finding) {
  w.begin_object();
  write_texts(w, "evidence", finding.evidence);
  w.member("finding", inventory::name(finding.gap));
  write_or_null(w, "owner", finding.owner);
  write_or_null(w, "team", finding.team);
  w.member("text", finding.text);
  write_or_null(w, "use", finding.use ? finding.use->text() : "");
  w.member("what", finding.what);
  w.end_object();
}

Result<Reply> reconcile(Backing& backing, const Call& call) {
  const auto body = call.body.root();
  TRY(auto evidence, own_evidence(backing));
  TRY_VOID(told(take_given(evidence, body)));
  if (evidence.sightings.size() > inventory::Evidence::kMost + kMostTraffic)
    return fail(Code::exists, fmt::format("more than {} things were seen; reconcile fewer at once",
                                          inventory::Evidence::kMost));
  const inventory::Reconciling how{.now = wall_now(), .since = time_at(body["since"])};
  const bool apply = body["apply"].as_bool().value_or(false);
  TRY(const auto found, told(backing.inventory.reconcile(evidence, how, apply, recorder(backing, call))));
  return reply_object([&](json::Writer& w) {
    w.member("applied", apply);
    w.key("findings");
    w.begin_array();
    for (const auto& finding : found.findings) write_finding(w, finding);
    w.end_array();
    w.member("marked", std::uint64_t{found.marks.size()});
    write_texts(w, "partial", found.partial);
    w.key("proposed");
    w.begin_array();
    for (const auto& use : found.proposed) write_use(w, use);
    w.end_array();
  });
}

Result<Reply> import(Backing& backing, const Call& call) {
  const auto body = call.body.root();
  files::Sheet sheet{.name = "table", .hidden = false, .rows = {}, .numbers = {}};
  for (const auto row : body["rows"]) {
    auto& cells = sheet.rows.emplace_back();
    for (const auto cell : row["cells"]) cells.push_back(cell.string_or(""));
    sheet.numbers.push_back(row["row"].as_uint().value_or(sheet.rows.size()));
  }
  inventory::Table table;
  if (body["header"]) {
    for (const auto name : body["header"]) table.header.push_back(name.string_or(""));
    for (std::size_t i = 0; i < sheet.rows.size(); ++i)
      table.rows.push_back({.number = sheet.numbers[i], .cells = std::move(sheet.rows[i])});
  } else {
    TRY(table, told(inventory::table_of(sheet)));
  }
  inventory::ColumnWishes wishes;
  for (const auto one : body["columns"]) {
    const auto f = inventory::field_named(one["field"].string_or(""));
    if (one["field"].is_string() && (!f || !inventory::writable(*f)))
      return fail(Code::exists, "a column is to be a field that there is not");
    wishes[one["column"].string_or("")] = f && inventory::writable(*f) ? f : std::nullopt;
  }
  const bool dry = body["dry_run"].as_bool().value_or(false);
  TRY(const auto done,
      told(backing.inventory.import(table, wishes, dry, wall_now(), recorder(backing, call))));
  return reply_object([&](json::Writer& w) {
    w.member("added", done.added);
    w.key("columns");
    w.begin_array();
    for (const auto& column : done.columns) {
      w.begin_object();
      w.member("column", column.header);
      write_or_null(w, "field", column.field ? std::string(inventory::name(*column.field)) : "");
      w.member("how", column.how);
      w.end_object();
    }
    w.end_array();
    w.member("dry_run", dry);
    w.member("filled", done.filled);
    w.key("partial");
    w.begin_array();
    for (const auto& trouble : done.partial) {
      w.begin_object();
      w.member("row", trouble.row);
      w.member("text", trouble.text);
      w.end_object();
    }
    w.end_array();
    w.member("rows", done.rows);
    w.member("same", done.same);
    write_texts(w, "uses", done.uses);
  });
}

Result<Reply> export_json(Backing& backing, const Call& call) {
  TRY(const auto uses, backing.inventory.all());
  const auto format = call.text("format");
  if (format.empty() || format == "json") return reply_list("uses", uses, write_use);
  const auto bom = inventory::bom_of(uses, {.author = {}, .tool_version = backing.facts.version});
  Reply reply;
  if (format == "spdx")
    reply.body = report::spdx(bom);
  else
    reply.body = report::cyclonedx(
        bom, format == "cyclonedx-1.7" ? report::CycloneDxVersion::v1_7 : report::CycloneDxVersion::v1_6);
  return reply;
}

Reply file(std::string body, std::string_view type, std::string_view name) {
  Reply reply;
  reply.body = std::move(body);
  reply.type = type;
  reply.headers = {{"Content-Disposition", fmt::format("attachment; filename=\"{}\"", name)}};
  return reply;
}

constexpr std::string_view kCsv = "text/csv; charset=utf-8",
                           kXlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

Result<Reply> export_csv(Backing& backing, const Call&) {
  TRY(const auto uses, backing.inventory.all());
  return file(inventory::uses_csv(uses), kCsv, "uses.csv");
}

Result<Reply> export_xlsx(Backing& backing, const Call&) {
  TRY(const auto uses, backing.inventory.all());
  TRY(auto bytes, inventory::uses_xlsx(uses));
  return file(std::move(bytes), kXlsx, "uses.xlsx");
}

Result<inventory::Query> query_of(json::Value body) {
  inventory::Query query;
  query.provider = body["provider"].string_or("");
  query.model = body["model"].string_or("");
  query.license_forbids = body["license_forbids"].string_or("");
  query.sdk = body["sdk"].string_or("");
  for (const auto one : body["data"]) query.data.push_back(one.string_or(""));
  for (const auto one : body["terms"]) {
    TRY(auto condition, inventory::parse_terms(one.string_or("")));
    query.terms.push_back(std::move(condition));
  }
  if (const auto version = body["version"].as_string()) {
    TRY(query.version, inventory::VersionRange::parse(*version));
  }
  for (const auto one : body["advisories"]) {
    TRY(auto advisories, inventory::read_advisories(one.raw()));
    std::ranges::move(advisories, std::back_inserter(query.advisories));
  }
  if (query.empty()) return fail(Code::invalid, "nothing is asked for");
  return query;
}

Result<Reply> answer(Backing& backing, const Call& call) {
  TRY(const auto query, told(query_of(call.body.root())));
  TRY(const auto uses, backing.inventory.all());
  const auto answers = inventory::answer(uses, query);
  std::vector<std::string> partial;
  for (const auto& advisory : query.advisories)
    for (const auto& one : advisory.partial) partial.push_back(fmt::format("{}: {}", advisory.id, one));
  return reply_object([&](json::Writer& w) {
    write_texts(w, "partial", partial);
    write_texts(w, "tell", inventory::to_tell(answers));
    w.key("uses");
    w.begin_array();
    for (const auto& one : answers) {
      w.begin_object();
      w.member("certain", one.certain);
      write_texts(w, "evidence", one.evidence);
      w.key("reasons");
      w.begin_array();
      for (const auto& reason : one.reasons) {
        w.begin_object();
        w.member("certain", reason.certain);
        w.member("text", reason.text);
        w.end_object();
      }
      w.end_array();
      w.key("use");
      write_use(w, one.use);
      w.end_object();
    }
    w.end_array();
  });
}

Result<std::optional<inventory::AnswerTimes>> answer_times(Backing& backing, WallMs now) {
  if (!backing.desk) return std::nullopt;
  constexpr WallMs span = 90 * kDayMs;
  TRY(const auto stats, backing.desk->stats(now - span, now, now));
  return inventory::AnswerTimes{.from = stats.from,
                                .to = stats.to,
                                .asked = stats.asked,
                                .answered = stats.answered,
                                .open = stats.open + stats.waiting,
                                .automatic = stats.automatic,
                                .breached = stats.breached,
                                .first_p50_ms = stats.first_answer.p50_ms,
                                .first_p90_ms = stats.first_answer.p90_ms,
                                .decision_p50_ms = stats.decision.p50_ms,
                                .decision_p90_ms = stats.decision.p90_ms};
}

// What was seen before stands with the uses; the gate and the desk are asked anew.
Result<inventory::Summary> summary_of(Backing& backing) {
  const auto now = wall_now();
  TRY(auto evidence, own_evidence(backing));
  TRY(const auto uses, backing.inventory.all());
  for (const auto& use : uses)
    for (const auto& one : use.seen) {
      if (one.how != inventory::How::scan && one.how != inventory::How::log) continue;
      evidence.add(one);
      (one.how == inventory::How::scan ? evidence.scanned : evidence.logs) = true;
    }
  TRY(const auto times, answer_times(backing, now));
  return inventory::summarise(uses, inventory::reconcile(uses, evidence, {.now = now}), times, now);
}

Result<Reply> show_report(Backing& backing, const Call&) {
  TRY(const auto summary, summary_of(backing));
  Reply reply;
  inventory::append_json(reply.body, summary);
  reply.body += '\n';
  return reply;
}

template <std::string (*Made)(const inventory::Summary&)>
Result<Reply> show_page(Backing& backing, const Call&) {
  TRY(const auto summary, summary_of(backing));
  Reply reply;
  reply.body = Made(summary);
  reply.type = Made == inventory::summary_html ? "text/html; charset=utf-8" : "text/plain; charset=utf-8";
  reply.headers = {{"Content-Security-Policy",
                    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
                    "frame-ancestors 'none'"},
                   {"X-Content-Type-Options", "nosniff"}};
  return reply;
}

Schema text_up_to(std::string_view doc, std::size_t most) {
  auto text = string(doc);
  text.longest = most;
  return text;
}

Schema list_up_to(Schema items, std::string_view doc, std::size_t most) {
  auto list = array_of(std::move(items), doc);
  list.longest = most;
  return list;
}

Operation reconciling() {
  auto row =
      inventory_row("reconcileInventory", "POST", "/api/v1/inventory/reconcile",
                    "Compare the uses with scans, logs, the gate's traffic and the desk's approvals; with "
                    "`apply` add what is missing and mark what was seen",
                    Need::keep_inventory, reconcile);
  auto scan = object("", {optional("at", time("when it was scanned; now unless said")),
                          {"document", object_open("of 'ostiary scan --format json', with --logs too")},
                          optional("repository", text_up_to("what the code is called", 500))});
  row.body = object(
      "Reconciling",
      {optional("apply", boolean("add and mark, not only tell")),
       optional("looked_at", list_up_to(word_of({"scan", "log"}, ""),
                                        "sources that were read, though they may show nothing", 2)),
       optional("partial", list_up_to(text_up_to("", 1000), "what was not read", 200)),
       optional("scans", list_up_to(std::move(scan), "documents of the scanner", 1000)),
       optional("sightings", list_up_to(sighting_schema(), "taken out of such", inventory::Evidence::kMost)),
       optional("since", time("tell what was seen first since then"))});
  row.answer = reconciled_schema();
  row.refusals = {409};
  row.most_body = gateway::SideDoor::kLargestBody;
  row.lane = Operation::Lane::slow;
  return row;
}

Operation importing() {
  auto row = inventory_row(
      "importUses", "POST", "/api/v1/inventory/import",
      "Take in rows of a table that people keep; what is there stays, the same row adds nothing",
      Need::keep_inventory, import);
  const auto cell = text_up_to("", 262'144);
  auto one = object("", {{"cells", list_up_to(cell, "", inventory::Table::kMostColumns)},
                         optional("row", integer("its number in the file", 1, 10'000'000))});
  auto column = object("", {{"column", text_up_to("its heading", 1000)},
                            {"field", text_up_to("a field's name; null: keep it as it is", 100).or_null()}});
  row.body = object(
      "UseTable", {optional("columns", list_up_to(std::move(column),
                                                  "what columns are; remembered for tables with this heading",
                                                  inventory::Table::kMostColumns)),
                   optional("dry_run", boolean("only tell what would be done")),
                   optional("header", list_up_to(text_up_to("", 1000),
                                                 "names of the columns, each once; found among the rows "
                                                 "where it is absent",
                                                 inventory::Table::kMostColumns)),
                   {"rows", list_up_to(std::move(one), "", 20'000)}});
  row.answer = imported_schema();
  row.most_body = gateway::SideDoor::kLargestBody;
  row.refusals = {409};
  return row;
}

Operation answering() {
  auto row =
      inventory_row("answerInventory", "POST", "/api/v1/inventory/answer",
                    "Which uses something concerns, with evidence and whom to tell; what is unknown counts",
                    Need::see_inventory, answer);
  const auto word = [](std::string_view doc) { return text_up_to(doc, 200); };
  row.body = object(
      "InventoryQuestion",
      {optional("advisories", list_up_to(object_open("in the form of OSV or CSAF 2.0"), "", kMostAdvisories)),
       optional("data", list_up_to(word("a class"), "one of them goes in", 50)),
       optional("license_forbids", word_of({"commercial"}, "")),
       optional("model", word("a name or a pattern with *")), optional("provider", word("id or name")),
       optional("sdk", word("id, name or package")),
       optional("terms", list_up_to(word("train_on_input!=no"), "conditions on the provider's terms", 20)),
       optional("version", word("of the SDK, else of the model: <1.2"))});
  row.answer = answer_schema();
  row.refusals = {409};
  row.most_body = gateway::SideDoor::kLargestBody;
  row.lane = Operation::Lane::slow;
  return row;
}

std::vector<Operation> exporting() {
  auto all = inventory_row("exportInventory", "GET", "/api/v1/inventory/export",
                           "All uses, as JSON, CycloneDX 1.6 or 1.7, or SPDX 3.0.1", Need::see_inventory,
                           export_json);
  all.parameters = {
      in_query("format", word_of({"json", "cyclonedx", "cyclonedx-1.7", "spdx"}, "json unless said"))};
  all.answer = object_open("the document");
  all.lane = Operation::Lane::slow;
  auto csv = inventory_row("exportInventoryCsv", "GET", "/api/v1/inventory/export.csv", "All uses as CSV",
                           Need::see_inventory, export_csv);
  csv.answer = string("formulas are neutralised");
  csv.type = kCsv;
  csv.lane = Operation::Lane::slow;
  auto xlsx = inventory_row("exportInventoryXlsx", "GET", "/api/v1/inventory/export.xlsx",
                            "All uses as a workbook", Need::see_inventory, export_xlsx);
  xlsx.answer = string("the file");
  xlsx.type = kXlsx;
  xlsx.lane = Operation::Lane::slow;
  return {all, csv, xlsx};
}

std::vector<Operation> reporting() {
  auto data = inventory_row("showInventoryReport", "GET", "/api/v1/inventory/report",
                            "The page for management, as data", Need::see_inventory, show_report);
  data.answer = summary_schema();
  data.lane = Operation::Lane::slow;
  auto html =
      inventory_row("inventoryReportPage", "GET", "/api/v1/inventory/report.html", "The page for management",
                    Need::see_inventory, show_page<inventory::summary_html>);
  html.answer = string("HTML that loads nothing");
  html.type = "text/html; charset=utf-8";
  html.lane = Operation::Lane::slow;
  auto text = inventory_row("inventoryReportText", "GET", "/api/v1/inventory/report.txt",
                            "The page for management, as text", Need::see_inventory,
                            show_page<inventory::summary_text>);
  text.answer = string("lines");
  text.type = "text/plain; charset=utf-8";
  text.lane = Operation::Lane::slow;
  return {data, html, text};
}

}  // namespace

Result<inventory::Evidence> own_evidence(Backing& backing) {
  inventory::Evidence evidence;
  TRY_VOID(add_traffic(backing, evidence));
  TRY_VOID(add_approvals(backing, evidence));
  return evidence;
}

std::vector<Operation> inventory_operations() {
  std::vector<Operation> rows = {reconciling(), importing(), answering()};
  std::ranges::move(exporting(), std::back_inserter(rows));
  std::ranges::move(reporting(), std::back_inserter(rows));
  return rows;
}

}  // namespace ostiary::console
