#include "ledger/record_view.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <type_traits>

#include "json/document.h"
#include "json/skip.h"

namespace ostiary::ledger {

namespace {

// Calls `take` with the name and the bytes of each member until it answers false; false where `object` is
// none, as far as it was read.
template <class Take>
bool each_member(std::string_view object, Take&& take) {
  if (object.size() < 2 || object.front() != '{') return false;
  const char *p = object.data() + 1, *end = object.data() + object.size();
  if (*p == '}') return true;
  for (;;) {
    if (p >= end || *p != '"') return false;
    const char* name_end = json::skip_string(p, end);
    if (!name_end || name_end >= end || *name_end != ':') return false;
    const char* value = name_end + 1;
    const char* next = json::skip_value(value, end);
    if (!next || next >= end || next == value) return false;
    const std::string_view name(p + 1, name_end - 1), raw(value, next);
    if constexpr (std::is_same_v<decltype(take(name, raw)), bool>) {
      if (!take(name, raw)) return true;
    } else {
      take(name, raw);
    }
    if (*next == '}') return true;
    if (*next != ',') return false;
    p = next + 1;
  }
}

std::optional<std::uint64_t> count(std::string_view raw) {
  std::uint64_t value = 0;
  const auto [p, error] = std::from_chars(raw.data(), raw.data() + raw.size(), value);
  if (error != std::errc() || p != raw.data() + raw.size()) return std::nullopt;
  return value;
}

std::uint32_t small_count(std::string_view raw) {
  return static_cast<std::uint32_t>(count(raw).value_or(0));
}

// Dollars as nano-dollars.
std::optional<std::int64_t> nano(std::string_view raw) {
  double dollars = 0;
  const auto [p, error] = std::from_chars(raw.data(), raw.data() + raw.size(), dollars);
  constexpr double most = 9e9;  // what an int64 of nano-dollars holds
  if (error != std::errc() || p != raw.data() + raw.size() || !(std::abs(dollars) <= most))
    return std::nullopt;
  return std::llround(dollars * 1e9);
}

RecordView::Kind kind_of(std::string_view raw) {
  using Kind = RecordView::Kind;
  if (raw == R"("intent")") return Kind::intent;
  if (raw == R"("outcome")") return Kind::outcome;
  if (raw == R"("change")") return Kind::change;
  if (raw == R"("recovery")") return Kind::recovery;
  return Kind::other;
}

void read_usage(std::string_view raw, RecordView& view) {
  each_member(raw, [&](std::string_view name, std::string_view value) {
    if (name == "cached") view.cached = count(value);
    if (name == "cost") view.cost_nano = nano(value);
    if (name == "estimated") view.estimated = value == "true";
    if (name == "input") view.input = count(value);
    if (name == "output") view.output = count(value);
  });
}

void read_timings(std::string_view raw, RecordView& view) {
  each_member(raw, [&](std::string_view name, std::string_view value) {
    if (name == "connected") view.connected = count(value);
    if (name == "decided") view.decided = count(value);
    if (name == "first_byte") view.first_byte = count(value);
    if (name == "total") view.total = count(value);
  });
}

}  // namespace

std::string_view RecordReader::text(std::string_view raw) {
  if (raw.size() < 2 || raw.front() != '"') return {};
  const auto between = raw.substr(1, raw.size() - 2);
  if (std::memchr(between.data(), '\\', between.size()) == nullptr) return between;
  const auto begin = decoded_.size();
  json::append_decoded(decoded_, between);  // never longer: within what read() made room for
  return std::string_view(decoded_).substr(begin);
}

// The members that are read, sorted as a record's are.
struct RecordMembers {
  struct Member {
    std::string_view name;
    void (*take)(RecordReader& reader, std::string_view raw, RecordView& view);
  };
  template <std::string_view RecordView::* Field>
  static void text(RecordReader& reader, std::string_view raw, RecordView& view) {
    view.*Field = reader.text(raw);
  }
  static constexpr std::array kAll = std::to_array<Member>({
      {"action", text<&RecordView::action>},
      {"at", [](RecordReader& reader, std::string_view raw,
                RecordView& view) { view.at = parse_rfc3339(reader.text(raw)).value_or(0); }},
      {"attempts",
       [](RecordReader&, std::string_view raw, RecordView& view) { view.attempts = small_count(raw); }},
      {"decision",
       [](RecordReader& reader, std::string_view raw, RecordView& view) {
         each_member(raw, [&](std::string_view name, std::string_view value) {
           if (name == "effect") view.effect = reader.text(value);
           if (name == "mode") view.mode = reader.text(value);
         });
       }},
      {"endpoint", text<&RecordView::endpoint>},
      {"error", text<&RecordView::error>},
      {"id", [](RecordReader& reader, std::string_view raw,
                RecordView& view) { view.id = Id::parse(reader.text(raw)).value_or(Id{}); }},
      {"key", text<&RecordView::key>},
      {"kind", [](RecordReader&, std::string_view raw, RecordView& view) { view.kind = kind_of(raw); }},
      {"model", text<&RecordView::model>},
      {"outcome", text<&RecordView::outcome>},
      {"provider", text<&RecordView::provider>},
      {"request_bytes", [](RecordReader&, std::string_view raw,
                           RecordView& view) { view.request_bytes = count(raw).value_or(0); }},
      {"reserved", [](RecordReader&, std::string_view raw, RecordView& view) { read_usage(raw, view); }},
      {"response_bytes", [](RecordReader&, std::string_view raw,
                            RecordView& view) { view.response_bytes = count(raw).value_or(0); }},
      {"service", text<&RecordView::service>},
      {"status",
       [](RecordReader&, std::string_view raw, RecordView& view) { view.status = small_count(raw); }},
      {"stream", [](RecordReader&, std::string_view raw, RecordView& view) { view.stream = raw == "true"; }},
      {"subject", text<&RecordView::subject>},
      {"surface", text<&RecordView::surface>},
      {"team", text<&RecordView::team>},
      {"timings", [](RecordReader&, std::string_view raw, RecordView& view) { read_timings(raw, view); }},
      {"tool", text<&RecordView::tool>},
      {"usage", [](RecordReader&, std::string_view raw, RecordView& view) { read_usage(raw, view); }},
  });
};

// The first eight bytes of a name as a number that sorts as they do.
constexpr std::uint64_t prefix_of(std::string_view name) {
  std::uint64_t prefix = 0;
  if (!std::is_constant_evaluated() && name.size() >= 8 && std::endian::native == std::endian::little) {
    std::memcpy(&prefix, name.data(), sizeof prefix);
    return __builtin_bswap64(prefix);
  }
  for (std::size_t i = 0; i < 8; ++i)
    prefix = prefix << 8 | (i < name.size() ? static_cast<std::uint8_t>(name[i]) : 0);
  return prefix;
}

constexpr auto kPrefixes = [] {
  std::array<std::uint64_t, RecordMembers::kAll.size()> prefixes{};
  std::ranges::transform(RecordMembers::kAll, prefixes.begin(),
                         [](const auto& m) { return prefix_of(m.name); });
  return prefixes;
}();

// Whether two names whose prefixes are the same are.
bool same_behind_prefix(std::string_view a, std::string_view b) {
  return a.size() == b.size() && (a.size() <= 8 || a.substr(8) == b.substr(8));
}

bool RecordReader::read(std::string_view line, RecordView& view) {
  view = RecordView{};
  decoded_.clear();
  decoded_.reserve(line.size());
  // Both the members and the table are sorted, so that one walk over the two finds all.
  std::size_t next = 0;
  const bool whole = each_member(line, [&](std::string_view name, std::string_view raw) {
    const auto prefix = prefix_of(name);
    while (next < kPrefixes.size() && kPrefixes[next] < prefix) ++next;
    for (auto i = next; i < kPrefixes.size() && kPrefixes[i] == prefix; ++i) {
      if (!same_behind_prefix(RecordMembers::kAll[i].name, name)) continue;
      next = i;
      RecordMembers::kAll[i].take(*this, raw, view);
      break;
    }
  });
  const bool exchange = view.kind == RecordView::Kind::intent || view.kind == RecordView::Kind::outcome;
  return whole && (!exchange || view.id != Id{});
}

std::optional<Id> RecordReader::intent_of(std::string_view line) {
  std::optional<Id> id;
  bool intent = false;
  each_member(line, [&](std::string_view name, std::string_view raw) {
    if (name == "id" && raw.size() > 2) id = Id::parse(raw.substr(1, raw.size() - 2));
    if (name == "kind") intent = kind_of(raw) == RecordView::Kind::intent;
    return name < "kind";
  });
  if (!intent || id == Id{}) return std::nullopt;
  return id;
}

}  // namespace ostiary::ledger
