#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/result.h"
#include "files/partial.h"

// Which AI people reach, out of the logs of proxies, name servers and firewalls. Who they are is nowhere
// kept: a client is counted by a keyed hash of its address, and the key lives as long as the run.
namespace ostiary::scan {

enum class LogFormat : std::uint8_t {
  unknown,
  squid,     // Squid's own access.log
  combined,  // common and combined, of Squid, nginx and Apache, with the host in the line
  zeek,      // Zeek's tab-separated logs
  w3c,       // W3C extended, with #Fields
  csv,       // a heading and separators: , ; tab |
  json,      // an object a line
  pairs,     // name=value, as firewalls write
  dnsmasq,   // queries of dnsmasq and Pi-hole
  bind,      // BIND's query log
  unbound    // Unbound with log-queries
};
std::string_view name_of(LogFormat format);
std::optional<LogFormat> log_format_of(std::string_view name);
std::string known_log_formats();  // "squid, combined, …" for messages

// A host, and what it belongs to.
struct LogTarget {
  enum class Kind : std::uint8_t { tool, provider };
  Kind kind = Kind::tool;
  std::string id, name;
  std::string maker;  // the organisation's name
  std::string surface;
  std::string
      host;  // small letters; what stands before it with a dot counts too. `*`: a label or part of one
  std::string path;  // how the path begins, where the host serves other things too
};
// Domains of the catalogue's tools and endpoints of its providers. Services of one's own machine are left
// out.
std::vector<LogTarget> catalogue_targets();

// Figures of fewer clients than this are not told: they would be of somebody.
constexpr std::uint64_t kFewClients = 3;

// How many different clients. Exact up to ClientCount::kExact, an estimate beyond.
struct LogClients {
  std::uint64_t count = 0;
  bool exact = true;
};

// What was reached of one tool or provider on one surface.
struct LogRow {
  LogTarget::Kind kind = LogTarget::Kind::tool;
  std::string id, name, maker, surface;
  bool mixed = false;          // the host serves other things too, and the log has no path that would tell
  std::uint64_t requests = 0;  // that were let through
  std::uint64_t lookups = 0;   // of those, queries for the host's address
  std::uint64_t refused = 0;   // besides: requests that the proxy or firewall turned away
  LogClients clients;
  std::optional<std::uint64_t> bytes_out, bytes_in;          // from and to the client; none where no log says
  std::uint64_t bytes_out_of = 0, bytes_in_of = 0;           // how many of the requests these figures are of
  std::string first, last;                                   // days, YYYY-MM-DD in UTC; empty: no log says
  std::vector<std::pair<std::string, std::uint64_t>> hosts;  // of the catalogue, never of the log
};

struct LogFile {
  std::string path;
  LogFormat format = LogFormat::unknown;
  std::string columns;                 // what was taken as what: "client 3, url 7, bytes in 5"
  std::uint64_t bytes = 0, lines = 0;  // unpacked
  std::uint64_t requests = 0;          // lookups among them
  std::uint64_t unread = 0;            // lines; the first stands in the report's partial
};

struct LogReport {
  std::vector<LogFile> files;  // as they were named; those of a folder by name
  std::vector<LogRow> rows;    // consumer surfaces first, then by requests
  std::uint64_t requests = 0;  // of all lines, to whatever host
  std::uint64_t matched = 0;   // of those, to hosts of the rows
  std::string first, last;     // days that the logs cover
  std::vector<files::Partial> partial;
};

struct LogOptions {
  LogFormat format = LogFormat::unknown;  // unknown: told by the first lines of each file
  std::string columns;                    // "client=3,host=Domain": numbers from 1 or names; empty: guessed
  std::int64_t now = 0;            // seconds since 1970: the year of times without one, on standard input
  unsigned threads = 1;            // files that are read at once
  std::size_t piece = 256u << 10;  // bytes read at once
  // Told now and then, from any of the threads: bytes read (packed ones as they are), and of how many, 0
  // where not known.
  std::function<void(std::uint64_t done, std::uint64_t all)> on_progress;
};

// Reads logs: files, folders of them, "-" for standard input; plain, packed (gzip, zstd, xz, bzip2) or in a
// tar or zip; of any size in bounded memory. Errors: `not_found` and `denied` of a name, `invalid` where a
// file that was named is no known log or has no host names, or the columns are wrong. What goes wrong within
// stands in the report's partial.
Result<LogReport> scan_logs(const std::vector<std::string>& names, const std::vector<LogTarget>& targets,
                            const LogOptions& options);

}  // namespace ostiary::scan
