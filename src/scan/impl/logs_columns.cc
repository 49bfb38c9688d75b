#include "scan/impl/logs_columns.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <fmt/format.h>

#include "base/text.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace ostiary::scan {

namespace {

const char* find(const char* p, const char* end, char c) {
  const auto* at = static_cast<const char*>(std::memchr(p, c, static_cast<std::size_t>(end - p)));
  return at ? at : end;
}

std::string_view between(const char* p, const char* end) {
  return {p, static_cast<std::size_t>(end - p)};
}

// One bit for each of the 64 bytes at p that is `c`, the first in bit 0.
std::uint64_t bits_of(const char* p, char c) {
#if defined(__SSE2__)
  const __m128i wanted = _mm_set1_epi8(c);
  std::uint64_t bits = 0;
  for (int i = 0; i < 4; ++i) {
    const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + 16 * i));
    bits |= static_cast<std::uint64_t>(static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(v, wanted))))
            << (16 * i);
  }
  return bits;
#else
  std::uint64_t bits = 0;
  for (int i = 0; i < 64; ++i) bits |= static_cast<std::uint64_t>(p[i] == c) << i;
  return bits;
#endif
}

// The same of a range's end, where fewer than 64 are left: behind it everything is `c`.
std::uint64_t last_bits_of(const char* p, const char* end, char c) {
  std::array<char, 64> padded;
  padded.fill(c);
  std::memcpy(padded.data(), p, static_cast<std::size_t>(end - p));
  return bits_of(padded.data(), c);
}

std::uint64_t next_bits_of(const char* p, const char* end, char c) {
  return end - p >= 64 ? bits_of(p, c) : last_bits_of(p, end, c);
}

std::size_t cut_blanks(const char* p, const char* const end, std::size_t most, std::string_view* out) {
  std::size_t count = 0;
  const char* start = nullptr;  // of the column that is open
  std::uint64_t before = 1;     // whether a blank stands before the block
  for (; p < end; p += 64) {
    const auto blanks = next_bits_of(p, end, ' ');
    const auto edges = blanks ^ (blanks << 1 | before);  // where a run of either kind begins
    before = blanks >> 63;
    for (auto left = edges; left != 0; left &= left - 1) {
      const char* at = p + std::countr_zero(left);
      if (!start) {
        start = at;
        continue;
      }
      out[count] = between(start, at);
      start = nullptr;
      if (++count == most) return count;
    }
  }
  if (start) out[count++] = between(start, end);
  return count;
}

// Where the quoted text ends that begins at `p`, behind its quote.
const char* end_of_quoted(const char* p, const char* end) {
  for (;;) {
    const char* quote = find(p, end, '"');
    if (quote == end) return end;
    std::size_t slashes = 0;
    while (quote - slashes != p && quote[-1 - static_cast<std::ptrdiff_t>(slashes)] == '\\') ++slashes;
    if (slashes % 2 == 0) return quote;
    p = quote + 1;
  }
}

std::size_t cut_words(const char* p, const char* const end, std::size_t most, std::string_view* out) {
  std::size_t count = 0;
  while (count < most) {
    while (p != end && *p == ' ') ++p;
    if (p == end) break;
    if (*p == '"' || *p == '[') {
      const char* close = *p == '"' ? end_of_quoted(p + 1, end) : find(p, end, ']');
      out[count++] = between(p + 1, close);
      p = close == end ? end : close + 1;
      continue;
    }
    const char* blank = find(p, end, ' ');
    out[count++] = between(p, blank);
    p = blank;
  }
  return count;
}

std::size_t cut_quoted(const char* p, const char* const end, char separator, std::size_t most,
                       std::string_view* out) {
  std::size_t count = 0;
  while (count < most) {
    const char* start = p;
    const char* stop;
    if (p != end && *p == '"') {
      const char* quote = find(++start, end, '"');
      while (quote != end && quote + 1 != end && quote[1] == '"') quote = find(quote + 2, end, '"');
      stop = quote;
      p = quote == end ? end : find(quote, end, separator);
    } else {
      p = stop = find(p, end, separator);
    }
    out[count++] = between(start, stop);
    if (p == end) break;
    ++p;
  }
  return count;
}

std::size_t cut_separated(const char* p, const char* const end, char separator, std::size_t most,
                          std::string_view* out) {
  std::size_t count = 0;
  const char* start = p;
  for (; p < end; p += 64) {
    for (auto left = next_bits_of(p, end, separator); left != 0; left &= left - 1) {
      const char* at = p + std::countr_zero(left);
      if (at >= end) break;
      out[count] = between(start, at);
      start = at + 1;
      if (++count == most) return count;
    }
  }
  out[count++] = between(start, end);
  return count;
}

bool is_host_role(Role role) {
  return role == Role::host || role == Role::query || role == Role::url || role == Role::request;
}

}  // namespace

std::size_t cut_columns(std::string_view line, Cut cut, char separator, std::size_t most,
                        std::string_view* out) {
  const char *p = line.data(), *end = p + line.size();
  switch (cut) {
    case Cut::blanks:
      return cut_blanks(p, end, most, out);
    case Cut::words:
      return cut_words(p, end, most, out);
    case Cut::separator:
      return cut_separated(p, end, separator, most, out);
    case Cut::quoted:
      return cut_quoted(p, end, separator, most, out);
  }
  return 0;
}

bool is_clock(std::string_view cell) {
  return cell.size() > 18 && cell[2] == '/' && cell[6] == '/' && cell[11] == ':';
}

std::string_view target_of_request(std::string_view request) {
  const auto blank = request.find(' ');
  if (blank == std::string_view::npos) return {};
  request.remove_prefix(blank + 1);
  return request.substr(0, request.find(' '));
}

