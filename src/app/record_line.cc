#include "app/impl/record_line.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <numeric>
#include <set>
#include <span>

#include "json/document.h"

namespace ostiary::app {

namespace {

constexpr std::size_t kWhat = 1, kTeam = 2, kService = 3, kModel = 4, kHttp = 5, kDetail = 8, kId = 9;
constexpr std::size_t kGap = 2, kIdWidth = 36, kLeast = 4;
constexpr std::array<std::size_t, RecordTable::kColumns> kUsual = {14, 11, 6, 8, 10, 4, 9, 7, 6, kIdWidth};
constexpr std::array kShrink = {kTeam, kService, kModel, kDetail};  // may be cut to fit
const RecordTable::Cells kNames = {"TIME (UTC)", "WHAT",   "TEAM", "SERVICE", "MODEL",
                                   "HTTP",       "TOKENS", "MS",   "DETAIL",  "ID"};

std::string padded(const std::string& cell, std::size_t column, std::size_t width) {
  const bool right = column >= kHttp && column < kDetail;
  const auto have = width_of(cell);
  return right && have < width ? std::string(width - have, ' ') + cell : fitted(cell, width);
}

std::string text_of(json::Value value) {
  return printable(value.string_or(""));
}

// "12 → 34", with what is not known as "·"; nothing where neither is.
std::string tokens_of(json::Value usage) {
  const auto in = usage["input"].as_uint(), out = usage["output"].as_uint();
  const auto part = [](const std::optional<std::uint64_t>& n) { return n ? std::to_string(*n) : "·"; };
  return in || out ? part(in) + " → " + part(out) : "";
}

std::string milliseconds_of(json::Value micros) {
  const auto n = micros.as_uint();
  return n ? fmt::format("{:.1f}", static_cast<double>(*n) / 1000) : "";
}

// "10 not signed, 1 without outcome".
std::string recovery_of(json::Value record) {
  constexpr std::array<std::pair<const char*, const char*>, 4> parts = {{{"records_unsigned", "not signed"},
                                                                         {"intents_open", "without outcome"},
                                                                         {"records_lost", "lost"},
                                                                         {"bytes_cut", "bytes cut"}}};
  std::vector<std::string> said;
  for (const auto& [name, words] : parts)
    if (const auto n = record[name].as_uint().value_or(0); n > 0)
      said.push_back(fmt::format("{} {}", n, words));
  return fmt::format("{}", fmt::join(said, ", "));
}

// What records about the ledger itself have to say; nothing of others.
std::string keeping_of(std::string_view kind, json::Value record) {
  const auto number = [&](std::string_view name) { return record[name].as_uint().value_or(0); };
  if (kind == "erasure") {
    const auto subject = text_of(record["subject"]);
    const auto what = subject.empty() ? text_of(record["exchange"]) : subject;
    return fmt::format("{} {}", text_of(record["state"]), what);
  }
  if (kind == "hold") return fmt::format("{} {}", text_of(record["state"]), text_of(record["reason"]));
  if (kind == "disposition")
    return fmt::format("{} {}: {}", text_of(record["state"]), text_of(record["fingerprint"]),
                       text_of(record["because"]));
  if (kind == "retention")
    return fmt::format("{} records before {} removed", number("records"),
                       text_of(record["before"]).substr(0, 10));
  if (kind == "gap")
    return fmt::format("{} exchanges unrecorded, {}", number("exchanges"), text_of(record["reason"]));
  return "";
}

std::string painted(const std::string& word, const std::string& padded_word, const Style& style) {
  if (word == "complete") return style.green(padded_word);
  if (word == "refused" || word == "cancelled" || word == "truncated") return style.yellow(padded_word);
  if (word == "failed" || word == "recovery" || word == "gap") return style.red(padded_word);
  return word == "intent" ? style.faint(padded_word) : padded_word;
}

RecordTable::Cells cells_of(json::Value record) {
  RecordTable::Cells cells;
  const auto at = text_of(record["at"]);
  if (at.size() >= 19) cells[0] = at.substr(5, 5) + " " + at.substr(11, 8);
  const auto kind = text_of(record["kind"]);
  cells[kWhat] = kind;
  cells[kTeam] = text_of(record["team"]);
  cells[kService] = text_of(record["service"]);
  cells[kModel] = text_of(record["model"]);
  cells[kId] = text_of(record["id"]);
  if (kind == "outcome") {
    cells[kWhat] = text_of(record["outcome"]);
    const auto status = record["status"].as_uint();
    if (status && *status != 0) cells[kHttp] = std::to_string(*status);
    cells[6] = tokens_of(record["usage"]);
    cells[7] = milliseconds_of(record["timings"]["total"]);
    cells[kDetail] = text_of(record["error"]);
  } else if (kind == "change") {
    cells[kWhat] = text_of(record["action"]);
    cells[kTeam] = text_of(record["detail"]["team"]);
    cells[kDetail] = text_of(record["what"]);
  } else {
    cells[kDetail] = kind == "recovery" ? recovery_of(record) : keeping_of(kind, record);
  }
  return cells;
}

// Without the intents whose outcome stands behind them.
std::vector<std::string> without_ended(const std::vector<std::string>& records) {
  std::vector<std::string> shown;
  std::set<std::string> ended;
  for (auto record = records.rbegin(); record != records.rend(); ++record) {
    const auto document = json::Document::parse(*record);
    const auto kind = document ? document->root()["kind"].string_or("") : "";
    const auto id = document ? document->root()["id"].string_or("") : "";
    if (kind == "outcome") ended.insert(id);
    if (kind != "intent" || !ended.contains(id)) shown.push_back(*record);
  }
  std::ranges::reverse(shown);
  return shown;
}

}  // namespace

RecordTable::RecordTable(const std::vector<std::string>& records, std::size_t width, const Style& style)
    : style_(style), shown_(without_ended(records)), widths_(kUsual) {
  for (const auto& record : shown_) {
    const auto document = json::Document::parse(record);
    if (!document) continue;
    const auto cells = cells_of(document->root());
    for (std::size_t i = 0; i < kId; ++i) widths_[i] = std::max(widths_[i], width_of(cells[i]));
  }
  fit(width);
}

// Takes from the widest of those that may be cut until all fit, from what says why something happened last;
// with room left the ids are shown too.
void RecordTable::fit(std::size_t width) {
  auto whole = std::accumulate(widths_.begin(), widths_.begin() + kId, (kId - 1) * kGap);
  const auto cut = [&](std::span<const std::size_t> columns, bool to_usual) {
    const auto spare = [&](std::size_t i) { return widths_[i] - (to_usual ? kUsual[i] : kLeast); };
    for (; whole > width; --whole) {
      const auto widest = *std::ranges::max_element(columns, {}, spare);
      if (spare(widest) == 0) return;
      --widths_[widest];
    }
  };
  cut(std::span(kShrink).first(3), true);
  cut(kShrink, true);
  cut(kShrink, false);
  with_id_ = whole + kGap + kIdWidth <= width;
}

std::string RecordTable::joined(const Cells& cells) const {
  std::string line;
  for (std::size_t i = 0; i < (with_id_ ? kColumns : kId); ++i) {
    const auto cell = padded(cells[i], i, widths_[i]);
    if (i > 0) line.append(kGap, ' ');
    line += i == kWhat ? painted(cells[i], cell, style_) : i == 0 || i >= kDetail ? style_.faint(cell) : cell;
  }
  return line.erase(line.find_last_not_of(' ') + 1) + '\n';
}

std::string RecordTable::line(std::string_view record) const {
  const auto document = json::Document::parse(record);
  if (!document) return printable(record) + "\n";
  return joined(cells_of(document->root()));
}

std::string RecordTable::lines() const {
  std::string out;
  for (const auto& record : shown_) out += line(record);
  return out;
}

std::string RecordTable::heading() const {
  std::string line;
  for (std::size_t i = 0; i < (with_id_ ? kColumns : kId); ++i)
    line += (i > 0 ? std::string(kGap, ' ') : "") + padded(kNames[i], i, widths_[i]);
  return style_.bold(line.erase(line.find_last_not_of(' ') + 1)) + "\n";
}

}  // namespace ostiary::app
