#include "scan/impl/logs_testing.h"

#include <fmt/format.h>

namespace ostiary::scan::testing {

std::vector<LogTarget> targets() {
  using enum LogTarget::Kind;
  return {{tool, "chatter", "Chatter", "Chatter Inc.", "consumer", "chat.example.com", ""},
          {tool, "chatter", "Chatter", "Chatter Inc.", "enterprise", "work.chat.example.com", ""},
          {tool, "noter", "Noter", "Noter Ltd.", "team", "noter.example", ""},
          {provider, "acme", "Acme", "Acme", "api", "api.example.com", ""},
          {provider, "acme", "Acme", "Acme", "via-cloud", "*.models.example.net", ""},
          {provider, "acme", "Acme", "Acme", "api", "*.api.example.com", ""},
          {provider, "regional", "Regional", "Regional", "api", "run-*.cloud.example.org", ""},
          {provider, "mixed", "Mixed", "Mixed", "api", "www.example.org", "/ai/v1"}};
}

const LogRow* LogResult::row(std::string_view id, std::string_view surface) const {
  for (const auto& row : rows)
    if (row.id == id && row.surface == surface) return &row;
  return nullptr;
}

LogResult read_log(std::string_view bytes, std::size_t piece, LogFormat format, std::string_view columns) {
  static const auto all = targets();
  static const HostIndex hosts(all);
  static const Pseudonyms pseudonyms(Key256{1, 2, 3});
  LogResult result;
  const auto choices = parse_columns(columns);
  if (!choices) {
    result.error = choices.error().message;
    return result;
  }
  Tally tally(hosts, pseudonyms);
  LogStream stream(hosts, tally, format, *choices, kReference);
  Result<> read;
  // Each piece in memory of its own, so that nothing can be read beyond it or after it.
  for (std::size_t at = 0; at < bytes.size() && read; at += piece) {
    const std::vector<char> copy(
        bytes.begin() + static_cast<std::ptrdiff_t>(at),
        bytes.begin() + static_cast<std::ptrdiff_t>(std::min(at + piece, bytes.size())));
    read = stream.feed({copy.data(), copy.size()});
  }
  if (read) read = stream.finish();
  if (!read) {
    result.error = read.error().message;
    return result;
  }
  result.rows = tally.rows();
  result.counts = stream.counts();
  if (const auto* reader = stream.reader()) {
    result.format = reader->format();
    result.columns = reader->columns();
  }
  return result;
}

std::string told(const LogResult& result) {
  auto out = fmt::format(
      "{} {} error '{}' lines {} requests {} matched {} unread {} from {} long {} days {}..{}\n",
      name_of(result.format), result.columns, result.error, result.counts.lines, result.counts.requests,
      result.counts.matched, result.counts.unread, result.counts.first_unread, result.counts.first_too_long,
      result.counts.days.first, result.counts.days.last);
  for (const auto& row : result.rows) {
    out +=
        fmt::format("{} {} mixed {} requests {} lookups {} refused {} clients {} out {}/{} in {}/{} {}..{}",
                    row.id, row.surface, row.mixed, row.requests, row.lookups, row.refused, row.clients.count,
                    row.bytes_out.value_or(0), row.bytes_out_of, row.bytes_in.value_or(0), row.bytes_in_of,
                    row.first, row.last);
    for (const auto& [host, count] : row.hosts) out += fmt::format(" {}:{}", host, count);
    out += '\n';
  }
  return out;
}

}  // namespace ostiary::scan::testing
