// Which format the lines of a log have.

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "scan/impl/logs_reader.h"

namespace ostiary::scan {

namespace {

constexpr std::array<std::string_view, 11> kNames = {"unknown", "squid", "combined", "zeek", "w3c",    "csv",
                                                     "json",    "pairs", "dnsmasq",  "bind", "unbound"};

// How many of the lines a reader takes for requests or for something else that it knows.
struct Fit {
  std::size_t requests = 0, asides = 0, unread = 0;
};

Fit fit_of(LineReader& reader, const Sample& sample) {
  Fit fit;
  std::string_view host;
  for (const auto& line : sample) {
    if (line.empty()) continue;
    const auto kind = reader.host(line, host);
    ++(kind == Line::request ? fit.requests : kind == Line::aside ? fit.asides : fit.unread);
  }
  return fit;
}

std::unique_ptr<LineReader> make(LogFormat format, const Sample& sample,
                                 const std::vector<ColumnChoice>& columns) {
  switch (format) {
    case LogFormat::squid:
      return make_squid(sample, columns);
    case LogFormat::combined:
      return make_combined(sample, columns);
    case LogFormat::zeek:
      return make_zeek(sample, columns);
    case LogFormat::w3c:
      return make_w3c(sample, columns);
    case LogFormat::csv:
      return make_csv(sample, columns);
    case LogFormat::json:
      return make_json(columns);
    case LogFormat::pairs:
      return make_pairs(columns);
    case LogFormat::dnsmasq:
      return make_dnsmasq();
    case LogFormat::bind:
      return make_bind();
    case LogFormat::unbound:
      return make_unbound();
    case LogFormat::unknown:
      break;
  }
  return nullptr;
}

bool fits(LogFormat format, LineReader& reader, const Sample& sample) {
  const auto fit = fit_of(reader, sample);
  const auto all = fit.requests + fit.asides + fit.unread;
  if (format == LogFormat::json || format == LogFormat::dnsmasq || format == LogFormat::unbound)
    return (fit.requests + fit.asides) * 2 >= all && fit.requests + fit.asides > 0;
  if (format == LogFormat::bind || format == LogFormat::pairs)
    return fit.requests > 0 && fit.unread * 2 <= all;
  return true;  // the maker has looked
}

std::unexpected<Error> no_hosts(LogFormat format) {
  std::string_view what = "its lines hold no host names";
  if (format == LogFormat::zeek)
    what = "this log of Zeek holds no host names, as conn.log; give http.log, ssl.log or dns.log";
  if (format == LogFormat::combined)
    what = "its lines hold no host names; let the proxy log whole URLs, or $host as a further column";
  if (format == LogFormat::w3c) what = "its #Fields name no host; let the proxy log cs-host";
  return fail(Code::invalid, std::string(what));
}

}  // namespace

std::string_view name_of(LogFormat format) {
  return kNames[static_cast<std::size_t>(format)];
}

std::optional<LogFormat> log_format_of(std::string_view name) {
  const auto at = std::ranges::find(kNames, name);
  if (at == kNames.end() || at == kNames.begin()) return {};
  return static_cast<LogFormat>(at - kNames.begin());
}

std::string known_log_formats() {
  return fmt::format("{}", fmt::join(kNames.begin() + 1, kNames.end(), ", "));
}

Result<std::unique_ptr<LineReader>> make_reader(const Sample& sample, LogFormat asked,
                                                const std::vector<ColumnChoice>& columns) {
  if (asked != LogFormat::unknown) {
    auto reader = make(asked, sample, columns);
    if (!reader)
      return fail(Code::invalid,
                  fmt::format("its first lines are not those of a log of format {}", name_of(asked)));
    if (!reader->names_hosts()) return no_hosts(asked);
    return reader;
  }
  for (const auto format :
       {LogFormat::zeek, LogFormat::w3c, LogFormat::json, LogFormat::squid, LogFormat::dnsmasq,
        LogFormat::bind, LogFormat::unbound, LogFormat::combined, LogFormat::pairs, LogFormat::csv}) {
    auto reader = make(format, sample, columns);
    if (!reader) continue;
    if (!reader->names_hosts()) return no_hosts(format);
    if (!fits(format, *reader, sample)) continue;
    return reader;
  }
  return fail(Code::invalid,
              fmt::format("its first lines are those of no log that is known ({}); say which it is with "
                          "--log-format, or which columns count with --columns",
                          known_log_formats()));
}

}  // namespace ostiary::scan
