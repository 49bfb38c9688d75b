#include "ledger/cursor.h"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <limits>

#include "ledger/impl/append_file.h"
#include "ledger/impl/merkle.h"
#include "ledger/impl/segment.h"

namespace ostiary::ledger {

namespace {

constexpr auto kToTheEnd = std::numeric_limits<std::uint64_t>::max();

bool exists(const std::string& path) {
  std::error_code unknown;
  return std::filesystem::exists(path, unknown);
}

}  // namespace

Cursor::Cursor(const std::string& data_folder, const Place& from)
    : ledger_(ledger_folder(data_folder)), at_(from) {}

Cursor Cursor::in_ledger(const std::string& ledger_folder, const Place& from) {
  Cursor cursor;
  cursor.ledger_ = ledger_folder;
  cursor.at_ = from;
  return cursor;
}

// Lets at_ name the segment that holds record at_.index, passing over removed ones; false where that record
// is not there yet.
Result<bool> Cursor::find_segment() {
  const auto holds = [&](std::uint64_t first) {
    return at_.index >= first && at_.index - first < leaves_in(leaf_path(ledger_, first));
  };
  if (holds(at_.segment) && exists(log_path(ledger_, at_.segment))) return true;
  TRY(const auto segments, list_segments(ledger_));
  auto found = std::ranges::upper_bound(segments, at_.index);
  if (found != segments.begin()) --found;
  for (; found != segments.end(); ++found) {
    const bool here = at_.index < *found || holds(*found);
    if (here && exists(log_path(ledger_, *found))) {
      if (at_.segment != *found) at_ = {std::max(at_.index, *found), *found, 0};
      return true;
    }
    if (here) at_ = {*found + leaves_in(leaf_path(ledger_, *found)), *found, 0};
  }
  return false;
}

// Whether the next line is the record that at_ says.
Result<bool> Cursor::stands_right() {
  TRY(auto peek, LineReader::open(log_path(ledger_, at_.segment), at_.offset, kToTheEnd));
  TRY(auto leaves, LeafReader::open(leaf_path(ledger_, at_.segment)));
  std::string_view line;
  const auto more = peek.next(line);
  const Digest* leaf = leaves.at(at_.index - at_.segment);
  return more && *more && leaf && *leaf == leaf_hash(line);
}

// Opens the segment's lines at record at_.index.
Result<> Cursor::seek() {
  const auto path = log_path(ledger_, at_.segment), header = log_header(at_.segment);
  if (at_.offset != 0 && !checked_) {
    TRY(const bool right, stands_right());
    if (!right) at_.offset = 0;
  }
  checked_ = true;
  const auto from = at_.offset != 0 ? at_.offset : header.size();
  TRY(auto lines, LineReader::open(path, from, kToTheEnd));
  if (at_.offset == 0) {
    TRY(const auto state, check_header(path, header));
    if (state != Header::good) return header_error(state, path);
    std::string_view line;
    for (auto i = at_.segment; i < at_.index; ++i) {
      TRY(const bool more, lines.next(line));
      if (!more) return fail(Code::corrupt, fmt::format("record {}: its line is missing", i), path);
    }
    at_.offset = lines.offset();
  }
  lines_.emplace(std::move(lines));
  return {};
}

Result<bool> Cursor::enter() {
  TRY(const bool there, find_segment());
  if (!there) return false;
  // What is whole now is so in all that is read from here on; what lies behind may still be taken back.
  ready_ = at_.segment + leaves_in(leaf_path(ledger_, at_.segment));
  auto opened = seek();
  // Removed between the two looks: the next call passes over it.
  if (!opened && opened.error().code == Code::not_found) return false;
  if (!opened) return std::unexpected(opened.error());
  return true;
}

Result<bool> Cursor::next(std::uint64_t until, std::uint64_t& index, std::string_view& line) {
  while (at_.index < until) {
    if (!lines_ || at_.index >= ready_) {
      lines_.reset();
      TRY(const bool open, enter());
      if (!open) return false;
      ready_ = std::min(ready_, until);
      continue;
    }
    TRY(const bool more, lines_->next(line));
    if (!more)
      return fail(Code::corrupt, fmt::format("record {}: its line is missing", at_.index),
                  log_path(ledger_, at_.segment));
    at_.offset = lines_->offset();
    index = at_.index++;
    return true;
  }
  return false;
}

Result<std::uint64_t> Cursor::read(std::uint64_t until, std::uint64_t most, const Take& take) {
  std::uint64_t given = 0, index = 0;
  for (std::string_view line; given < most; ++given) {
    TRY(const bool more, next(until, index, line));
    if (!more) break;
    take(index, line);
  }
  return given;
}

Result<bool> scan_segment(const std::string& ledger_folder, std::uint64_t first, std::uint64_t from,
                          const TakeRecord& take) {
  const auto end = first + leaves_in(leaf_path(ledger_folder, first));
  if (end <= from || !exists(log_path(ledger_folder, first))) return true;
  // Damage at its very beginning would hide all of it: whoever looks for holds and keys must hear of that.
  const auto path = log_path(ledger_folder, first);
  const auto head = check_header(path, log_header(first));
  if (!head && head.error().code == Code::not_found) return true;
  if (!head) return std::unexpected(head.error());
  if (*head != Header::good) return header_error(*head, path);
  auto cursor = Cursor::in_ledger(ledger_folder, {std::max(first, from), first, 0});
  std::uint64_t index = 0;
  for (std::string_view line;;) {
    const auto more = cursor.next(end, index, line);
    if (!more && more.error().code == Code::corrupt) return true;
    if (!more) return std::unexpected(more.error());
    if (!*more) return true;
    TRY(const bool on, take(index, line));
    if (!on) return false;
  }
}

Result<> scan_records(const std::string& ledger_folder, std::uint64_t from, const TakeRecord& take) {
  TRY(const auto segments, list_segments(ledger_folder));
  for (const auto first : segments) {
    TRY(const bool on, scan_segment(ledger_folder, first, from, take));
    if (!on) break;
  }
  return {};
}

Result<std::optional<Digest>> leaf_of(const std::string& data_folder, std::uint64_t index) {
  const auto ledger = ledger_folder(data_folder);
  TRY(const auto segments, list_numbered(ledger, ".leaf"));
  const auto behind = std::ranges::upper_bound(segments, index);
  if (behind == segments.begin()) return std::nullopt;
  const auto first = *std::prev(behind);
  TRY(auto leaves, LeafReader::open(leaf_path(ledger, first)));
  const Digest* leaf = leaves.at(index - first);
  return leaf ? std::optional(*leaf) : std::nullopt;
}

Result<std::uint64_t> count_records(const std::string& data_folder) {
  const auto ledger = ledger_folder(data_folder);
  TRY(const auto segments, list_segments(ledger));
  return segments.empty() ? 0 : segments.back() + leaves_in(leaf_path(ledger, segments.back()));
}

Result<std::vector<std::pair<std::uint64_t, std::uint64_t>>> removed_records(const std::string& data_folder) {
  const auto ledger = ledger_folder(data_folder);
  TRY(const auto segments, list_segments(ledger));
  std::vector<std::pair<std::uint64_t, std::uint64_t>> removed;
  for (std::size_t i = 0; i + 1 < segments.size(); ++i) {
    if (exists(log_path(ledger, segments[i]))) continue;
    if (!removed.empty() && removed.back().second == segments[i])
      removed.back().second = segments[i + 1];
    else
      removed.emplace_back(segments[i], segments[i + 1]);
  }
  return removed;
}

}  // namespace ostiary::ledger
