// inventory: uses listed, shown, stated, exported, asked and summed up; through the gate that runs on the
// data folder, on the folder itself, or over the network.

#include <fmt/format.h>

#include "app/api_door.h"
#include "app/impl/framed.h"
#include "app/impl/inventory_view.h"
#include "app/impl/terminal.h"
#include "app/impl/verbs_inventory.h"
#include "base/file.h"
#include "base/id.h"
#include "inventory/use.h"
#include "json/document.h"

namespace ostiary::app {

namespace {

Result<ApiDoor> open(const InventoryOptions& options, FolderApi::For what) {
  return ApiDoor::open(options.gate, options.common.data, what);
}

Result<std::string> path_of(const std::string& id) {
  if (!Id::parse(id))
    return fail(Code::invalid,
                fmt::format("'{}' is no use's id; 'ostiary inventory list' shows them", printable(id)));
  return "/api/v1/uses/" + id;
}

Result<int> tell_use(const InventoryOptions& options, const std::string& answer) {
  TRY(const auto document, json::Document::parse(answer));
  TRY_VOID(put(options.common, options.common.format == Format::json
                                   ? framed("use", document.root())
                                   : use_text(document.root(), style_of(options.common))));
  return 0;
}

Result<std::string> stated_body(const InventoryStateOptions& options) {
  if (options.stated.empty()) return fail(Code::invalid, "nothing is stated; --help shows what can be");
  std::string body;
  json::Writer w(body);
  w.begin_object();
  for (const auto& [f, values] : options.stated) {
    TRY(const auto good, inventory::stated(f, values));
    w.key(inventory::name(f));
    if (inventory::field(f).type == inventory::FieldType::list) {
      w.begin_array();
      for (const auto& one : good) w.string(one);
      w.end_array();
    } else if (good.empty()) {
      w.null();
    } else {
      w.string(good.front());
    }
  }
  w.end_object();
  return body;
}

void write_text(json::Writer& w, std::string_view name, const std::string& text) {
  if (!text.empty()) w.member(name, text);
}

void write_texts(json::Writer& w, std::string_view name, const std::vector<std::string>& texts) {
  if (texts.empty()) return;
  w.key(name);
  w.begin_array();
  for (const auto& text : texts) w.string(text);
  w.end_array();
}

}  // namespace

Result<int> run_inventory_list(const InventoryListOptions& options) {
  TRY(auto door, open(options, FolderApi::For::looking));
  std::string filter;
  const auto add = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) filter += fmt::format("&{}={}", name, percent_encoded(value));
  };
  add("provider", options.provider);
  add("tool", options.tool);
  add("team", options.team);
  add("owner", options.owner);
  add("status", options.status);
  add("model", options.model);
  std::string uses, cursor;
  std::size_t count = 0;
  do {
    TRY(const auto answer, door.call("GET", fmt::format("/api/v1/uses?limit=500{}{}", filter, cursor)));
    TRY(const auto document, json::Document::parse(answer));
    for (const auto use : document.root()["uses"]) uses += (count++ > 0 ? "," : "") + std::string(use.raw());
    const auto next = document.root()["next"].as_string();
    cursor = next ? "&cursor=" + *next : "";
  } while (!cursor.empty());
  const auto all = fmt::format("{{\"uses\":[{}]}}", uses);
  TRY(const auto document, json::Document::parse(all));
  const auto root = document.root();
  TRY_VOID(put(options.common,
               options.common.format == Format::json
                   ? framed("uses", root)
                   : uses_table(root["uses"], columns_of(options.common), style_of(options.common))));
  if (options.common.format == Format::text) hint(options.common, fmt::format("{} uses", grouped(count)));
  return 0;
}

Result<int> run_inventory_show(const InventoryOptions& options) {
  TRY(const auto path, path_of(options.id));
  TRY(auto door, open(options, FolderApi::For::looking));
  TRY(const auto answer, door.call("GET", path));
  return tell_use(options, answer);
}

Result<int> run_inventory_add(const InventoryStateOptions& options) {
  TRY(const auto body, stated_body(options));
  TRY(auto door, open(options, FolderApi::For::making));
  TRY(const auto answer, door.call("POST", "/api/v1/uses", body));
  return tell_use(options, answer);
}

