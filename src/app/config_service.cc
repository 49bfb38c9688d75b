// The table of what an item of `services:` may hold, and what must hold within one.

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <iterator>

#include "app/impl/config_rows.h"
#include "app/impl/config_values.h"
#include "catalog/catalog.h"

namespace ostiary::app::config {

namespace {

using gateway::CredentialSource;
using gateway::ServiceSettings;
using gateway::Timeouts;
using yaml::Kind;
using yaml::Node;
using Pairs = std::vector<std::pair<std::string, std::string>>;

constexpr std::uint64_t kSecond = 1000, kMinute = 60 * kSecond, kHour = 60 * kMinute, kDay = 24 * kHour;
constexpr std::string_view kSmall = "abcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::string_view kNoSecretHere =
    "a secret does not belong in this file; say where it is: {env: NAME}, {file: PATH} or {command: …}, or "
    "the word client "
    "or none";

constexpr Words<std::string_view, 2> kProtocols = {{{"openai", "openai"}, {"replay", "replay"}}};
constexpr Words<std::string_view, 3> kCredentialHeaders = {
    {{"authorization", "authorization"}, {"api-key", "api-key"}, {"x-api-key", "x-api-key"}}};
constexpr Words<std::string_view, 7> kSurfaces = {{{"api", "api"},
                                                   {"api-free", "api-free"},
                                                   {"consumer", "consumer"},
                                                   {"team", "team"},
                                                   {"enterprise", "enterprise"},
                                                   {"via-cloud", "via-cloud"},
                                                   {"self-hosted", "self-hosted"}}};

bool made_of(std::string_view s, std::string_view letters) {
  return s.find_first_not_of(letters) == std::string_view::npos;
}

// An id: what flags, headers and the ledger name the service by.
struct Identifier {
  static std::string describe() { return "letters, digits, '.', '_' and '-', at most 64"; }
  static Result<> read(const Node& node, std::string& out) {
    TRY_VOID(Text::read(node, out));
    const auto small = text::lower(out);
    if (out.empty() || out.size() > 64 || !made_of(small, std::string(kSmall) + "._-") ||
        !made_of(small.substr(0, 1), kSmall))
      return refused(describe(), out);
    return {};
  }
};

// A provider of the catalogue, or one of the organisation's own words. A slip of the keyboard next to a known
// one is refused, because policy tells providers by their ids.
struct ProviderId {
  static std::string describe() {
    return "an id of the catalogue, or a word of your own (small letters, digits and -)";
  }
  static Result<> read(const Node& node, std::string& out) {
    TRY_VOID(Text::read(node, out));
    if (out.empty() || !made_of(out, std::string(kSmall) + "-")) return refused(describe(), out);
    if (catalog::find_provider(out)) return {};
    std::vector<std::string_view> known;
    for (const auto& provider : catalog::providers()) known.push_back(provider.id);
    if (const auto advice = meant(out, known); !advice.empty())
      return fail(Code::invalid, fmt::format("is no known provider{}", advice));
    return {};
  }
};

// http or https, a host, a path; {model} in the path only. What was given is never repeated: it may hold a
// password.
struct BaseUrl {
  static std::string describe() {
    return "a URL up to and with the version, such as https://api.example.com/v1";
  }
  static Result<> read(const Node& node, std::string& out) {
    TRY_VOID(Text::read(node, out));
    const std::string_view url = out;
    const auto scheme = url.starts_with("https://") ? 8u : url.starts_with("http://") ? 7u : 0u;
    if (scheme == 0) return fail(Code::invalid, "must start with http:// or https://");
    const auto host_end = std::min(url.find_first_of("/?#", scheme), url.size());
    TRY_VOID(check_host(url.substr(scheme, host_end - scheme)));
    TRY_VOID(check_path(url.substr(host_end)));
    while (out.ends_with('/')) out.pop_back();
    return {};
  }

