#include "scan/impl/reached.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <unordered_map>
#include <utility>

#include "base/text.h"
#include "scan/impl/endpoints.h"
#include "scan/impl/models.h"

namespace ostiary::scan {

namespace {

using std::string_view;

constexpr std::size_t kNear = 160;          // bytes between an address and the word that says whose it is
constexpr std::size_t kLooked = 4UL << 20;  // of a file, for such words

bool is_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
bool is_quote(char c) {
  return c == '"' || c == '\'' || c == '`';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}

// As contains(), which asks at each blank for what begins with one.
bool holds(string_view text, string_view part) {
  return ::memmem(text.data(), text.size(), part.data(), part.size()) != nullptr;
}

std::string license_of(string_view license) {
  return license == "unknown" || license == "proprietary" ? std::string() : std::string(license);
}

// Where what stands between a path's marks ends.
std::size_t segment_end(string_view text, std::size_t from) {
  return std::min(text.find_first_of("/?#&\"'`<>{}$ \t\r\n\\,;)", from), text.size());
}

// `gemini-1.5-flash` of `gemini-1.5-flash:generateContent`; a version behind a colon stays.
string_view without_method(string_view segment) {
  const auto colon = segment.rfind(':');
  if (colon == string_view::npos) return segment;
  const auto method = segment.substr(colon + 1);
  const bool is_method =
      std::ranges::all_of(method, [](char c) { return is_lower(c) || (c >= 'A' && c <= 'Z'); });
  return is_method && !method.empty() ? segment.substr(0, colon) : segment;
}

// `b` of `${A:-b}`, as shells and Compose write what holds where nothing is set.
string_view default_of(string_view text, std::size_t& skipped) {
  const auto mark = text.find('-');
  if (mark == string_view::npos || !text.ends_with('}')) return {};
  skipped = mark + 1;
  return text.substr(mark + 1, text.size() - mark - 2);
}

string_view trim_blanks(string_view text, std::size_t& start) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1), ++start;
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

const catalog::Server* server_of_image(string_view name) {
  if (name.size() > 300 || !name.contains('/')) return nullptr;
  name = name.substr(0, name.find_first_of("@$"));
  const auto slash = name.rfind('/');
  if (slash == string_view::npos) return nullptr;
  name = name.substr(0, name.find(':', slash));
  for (const string_view host : {"github.com/", "gitlab.com/", "huggingface.co/", "http"})
    if (name.starts_with(host)) return nullptr;
  for (const string_view registry :
       {"docker.io/", "index.docker.io/", "registry-1.docker.io/", "registry.hub.docker.com/"})
    if (name.starts_with(registry)) name.remove_prefix(registry.size());
  for (const auto& server : catalog::servers())
    for (string_view image : server.images) {
      const bool begins = image.ends_with("/*");
      if (begins) image.remove_suffix(1);
      if (begins ? name.starts_with(image) : name == image) return &server;
      // The same behind the name of a mirror.
      const auto before = name.size() - std::min(name.size(), image.size());
      if (!begins && before > 0 && name.ends_with(image) && name[before - 1] == '/') return &server;
    }
  return nullptr;
}

const catalog::Server* server_of_chart(string_view name) {
  static const auto all = [] {
    std::unordered_map<std::string, const catalog::Server*> out;
    for (const auto& server : catalog::servers())
      for (const auto& chart : server.charts) out.emplace(chart, &server);
    return out;
  }();
  const auto found = all.find(std::string(name.substr(name.rfind('/') + 1)));
  return found == all.end() ? nullptr : found->second;
}

void Reached::put(Sign sign, Stands stands, bool needs_ai) {
  sign.grade = stands.grade;
  if (stands.grade != Grade::mentioned && !needs_ai) ai_ = true;
  if (waiting_.size() < Signs::kMost) waiting_.push_back({std::move(sign), stands.rises, needs_ai});
}

void Reached::add(Sign sign) {
  const Stands stands{sign.grade};
  put(std::move(sign), stands, false);
}

void Reached::add_if_ai(Sign sign) {
  const Stands stands{sign.grade};
  put(std::move(sign), stands, true);
}

string_view Reached::lower() {
  if (lower_.empty()) lower_ = text::lower(bytes_.substr(0, kLooked));
  return lower_;
}

void Reached::address(const Address& address, const At& at, Stands stands) {
  Sign sign{
      .kind = Kind::endpoint, .detector = "address", .start = at(address.start), .end = at(address.end)};
  if (address.provider) {
    sign.name = sign.provider = address.provider->id;
    sign.surface = address.surface;
    return put(std::move(sign), stands, false);
  }
  const catalog::Server* server = nullptr;
  std::vector<const catalog::Server*> anywhere, near;
  for (const auto& guess : address.guesses) {
    if (guess.needs == Address::Needs::nothing && !server) server = guess.server;
    const bool close = guess.needs == Address::Needs::near || stands.grade == Grade::mentioned;
    (close ? near : anywhere).push_back(guess.server);
  }
  if (!server && !anywhere.empty()) server = server_named(lower(), sign.start, kLooked, anywhere);
  if (!server && !near.empty()) server = server_named(lower(), sign.start, kNear, near);
  if (!server) return;
  sign.name = server->id;
  sign.surface = "self-hosted";
  sign.license = license_of(server->license);
  put(std::move(sign), stands, false);
}

void Reached::addresses(string_view text, const At& at, Stands stands) {
  for (const auto& one : addresses_in(text)) address(one, at, stands);
}

Sign Reached::model_sign(string_view name, const catalog::ModelFamily* family, std::uint64_t start,
                         std::uint64_t end) const {
  Sign sign{.kind = Kind::model, .name = std::string(name), .detector = "model", .start = start, .end = end};
  if (!family) return sign;
  sign.provider = family->provider;
  sign.license = license_of(family->license);
  sign.note = family->name;
  return sign;
}

void Reached::model(string_view name, std::uint64_t start, std::uint64_t end, Stands stands, Wanted wanted) {
  std::size_t skipped = 0;
  if (name.starts_with("${")) name = default_of(name, skipped), start += skipped, end = start + name.size();
  const auto known = model_named(name);
  const bool mentioned = stands.grade == Grade::mentioned;
  if (!known && wanted == Wanted::surely && !mentioned && looks_like_model(name))
    return put(model_sign(name, nullptr, start, end), stands, true);
  if (!known || (!known->sure && (wanted == Wanted::no || mentioned))) return;
  put(model_sign(name, known->family, start, end), stands, !known->sure);
}

void Reached::model_surely(string_view name, std::uint64_t start, std::uint64_t end, Stands stands) {
  std::size_t skipped = 0;
  if (name.starts_with("${")) name = default_of(name, skipped), start += skipped, end = start + name.size();
  const auto known = model_named(name);
  const bool plain =
      name.size() >= 2 && name.size() <= 200 && !string_view("-/.~$").contains(name[0]) &&
      std::ranges::all_of(name, [](char c) { return is_word(c) || string_view(".:/@+-").contains(c); });
  if (!known && (!plain || name.ends_with(".gguf"))) return;
  put(model_sign(name, known ? known->family : nullptr, start, end), stands, false);
}

void Reached::model_of_call(string_view name, std::uint64_t start, std::uint64_t end) {
  const auto known = model_named(name);
  put(model_sign(name, known ? known->family : nullptr, start, end), kValue, !known || !known->sure);
}

void Reached::models_in_path(string_view text, const At& at, Stands stands) {
  if (model_named(text)) return;
  for (const string_view mark : {"models/", "model/", "deployments/", "engines/", "/run/"}) {
    for (auto found = text.find(mark); found != string_view::npos;
         found = text.find(mark, found + mark.size())) {
      if (found > 0 && is_word(text[found - 1])) continue;
      const auto from = found + mark.size();
      auto end = segment_end(text, from);
      auto name = without_method(text.substr(from, end - from));
      if (end < text.size() && text[end] == '/') {
        const auto second = segment_end(text, end + 1);
        const auto both = text.substr(from, second - from);
        if (const auto known = model_named(both); known && known->sure && !model_named(name)) name = both;
      }
      const auto known = model_named(name);
      if (known && known->sure) model(name, at(from), at(from + name.size()), stands, Wanted::perhaps);
    }
  }
}

void Reached::models_in_body(string_view text, const At& at, Stands stands) {
  const auto skip = [&](std::size_t i, bool quotes) {
    while (i < text.size() && (is_blank(text[i]) || text[i] == '\\' || (quotes && is_quote(text[i])))) ++i;
    return i;
  };
  for (auto found = text.find("model"); found != string_view::npos; found = text.find("model", found + 5)) {
    if (found == 0 || !is_quote(text[found - 1])) continue;
    auto i = found;
    while (i < text.size() && is_word(text[i])) ++i;
    const auto key = text.substr(found, i - found);
    const auto closed = skip(i, true);
    if (closed == i || closed >= text.size() || (text[closed] != ':' && text[closed] != '=')) continue;
    auto start = skip(closed + (text.substr(closed).starts_with("=>") ? 2 : 1), false);
    if (start >= text.size() || !is_quote(text[start])) continue;
    ++start;
    const auto end = std::min(text.find_first_of("\"'`\\\n", start), text.size());
    const auto name = trim_blanks(text.substr(start, end - start), start);
    if (const auto wanted = names_model(key); wanted != Wanted::no)
      model(name, at(start), at(start + name.size()), stands, wanted);
  }
}

// Words that are the name of a model, sure and by themselves.
void Reached::mention_models(string_view text, const At& at) {
  const auto belongs = [](char c) { return is_word(c) || string_view(".:/@+-").contains(c); };
  for (std::size_t from = 0; from < text.size();) {
    if (!belongs(text[from])) {
      ++from;
      continue;
    }
    auto end = from;
    bool digit = false, dash = false;
    for (; end < text.size() && belongs(text[end]); ++end) {
      digit |= text[end] >= '0' && text[end] <= '9';
      dash |= text[end] == '-';
    }
    auto name = text.substr(from, end - from);
    const auto next = end;
    while (!name.empty() && string_view(".:/-+@").contains(name.back())) name.remove_suffix(1);
    if (name.size() > 3 && name.size() < 120 && (digit || dash))
      if (const auto known = model_named(name); known && known->sure)
        model(name, at(from), at(from + name.size()), kMentioned, Wanted::no);
    from = next;
  }
}

// Commands of more than one word that start a server.
void Reached::mention_commands(string_view text, const At& at) {
  if (!commands_known_) {
    commands_known_ = true;
    for (const auto& server : catalog::servers())
      for (const string_view command : server.commands)
        if (!server.ambiguous && command.contains(' ') && holds(bytes_, command.substr(command.find(' '))))
          commands_.emplace_back(&server, command);
  }
  for (const auto& [server, command] : commands_)
    for (auto found = text.find(command); found != string_view::npos;
         found = text.find(command, found + command.size())) {
      const auto end = found + command.size();
      const bool alone = (found == 0 || !(is_word(text[found - 1]) || text[found - 1] == '-')) &&
                         (end == text.size() || !(is_word(text[end]) || text[end] == '-'));
      if (alone) service(*server, at(found), at(end), kMentioned);
    }
}

void Reached::mentions(string_view text, const At& at) {
  addresses(text, at, kMentioned);
  mention_models(text, at);
  mention_commands(text, at);
}

void Reached::service(const catalog::Server& server, std::uint64_t start, std::uint64_t end, Stands stands,
                      std::string note) {
  Sign sign{.kind = Kind::service, .name = server.id, .detector = "server", .start = start, .end = end};
  sign.surface = "self-hosted";
  sign.license = license_of(server.license);
  sign.note = std::move(note);
  put(std::move(sign), stands, false);
}

bool Reached::image(string_view name, std::uint64_t start, std::uint64_t end, Stands stands) {
  const auto* server = server_of_image(name);
  if (server) service(*server, start, end, stands, "image " + std::string(name));
  return server;
}

void Reached::speaks_of_ai(const Sign& library) {
  if (library.module.empty() || (!module_.empty() && module_ != library.module)) return speaks_of_ai();
  module_ = library.module;
  language_ = library.language;
}

void Reached::finish(Grade called, Signs& out) {
  for (auto& [sign, rises, needs_ai] : waiting_) {
    if (needs_ai && !ai_) {
      if (module_.empty()) continue;
      sign.module = module_;
      sign.language = language_;
    }
    if (rises && calls_) sign.grade = std::max(sign.grade, called);
    out.add(std::move(sign));
  }
  waiting_.clear();
}

}  // namespace ostiary::scan