Result<int> run_inventory_edit(const InventoryStateOptions& options) {
  TRY(const auto path, path_of(options.id));
  TRY(const auto body, stated_body(options));
  TRY(auto door, open(options, FolderApi::For::changing));
  if (options.revision != 0) {
    TRY(const auto now, door.call("GET", path));
    TRY(const auto document, json::Document::parse(now));
    const auto revision = document.root()["revision"].as_uint().value_or(0);
    if (revision != options.revision)
      return fail(Code::invalid, fmt::format("it is at revision {}; look at it first", revision));
  }
  TRY(const auto answer, door.call("PATCH", path, body));
  return tell_use(options, answer);
}

Result<int> run_inventory_remove(const InventoryOptions& options) {
  TRY(const auto path, path_of(options.id));
  TRY(auto door, open(options, FolderApi::For::changing));
  TRY(const auto answer, door.call("DELETE", path));
  return tell_use(options, answer);
}

Result<int> run_inventory_export(const InventoryExportOptions& options) {
  TRY(auto door, open(options, FolderApi::For::looking));
  auto form = options.form == "cyclonedx-1.6" ? std::string("cyclonedx") : options.form;
  const bool own_path = form == "csv" || form == "xlsx";
  TRY(const auto answer, door.call("GET", own_path ? "/api/v1/inventory/export." + form
                                                   : "/api/v1/inventory/export?format=" + form));
  if (form != "json") {
    TRY_VOID(put(options.common, answer));
    return 0;
  }
  TRY(const auto document, json::Document::parse(answer));
  TRY_VOID(put(options.common, framed("uses", document.root())));
  return 0;
}

Result<int> run_inventory_answer(const InventoryAnswerOptions& options) {
  std::string body;
  json::Writer w(body);
  w.begin_object();
  if (!options.advisories.empty()) w.key("advisories"), w.begin_array();
  for (const auto& file : options.advisories) {
    TRY(const auto text, read_file(file));
    const auto document = json::Document::parse(text);
    if (!document) return fail(Code::invalid, "it is no JSON: " + document.error().text(), file);
    const auto root = document->root();
    if (root.is_object()) w.raw(text);
    if (root.is_array())
      for (const auto one : root) w.raw(one.raw());
  }
  if (!options.advisories.empty()) w.end_array();
  write_texts(w, "data", options.data);
  write_text(w, "license_forbids", options.license_forbids);
  write_text(w, "model", options.model);
  write_text(w, "provider", options.provider);
  write_text(w, "sdk", options.sdk);
  write_texts(w, "terms", options.terms);
  write_text(w, "version", options.version);
  w.end_object();
  if (body == "{}") return fail(Code::invalid, "say what is asked for; --help shows the filters");
  TRY(auto door, open(options, FolderApi::For::looking));
  TRY(const auto answer, door.call("POST", "/api/v1/inventory/answer", body));
  TRY(const auto document, json::Document::parse(answer));
  const auto root = document.root();
  TRY_VOID(put(options.common, options.common.format == Format::json
                                   ? framed("inventory-answer", root)
                                   : answers_text(root, style_of(options.common))));
  return 0;
}

Result<int> run_inventory_report(const InventoryReportOptions& options) {
  TRY(auto door, open(options, FolderApi::For::looking));
  const auto& output = options.common.output;
  const bool page = output.ends_with(".html") || output.ends_with(".htm");
  const auto form = !options.form.empty() ? options.form : page ? "html" : "text";
  TRY(const auto answer, door.call("GET", form == "json"   ? "/api/v1/inventory/report"
                                          : form == "html" ? "/api/v1/inventory/report.html"
                                                           : "/api/v1/inventory/report.txt"));
  if (form != "json") {
    TRY_VOID(put(options.common, answer));
    return 0;
  }
  TRY(const auto document, json::Document::parse(answer));
  TRY_VOID(put(options.common, framed("inventory-report", document.root())));
  return 0;
}

}  // namespace ostiary::app