void ColumnReader::settle() {
  upto_host_ = upto_all_ = 0;
  for (std::size_t role = 0; role < kRoles; ++role) {
    if (column_[role] == kNone) continue;
    const auto upto = static_cast<std::size_t>(column_[role]) + 1;
    upto_all_ = std::max(upto_all_, upto);
    if (is_host_role(static_cast<Role>(role))) upto_host_ = std::max(upto_host_, upto);
  }
  if (begins_ == Begins::clock)
    upto_host_ = std::max(upto_host_, static_cast<std::size_t>(column(Role::time)) + 1);
  if (column(Role::query) != kNone) lookups_ = true;
}

bool ColumnReader::names_hosts() const {
  return column(Role::host) != kNone || column(Role::query) != kNone || column(Role::url) != kNone ||
         column(Role::request) != kNone;
}

std::string_view ColumnReader::cell(Role role, std::size_t count) const {
  const auto index = column(role);
  if (index == kNone || static_cast<std::size_t>(index) >= count) return {};
  const auto text = cells_[static_cast<std::size_t>(index)];
  return set_cell(text) ? text : std::string_view();
}

std::string_view ColumnReader::without_syslog(std::string_view line) const {
  if (begins_ != Begins::digit) return line;
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (!line.empty() && digit(line.front()) && line.size() > 10 && (line[10] == '.' || line[10] == ' '))
    return line;
  const auto behind = line.find("]: ");
  return behind == std::string_view::npos ? line : line.substr(behind + 3);
}

Line ColumnReader::host(std::string_view line, std::string_view& host) {
  host = {};
  if (line.empty()) return Line::aside;
  if (line.front() == '#' && heading(line)) return Line::aside;
  if (!repeated_.empty() && line == repeated_) return Line::aside;
  line = without_syslog(line);
  const auto count = cut_columns(line, cut_, separator_, upto_host_, cells_.data());
  if (count < upto_host_ || upto_host_ == 0) return Line::unread;
  if (begins_ == Begins::digit && !(cells_[0][0] >= '0' && cells_[0][0] <= '9')) return Line::unread;
  if (begins_ == Begins::clock && !is_clock(cell(Role::time, count))) return Line::unread;
  auto text = cell(Role::host, count);
  if (text.empty()) text = cell(Role::query, count);
  if (text.empty()) text = cell(Role::url, count);
  if (text.empty() && column(Role::request) != kNone) text = target_of_request(cell(Role::request, count));
  host = host_of(text);
  return Line::request;
}

void ColumnReader::entry(std::string_view line, LogEntry& entry) {
  line = without_syslog(line);
  const auto count = cut_columns(line, cut_, separator_, upto_all_, cells_.data());
  const auto number = [&](Role role) { return text::parse_uint(cell(role, count)); };
  auto url = cell(Role::url, count);
  if (url.empty()) url = target_of_request(cell(Role::request, count));
  auto host = cell(Role::host, count);
  if (host.empty()) host = cell(Role::query, count);
  entry.to = destination_of(host.empty() ? url : host);
  if (!host.empty() && !url.empty()) {
    const auto whole = destination_of(url);
    entry.to.seen = whole.seen;
    entry.to.path = whole.path;
  }
  entry.client = cell(Role::client, count);
  if (entry.client.empty()) entry.client = cell(Role::user, count);
  entry.time = cell(Role::time, count);
  entry.date = cell(Role::date, count);
  entry.out = number(Role::out);
  entry.in = number(Role::in);
  entry.lookup = lookups_;
  entry.refused = says_refused(cell(Role::action, count));
}

void ColumnReader::choose(const std::vector<std::string_view>& names,
                          const std::vector<ColumnChoice>& choices) {
  for (const auto& choice : choices) {
    if (choice.role == Role::host && (column(Role::query) != kNone || column(Role::url) != kNone))
      column_[static_cast<std::size_t>(Role::query)] = column_[static_cast<std::size_t>(Role::url)] = kNone;
    if (choice.number > 0) {
      set(choice.role, choice.number - 1);
      continue;
    }
    const auto found = std::ranges::find_if(
        names, [&](std::string_view name) { return text::iequals(text::trim(name), choice.name); });
    if (found != names.end()) set(choice.role, static_cast<std::size_t>(found - names.begin()));
  }
}

void ColumnReader::name_columns(const std::vector<std::string_view>& names,
                                const std::vector<ColumnChoice>& choices) {
  column_.fill(kNone);
  std::array<std::uint8_t, kRoles> best;
  best.fill(255);
  std::vector<std::string> plain;
  for (const auto name : names) append_plain_name(plain.emplace_back(), name);
  // nginx and what is made after it tell with these words what the server sent.
  const bool by_server = std::ranges::any_of(
      plain, [](const auto& name) { return name == "remoteaddr" || name == "bodybytessent"; });
  for (std::size_t i = 0; i < plain.size() && i < kMost; ++i) {
    auto meaning = meaning_of(plain[i]);
    if (!meaning) continue;
    if (by_server && plain[i] == "bytessent") meaning = Meaning{Role::in, 1};
    auto& rank = best[static_cast<std::size_t>(meaning->role)];
    if (meaning->rank >= rank) continue;
    rank = meaning->rank;
    set(meaning->role, i);
  }
  choose(names, choices);
  settle();
}

std::string ColumnReader::columns() const {
  std::string out;
  for (std::size_t role = 0; role < kRoles; ++role) {
    if (column_[role] == kNone) continue;
    if (!out.empty()) out += ", ";
    out += fmt::format("{} {}", name_of(static_cast<Role>(role)), column_[role] + 1);
  }
  return out;
}

}  // namespace ostiary::scan
