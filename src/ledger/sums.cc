#include "ledger/sums.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fmt/format.h>
#include <optional>

#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/text.h"
#include "json/document.h"
#include "json/writer.h"
#include "ledger/impl/append_file.h"
#include "ledger/impl/segment.h"

namespace ostiary::ledger {

namespace {

constexpr std::string_view kMagic = "ostiary-sums ";
constexpr std::uint64_t kMaxFile = 256U << 20;
constexpr std::size_t kDigestHex = 2 * sizeof(Digest);

std::string header(std::uint64_t first) {
  return fmt::format("{}1 {}\n", kMagic, first);
}

std::string text_of(std::uint64_t first, const SegmentSums& sums) {
  auto text = header(first);
  for (const auto& sum : sums.usage) {
    json::Writer w(text);
    w.begin_object();
    w.member("cached", sum.cached);
    w.member("cost_nano", sum.cost_nano);
    w.member("exchanges", sum.exchanges);
    w.member("input", sum.input);
    w.member("key", sum.key);
    w.member("month", sum.month);
    w.member("output", sum.output);
    w.member("team", sum.team);
    w.end_object();
    text += '\n';
  }
  for (const auto& id : sums.ended) {
    json::Writer w(text);
    w.begin_object();
    w.member("ended", id.text());
    w.end_object();
    text += '\n';
  }
  text += hex(sha256(text)) + "\n";
  return text;
}

std::optional<std::int64_t> signed_number(json::Value value) {
  if (!value) return std::nullopt;
  const auto raw = value.raw();
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(raw.data(), raw.data() + raw.size(), number);
  if (error != std::errc() || end != raw.data() + raw.size()) return std::nullopt;
  return number;
}

bool read_line(std::string_view line, SegmentSums& sums) {
  const auto document = json::Document::parse(line);
  if (!document) return false;
  const auto root = document->root();
  if (const auto ended = root["ended"].as_string()) {
    const auto id = Id::parse(*ended);
    if (id) sums.ended.push_back(*id);
    return id.has_value();
  }
  const auto month = root["month"].as_string(), key = root["key"].as_string(),
             team = root["team"].as_string();
  const auto exchanges = root["exchanges"].as_uint(), input = root["input"].as_uint();
  const auto output = root["output"].as_uint(), cached = root["cached"].as_uint();
  const auto cost = signed_number(root["cost_nano"]);
  if (!month || !key || !team || !exchanges || !input || !output || !cached || !cost) return false;
  sums.usage.push_back({*month, *key, *team, *exchanges, *input, *output, *cached, *cost});
  return true;
}

bool stands(const std::string& path) {
  std::error_code unknown;
  return std::filesystem::exists(path, unknown);
}

}  // namespace

std::string sums_path(const std::string& ledger_folder, std::uint64_t first) {
  return ledger_folder + "/" + numbered_name(first, ".sums");
}

std::string month_of(WallMs at) {
  constexpr std::size_t month_size = 7;
  auto text = rfc3339(at);
  text.resize(month_size);
  return text;
}

Result<> write_sums(const std::string& ledger_folder, std::uint64_t first, const SegmentSums& sums) {
  const auto path = sums_path(ledger_folder, first), text = text_of(first, sums);
  const auto there = read_file(path, kMaxFile);
  if (there && *there == text) return {};
  return replace_file(path, text, true);
}

Result<SegmentSums> read_sums(const std::string& ledger_folder, std::uint64_t first) {
  const auto path = sums_path(ledger_folder, first);
  TRY(const auto text, read_file(path, kMaxFile));
  const auto damaged = [&] { return fail(Code::corrupt, "the sums of removed records are damaged", path); };
  const auto head = header(first);
  if (text.size() < head.size() + kDigestHex + 1) return damaged();
  const auto body = std::string_view(text).substr(0, text.size() - kDigestHex - 1);
  if (hex(sha256(body)) + "\n" != std::string_view(text).substr(body.size())) return damaged();
  if (!body.starts_with(head)) {
    if (!body.starts_with(kMagic)) return damaged();
    const auto version =
        text::parse_uint(body.substr(kMagic.size(), body.find(' ', kMagic.size()) - kMagic.size()));
    if (!version || *version <= 1) return damaged();
    return fail(Code::newer, "the file is of a newer ostiary: use that", path);
  }
  SegmentSums sums;
  auto rest = body.substr(head.size());
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    if (end == rest.npos || !read_line(rest.substr(0, end), sums)) return damaged();
    rest.remove_prefix(end + 1);
  }
  return sums;
}

Result<> each_removed(const std::string& data_folder, std::uint64_t from, std::uint64_t to,
                      const std::function<void(const SegmentSums&)>& take) {
  const auto ledger = ledger_folder(data_folder);
  TRY(const auto segments, list_segments(ledger));
  for (const auto first : segments) {
    if (first < from || first >= to || stands(log_path(ledger, first))) continue;
    const auto sums = read_sums(ledger, first);
    if (!sums && sums.error().code == Code::newer) return std::unexpected(sums.error());
    if (sums)
      take(*sums);
    else
      log::warn(fmt::format("ledger: what the removed records from {} on had used is not counted: {}", first,
                            sums.error().text()));
  }
  return {};
}

bool is_within_removed(const std::string& data_folder, std::uint64_t index) {
  const auto ledger = ledger_folder(data_folder);
  const auto segments = list_segments(ledger);
  if (!segments) return false;
  const auto behind = std::ranges::upper_bound(*segments, index);
  if (behind == segments->begin() || behind == segments->end()) return false;
  const auto first = *std::prev(behind);
  return index > first && !stands(log_path(ledger, first)) && stands(sums_path(ledger, first));
}

}  // namespace ostiary::ledger
