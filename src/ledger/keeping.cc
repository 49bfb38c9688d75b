#include "ledger/impl/keeping.h"

#include <algorithm>
#include <filesystem>
#include <limits>

#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"
#include "json/document.h"
#include "ledger/cursor.h"
#include "ledger/impl/append_file.h"
#include "ledger/impl/merkle.h"
#include "ledger/impl/readers.h"
#include "ledger/impl/segment.h"

namespace ostiary::ledger {

namespace {

constexpr std::string_view kMagic = "ostiary-keeping 1";
constexpr std::string_view kAll = "all";
constexpr std::uint64_t kMaxFile = 64U << 20;
constexpr std::size_t kDigestHex = 2 * sizeof(Digest);

// Most lines are of other kinds, which this tells without reading them. Quotes inside JSON text are escaped,
// so only a member of some object can look like this.
bool may_matter(std::string_view line) {
  constexpr std::string_view kMember = "\"kind\":\"";
  for (auto at = line.find(kMember); at != line.npos; at = line.find(kMember, at + 1)) {
    const auto kind = line.substr(at + kMember.size(), 10);
    if (kind.starts_with("erasure\"") || kind.starts_with("hold\"") || kind.starts_with("retention\""))
      return true;
  }
  return false;
}

std::optional<WallMs> time_of(json::Value value) {
  const auto text = value.as_string();
  return text ? parse_rfc3339(*text) : std::nullopt;
}

std::optional<Id> id_of(json::Value value) {
  const auto text = value.as_string();
  return text ? Id::parse(*text) : std::nullopt;
}

std::vector<Range> ranges_of(json::Value list) {
  std::vector<Range> ranges;
  for (const auto item : list) {
    const auto first = item["first"].as_uint(), end = item["end"].as_uint();
    if (first && end && *first < *end) ranges.push_back({*first, *end});
  }
  return merged(std::move(ranges));
}

// The leaf hash of a record; nothing where the ledger has none.
class Leaves {
 public:
  Leaves(const std::string& ledger, std::vector<std::uint64_t> segments)
      : ledger_(ledger), segments_(std::move(segments)) {}
  bool has(std::uint64_t index, std::string_view line) const {
    const auto next = std::ranges::upper_bound(segments_, index);
    if (next == segments_.begin()) return false;
    const auto first = *std::prev(next);
    auto leaves = LeafReader::open(leaf_path(ledger_, first));
    const Digest* leaf = leaves ? leaves->at(index - first) : nullptr;
    return leaf && *leaf == leaf_hash(line);
  }

 private:
  const std::string& ledger_;
  std::vector<std::uint64_t> segments_;
};

struct Saved {
  Keeping keeping;
  std::uint64_t unknown_from = 0;
};

// What the file tells, where it is whole and of this ledger.
std::optional<Saved> read_saved(const std::string& ledger) {
  const auto text = read_file(keeping_path(ledger), kMaxFile);
  const auto segments = list_segments(ledger);
  if (!text || !segments || text->size() <= kDigestHex + 1) return std::nullopt;
  const auto body = std::string_view(*text).substr(0, text->size() - kDigestHex - 1);
  if (hex(sha256(body)) + "\n" != text->substr(body.size())) return std::nullopt;
  auto lines = text::split(body, '\n');
  lines.pop_back();  // what stands behind the last newline
  const auto head = lines.empty() ? std::vector<std::string_view>{} : text::split(lines.front(), ' ');
  if (head.size() != 3 || !lines.front().starts_with(kMagic)) return std::nullopt;
  const auto from = text::parse_uint(head[2]);
  if (!from && head[2] != kAll) return std::nullopt;
  Saved saved{{}, from.value_or(std::numeric_limits<std::uint64_t>::max())};
  const Leaves leaves(ledger, *segments);
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const auto blank = lines[i].find(' ');
    const auto index = text::parse_uint(lines[i].substr(0, blank));
    if (blank == lines[i].npos || !index) return std::nullopt;
    const auto line = lines[i].substr(blank + 1);
    if (!leaves.has(*index, line) || !saved.keeping.apply(*index, line)) return std::nullopt;
  }
  return saved;
}

}  // namespace

