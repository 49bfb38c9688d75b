// Formats whose lines name their values: JSON lines, and name=value of firewalls.

#include <algorithm>
#include <array>
#include <deque>
#include <fmt/format.h>
#include <map>
#include <set>

#include "base/text.h"
#include "json/document.h"
#include "scan/impl/logs_reader.h"

namespace ostiary::scan {

namespace {

// The values of one line by what they are, the best name of each.
class Values {
 public:
  explicit Values(const std::vector<ColumnChoice>& choices) {
    for (const auto& choice : choices) {
      std::string plain;
      append_plain_name(plain, choice.name);
      chosen_.insert_or_assign(plain, choice.role);
      own_roles_.insert(choice.role == Role::host ? Role::query : choice.role);
      own_roles_.insert(choice.role);
      if (choice.role == Role::host) own_roles_.insert(Role::url);
    }
  }

  void clear() {
    best_.fill(kNone);
    values_.fill({});
    by_server_ = false;
    sent_ = {};
  }

  void take(std::string_view plain_name, std::string_view value) {
    if (value.empty() || value == "-") return;
    if (plain_name == "remoteaddr" || plain_name == "bodybytessent") by_server_ = true;
    if (!chosen_.empty()) {
      if (const auto own = chosen_.find(plain_name); own != chosen_.end())
        return keep(own->second, 0, value, plain_name);
    }
    auto meaning = meaning_of(plain_name);
    if (!meaning || own_roles_.contains(meaning->role)) return;
    // The device that logs, or an address: no destination by name.
    if (meaning->role == Role::host && (!looks_like_host(host_of(value)) || looks_like_address(value)))
      return;
    if (plain_name == "bytessent") {  // by whom, the other names of the line tell
      sent_ = value;
      return;
    }
    keep(meaning->role, meaning->rank, value, plain_name);
  }

  std::string_view get(Role role) const { return values_[static_cast<std::size_t>(role)]; }

  std::string_view host() const {
    for (const auto role : {Role::host, Role::query, Role::url})
      if (const auto text = get(role); !text.empty())
        if (const auto host = host_of(text); !host.empty()) return host;
    return {};
  }

  void entry(LogEntry& entry) const {
    const auto host = get(Role::host).empty() ? get(Role::query) : get(Role::host);
    entry.to = destination_of(host.empty() ? get(Role::url) : host);
    if (!host.empty() && !get(Role::url).empty()) {
      const auto whole = destination_of(get(Role::url));
      entry.to.seen = whole.seen;
      entry.to.path = whole.path;
    }
    entry.client = get(Role::client).empty() ? get(Role::user) : get(Role::client);
    entry.time = get(Role::time);
    entry.date = get(Role::date);
    entry.out = text::parse_uint(get(Role::out));
    entry.in = text::parse_uint(get(Role::in));
    auto& sent = by_server_ ? entry.in : entry.out;
    if (!sent) sent = text::parse_uint(sent_);
    entry.lookup = get(Role::host).empty() && !get(Role::query).empty();
    entry.refused = says_refused(get(Role::action));
  }

  std::string told() const {
    std::string out;
    for (std::size_t role = 0; role < kRoles; ++role) {
      if (names_[role].empty()) continue;
      if (!out.empty()) out += ", ";
      out += fmt::format("{} {}", name_of(static_cast<Role>(role)), names_[role]);
    }
    return out;
  }

 private:
  static constexpr std::uint8_t kNone = 255;
  void keep(Role role, std::uint8_t rank, std::string_view value, std::string_view plain_name) {
    const auto at = static_cast<std::size_t>(role);
    if (rank >= best_[at]) return;
    best_[at] = rank;
    values_[at] = value;
    if (names_[at].empty()) names_[at] = plain_name;
  }

  std::map<std::string, Role, std::less<>> chosen_;
  std::set<Role> own_roles_;
  std::array<std::uint8_t, kRoles> best_{};
  std::array<std::string_view, kRoles> values_{};
  std::array<std::string, kRoles> names_;  // where each was found first; names of the catalogue of names only
  std::string_view sent_;                  // bytes_sent
  bool by_server_ = false;                 // nginx and what is made after it tell what the server sent
};

class JsonReader : public LineReader {
 public:
  explicit JsonReader(const std::vector<ColumnChoice>& choices) : values_(choices) {}

