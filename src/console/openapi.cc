#include "console/openapi.h"

#include <algorithm>
#include <map>

#include "base/text.h"
#include "console/operation.h"
#include "json/writer.h"
#include "net/http.h"

namespace ostiary::console {

namespace {

using Components = std::map<std::string, Schema>;

void collect(const Schema& schema, Components& found) {
  if (!schema.component.empty()) {
    auto plain = schema;
    plain.nullable = false;
    found.emplace(schema.component, std::move(plain));
  }
  for (const auto& member : schema.members) collect(member.schema, found);
  for (const auto& item : schema.items) collect(item, found);
  for (const auto& other : schema.others) collect(other, found);
  for (const auto& way : schema.ways) collect(way, found);
}

Components components() {
  Components found;
  collect(error_schema(), found);
  for (const auto& operation : operations()) {
    collect(operation.answer, found);
    if (operation.body) collect(*operation.body, found);
  }
  return found;
}

void write_content(json::Writer& w, std::initializer_list<std::string_view> types, const Schema& schema) {
  w.key("content");
  w.begin_object();
  for (const auto type : types) {
    if (type.empty()) continue;
    w.key(type);
    w.begin_object();
    w.key("schema");
    schema.write(w);
    w.end_object();
  }
  w.end_object();
}

void write_parameters(json::Writer& w, const Operation& operation) {
  if (operation.parameters.empty()) return;
  w.key("parameters");
  w.begin_array();
  for (const auto& parameter : operation.parameters) {
    w.begin_object();
    w.member("description", parameter.schema.doc);
    w.member("in", parameter.in == Parameter::In::path    ? "path"
                   : parameter.in == Parameter::In::query ? "query"
                                                          : "header");
    w.member("name", parameter.name);
    w.member("required", parameter.required);
    w.key("schema");
    parameter.schema.said("").write(w);
    w.end_object();
  }
  w.end_array();
}

void write_answers(json::Writer& w, const Operation& operation) {
  w.key("responses");
  w.begin_object();
  for (const auto status : statuses_of(operation)) {
    w.key(std::to_string(status));
    w.begin_object();
    const bool good = status == operation.status;
    // An operation that is not ready answers in its own words.
    const bool own =
        good || (operation.need == Need::nobody && status == 503 && operation.type == "application/json");
    if (own)
      write_content(w, {operation.other_type, operation.type}, operation.answer);
    else
      write_content(w, {"application/json"}, error_schema());
    w.member("description", net::reason(status));
    w.end_object();
  }
  w.end_object();
}

void write_security(json::Writer& w, const Operation& operation) {
  w.key("security");
  w.begin_array();
  if (operation.need == Need::invited || operation.need == Need::watch) {
    w.begin_object();
    w.end_object();
  }
  if (operation.need != Need::nobody) {
    w.begin_object();
    w.key("key");
    w.begin_array();
    w.end_array();
    w.end_object();
  }
  w.end_array();
}

void write_operation(json::Writer& w, const Operation& operation) {
  w.begin_object();
  w.member("operationId", operation.id);
  write_parameters(w, operation);
  if (operation.body) {
    w.key("requestBody");
    w.begin_object();
    write_content(w, {"application/json"}, *operation.body);
    w.member("required", true);
    w.end_object();
  }
  write_answers(w, operation);
  write_security(w, operation);
  w.member("summary", operation.summary);
  w.key("tags");
  w.begin_array();
  w.string(operation.tag);
  w.end_array();
  w.member("x-ostiary-scope", name(operation.need));
  w.end_object();
}

void write_paths(json::Writer& w) {
  std::map<std::string, std::vector<const Operation*>> paths;
  for (const auto& operation : operations()) paths[operation.path].push_back(&operation);
  w.key("paths");
  w.begin_object();
  for (auto& [path, ways] : paths) {
    w.key(path);
    w.begin_object();
    std::ranges::sort(ways, {}, &Operation::method);
    for (const auto* operation : ways) {
      w.key(text::lower(operation->method));
      write_operation(w, *operation);
    }
    w.end_object();
  }
  w.end_object();
}

void write_components(json::Writer& w) {
  w.key("components");
  w.begin_object();
  w.key("schemas");
  w.begin_object();
  for (const auto& [name, schema] : components()) {
    w.key(name);
    schema.write_rules(w);
  }
  w.end_object();
  w.key("securitySchemes");
  w.begin_object();
  w.key("key");
  w.begin_object();
  w.member("description", "A key of the gate: ost_…, also taken as x-api-key and x-ostiary-key.");
  w.member("scheme", "bearer");
  w.member("type", "http");
  w.end_object();
  w.end_object();
  w.end_object();
}

}  // namespace

std::string openapi(std::string_view version) {
  std::string out;
  json::Writer w(out);
  w.begin_object();
  write_components(w);
  w.key("info");
  w.begin_object();
  w.member("description", "The API of an Ostiary gate. docs/api.md shows it at work.");
  w.key("license");
  w.begin_object();
  w.member("identifier", "Apache-2.0");
  w.member("name", "Apache-2.0");
  w.end_object();
  w.member("title", "Ostiary");
  w.member("version", version);
  w.end_object();
  w.member("openapi", "3.1.0");
  write_paths(w);
  w.end_object();
  return out + '\n';
}

}  // namespace ostiary::console