 private:
  static Result<> check_host(std::string_view authority) {
    if (authority.find('@') != std::string_view::npos)
      return fail(Code::invalid, "must not hold a user or password; use credential");
    if (authority.find_first_of("{}") != std::string_view::npos)
      return fail(Code::invalid, "still has a placeholder in its host; write your own host there");
    const auto colon = authority.ends_with(']') ? std::string_view::npos : authority.rfind(':');
    const auto host = authority.substr(0, colon);
    const bool bracketed = host.starts_with('[') && host.ends_with(']') && host.size() > 2;
    const auto letters = std::string(kSmall) + (bracketed ? "[]:." : ".-_");
    if (host.empty() || !made_of(text::lower(host), letters))
      return fail(Code::invalid, "has no host that can be called");
    if (colon == std::string_view::npos) return {};
    const auto port = text::parse_uint(authority.substr(colon + 1));
    if (!port || *port == 0 || *port > 65535)
      return fail(Code::invalid, "must have a port from 1 to 65535 behind its colon");
    return {};
  }
  static Result<> check_path(std::string_view path) {
    if (path.find('?') != std::string_view::npos)
      return fail(Code::invalid, "must not hold a query; use query");
    if (path.find_first_of("# \\\"<>^`|") != std::string_view::npos)
      return fail(Code::invalid, "holds a character that a path may not");
    std::string rest(path);
    if (const auto at = rest.find("{model}"); at != std::string::npos) rest.erase(at, 7);
    if (rest.find_first_of("{}") != std::string::npos)
      return fail(Code::invalid, "may hold the placeholder {model} once, and no other");
    return {};
  }
};

struct Speed {
  static std::string describe() { return "a number from 0 to 1000"; }
  static Result<> read(const Node& node, double& out) {
    TRY(const auto given, single(node, describe()));
    const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), out);
    if (error != std::errc() || end != given.data() + given.size() || !(out >= 0 && out <= 1000))
      return refused(describe(), given);
    return {};
  }
};

Result<> read_credential(ServiceSettings& service, const Node& node, std::string_view file) {
  auto& source = service.credential;
  if (node.kind == Kind::scalar && node.scalar == "none") return source = {}, Result<>{};
  if (node.kind == Kind::scalar && node.scalar == "client") {
    source = {CredentialSource::Kind::client, ""};
    return {};
  }
  if (node.kind != Kind::mapping || node.members.size() != 1)
    return fail(Code::invalid, "cannot be read: " + std::string(kNoSecretHere));
  const auto& member = node.members.front();
  const std::vector<std::string_view> known = {"env", "file", "command"};
  const auto found = std::ranges::find(known, member.name);
  if (found == known.end()) return unknown_name(file, member, known);
  constexpr std::array kinds = {CredentialSource::Kind::environment, CredentialSource::Kind::file,
                                CredentialSource::Kind::command};
  source.kind = kinds[static_cast<std::size_t>(found - known.begin())];
  TRY_VOID(Text::read(member.value, source.value));
  if (source.value.empty()) return fail(Code::invalid, fmt::format("needs a value for {}", member.name));
  const auto letters = std::string(kSmall) + "_";
  if (source.kind == CredentialSource::Kind::environment && !made_of(text::lower(source.value), letters))
    return fail(Code::invalid, "must name an environment variable behind env; " + std::string(kNoSecretHere));
  return {};
}

Result<> read_model(ServiceSettings& service, const Node& node, std::string_view file) {
  gateway::ModelName model;
  if (node.kind == Kind::mapping) {
    for (const auto& member : node.members)
      if (member.name != "name" && member.name != "as") return unknown_name(file, member, {"name", "as"});
    const auto* name = node.find("name");
    const auto* as = node.find("as");
    if (!name || !as) return fail(Code::invalid, "must have both name and as", yaml::place(file, node));
    TRY_VOID(Text::read(*name, model.name));
    TRY_VOID(Text::read(*as, model.upstream));
    if (model.upstream.empty()) return fail(Code::invalid, "'as' is empty", yaml::place(file, *as));
    if (model.name.find_first_of("*?") != std::string::npos)
      return fail(Code::invalid, "a name with 'as' cannot hold * or ?", yaml::place(file, *name));
  } else {
    TRY_VOID(Text::read(node, model.name));
  }
  if (model.name.empty()) return fail(Code::invalid, "a model's name is empty", yaml::place(file, node));
  for (const auto& other : service.models)
    if (other.name == model.name)
      return fail(Code::invalid, fmt::format("the model '{}' stands here twice", model.name),
                  yaml::place(file, node));
  service.models.push_back(std::move(model));
  return {};
}