  Line host(std::string_view line, std::string_view& host) override {
    host = {};
    line = text::trim(line);
    if (line.empty()) return Line::aside;
    constexpr json::Limits limits{.max_depth = 32, .max_values = 20'000, .refuse_duplicates = false};
    values_.clear();
    if (!json::Document::parse_into(line, limits, document_) || !document_.root().is_object())
      return Line::unread;
    decoded_.clear();
    name_.clear();
    members(document_.root(), 0);
    // Suricata writes what a name server answers too.
    const auto answer = values_.get(Role::answer);
    if (answer == "answer" || answer == "response") return Line::aside;
    host = values_.host();
    return host.empty() ? Line::aside : Line::request;
  }
  void entry(std::string_view, LogEntry& entry) override { values_.entry(entry); }
  LogFormat format() const override { return LogFormat::json; }
  std::string columns() const override { return values_.told(); }

 private:
  void members(json::Value object, int level) {
    constexpr int deepest = 3;
    for (const auto member : object) {
      const auto before = name_.size();
      append_plain_name(name_, member.key_raw());
      if (member.is_object() && level < deepest) {
        members(member, level + 1);
      } else if (member.is_string()) {
        auto& scratch = decoded_.emplace_back();
        const auto value = member.as_string(scratch);
        if (value->data() != scratch.data()) decoded_.pop_back();
        values_.take(name_, *value);
      } else if (member.is(json::Type::number)) {
        values_.take(name_, member.raw());
      }
      name_.resize(before);
    }
  }

  Values values_;
  json::Document document_;
  std::string name_;
  std::deque<std::string> decoded_;  // values of the line that have escapes; they stay where they are
};

// FortiGate, Sophos, CEF and others: name=value name="a value" …
class PairsReader : public LineReader {
 public:
  explicit PairsReader(const std::vector<ColumnChoice>& choices) : values_(choices) {}

  Line host(std::string_view line, std::string_view& host) override {
    host = {};
    if (line.empty()) return Line::aside;
    values_.clear();
    if (pairs(line) < 2) return Line::unread;
    host = values_.host();
    return host.empty() ? Line::aside : Line::request;
  }
  void entry(std::string_view, LogEntry& entry) override { values_.entry(entry); }
  LogFormat format() const override { return LogFormat::pairs; }
  std::string columns() const override { return values_.told(); }

 private:
  static bool in_name(char c) {
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' || c == '.' ||
           c == '-';
  }

  std::size_t pairs(std::string_view line) {
    std::size_t count = 0;
    for (std::size_t at = 0;;) {
      const auto equals = line.find('=', at);
      if (equals == std::string_view::npos) return count;
      auto from = equals;
      while (from > at && in_name(line[from - 1])) --from;
      const auto name = line.substr(from, equals - from);
      std::string_view value;
      if (equals + 1 < line.size() && line[equals + 1] == '"') {
        const auto close = line.find('"', equals + 2);
        value = line.substr(equals + 2, close == std::string_view::npos ? close : close - equals - 2);
        at = close == std::string_view::npos ? line.size() : close + 1;
      } else {
        at = std::min(line.find(' ', equals + 1), line.size());
        value = line.substr(equals + 1, at - equals - 1);
      }
      if (name.empty()) continue;
      ++count;
      name_.clear();
      append_plain_name(name_, name);
      values_.take(name_, value);
    }
  }

  Values values_;
  std::string name_;
};

}  // namespace

std::unique_ptr<LineReader> make_json(const std::vector<ColumnChoice>& choices) {
  return std::make_unique<JsonReader>(choices);
}

std::unique_ptr<LineReader> make_pairs(const std::vector<ColumnChoice>& choices) {
  return std::make_unique<PairsReader>(choices);
}

}  // namespace ostiary::scan
