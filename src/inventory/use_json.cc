// Uses and sightings as JSON: canonical, members in sorted order.

#include <algorithm>
#include <fmt/format.h>

#include "base/clean.h"
#include "inventory/use.h"

namespace ostiary::inventory {

namespace {

using json::Writer;

void write_texts(Writer& w, const std::vector<std::string>& texts) {
  w.begin_array();
  for (const auto& text : texts) w.string(text);
  w.end_array();
}

void write_time(Writer& w, std::string_view name, const std::optional<WallMs>& at) {
  w.key(name);
  at ? w.string(rfc3339(*at)) : w.null();
}

void write_value(Writer& w, const Use& use, const Field& f) {
  if (f.type == FieldType::list) {
    const std::vector<std::string> unknown{std::string(kUnknown)};
    return write_texts(w, use.known(f.id) ? use.all(f.id) : unknown);
  }
  w.string(use.known(f.id) ? std::string_view(use[f.id]) : kUnknown);
}

void write_declared(Writer& w, const Use& use) {
  std::vector<std::string> names;
  for (const auto& f : fields())
    if (use.is_declared(f.id)) names.emplace_back(f.name);
  std::ranges::sort(names);
  write_texts(w, names);
}

void write_other(Writer& w, const Use& use) {
  w.begin_array();
  for (const auto& [column, text] : use.other) {
    w.begin_object();
    w.member("column", column);
    w.member("text", text);
    w.end_object();
  }
  w.end_array();
}

void write_seen(Writer& w, const Use& use) {
  w.begin_array();
  std::string text;
  for (const auto& one : use.seen) {
    text.clear();
    append_json(text, one);
    w.raw(text);
  }
  w.end_array();
}

// A member and what writes it, to be sorted by name.
using Member = std::pair<std::string_view, void (*)(Writer&, const Use&)>;
constexpr Member kOthers[] = {
    {"changed", [](Writer& w, const Use& use) { w.string(rfc3339(use.changed)); }},
    {"created", [](Writer& w, const Use& use) { w.string(rfc3339(use.created)); }},
    {"declared", write_declared},
    {"id", [](Writer& w, const Use& use) { w.string(use.id.text()); }},
    {"origin", [](Writer& w, const Use& use) { use.origin.empty() ? w.null() : w.string(use.origin); }},
    {"other", write_other},
    {"revision", [](Writer& w, const Use& use) { w.number(use.revision); }},
    {"seen", write_seen},
};

struct Text {
  std::string_view name;
  std::string Sighting::* member;
};
constexpr Text kTexts[] = {
    {"grade", &Sighting::grade},
    {"kind", &Sighting::kind},
    {"license", &Sighting::license},
    {"model", &Sighting::model},
    {"provider", &Sighting::provider},
    {"question", &Sighting::question},
    {"repository", &Sighting::repository},
    {"sdk", &Sighting::sdk},
    {"service", &Sighting::service},
    {"surface", &Sighting::surface},
    {"team", &Sighting::team},
    {"tool", &Sighting::tool},
    {"version", &Sighting::version},
};

std::optional<WallMs> time_at(json::Value value) {
  const auto text = value.as_string();
  return text ? parse_rfc3339(*text) : std::nullopt;
}

std::vector<std::string> texts_at(json::Value array) {
  std::vector<std::string> out;
  for (const auto one : array)
    if (auto text = one.as_string(); text && *text != kUnknown) out.push_back(std::move(*text));
  return out;
}

}  // namespace

void append_json(std::string& out, const Sighting& s) {
  Writer w(out);
  w.begin_object();
  w.member("count", s.count);
  write_time(w, "first", s.first);
  bool how_written = false, last_written = false, places_written = false;
  for (const auto& [name, member] : kTexts) {
    if (!how_written && name > "how") w.member("how", inventory::name(s.how)), how_written = true;
    if (!last_written && name > "last") write_time(w, "last", s.last), last_written = true;
    if (!places_written && name > "places") w.key("places"), write_texts(w, s.places), places_written = true;
    w.key(name);
    (s.*member).empty() ? w.null() : w.string(s.*member);
  }
  w.end_object();
}

Result<Sighting> read_sighting(json::Value value) {
  Sighting s;
  const auto how = how_named(value["how"].string_or(""));
  if (!how)
    return fail(Code::invalid, "how it was seen is declaration, gate, log, question or scan",
                value.pointer());
  s.how = *how;
  s.count = value["count"].as_uint().value_or(0);
  s.first = time_at(value["first"]);
  s.last = time_at(value["last"]);
  for (const auto& [name, member] : kTexts)
    s.*member = text::clean(value[name].string_or(""), Sighting::kLongestText);
  for (const auto& place : texts_at(value["places"]))
    if (s.places.size() < Sighting::kMostPlaces)
      s.places.push_back(text::clean(place, Sighting::kLongestText));
  return s;
}

void append_json(std::string& out, const Use& use) {
  Writer w(out);
  w.begin_object();
  std::vector<std::pair<std::string_view, const Field*>> members;
  for (const auto& f : fields())
    if (f.id != F::seen) members.emplace_back(f.name, &f);
  for (const auto& [name, write] : kOthers) members.emplace_back(name, nullptr);
  std::ranges::sort(members, {}, [](const auto& m) { return m.first; });
  for (const auto& [name, f] : members) {
    w.key(name);
    if (f)
      write_value(w, use, *f);
    else
      std::ranges::find(kOthers, name, &Member::first)->second(w, use);
  }
  w.end_object();
}

Result<Use> read_use(json::Value value) {
  Use use;
  const auto id = Id::parse(value["id"].string_or(""));
  if (!id) return fail(Code::corrupt, "a use without an id");
  use.id = *id;
  use.revision = value["revision"].as_uint().value_or(1);
  use.created = time_at(value["created"]).value_or(0);
  use.changed = time_at(value["changed"]).value_or(0);
  use.origin = value["origin"].string_or("");
  for (const auto& f : fields()) {
    if (!writable(f.id)) continue;
    const auto member = value[f.name];
    if (f.type == FieldType::list)
      use.set(f.id, texts_at(member));
    else
      use.set(f.id, member.string_or(""));
  }
  for (const auto& name : texts_at(value["declared"]))
    if (const auto f = field_named(name)) use.declared[static_cast<std::size_t>(*f)] = true;
  for (const auto one : value["other"])
    use.other.emplace_back(one["column"].string_or(""), one["text"].string_or(""));
  for (const auto one : value["seen"]) {
    TRY(const auto sighting, read_sighting(one));
    use.see(sighting);
  }
  return use;
}

}  // namespace ostiary::inventory