Result<> read_models(ServiceSettings& service, const Node& node, std::string_view file) {
  if (node.kind != Kind::sequence)
    return fail(Code::invalid, "must be a list of names and of {name: …, as: …}");
  service.models.clear();
  for (const auto& item : node.items) TRY_VOID(read_model(service, item, file));
  return {};
}

Result<> read_endpoints(ServiceSettings& service, const Node& node, std::string_view file) {
  if (node.kind != Kind::sequence)
    return fail(Code::invalid, "must be a list, such as [chat/completions, embeddings]");
  const std::vector<std::string_view> known = {"chat/completions", "completions", "embeddings", "responses",
                                               "models"};
  service.endpoints.clear();
  for (const auto& item : node.items) {
    std::string word;
    TRY_VOID(Text::read(item, word));
    const auto advice = std::ranges::find(known, word) == known.end() ? meant(word, known) : "";
    if (word.empty() || word.starts_with('/') || !made_of(word, std::string(kSmall) + "/_-") ||
        !advice.empty())
      return fail(
          Code::invalid,
          fmt::format("'{}' is no endpoint: a path below base_url without leading slash{}", word, advice),
          yaml::place(file, item));
    service.endpoints.push_back(word);
  }
  return {};
}

// `carriers` are names that carry a credential somewhere.
Result<> read_pairs(Pairs& out, const Node& node, std::string_view file,
                    std::initializer_list<std::string_view> carriers, std::string_view letters) {
  if (node.kind != Kind::mapping) return fail(Code::invalid, "must be a mapping of names to values");
  out.clear();
  for (const auto& member : node.members) {
    const auto name = text::lower(member.name);
    if (std::ranges::find(carriers, name) != carriers.end())
      return fail(Code::invalid,
                  fmt::format("'{}' carries a secret; name its place with credential", member.name),
                  yaml::place(file, member));
    if (name.empty() || !made_of(name, letters))
      return fail(Code::invalid, fmt::format("'{}' is no name for it", member.name),
                  yaml::place(file, member));
    auto& pair = out.emplace_back(member.name, std::string());
    if (auto read = Text::read(member.value, pair.second); !read)
      return fail(Code::invalid, fmt::format("'{}' {}", member.name, read.error().message),
                  yaml::place(file, member.value));
  }
  return {};
}

Result<> read_query(ServiceSettings& service, const Node& node, std::string_view file) {
  return read_pairs(service.query, node, file, {"key", "api_key", "apikey", "token", "access_token"},
                    std::string(kSmall) + "-_.");
}

Result<> read_headers(ServiceSettings& service, const Node& node, std::string_view file) {
  TRY_VOID(
      read_pairs(service.headers, node, file,
                 {"authorization", "api-key", "x-api-key", "proxy-authorization", "cookie", "x-goog-api-key"},
                 std::string(kSmall) + "!#$%&'*+-.^_`|~"));
  for (const auto& member : node.members)
    for (const auto own :
         {"host", "content-length", "transfer-encoding", "connection", "accept-encoding", "te", "upgrade"})
      if (text::iequals(member.name, own))
        return fail(Code::invalid, fmt::format("the gate writes '{}' itself; leave it out", member.name),
                    yaml::place(file, member));
  return {};
}

