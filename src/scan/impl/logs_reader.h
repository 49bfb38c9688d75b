#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "scan/impl/logs_hosts.h"
#include "scan/logs.h"

namespace ostiary::scan {

enum class Line : std::uint8_t {
  request,  // somebody wants a host; it may be empty
  aside,    // a comment, a heading, an answer: read, and no request
  unread    // not what the format says
};

// What else a line tells of a request. Views are into the line or the reader.
struct LogEntry {
  Destination to;
  std::string_view client, time, date;  // `date` where the day stands apart from the time
  std::optional<std::uint64_t> out, in;
  bool lookup = false, refused = false;
};

// Reads lines of one format. host() is asked for every line and does no more than find the host; entry() for
// the few that matter, with the line that host() had last. Lines come without their end. One thread at a
// time.
class LineReader {
 public:
  virtual ~LineReader() = default;
  virtual Line host(std::string_view line, std::string_view& host) = 0;
  virtual void entry(std::string_view line, LogEntry& entry) = 0;
  virtual LogFormat format() const = 0;
  virtual std::string columns() const = 0;           // what was taken as what, for people
  virtual bool names_hosts() const { return true; }  // of formats that may do without
};

// What a column or a name holds.
enum class Role : std::uint8_t {
  host,
  query,
  url,
  request,
  client,
  user,
  time,
  date,
  out,
  in,
  action,
  answer
};
constexpr std::size_t kRoles = 12;
std::string_view name_of(Role role);

// A name of a column without what is no letter or digit, in small letters: "cs(Host)" -> "cshost".
void append_plain_name(std::string& out, std::string_view name);
// The role of a name in that form, and how well it says so: 0 is best. Nothing for other names.
struct Meaning {
  Role role;
  std::uint8_t rank;
};
std::optional<Meaning> meaning_of(std::string_view plain_name);
bool says_refused(std::string_view action);  // "TCP_DENIED/403", "blocked", "407"

// "client=3,host=Domain".
struct ColumnChoice {
  Role role;
  std::string name;        // as given
  std::size_t number = 0;  // from 1; 0: a name
};
Result<std::vector<ColumnChoice>> parse_columns(std::string_view text);

// A reader for lines that begin like `sample` (without their ends): of the format that was asked for, or of
// the one that most of them fit. Errors: `invalid`: no format that is known, or none that holds host names.
Result<std::unique_ptr<LineReader>> make_reader(const std::vector<std::string>& sample, LogFormat asked,
                                                const std::vector<ColumnChoice>& columns);

// The readers of the formats; null where the sample does not fit them.
using Sample = std::vector<std::string>;
std::unique_ptr<LineReader> make_squid(const Sample&, const std::vector<ColumnChoice>&);
std::unique_ptr<LineReader> make_combined(const Sample&, const std::vector<ColumnChoice>&);
std::unique_ptr<LineReader> make_zeek(const Sample&, const std::vector<ColumnChoice>&);
std::unique_ptr<LineReader> make_w3c(const Sample&, const std::vector<ColumnChoice>&);
std::unique_ptr<LineReader> make_csv(const Sample&, const std::vector<ColumnChoice>&);
std::unique_ptr<LineReader> make_json(const std::vector<ColumnChoice>&);
std::unique_ptr<LineReader> make_pairs(const std::vector<ColumnChoice>&);
std::unique_ptr<LineReader> make_dnsmasq();
std::unique_ptr<LineReader> make_bind();
std::unique_ptr<LineReader> make_unbound();

}  // namespace ostiary::scan
