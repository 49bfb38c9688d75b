// Formats whose lines have columns: Squid, combined, Zeek, W3C extended, CSV.

#include <algorithm>
#include <map>

#include "base/text.h"
#include "scan/impl/logs_columns.h"

namespace ostiary::scan {

namespace {

using Cells = std::vector<std::string_view>;

Cells cells_of(std::string_view line, Cut cut, char separator) {
  Cells cells(ColumnReader::kMost);
  cells.resize(cut_columns(line, cut, separator, cells.size(), cells.data()));
  return cells;
}

bool all_digits(std::string_view s) {
  return !s.empty() && std::ranges::all_of(s, [](char c) { return c >= '0' && c <= '9'; });
}

std::string_view behind_syslog(std::string_view line) {
  const auto behind = line.find("]: ");
  return behind == std::string_view::npos ? line : line.substr(behind + 3);
}

// "1763880000.123    456 192.0.2.17 TCP_TUNNEL/200 …"
bool is_squid(std::string_view line) {
  const auto cells = cells_of(line, Cut::blanks, ' ');
  if (cells.size() < 7) return false;
  const auto dot = cells[0].find('.');
  const auto slash = cells[3].find('/');
  return dot != std::string_view::npos && all_digits(cells[0].substr(0, dot)) &&
         slash != std::string_view::npos && slash > 0 && all_digits(cells[3].substr(slash + 1)) &&
         all_digits(cells[4]);
}

template <class Fits>
std::size_t how_many(const Sample& sample, Fits fits) {
  return static_cast<std::size_t>(std::ranges::count_if(sample, fits));
}
std::size_t filled(const Sample& sample) {
  return how_many(sample, [](const std::string& line) { return !line.empty(); });
}
// Most of the lines, so that a log that begins in the middle of a line is still known.
bool most_of(std::size_t count, const Sample& sample) {
  return count > 0 && count * 2 >= filled(sample);
}

}  // namespace

std::unique_ptr<LineReader> make_squid(const Sample& sample, const std::vector<ColumnChoice>& columns) {
  const auto fits = how_many(
      sample, [](const std::string& line) { return is_squid(line) || is_squid(behind_syslog(line)); });
  if (!most_of(fits, sample)) return nullptr;
  auto reader = std::make_unique<ColumnReader>(LogFormat::squid, Cut::blanks, ' ');
  reader->begins(ColumnReader::Begins::digit);
  reader->set(Role::time, 0);
  reader->set(Role::client, 2);
  reader->set(Role::action, 3);
  reader->set(Role::in, 4);  // what went to the client; Squid's own format does not say what came from it
  reader->set(Role::url, 6);
  reader->choose({}, columns);
  reader->settle();
  return reader;
}

namespace {

struct CombinedVotes {
  std::size_t lines = 0, in_request = 0;
  std::map<std::size_t, std::size_t> host, time, request, status;
  std::size_t squid_action = 0;
};

bool is_request(std::string_view cell) {
  const auto method = cell.substr(0, cell.find(' '));
  return method.size() >= 3 && method.size() < cell.size() && method.size() <= 20 &&
         std::ranges::all_of(method, [](char c) { return (c >= 'A' && c <= 'Z') || c == '-' || c == '_'; });
}

void vote(CombinedVotes& votes, std::string_view line) {
  const auto cells = cells_of(line, Cut::words, ' ');
  const auto time = std::ranges::find_if(cells, is_clock);
  const auto request = std::ranges::find_if(cells, is_request);
  if (time == cells.end() || request == cells.end()) return;
  ++votes.lines;
  const auto request_at = static_cast<std::size_t>(request - cells.begin());
  ++votes.time[static_cast<std::size_t>(time - cells.begin())];
  ++votes.request[request_at];
  const auto target = target_of_request(*request);
  if (target.contains("://") || (request->starts_with("CONNECT ") && target.contains(':')))
    ++votes.in_request;
  for (std::size_t i = 0; i < cells.size(); ++i)
    if (i != request_at && looks_like_host(cells[i]) && !looks_like_address(cells[i])) ++votes.host[i];
  if (cells.back().starts_with("TCP_")) ++votes.squid_action;
}

std::size_t most_voted(const std::map<std::size_t, std::size_t>& votes, std::size_t least) {
  std::size_t best = ColumnReader::kMost, most = least;
  for (const auto& [index, count] : votes)
    if (count > most || (count == most && best == ColumnReader::kMost)) best = index, most = count;
  return best;
}

}  // namespace

std::unique_ptr<LineReader> make_combined(const Sample& sample, const std::vector<ColumnChoice>& columns) {
  CombinedVotes votes;
  for (const auto& line : sample) vote(votes, line);
  if (!most_of(votes.lines, sample)) return nullptr;
  auto reader = std::make_unique<ColumnReader>(LogFormat::combined, Cut::words, ' ');
  reader->begins(ColumnReader::Begins::clock);
  const auto time = most_voted(votes.time, 1), request = most_voted(votes.request, 1);
  // The client stands three columns before the time; a host before it is that of Apache's vhost_combined.
  const auto client = time >= 3 ? time - 3 : 0;
  reader->set(Role::client, client);
  reader->set(Role::time, time);
  reader->set(Role::in, request + 2);  // what went to the client, without heads
  reader->set(Role::action, request + 1);
  const auto last = cells_of(sample.back(), Cut::words, ' ').size();
  if (votes.squid_action * 2 >= votes.lines && last > request + 3) reader->set(Role::action, last - 1);
  votes.host.erase(client);
  const auto host = most_voted(votes.host, (votes.lines + 1) / 2);
  if (votes.in_request * 2 >= votes.lines) {
    reader->set(Role::request, request);
  } else if (host != ColumnReader::kMost) {
    reader->set(Role::host, host);
    reader->set(Role::request, request);
  }
  reader->choose({}, columns);
  reader->settle();
  return reader;
}

namespace {

// #separator, #fields, #path of Zeek's writer (base/frameworks/logging/writers/ascii).
class ZeekReader : public ColumnReader {
 public:
  explicit ZeekReader(const std::vector<ColumnChoice>& choices)
      : ColumnReader(LogFormat::zeek, Cut::separator, '\t'), choices_(choices) {
    unset("(empty)");
  }
  bool heading(std::string_view line) override {
    if (line.starts_with("#separator ")) {
      const auto value = line.substr(11);
      const auto code = value.starts_with("\\x") ? unhex(value.substr(2)) : std::string(value.substr(0, 1));
      if (code && code->size() == 1) separator((*code)[0]);
    }
    if (line.starts_with("#fields") && line.size() > 8) {
      lookups(false);
      name_columns(cells_of(line.substr(8), Cut::separator, separator_at()), choices_);
    }
    return true;
  }

