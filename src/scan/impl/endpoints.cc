#include "scan/impl/endpoints.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/ascii.h"
#include "base/text.h"
#include "catalog/word.h"

namespace ostiary::scan {

namespace {

using catalog::Provider;
using catalog::Server;
using std::string_view;
using text::is_alnum;
using text::is_digit;

constexpr std::size_t kLongestHost = 253;  // RFC 1035, 2.3.4
constexpr std::size_t kTellingPath = 10;   // bytes; a shorter path is anybody's
constexpr std::uint32_t kOllamaPort = 11434;

bool is_host_byte(char c) {
  return is_alnum(c) || c == '.' || c == '-' || c == '_';
}
bool ends_address(char c) {
  return static_cast<unsigned char>(c) <= ' ' || string_view("\"'`<>\\,;|)]^").contains(c);
}

// Calls `visit(label)` from the last label to the first until it says false.
template <class Visit>
void each_label_from_end(string_view host, Visit visit) {
  for (auto end = host.size();;) {
    const auto dot = end == 0 ? string_view::npos : host.rfind('.', end - 1);
    const auto from = dot == string_view::npos ? 0 : dot + 1;
    if (!visit(host.substr(from, end - from), from) || dot == string_view::npos) return;
    end = dot;
  }
}

// The last two labels of a host, which no pattern of the catalogue leaves open.
string_view domain_of(string_view host) {
  std::size_t from = 0;
  int labels = 0;
  each_label_from_end(host, [&](string_view, std::size_t at) {
    from = at;
    return ++labels < 2;
  });
  return host.substr(from);
}

bool host_matches(string_view pattern, string_view host) {
  const bool any_front = pattern.starts_with("*.");
  if (any_front) pattern.remove_prefix(2);
  for (;;) {
    const auto p = pattern.rfind('.'), h = host.rfind('.');
    const auto from_p = p == string_view::npos ? 0 : p + 1, from_h = h == string_view::npos ? 0 : h + 1;
    if (from_h == host.size() || !text::glob(pattern.substr(from_p), host.substr(from_h))) return false;
    if (p == string_view::npos) return any_front ? h != string_view::npos && h > 0 : h == string_view::npos;
    if (h == string_view::npos) return false;
    pattern = pattern.substr(0, p), host = host.substr(0, h);
  }
}

// Whether `path` begins with the parts of `pattern`.
bool path_begins(string_view pattern, string_view path) {
  while (!pattern.empty()) {
    if (path.empty()) return false;
    pattern.remove_prefix(1), path.remove_prefix(1);  // '/'
    const auto wanted = pattern.substr(0, pattern.find('/'));
    const auto part = path.substr(0, path.find_first_of("/?#"));
    if (!text::glob(wanted, part)) return false;
    pattern.remove_prefix(wanted.size()), path.remove_prefix(part.size());
    if (!path.empty() && path[0] != '/' && !pattern.empty()) return false;
  }
  return true;
}

class Providers {
 public:
  Providers() {
    for (const auto& provider : catalog::providers())
      for (const auto& endpoint : provider.endpoints)
        by_domain_[std::string(domain_of(endpoint.host))].push_back({&provider, &endpoint});
  }
  void find(Address& address, string_view host) const {
    const auto at = by_domain_.find(std::string(domain_of(host)));
    if (at == by_domain_.end()) return;
    std::size_t longest = 0;
    for (const auto& [provider, endpoint] : at->second) {
      if (!host_matches(endpoint->host, host) || !path_begins(endpoint->path, address.path)) continue;
      if (address.provider && endpoint->path.size() <= longest) continue;
      address.provider = provider;
      address.surface = endpoint->surface;
      longest = endpoint->path.size();
    }
  }