// Fills a service from a catalogue entry; what the file says itself is put over it afterwards.
Result<> fill_from_catalog(ServiceSettings& service, const Node& node) {
  std::string id;
  TRY_VOID(Text::read(node, id));
  const auto* entry = catalog::find_service(id);
  if (!entry) {
    std::vector<std::string_view> known;
    for (const auto& other : catalog::services()) known.push_back(other.id);
    const auto advice = meant(id, known);
    return fail(Code::invalid,
                fmt::format("is no service of the catalogue{}",
                            advice.empty() ? fmt::format("; known: {}", fmt::join(known, ", ")) : advice));
  }
  service.provider = entry->provider;
  service.surface = entry->surface;
  service.protocol = entry->protocol;
  service.base_url = entry->base_url;
  if (!entry->credential_env.empty())
    service.credential = {CredentialSource::Kind::environment, entry->credential_env};
  if (!entry->credential_header.empty()) service.credential_header = entry->credential_header;
  for (const auto& model : entry->models) service.models.push_back({model, ""});
  service.endpoints = entry->endpoints;
  return {};
}

// read_service() applies `catalog` before all other keys, wherever it stands.
Result<> already_applied(ServiceSettings&, const Node&, std::string_view) {
  return {};
}

// What must be there in the end.
Result<> check_service(const ServiceSettings& service, const Node& node, std::string_view file) {
  const auto missing = [&](std::string_view key, std::string_view advice) {
    return fail(Code::invalid, fmt::format("'{}' is missing: {}", key, advice), yaml::place(file, node));
  };
  if (service.id.empty()) return missing("services[].id", "a name of your choice for this service");
  if (service.protocol == "openai" && service.base_url.empty())
    return missing("services[].base_url", "write it, or take a service of the catalogue with catalog");
  if (service.base_url.find("{resource}") != std::string::npos)
    return missing("services[].base_url",
                   fmt::format("the catalogue has {}; write it with your own resource", service.base_url));
  if (service.provider.empty())
    return missing("services[].provider", "whose machines answer; self for your own");
  if (service.surface.empty())
    return missing("services[].surface",
                   fmt::format("under which terms it is used; {}", OneOf<kSurfaces>::describe()));
  return {};
}

template <auto Member, class Type>
Row<ServiceSettings> row(std::string_view path, std::string_view fallback, std::string_view doc) {
  return {path, Type::describe(), fallback, doc,
          [](ServiceSettings& service, const Node& node, std::string_view) {
            return Type::read(node, service.*Member);
          }};
}

template <auto Member, class Type>
Row<ServiceSettings> timeout(std::string_view path, std::string_view fallback, std::string_view doc) {
  return {path, Type::describe(), fallback, doc,
          [](ServiceSettings& service, const Node& node, std::string_view) {
            return Type::read(node, service.timeouts.*Member);
          }};
}

std::vector<Row<ServiceSettings>> what_rows() {
  return {
      row<&ServiceSettings::id, Identifier>(
          "services[].id", "", "Required. The name of this service in flags, headers and the ledger."),
      Row<ServiceSettings>{
          "services[].catalog", "an id of the catalogue", "",
          "A known service, which fills provider, surface, protocol, base_url, credential, models and "
          "endpoints. What "
          "stands beside it wins.",
          already_applied},
      row<&ServiceSettings::provider, ProviderId>(
          "services[].provider", "",
          "Required without catalog or replay. Whose machines answer; self for your own."),
      row<&ServiceSettings::surface, OneOf<kSurfaces>>(
          "services[].surface", "",
          "Required without catalog or replay. The product through which it is reached: terms differ by it."),
      row<&ServiceSettings::protocol, OneOf<kProtocols>>(
          "services[].protocol", "openai", "What the service speaks. replay answers from a recording."),
      row<&ServiceSettings::base_url, BaseUrl>(
          "services[].base_url", "", "Required without catalog or replay. May hold {model} in its path."),
      Row<ServiceSettings>{
          "services[].credential", "{env: NAME}, {file: PATH}, {command: …}, client or none", "none",
          "Where the service's secret is: an environment variable, a file, the first line that a "
          "command prints. "
          "client passes on the caller's own. Files are read again when they change, files and commands at a "
          "reload and after a 401; a command may take 30s.",
          read_credential},
      row<&ServiceSettings::credential_header, OneOf<kCredentialHeaders>>(
          "services[].credential_header", "authorization",
          "The header that carries it; authorization carries it as Bearer."),
      row<&ServiceSettings::ca_file, Path>("services[].ca_file", "",
                                           "PEM file of authorities to trust in place of the system's."),
      row<&ServiceSettings::server_name, Text>(
          "services[].server_name", "", "Name for SNI and certificate, where it is not the URL's host."),
  };
}

