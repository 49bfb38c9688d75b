// The change of a file as people read it, with every credential masked.

#include <algorithm>
#include <fmt/format.h>
#include <iterator>

#include "app/impl/terminal.h"
#include "app/setup.h"
#include "base/text.h"

namespace ostiary::app {

namespace {

constexpr std::string_view kMask = "********";
constexpr std::size_t kContext = 2;
constexpr std::size_t kMostCells = 4'000'000;  // of the table of common lines

struct Line {
  char sign = ' ';
  std::string_view text;  // with its line feed, where it has one
};

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const auto feed = text.find('\n');
    const auto size = feed == std::string_view::npos ? text.size() : feed + 1;
    out.push_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return out;
}

using Lines = std::vector<std::string_view>;

// The middle by longest common subsequence; where it is too big for that, all of it is replaced.
void add_middle(std::vector<Line>& out, const Lines& a, const Lines& b) {
  const auto n = a.size(), m = b.size();
  if ((n + 1) * (m + 1) > kMostCells) {
    for (const auto line : a) out.push_back({'-', line});
    for (const auto line : b) out.push_back({'+', line});
    return;
  }
  std::vector<std::uint32_t> common((n + 1) * (m + 1));
  const auto cell = [&](std::size_t i, std::size_t j) -> std::uint32_t& { return common[i * (m + 1) + j]; };
  for (auto i = n; i-- > 0;)
    for (auto j = m; j-- > 0;)
      cell(i, j) = a[i] == b[j] ? cell(i + 1, j + 1) + 1 : std::max(cell(i + 1, j), cell(i, j + 1));
  std::size_t i = 0, j = 0;
  while (i < n || j < m) {
    if (i < n && j < m && a[i] == b[j]) {
      out.push_back({' ', a[i]});
      ++i, ++j;
    } else if (i < n && (j == m || cell(i + 1, j) >= cell(i, j + 1))) {
      out.push_back({'-', a[i++]});
    } else {
      out.push_back({'+', b[j++]});
    }
  }
}

std::vector<Line> compare(std::string_view before, std::string_view after) {
  auto a = lines_of(before), b = lines_of(after);
  const auto head = static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
  std::size_t tail = 0;
  while (tail < std::min(a.size(), b.size()) - head && a[a.size() - 1 - tail] == b[b.size() - 1 - tail])
    ++tail;
  const auto part = [](const Lines& all, std::size_t from, std::size_t to) {
    return Lines(all.begin() + static_cast<std::ptrdiff_t>(from),
                 all.begin() + static_cast<std::ptrdiff_t>(to));
  };
  std::vector<Line> out;
  for (const auto line : part(a, 0, head)) out.push_back({' ', line});
  add_middle(out, part(a, head, a.size() - tail), part(b, head, b.size() - tail));
  for (const auto line : part(a, a.size() - tail, a.size())) out.push_back({' ', line});
  return out;
}

// ---- masks

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (std::size_t at = 0; !what.empty() && (at = text.find(what, at)) != std::string::npos;
       at += with.size())
    text.replace(at, what.size(), with);
}

// Whether a value is a number, or only names where a credential is to be found.
bool is_reference(std::string_view value) {
  value = text::trim(value);
  if (value.find_first_not_of("0123456789,") == std::string_view::npos) return true;
  const auto bare = value.substr(std::min(value.find_first_not_of("\"'"), value.size()));
  return bare.empty() || bare.starts_with('$') || bare.starts_with("OSTIARY_KEY");
}

// The value behind a name that sounds like a credential's, to the end of the line.
void mask_named(std::string& line) {
  const auto lower = text::lower(line);
  std::size_t at = std::string::npos;
  for (const std::string_view word : {"key", "token", "secret", "passw", "credential", "auth"})
    at = std::min(at, lower.find(word));
  if (at == std::string::npos) return;
  const auto sign = line.find_first_of("=:", at);
  if (sign == std::string::npos || is_reference(std::string_view(line).substr(sign + 1))) return;
  const bool comma = line.ends_with(',');
  const bool quoted = line.ends_with(comma ? "\"," : "\"");
  line.resize(sign + 1);
  line += fmt::format(fmt::runtime(quoted ? " \"{}\"{}" : "{}{}"), kMask, comma ? "," : "");
}

// Runs of 20 and more letters and digits, both of them: what keys look like.
void mask_runs(std::string& line, std::string_view plain) {
  constexpr std::size_t kShortest = 20;
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  for (std::size_t at = 0; at < line.size();) {
    auto end = at;
    while (end < line.size() &&
           (digit(line[end]) || letter(line[end]) || line[end] == '_' || line[end] == '-'))
      ++end;
    const auto run = std::string_view(line).substr(at, end - at);
    const bool mixed = std::ranges::any_of(run, digit) && std::ranges::any_of(run, letter);
    if (run.size() >= kShortest && mixed && (plain.empty() || plain.find(run) == std::string_view::npos)) {
      line.replace(at, run.size(), kMask);
      end = at + kMask.size();
    }
    at = end + 1;
  }
}

std::string masked(std::string_view text, const SetupRequest& request) {
  std::string line(text);
  replace_all(line, request.key, kMask);
  mask_named(line);
  mask_runs(line, request.model);
  return printable(line);
}

// One hunk: lines [from, to), which start at these line numbers.
std::string hunk(const std::vector<Line>& lines, std::size_t from, std::size_t to, std::size_t line_before,
                 std::size_t line_after, const SetupRequest& request) {
  std::size_t before = 0, after = 0;
  std::string body;
  for (auto i = from; i < to; ++i) {
    const auto& [sign, text] = lines[i];
    before += sign != '+';
    after += sign != '-';
    const bool ends = text.ends_with('\n');
    body += sign + masked(ends ? text.substr(0, text.size() - 1) : text, request) + '\n';
    if (!ends) body += "\\ No newline at end of file\n";
  }
  return fmt::format("@@ -{},{} +{},{} @@\n{}", before == 0 ? line_before - 1 : line_before, before,
                     after == 0 ? line_after - 1 : line_after, after, body);
}

}  // namespace

std::string setup_diff(const SetupEdit& edit, const SetupRequest& request) {
  const auto before = edit.before.value_or(""), after = edit.after.value_or("");
  const auto lines = compare(before, after);
  std::string out = fmt::format("--- {}\n+++ {}\n", edit.before ? printable(edit.file) : "/dev/null",
                                edit.after ? printable(edit.file) : "/dev/null");
  std::size_t line_before = 1, line_after = 1, counted = 0;
  for (std::size_t i = 0; i < lines.size();) {
    if (lines[i].sign == ' ') {
      ++i;
      continue;
    }
    const auto from = std::max(counted, i - std::min(i, kContext));
    // As far as the next change is within the context of the last one.
    auto last = i;
    for (auto j = i; j < lines.size() && j <= last + 2 * kContext + 1; ++j)
      if (lines[j].sign != ' ') last = j;
    const auto to = std::min(lines.size(), last + kContext + 1);
    const auto count = [&](std::size_t end) {
      for (; counted < end; ++counted) {
        line_before += lines[counted].sign != '+';
        line_after += lines[counted].sign != '-';
      }
    };
    count(from);
    out += hunk(lines, from, to, line_before, line_after, request);
    count(to);
    i = to;
  }
  return out;
}

}  // namespace ostiary::app