 private:
  std::unordered_map<std::string, std::vector<std::pair<const Provider*, const Provider::Endpoint*>>>
      by_domain_;
};

std::vector<std::string> make_words(const Server& server) {
  std::vector<std::string> out;
  const auto add = [&](string_view word) {
    auto lower = text::lower(word);
    if (lower.size() < 4 || catalog::says(lower, catalog::Says::common_server_word)) return;
    if (std::ranges::find(out, lower) == out.end()) out.push_back(std::move(lower));
  };
  if (!server.ambiguous) {
    add(server.id);
    for (const auto* by : {" ", "_", ".", ""}) {
      std::string other;
      for (const char c : server.id)
        if (c == '-')
          other += by;
        else
          other += c;
      add(other);
    }
  }
  if (server.name.contains(' ')) add(server.name);
  for (const auto& command : server.commands) {
    const auto first = string_view(command).substr(0, command.find(' '));
    if (!(server.ambiguous && first == server.id)) add(first);
  }
  for (const auto& image : server.images) {
    add(image);
    const auto last = string_view(image).substr(image.rfind('/') + 1);
    if (!(server.ambiguous && last == server.id)) add(last);
  }
  for (const auto& variable : server.variables) add(variable);
  // Of libraries that are named after it, what begins with the whole name.
  std::string joined = server.id;
  std::ranges::replace(joined, '-', '_');
  for (const auto& sdk : catalog::sdks()) {
    if (sdk.ambiguous || !sdk.id.starts_with(server.id)) continue;
    for (const auto& import : sdk.imports)
      if (import.name.starts_with(joined) && !(server.ambiguous && import.name == server.id))
        add(import.name);
  }
  return out;
}

class Servers {
 public:
  Servers() {
    for (const auto& server : catalog::servers()) {
      words_.emplace(&server, make_words(server));
      for (const auto port : server.ports) by_port_[port].push_back(&server);
      add_name(server.id, server);
      std::string together = server.id;
      std::erase(together, '-');
      add_name(together, server);
      for (const auto& word : words_[&server])
        if (!word.contains('/') && !word.contains(' ')) add_name(word, server);
    }
  }
  const std::vector<std::string>& words(const Server& server) const { return words_.at(&server); }
  const std::vector<const Server*>& at_port(std::uint32_t port) const {
    static const std::vector<const Server*> none;
    const auto found = by_port_.find(port);
    return found == by_port_.end() ? none : found->second;
  }
  // By a label, or words of it between '-' or '_'.
  const Server* in_label(string_view label) const {
    std::vector<std::size_t> cuts{0};
    for (std::size_t i = 0; i < label.size(); ++i)
      if (label[i] == '-' || label[i] == '_') cuts.push_back(i + 1);
    cuts.push_back(label.size() + 1);
    if (cuts.size() > 10) return nullptr;
    for (auto parts = cuts.size() - 1; parts > 0; --parts)
      for (std::size_t i = 0; i + parts < cuts.size(); ++i)
        if (const auto found =
                by_name_.find(std::string(label.substr(cuts[i], cuts[i + parts] - 1 - cuts[i])));
            found != by_name_.end())
          return found->second;
    return nullptr;
  }

 private:
  void add_name(string_view name, const Server& server) {
    if (name.size() >= 3) by_name_.emplace(name, &server);
  }
  std::unordered_map<std::uint32_t, std::vector<const Server*>> by_port_;
  std::unordered_map<std::string, const Server*> by_name_;
  std::unordered_map<const Server*, std::vector<std::string>> words_;
};

const Providers& providers() {
  static const Providers all;
  return all;
}
const Servers& servers() {
  static const Servers all;
  return all;
}

bool is_ipv4(string_view host) {
  return std::ranges::count(host, '.') == 3 &&
         std::ranges::all_of(host, [](char c) { return is_digit(c) || c == '.'; });
}

// A host that is not reached from everywhere (RFC 1918, RFC 6761, names of containers and clusters).
bool is_private(string_view host) {
  if (!host.contains('.') || host.starts_with("127.") || host == "0.0.0.0") return true;
  if (is_ipv4(host)) {
    if (host.starts_with("10.") || host.starts_with("192.168.")) return true;
    const auto second = text::parse_uint(host.substr(4, host.find('.', 4) - 4));
    return host.starts_with("172.") && second && *second >= 16 && *second <= 31;
  }
  for (const string_view ending :
       {".local", ".internal", ".lan", ".localdomain", ".svc", ".intra", ".home.arpa"})
    if (host.ends_with(ending)) return true;
  return host.contains(".svc.");
}

const Server* named_by(string_view host) {
  const Server* found = nullptr;
  int labels = 0;
  const bool inside = is_private(host);
  each_label_from_end(host, [&](string_view label, std::size_t) {
    if (inside || ++labels > 2)
      if (const auto* server = servers().in_label(label)) found = server;
    return true;
  });
  return found;
}

class Finder {
 public:
  explicit Finder(string_view text) : text_(text) {}