std::vector<Row<ServiceSettings>> how_rows() {
  return {
      Row<ServiceSettings>{"services[].models", "a list of names, globs and {name: …, as: …}", "[]",
                           "The models that it serves. name is what clients ask for, as what the service "
                           "calls it. Empty: any.",
                           read_models},
      Row<ServiceSettings>{"services[].endpoints", "a list of paths below base_url", "[]",
                           "What it answers, such as [chat/completions, embeddings]. Empty: anything.",
                           read_endpoints},
      Row<ServiceSettings>{"services[].query", "a mapping", "{}",
                           "Added to the query of every request, such as {api-version: …}.", read_query},
      Row<ServiceSettings>{"services[].headers", "a mapping", "{}",
                           "Added to the headers of every request. Never a secret.", read_headers},
  };
}

std::vector<Row<ServiceSettings>> limit_rows() {
  return {
      timeout<&Timeouts::connect_ms, Duration<1, kHour>>("services[].timeouts.connect", "5s",
                                                         "For a connection with its TLS handshake."),
      timeout<&Timeouts::first_byte_ms, Duration<1, kDay>>(
          "services[].timeouts.first_byte", "120s", "From the request's last byte to the answer's first."),
      timeout<&Timeouts::idle_ms, Duration<1, kDay>>("services[].timeouts.idle", "60s",
                                                     "Between two pieces of an answer."),
      timeout<&Timeouts::total_ms, Duration<1, kDay>>("services[].timeouts.total", "15m", "For all of it."),
      row<&ServiceSettings::retries, Count<0, 10>>(
          "services[].retries", "2",
          "Further tries, only while nothing was delivered and where asking twice is safe."),
      row<&ServiceSettings::max_idle_connections, Count<0, 65536>>(
          "services[].max_idle_connections", "512",
          "Connections that each loop keeps open for the next request."),
      row<&ServiceSettings::recording, Path>(
          "services[].recording", "",
          "With protocol: replay, its file. Empty: the one shipped with the program."),
      row<&ServiceSettings::replay_speed, Speed>(
          "services[].replay_speed", "0",
          "With protocol: replay, 0 answers at once, 1 as fast as recorded, 2 twice as fast."),
  };
}

}  // namespace

const std::vector<Row<ServiceSettings>>& service_rows() {
  static const std::vector<Row<ServiceSettings>> rows = [] {
    std::vector<Row<ServiceSettings>> all;
    for (auto* part : {what_rows, service_policy_rows, how_rows, service_routing_rows, limit_rows})
      std::ranges::move(part(), std::back_inserter(all));
    return all;
  }();
  return rows;
}

Result<ServiceSettings> read_service(const Node& node, std::string_view file) {
  ServiceSettings service;
  if (const auto* entry = node.find("catalog")) {
    if (auto filled = fill_from_catalog(service, *entry); !filled)
      return fail(Code::invalid, "'services[].catalog' " + filled.error().message, yaml::place(file, *entry));
  }
  TRY_VOID(read_members<ServiceSettings>(node, "services[].", service_rows(), file, service));
  if (service.protocol == "replay" && service.provider.empty()) service.provider = "self";
  if (service.protocol == "replay" && service.surface.empty()) service.surface = "self-hosted";
  TRY_VOID(check_service(service, node, file));
  return service;
}

}  // namespace ostiary::app::config