bool Keeping::apply(std::uint64_t index, std::string_view line) {
  const auto document = json::Document::parse(line);
  if (!document) return false;
  const auto root = document->root();
  const auto kind = root["kind"].string_or(""), state = root["state"].string_or("");
  const auto at = time_of(root["at"]).value_or(0);
  if (kind == "retention") {
    if (retention_) records_.erase(*retention_);
    retention_ = index;
    removed_ = ranges_of(root["removed"]);
    records_.emplace(index, line);
    return true;
  }
  if (kind == "hold") {
    const auto id = id_of(root["hold"]);
    if (!id) return false;
    for (const auto& hold : holds_)
      if (hold.id == *id) records_.erase(hold.index);
    std::erase_if(holds_, [&](const Hold& hold) { return hold.id == *id; });
    if (state != "set") return true;
    holds_.push_back({*id, at, root["subject"].string_or(""), root["team"].string_or(""),
                      time_of(root["from"]), time_of(root["to"]), root["reason"].string_or(""),
                      root["by"].string_or(""), index});
    records_.emplace(index, line);
    return true;
  }
  if (kind != "erasure") return false;
  const auto id = id_of(root["erasure"]);
  if (!id) return false;
  const auto subject = root["subject"].string_or("");
  for (const auto& pending : pending_)
    if (pending.id == *id) records_.erase(pending.index);
  std::erase_if(pending_, [&](const PendingErasure& pending) { return pending.id == *id; });
  if (state == "begun")
    pending_.push_back({*id, subject, root["by"].string_or(""), id_of(root["exchange"]), index});
  else if (!subject.empty())
    erased_.push_back({subject, at, root["records"].as_uint().value_or(0), index});
  if (state == "begun" || !subject.empty()) records_.emplace(index, line);
  return true;
}

bool Keeping::is_removed(std::uint64_t first, std::uint64_t end) const {
  return covers(removed_, first, end);
}

void Keeping::forget_erased_before(WallMs at) {
  for (const auto& erased : erased_)
    if (erased.at < at) records_.erase(erased.index);
  std::erase_if(erased_, [&](const ErasedSubject& erased) { return erased.at < at; });
}

std::string keeping_path(const std::string& ledger) {
  return ledger + "/keeping";
}

Result<> save_keeping(const std::string& ledger, const Keeping& keeping,
                      std::optional<std::uint64_t> unknown_from) {
  std::string text(kMagic);
  text += " " + (unknown_from ? std::to_string(*unknown_from) : std::string(kAll)) + "\n";
  for (const auto& [index, line] : keeping.records()) {
    text += std::to_string(index) + " ";
    text += line;
    text += '\n';
  }
  text += hex(sha256(text)) + "\n";
  TRY_VOID(replace_file(keeping_path(ledger), text, true));
  return sync_folder(ledger);
}

Result<Keeping> load_keeping(const std::string& ledger) {
  auto saved = read_saved(ledger).value_or(Saved{});
  if (saved.unknown_from == std::numeric_limits<std::uint64_t>::max()) return std::move(saved.keeping);
  TRY_VOID(scan_records(ledger, saved.unknown_from,
                        [&](std::uint64_t index, std::string_view line) -> Result<bool> {
                          if (may_matter(line)) saved.keeping.apply(index, line);
                          return true;
                        }));
  return std::move(saved.keeping);
}

Result<std::vector<Range>> removed_ranges(const std::string& ledger, std::uint64_t below) {
  Keeping keeping;
  TRY_VOID(scan_records(ledger, 0, [&](std::uint64_t index, std::string_view line) -> Result<bool> {
    if (index >= below) return false;
    if (may_matter(line)) keeping.apply(index, line);
    return true;
  }));
  return keeping.removed();
}

bool covers(const std::vector<Range>& ranges, std::uint64_t first, std::uint64_t end) {
  return std::ranges::any_of(ranges,
                             [&](const Range& range) { return range.first <= first && end <= range.end; });
}

std::vector<Range> merged(std::vector<Range> ranges) {
  std::ranges::sort(ranges, {}, &Range::first);
  std::vector<Range> out;
  for (const auto& range : ranges) {
    if (!out.empty() && range.first <= out.back().end)
      out.back().end = std::max(out.back().end, range.end);
    else
      out.push_back(range);
  }
  return out;
}

}  // namespace ostiary::ledger