  std::vector<Address> find() {
    for (std::size_t at = 0; at < text_.size();) {
      if (!is_host_byte(text_[at])) {
        ++at;
        continue;
      }
      auto end = at;
      while (end < text_.size() && is_host_byte(text_[end])) ++end;
      if (text_.substr(end).starts_with("://"))
        end = with_scheme(at, end + 3);
      else
        end = std::max(end, bare(at, end));
      at = end;
    }
    return std::move(out_);
  }

 private:
  // The port behind `at`, where a ':' stands; moves `at` behind it.
  std::uint32_t port(std::size_t& at) const {
    if (at >= text_.size() || text_[at] != ':') return 0;
    auto end = at + 1;
    while (end < text_.size() && end < at + 7 && is_digit(text_[end])) ++end;
    const auto value = text::parse_uint(text_.substr(at + 1, end - at - 1));
    if (!value || *value > 65535) return 0;
    at = end;
    return static_cast<std::uint32_t>(*value);
  }
  string_view path(std::size_t& at) const {
    const auto from = at;
    if (at < text_.size() && text_[at] == '/')
      while (at < text_.size() && !ends_address(text_[at])) ++at;
    return text_.substr(from, at - from);
  }

  // Returns where to go on.
  std::size_t with_scheme(std::size_t start, std::size_t from) {
    auto end = text_.substr(from).starts_with("[::1]") ? from + 5 : from;
    // \(host) of Swift.
    if (text_.substr(from).starts_with("\\(") || text_.substr(from).starts_with("(")) {
      const auto close = text_.substr(0, std::min(text_.size(), from + kLongestHost)).find(')', from);
      if (close != string_view::npos) end = close + 1;
    }
    while (end < text_.size() && end - from < 2 * kLongestHost && text_[end] != '/' && text_[end] != '?' &&
           (text_[end] == '<' || text_[end] == '>' || !ends_address(text_[end])))
      ++end;
    auto authority = text_.substr(from, end - from);
    if (authority.starts_with("[::1]")) authority.remove_prefix(4);
    if (const auto user = authority.rfind('@'); user != string_view::npos) authority.remove_prefix(user + 1);
    const auto open = authority.find_last_of("}>$%*)");
    const auto front = open == string_view::npos ? string_view() : authority.substr(0, open + 1);
    auto host = authority.substr(front.size());
    host = host.substr(0, host.find('<'));
    auto at = static_cast<std::size_t>(host.data() - text_.data());
    const auto host_from = at;
    if (!host.empty() && host[0] == ']') ++at;
    while (at < text_.size() && at < end && is_host_byte(text_[at])) ++at;
    take(start, host_from, at, front, true);
    return std::max(at, from);
  }

  std::size_t bare(std::size_t from, std::size_t end) {
    const char before = from == 0 ? ' ' : text_[from - 1];
    if (before == '@' || (before == '/' && (from < 2 || text_[from - 2] != '/'))) return end;
    if (before == '\\' && string_view("ntr").contains(text_[from])) ++from;
    const auto name = text_.substr(from, end - from);
    const bool port_follows = end + 1 < text_.size() && text_[end] == ':' && is_digit(text_[end + 1]);
    if (!name.contains('.') && !port_follows) return end;
    const bool open = string_view("}>%*").contains(before);
    const auto front = open ? text_.substr(from - 1, 1) : string_view();
    return take(from, from, end, front, false);
  }

