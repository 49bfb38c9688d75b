#include "app/scan_logs_output.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <set>
#include <vector>

#include "app/inspect_output.h"
#include "json/writer.h"
#include "report/csv.h"
#include "report/table.h"

namespace ostiary::app {

namespace {

using scan::LogRow;
using scan::LogTarget;

std::string_view kind_of(const LogRow& row) {
  return row.kind == LogTarget::Kind::tool ? "tool" : "provider";
}

// 0: the log does not say who asks, or nobody was let through.
std::string clients_of(const LogRow& row) {
  const auto& clients = row.clients;
  if (clients.count == 0) return row.requests == 0 ? "" : "unknown";
  if (clients.count < scan::kFewClients) return fmt::format("<{}", scan::kFewClients);
  return (clients.exact ? "" : "about ") + grouped(clients.count);
}

std::string bytes_of(const LogRow& row, const std::optional<std::uint64_t>& bytes, std::uint64_t of) {
  if (row.requests == 0) return "";
  if (!bytes) return "unknown";
  return (of < row.requests ? "over " : "") + human_bytes(*bytes);
}

std::string requests_of(const LogRow& row) {
  auto out = grouped(row.requests);
  if (row.lookups > 0 && row.lookups == row.requests) out += row.lookups == 1 ? " lookup" : " lookups";
  return out;
}

// Of all requests, to a millionth.
double share_of(const scan::LogReport& report, const LogRow& row) {
  if (report.requests == 0) return 0;
  return std::round(1e6 * static_cast<double>(row.requests) / static_cast<double>(report.requests)) / 1e6;
}

std::string percent(double share) {
  if (share == 0) return "0 %";
  return share < 0.0001 ? "<0.01 %" : fmt::format("{:.2f} %", 100 * share);
}

std::string days_of(const LogRow& row) {
  if (row.first.empty()) return row.requests == 0 ? "" : "unknown";
  return row.first == row.last ? row.first : row.first + " to " + row.last;
}

std::string hosts_of(const LogRow& row) {
  std::string out;
  for (const auto& [host, count] : row.hosts) out += (out.empty() ? "" : " ") + host;
  return out;
}

report::Paint paint_of(const LogRow& row) {
  if (row.mixed) return report::Paint::faint;
  return row.surface == "consumer" || row.surface == "api-free" ? report::Paint::yellow
                                                                : report::Paint::plain;
}

void write_file(json::Writer& w, const scan::LogFile& file) {
  w.begin_object();
  w.member("bytes", file.bytes);
  w.member("columns", file.columns);
  w.member("file", file.path);
  w.member("format", scan::name_of(file.format));
  w.member("lines", file.lines);
  w.member("requests", file.requests);
  w.member("unread", file.unread);
  w.end_object();
}

void write_day(json::Writer& w, std::string_view name, const std::string& day) {
  w.key(name);
  day.empty() ? w.null() : w.string(day);
}

void write_clients(json::Writer& w, const LogRow& row) {
  const auto count = row.clients.count;
  const bool few = count > 0 && count < scan::kFewClients;
  w.key("clients");
  w.begin_object();
  w.key("count");
  count == 0 || few ? w.null() : w.number(count);
  w.member("estimate", !row.clients.exact);
  w.key("fewer_than");
  few ? w.number(scan::kFewClients) : w.null();
  w.end_object();
}

void write_row(json::Writer& w, const scan::LogReport& report, const LogRow& row) {
  w.begin_object();
  w.member_or_null("bytes_in", row.bytes_in);
  w.member("bytes_in_of", row.bytes_in_of);
  w.member_or_null("bytes_out", row.bytes_out);
  w.member("bytes_out_of", row.bytes_out_of);
  write_clients(w, row);
  write_day(w, "first", row.first);
  w.key("hosts");
  w.begin_array();
  for (const auto& [host, count] : row.hosts) {
    w.begin_object();
    w.member("host", host);
    w.member("requests", count);
    w.end_object();
  }
  w.end_array();
  w.member("id", row.id);
  w.member("kind", kind_of(row));
  write_day(w, "last", row.last);
  w.member("lookups", row.lookups);
  w.member("maker", row.maker);
  w.member("mixed", row.mixed);
  w.member("name", row.name);
  w.member("refused", row.refused);
  w.member("requests", row.requests);
  w.member("share", share_of(report, row));
  w.member("surface", row.surface);
  w.end_object();
}

}  // namespace

std::string scan_logs_text(const scan::LogReport& report, const Style& style, std::size_t width) {
  report::Table shown({{.name = "surface"},
                       {.name = "reached", .least = 16},
                       {.name = "as"},
                       {.name = "requests", .right = true},
                       {.name = "share", .right = true},
                       {.name = "refused", .right = true},
                       {.name = "clients", .right = true},
                       {.name = "out", .right = true},
                       {.name = "in", .right = true},
                       {.name = "seen"}});
  bool mixed = false;
  for (const auto& row : report.rows) {
    mixed = mixed || row.mixed;
    shown.add({{row.surface, paint_of(row)},
               {row.mixed ? row.name + " (perhaps)" : row.name, report::Paint::bold},
               {std::string(kind_of(row))},
               {requests_of(row)},
               {percent(share_of(report, row))},
               {row.refused == 0 ? "" : grouped(row.refused)},
               {clients_of(row)},
               {bytes_of(row, row.bytes_out, row.bytes_out_of)},
               {bytes_of(row, row.bytes_in, row.bytes_in_of)},
               {days_of(row)}});
  }
  auto out = report.rows.empty() ? std::string() : shown.text(width, style.on());
  if (mixed) out += "\nperhaps: the host serves other things too, and the log has no path that would tell.\n";
  return out + partial_text(report.partial, style);
}

std::string scan_logs_json(const scan::LogReport& report) {
  std::string out;
  json::Writer w(out);
  w.begin_object();
  w.key("files");
  w.begin_array();
  for (const auto& file : report.files) write_file(w, file);
  w.end_array();
  write_day(w, "first", report.first);
  w.member("kind", "scan-logs");
  write_day(w, "last", report.last);
  w.member("matched", report.matched);
  w.member("ostiary", std::uint64_t{1});
  w.key("partial");
  write_partial(w, report.partial);
  w.key("reached");
  w.begin_array();
  for (const auto& row : report.rows) write_row(w, report, row);
  w.end_array();
  w.member("requests", report.requests);
  w.end_object();
  return out + '\n';
}

std::string scan_logs_csv(const scan::LogReport& report) {
  const std::vector<std::string> heading = {"surface",   "kind",
                                            "id",        "name",
                                            "maker",     "requests",
                                            "lookups",   "refused",
                                            "share",     "clients",
                                            "bytes out", "requests with bytes out",
                                            "bytes in",  "requests with bytes in",
                                            "first",     "last",
                                            "mixed",     "hosts"};
  auto out = report::csv_record(heading);
  const auto number = [](const std::optional<std::uint64_t>& n) {
    return n ? std::to_string(*n) : "unknown";
  };
  for (const auto& row : report.rows) {
    const auto few = row.clients.count > 0 && row.clients.count < scan::kFewClients;
    const auto clients = few || row.clients.count == 0
                             ? clients_of(row)
                             : (row.clients.exact ? "" : "about ") + std::to_string(row.clients.count);
    out += report::csv_record(std::vector<std::string>{
        row.surface, std::string(kind_of(row)), row.id, row.name, row.maker, std::to_string(row.requests),
        std::to_string(row.lookups), std::to_string(row.refused),
        fmt::format("{:.6f}", share_of(report, row)), clients, number(row.bytes_out),
        std::to_string(row.bytes_out_of), number(row.bytes_in), std::to_string(row.bytes_in_of), row.first,
        row.last, row.mixed ? "yes" : "no", hosts_of(row)});
  }
  return out;
}

std::string scan_logs_summary(const scan::LogReport& report) {
  std::set<std::string> tools, providers;
  std::uint64_t bytes = 0;
  for (const auto& row : report.rows) {
    if (row.mixed || row.requests == 0) continue;
    (row.kind == LogTarget::Kind::tool ? tools : providers).insert(row.id);
  }
  for (const auto& file : report.files) bytes += file.bytes;
  auto out = fmt::format("{} tool{} and {} provider{} reached by {} of {} requests", tools.size(),
                         tools.size() == 1 ? "" : "s", providers.size(), providers.size() == 1 ? "" : "s",
                         grouped(report.matched), grouped(report.requests));
  if (!report.first.empty()) out += fmt::format(", {} to {}", report.first, report.last);
  out += fmt::format(", in {} log{} ({})", grouped(report.files.size()), report.files.size() == 1 ? "" : "s",
                     human_bytes(bytes));
  if (!report.partial.empty()) out += fmt::format("; {} not read", grouped(report.partial.size()));
  return out;
}

}  // namespace ostiary::app
