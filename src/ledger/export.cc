#include "ledger/export.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "json/document.h"
#include "json/writer.h"
#include "ledger/cursor.h"
#include "ledger/impl/segment.h"
#include "ledger/record_view.h"

namespace ostiary::ledger {

namespace {

constexpr std::uint64_t kAtOnce = 8192;  // records between two looks at the progress

class Matcher {
 public:
  explicit Matcher(const RecordFilter& filter) : filter_(filter) {
    // Rarest first, where that can be guessed.
    if (filter.id) need("id", filter.id->text());
    need("subject", filter.subject);
    need("team", filter.team);
    need("model", filter.model);
    need("service", filter.service);
    need("effect", filter.decision);
    need("outcome", filter.outcome);
    need("kind", filter.kind);
    by_time_ = filter.since || filter.until;
  }

  // A line is canonical JSON, so that what is asked for stands in it in one way only. Where it does not,
  // nothing needs to be read of the line; where it does it may still stand in a part of it that is not meant.
  bool operator()(std::string_view line) {
    for (const auto& needle : needles_)
      if (!::memmem(line.data(), line.size(), needle.data(), needle.size())) return false;
    if (needles_.empty() && !by_time_) return true;
    RecordView view;
    return reader_.read(line, view) && holds(view) && kind_holds(line, view);
  }

 private:
  void need(std::string_view name, std::string_view text) {
    if (text.empty()) return;
    std::string needle = "\"";
    needle.append(name).append("\":");
    json::append_string(needle, text);
    needles_.push_back(std::move(needle));
  }

  bool holds(const RecordView& view) const {
    const auto is = [](std::string_view wanted, std::string_view has) {
      return wanted.empty() || wanted == has;
    };
    return (!filter_.since || view.at >= *filter_.since) && (!filter_.until || view.at < *filter_.until) &&
           (!filter_.id || view.id == *filter_.id) && is(filter_.subject, view.subject) &&
           is(filter_.team, view.team) && is(filter_.model, view.model) &&
           is(filter_.service, view.service) && is(filter_.decision, view.effect) &&
           is(filter_.outcome, view.outcome);
  }

  bool kind_holds(std::string_view line, const RecordView& view) const {
    using Kind = RecordView::Kind;
    constexpr std::pair<Kind, std::string_view> names[] = {{Kind::intent, "intent"},
                                                           {Kind::outcome, "outcome"},
                                                           {Kind::change, "change"},
                                                           {Kind::recovery, "recovery"}};
    if (filter_.kind.empty()) return true;
    for (const auto& [kind, name] : names)
      if (view.kind == kind) return filter_.kind == name;
    const auto document = json::Document::parse(line);
    return document && document->root()["kind"].string_or("") == filter_.kind;
  }

  const RecordFilter& filter_;
  std::vector<std::string> needles_;
  bool by_time_ = false;
  RecordReader reader_;
};

}  // namespace

Result<Exported> export_records(const std::string& data_folder, const RecordFilter& filter,
                                const std::function<Result<>(std::string_view line)>& take,
                                const std::function<void(std::uint64_t done, std::uint64_t all)>& progress) {
  TRY(const auto count, count_records(data_folder));
  if (count == 0) {
    TRY(const auto segments, list_segments(ledger_folder(data_folder)));
    if (segments.empty())
      return fail(Code::not_found, "there is no ledger; name a data folder with --data",
                  ledger_folder(data_folder));
  }
  Exported exported;
  Matcher matches(filter);
  Cursor cursor(data_folder);
  Result<> taken;
  const auto look = [&](std::uint64_t, std::string_view line) {
    ++exported.read;
    if (!taken || !matches(line)) return;
    ++exported.matched;
    taken = take(line);
  };
  for (std::uint64_t at = 0;;) {
    TRY(const auto given, cursor.read(count, kAtOnce, look));
    if (!taken) return std::unexpected(taken.error());
    if (progress) progress(cursor.place().index, count);
    if (given == 0 && cursor.place().index == std::exchange(at, cursor.place().index)) break;
    at = cursor.place().index;
  }
  exported.removed = std::min(cursor.place().index, count) - exported.read;
  return exported;
}

}  // namespace ostiary::ledger