 private:
  std::vector<ColumnChoice> choices_;
};

// W3C, "Extended Log File Format", with what proxies add.
class W3cReader : public ColumnReader {
 public:
  explicit W3cReader(const std::vector<ColumnChoice>& choices)
      : ColumnReader(LogFormat::w3c, Cut::words, ' '), choices_(choices) {}
  bool heading(std::string_view line) override {
    if (text::iequals(line.substr(0, 8), "#Fields:"))
      name_columns(cells_of(line.substr(8), Cut::words, ' '), choices_);
    return true;
  }

 private:
  std::vector<ColumnChoice> choices_;
};

class CsvReader : public ColumnReader {
 public:
  explicit CsvReader(char separator) : ColumnReader(LogFormat::csv, Cut::quoted, separator) {}
  void repeats(std::string_view heading) { first_is_heading(heading); }
  bool heading(std::string_view) override { return false; }
};

template <class Reader>
std::unique_ptr<LineReader> with_headings(const Sample& sample, std::string_view fields,
                                          const std::vector<ColumnChoice>& columns) {
  auto reader = std::make_unique<Reader>(columns);
  bool named = false;
  for (const auto& line : sample) {
    if (!line.starts_with('#')) {
      if (named) break;
      continue;
    }
    reader->heading(line);
    named = named || text::iequals(std::string_view(line).substr(0, fields.size()), fields);
  }
  if (!named) return nullptr;
  return reader;
}

}  // namespace

std::unique_ptr<LineReader> make_zeek(const Sample& sample, const std::vector<ColumnChoice>& columns) {
  return with_headings<ZeekReader>(sample, "#fields\t", columns);
}

std::unique_ptr<LineReader> make_w3c(const Sample& sample, const std::vector<ColumnChoice>& columns) {
  return with_headings<W3cReader>(sample, "#fields:", columns);
}

std::unique_ptr<LineReader> make_csv(const Sample& sample, const std::vector<ColumnChoice>& columns) {
  const auto first = std::ranges::find_if(sample, [](const std::string& line) { return !line.empty(); });
  if (first == sample.end()) return nullptr;
  std::string_view line = *first;
  char separator = ',';
  std::size_t most = 0;
  for (const char c : {',', ';', '\t', '|'})
    if (const auto count = cells_of(line, Cut::quoted, c).size(); count > most) most = count, separator = c;
  const bool one_by_number = std::ranges::any_of(columns, [](const auto& one) { return one.number > 0; });
  if (most < 2 && columns.empty()) return nullptr;
  auto reader = std::make_unique<CsvReader>(separator);
  const auto names = cells_of(line, Cut::quoted, separator);
  reader->name_columns(names, columns);
  const auto named = how_many(Sample(names.begin(), names.end()), [](const std::string& name) {
    std::string plain;
    append_plain_name(plain, name);
    return meaning_of(plain).has_value();
  });
  if (!reader->names_hosts() || (named < 2 && columns.empty())) return nullptr;
  // With numbers given the first line may be one like the others.
  const auto host =
      std::max({reader->column(Role::host), reader->column(Role::query), reader->column(Role::url)});
  const auto at = static_cast<std::size_t>(host);
  const bool data = one_by_number && at < names.size() && looks_like_host(host_of(names[at]));
  if (!data) reader->repeats(line);
  return reader;
}

}  // namespace ostiary::scan