  // `front`: what stands before the host and is put in when the program runs. Returns where the address ends.
  std::size_t take(std::size_t start, std::size_t from, std::size_t end, string_view front, bool scheme) {
    Address address{.start = start, .host = text_.substr(from, end - from)};
    while (address.host.ends_with('.')) address.host.remove_suffix(1);
    auto host = text::lower(address.host);
    auto at = from + address.host.size();
    if (at == end) address.port = port(at);
    if (at < text_.size() && is_alnum(text_[at])) return end;
    // Ports of a container: `127.0.0.1:8000:80`, `8000:80`.
    if (address.port != 0 && at < text_.size() && text_[at] == ':') {
      while (at < text_.size() && (text_[at] == ':' || is_alnum(text_[at]))) ++at;
      return at;
    }
    if (!scheme && !host.empty() && std::ranges::all_of(host, is_digit)) return at;
    if (at >= end) address.path = path(at);
    address.end = at;
    if (host.size() > kLongestHost) return end;
    if (host.starts_with("]")) host = "localhost";
    if (!front.empty() && (host.starts_with('.') || host.starts_with('-'))) host = "x" + host;
    if (host.contains('.')) providers().find(address, host);
    if (!address.provider && !(front.empty() && host.empty())) guess(address, host, front, scheme);
    if (address.provider || !address.guesses.empty()) out_.push_back(std::move(address));
    return at;
  }

  static void guess(Address& address, string_view host, string_view front, bool scheme) {
    if (host.contains('_') && !scheme) return;
    if (address.port == kOllamaPort) {
      if (const auto* ollama = catalog::find_server("ollama")) address.guesses.push_back({ollama});
      return;
    }
    const auto whose = host.empty() ? text::lower(front) : std::string(host);
    const bool inside = host.empty() || is_private(host);
    if (const auto* server = named_by(whose)) guess_by_name(address, *server, inside, scheme);
    if (!address.guesses.empty()) return;
    const bool here = host == "localhost" || is_ipv4(host);
    if (!scheme && !here) return;
    for (const auto* server : servers().at_port(address.port)) {
      const bool own = inside && has_own_path(address, *server) && address.path.size() >= kTellingPath;
      const auto needs = own      ? Address::Needs::nothing
                         : inside ? Address::Needs::anywhere
                                  : Address::Needs::near;
      address.guesses.push_back({server, needs});
    }
  }
  static void guess_by_name(Address& address, const Server& server, bool inside, bool scheme) {
    const bool own_port = std::ranges::find(server.ports, address.port) != server.ports.end();
    const bool own_path = has_own_path(address, server);
    if (!scheme && !own_port) return;
    if (!server.ambiguous && (inside || address.port != 0 || own_path))
      address.guesses.push_back({&server});
    else if (server.ambiguous && (own_port || own_path))
      address.guesses.push_back({&server, Address::Needs::anywhere});
  }
  static bool has_own_path(const Address& address, const Server& server) {
    const auto plain = address.path.substr(0, address.path.find_first_of("?#"));
    return std::ranges::any_of(server.paths, [&](string_view own) {
      return plain.starts_with(own) && (plain.size() == own.size() || plain[own.size()] == '/');
    });
  }

  string_view text_;
  std::vector<Address> out_;
};

}  // namespace

std::vector<Address> addresses_in(string_view text) {
  return Finder(text).find();
}

const std::vector<std::string>& words_of(const Server& server) {
  return servers().words(server);
}

const Server* server_named(string_view text, std::size_t from, std::size_t within,
                           const std::vector<const Server*>& candidates) {
  const Server* found = nullptr;
  auto nearest = within;
  for (const auto* server : candidates) {
    for (const auto& word : words_of(*server)) {
      for (auto at = text.find(word); at != string_view::npos; at = text.find(word, at + 1)) {
        const auto end = at + word.size();
        if ((at > 0 && is_alnum(text[at - 1])) || (end < text.size() && is_alnum(text[end]))) continue;
        const auto away = at > from ? at - from : from - at;
        if (away > nearest || (found && away == nearest)) continue;
        nearest = away;
        found = server;
      }
    }
  }
  return found;
}

}  // namespace ostiary::scan
