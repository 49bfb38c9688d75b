#include "app/config.h"

#include <cctype>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>

#include "app/impl/config_docs.h"
#include "base/file.h"
#include "base/text.h"

namespace ostiary::app {
namespace {

using gateway::CredentialSource;
using policy::Effect;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;
using testing::StartsWith;

Config read(std::string_view text) {
  auto config = read_config(text, "o.yaml");
  EXPECT_TRUE(config) << (config ? "" : config.error().text()) << "\n" << text;
  return config ? std::move(*config) : Config{};
}

std::string refused(std::string_view text) {
  const auto config = read_config(text, "o.yaml");
  EXPECT_FALSE(config) << text;
  return config ? "" : config.error().text();
}

// A service that is complete, with more of it appended as a further line.
std::string service(std::string_view more = "") {
  return fmt::format(
      "services:\n  - id: main\n    provider: test\n    surface: api\n    base_url: http://127.0.0.1:9/v1\n  "
      "  {}\n",
      more);
}

gateway::ServiceSettings one(std::string_view more = "") {
  auto config = read(service(more));
  EXPECT_EQ(config.services.size(), 1u);
  return config.services.empty() ? gateway::ServiceSettings{} : config.services.front();
}

void expect_defaults(const Config& c) {
  const Config d;
  EXPECT_EQ(c.gate.listen, d.gate.listen);
  EXPECT_EQ(c.gate.socket_group, d.gate.socket_group);
  EXPECT_EQ(c.gate.tls, d.gate.tls);
  EXPECT_EQ(c.data, d.data);
  EXPECT_EQ(c.log_level, d.log_level);
  EXPECT_EQ(c.gate.allow_remote, d.gate.allow_remote);
  EXPECT_EQ(c.gate.loops, d.gate.loops);
  EXPECT_EQ(c.gate.max_body_bytes, d.gate.max_body_bytes);
  EXPECT_EQ(c.gate.max_head_bytes, d.gate.max_head_bytes);
  EXPECT_EQ(c.gate.max_depth, d.gate.max_depth);
  EXPECT_EQ(c.gate.max_response_copy_bytes, d.gate.max_response_copy_bytes);
  EXPECT_EQ(c.gate.max_connections, d.gate.max_connections);
  EXPECT_EQ(c.gate.max_connections_per_client, d.gate.max_connections_per_client);
  EXPECT_EQ(c.gate.head_timeout_ms, d.gate.head_timeout_ms);
  EXPECT_EQ(c.gate.body_timeout_ms, d.gate.body_timeout_ms);
  EXPECT_EQ(c.gate.idle_timeout_ms, d.gate.idle_timeout_ms);
  EXPECT_EQ(c.gate.write_timeout_ms, d.gate.write_timeout_ms);
  EXPECT_EQ(c.gate.strangers_per_minute, d.gate.strangers_per_minute);
  EXPECT_EQ(c.gate.pass_through, d.gate.pass_through);
  EXPECT_EQ(c.gate.data_classes, d.gate.data_classes);
  EXPECT_EQ(c.gate.answer_classes, d.gate.answer_classes);
  EXPECT_EQ(c.gate.restore, d.gate.restore);
  EXPECT_EQ(c.gate.answer_hold_ms, d.gate.answer_hold_ms);
  EXPECT_EQ(c.gate.reroute_to, d.gate.reroute_to);
  EXPECT_EQ(c.ledger.sync, d.ledger.sync);
  EXPECT_EQ(c.ledger.sync_interval_ms, d.ledger.sync_interval_ms);
  EXPECT_EQ(c.ledger.checkpoint_interval_ms, d.ledger.checkpoint_interval_ms);
  EXPECT_EQ(c.ledger.when_full, ledger::WhenFull::close);
  EXPECT_EQ(c.keeper.retention_ms, 0U);
  EXPECT_EQ(c.keeper.segment_age_ms, 24U * 3600 * 1000);
  EXPECT_EQ(c.ledger.segment_bytes, d.ledger.segment_bytes);
  EXPECT_EQ(c.ledger.origin, d.ledger.origin);
  EXPECT_TRUE(c.services.empty());
  EXPECT_FALSE(c.services_configured);
}

TEST(Config, AnEmptyFileIsTheDefaults) {
  expect_defaults(read(""));
  expect_defaults(read("# nothing\n"));
  expect_defaults(read("gate:\nledger: {}\nservices: []\n"));
}

TEST(Config, ThePrintedDefaultsReadBackToTheDefaultsAndNameEveryKey) {
  const auto text = print_defaults();
  expect_defaults(read(text));
  for (const auto& key : keys()) {
    const auto leaf = key.path.substr(
        key.path.find_last_of(".]") == std::string_view::npos ? 0 : key.path.find_last_of(".]") + 1);
    EXPECT_THAT(text, HasSubstr(fmt::format("{}:", leaf))) << key.path;
  }
}

TEST(Config, TheExampleServiceOfThePrintedDefaultsIsReadableOnceItIsNoComment) {
  auto text = print_defaults();
  text = text.substr(text.find("#  - id: main"));
  std::string yaml = "services:\n";
  for (const auto line : text::split(text, '\n'))
    if (!line.empty() && line.find("# ", 1) == std::string_view::npos)
      yaml += fmt::format("{}\n", line.substr(1));
  for (const auto& [from, to] : std::map<std::string, std::string>{{"provider:", "provider: test"},
                                                                   {"surface:", "surface: api"},
                                                                   {"base_url:", "base_url: http://h/v1"},
                                                                   {"catalog:", "catalog: openai"},
                                                                   {"ca_file:", "ca_file: ''"},
                                                                   {"server_name:", "server_name: ''"},
                                                                   {"recording:", "recording: ''"},
                                                                   {"hosting:", "hosting: own"},
                                                                   {"region:", "region: eu"},
                                                                   {"dpa:", "dpa: true"},
                                                                   {"human_review:", "human_review: false"},
                                                                   {"indemnity:", "indemnity: false"},
                                                                   {"retention_days:", "retention_days: 30"},
                                                                   {"reviewed:", "reviewed: true"},
                                                                   {"trains:", "trains: false"}})
    yaml.replace(yaml.find(from + "\n"), from.size(), to);
  const auto config = read(yaml);
  ASSERT_EQ(config.services.size(), 1u);
  const gateway::ServiceSettings d;
  EXPECT_EQ(config.services[0].retries, d.retries);
  EXPECT_EQ(config.services[0].timeouts.connect_ms, d.timeouts.connect_ms);
  EXPECT_EQ(config.services[0].timeouts.first_byte_ms, d.timeouts.first_byte_ms);
  EXPECT_EQ(config.services[0].timeouts.idle_ms, d.timeouts.idle_ms);
  EXPECT_EQ(config.services[0].timeouts.total_ms, d.timeouts.total_ms);
  EXPECT_EQ(config.services[0].max_idle_connections, d.max_idle_connections);
  EXPECT_EQ(config.services[0].credential_header, d.credential_header);
  EXPECT_EQ(config.services[0].protocol, d.protocol);
  EXPECT_EQ(config.services[0].replay_speed, d.replay_speed);
}

TEST(Config, ThePageOfTheDocumentationIsInStep) {
  const auto page = read_file(OSTIARY_SOURCE_DIR "/docs/configuration.md");
  ASSERT_TRUE(page) << page.error().text();
  EXPECT_EQ(*page, configuration_page())
      << "run: build/release/ostiary docs configuration > docs/configuration.md";
}

TEST(Config, ReadsEveryKeyIntoItsPlace) {
  const auto c = read(R"(listen: "[::1]:0"
data: /var/lib/ostiary
tls: {certificate: c.pem, key: k.pem, client_ca: ca.pem}
log_level: debug
gate: {allow_remote: true, socket_group: web, loops: 3, max_body_bytes: 1MiB, max_head_bytes: 8KiB, max_depth: 7, max_response_copy_bytes: 0,
       max_connections: 11, max_connections_per_client: 5, head_timeout: 1s, body_timeout: 2s, idle_timeout: 3s, write_timeout: 4s, pass_through: true}
ledger: {sync: always, sync_interval: 5ms, checkpoint_interval: 1m, segment_bytes: 64KiB, origin: acme.example/ledger}
telemetry:
  metrics: false
  metrics_open: no
  traces: {endpoint: "https://collector.example/otlp", headers: {file: /run/secrets/otlp}, sample: 0.25, propagate: true,
           queue: 99, timeout: 3s, ca_file: /etc/ca.pem}
data_classes: {secret: deny, personal: reroute, code: allow, internal: ask, confidential: redact}
reroute_to: local
services:
  - {id: local, provider: self, surface: self-hosted, base_url: "http://[::1]:8000/v1/"}
)");
  EXPECT_THAT(c.gate.listen, ElementsAre("[::1]:0"));
  EXPECT_EQ(c.gate.socket_group, "web");
  EXPECT_EQ(c.gate.tls, (net::TlsFiles{"c.pem", "k.pem", "ca.pem"}));
  EXPECT_EQ(c.data, "/var/lib/ostiary");
  EXPECT_EQ(c.log_level, "debug");
  EXPECT_TRUE(c.gate.allow_remote);
  EXPECT_EQ(c.gate.loops, 3u);
  EXPECT_EQ(c.gate.max_body_bytes, 1u << 20);
  EXPECT_EQ(c.gate.max_head_bytes, 8u << 10);
  EXPECT_EQ(c.gate.max_depth, 7u);
  EXPECT_EQ(c.gate.max_response_copy_bytes, 0u);
  EXPECT_EQ(c.gate.max_connections, 11u);
  EXPECT_EQ(c.gate.max_connections_per_client, 5u);
  EXPECT_EQ(c.gate.head_timeout_ms, 1000u);
  EXPECT_EQ(c.gate.body_timeout_ms, 2000u);
  EXPECT_EQ(c.gate.idle_timeout_ms, 3000u);
  EXPECT_EQ(c.gate.write_timeout_ms, 4000u);
  EXPECT_TRUE(c.gate.pass_through);
  EXPECT_EQ(c.ledger.sync, ledger::Sync::always);
  EXPECT_EQ(c.ledger.sync_interval_ms, 5u);
  EXPECT_EQ(c.ledger.checkpoint_interval_ms, 60'000u);
  EXPECT_EQ(c.ledger.segment_bytes, 64u << 10);
  EXPECT_EQ(c.ledger.origin, "acme.example/ledger");
  EXPECT_THAT(c.gate.data_classes,
              ElementsAre(Pair("code", Effect::allow), Pair("confidential", Effect::redact),
                          Pair("internal", Effect::ask), Pair("personal", Effect::reroute),
                          Pair("secret", Effect::deny)));
  const TelemetrySettings telemetry{false,
                                    "https://collector.example/otlp",
                                    {gateway::CredentialSource::Kind::file, "/run/secrets/otlp"},
                                    "/etc/ca.pem",
                                    99,
                                    3000,
                                    TelemetrySettings::Open::no};
  EXPECT_EQ(c.telemetry, telemetry);
  EXPECT_EQ(c.gate.trace_sample, 0.25);
  EXPECT_TRUE(c.gate.trace_propagate);
  EXPECT_EQ(c.gate.reroute_to, "local");
  EXPECT_TRUE(c.services_configured);
  EXPECT_EQ(c.services[0].base_url, "http://[::1]:8000/v1");
}

TEST(Config, ReadsEveryKeyOfAService) {
  const auto s = one(R"(protocol: replay
    credential: {command: "pass show key"}
    credential_header: api-key
    ca_file: ca.pem
    server_name: example.test
    models: ["*", gpt-*, {name: public, as: upstream-name}]
    endpoints: [chat/completions, audio/speech]
    query: {api-version: "2026-01-01"}
    headers: {x-a: b, X-C: d e}
    timeouts: {connect: 1s, first_byte: 2s, idle: 3s, total: 4s}
    retries: 0
    max_idle_connections: 5
    recording: file.jsonl
    replay_speed: 1.5)");
  EXPECT_EQ(s.id, "main");
  EXPECT_EQ(s.provider, "test");
  EXPECT_EQ(s.surface, "api");
  EXPECT_EQ(s.protocol, "replay");
  EXPECT_EQ(s.credential.kind, CredentialSource::Kind::command);
  EXPECT_EQ(s.credential.value, "pass show key");
  EXPECT_EQ(s.credential_header, "api-key");
  EXPECT_EQ(s.ca_file, "ca.pem");
  EXPECT_EQ(s.server_name, "example.test");
  ASSERT_EQ(s.models.size(), 3u);
  EXPECT_EQ(s.models[1].name, "gpt-*");
  EXPECT_EQ(s.models[2].name, "public");
  EXPECT_EQ(s.models[2].upstream, "upstream-name");
  EXPECT_THAT(s.endpoints, ElementsAre("chat/completions", "audio/speech"));
  EXPECT_THAT(s.query, ElementsAre(Pair("api-version", "2026-01-01")));
  EXPECT_THAT(s.headers, ElementsAre(Pair("x-a", "b"), Pair("X-C", "d e")));
  EXPECT_EQ(s.timeouts.connect_ms, 1000u);
  EXPECT_EQ(s.timeouts.first_byte_ms, 2000u);
  EXPECT_EQ(s.timeouts.idle_ms, 3000u);
  EXPECT_EQ(s.timeouts.total_ms, 4000u);
  EXPECT_EQ(s.retries, 0u);
  EXPECT_EQ(s.max_idle_connections, 5u);
  EXPECT_EQ(s.recording, "file.jsonl");
  EXPECT_EQ(s.replay_speed, 1.5);
}

TEST(Config, ACatalogueEntryFillsAServiceAndTheFileWins) {
  auto c = read(
      "services:\n  - base_url: https://eu.example/v1\n    catalog: openai\n    id: main\n    models: "
      "[only-this]\n");
  const auto& s = c.services[0];
  EXPECT_EQ(s.provider, "openai");
  EXPECT_EQ(s.surface, "api");
  EXPECT_EQ(s.credential.kind, CredentialSource::Kind::environment);
  EXPECT_EQ(s.credential.value, "OPENAI_API_KEY");
  EXPECT_EQ(s.base_url, "https://eu.example/v1");
  ASSERT_EQ(s.models.size(), 1u);
  EXPECT_EQ(s.models[0].name, "only-this");
  EXPECT_FALSE(s.endpoints.empty());
  EXPECT_THAT(refused("services:\n  - {id: a, catalog: opnai}\n"),
              AllOf(StartsWith("o.yaml:2:22: "), HasSubstr("did you mean 'openai'?")));
  EXPECT_THAT(refused("services:\n  - {id: a, catalog: azure-openai}\n"),
              HasSubstr("'services[].base_url' is missing"));
  EXPECT_EQ(read("services:\n  - {id: r, catalog: replay}\n").services[0].protocol, "replay");
  EXPECT_EQ(read("services:\n  - {id: r, protocol: replay}\n").services[0].surface, "self-hosted");
}

TEST(Config, ReadsLimitsAndPrices) {
  const auto c = read(R"(limits:
  per_key: {requests_per_minute: 60, max_prompt_bytes: 1MiB}
  per_team: {spend_per_month: 12.5}
  teams: {search: {spend_per_month: unlimited}}
  keys: {Ab12Cd34: {concurrent: 2}}
  unpriced: allow
prices:
  - {provider: acme, model: "big-*", input: 2.5, output: 10}
)");
  using gateway::Limit;
  const auto& limits = c.gate.limits;
  EXPECT_EQ(limits.per_key[Limit::requests], 60);
  EXPECT_EQ(limits.per_key[Limit::prompt], 1 << 20);
  EXPECT_EQ(limits.per_team[Limit::spend], 12'500'000'000);
  EXPECT_EQ(limits.teams.at("search")[Limit::spend], gateway::kUnlimited);
  EXPECT_EQ(limits.keys.at("Ab12Cd34")[Limit::concurrent], 2);
  EXPECT_TRUE(limits.allow_unpriced);
  ASSERT_EQ(c.gate.prices.size(), 1u);
  EXPECT_EQ(c.gate.prices[0].price, (gateway::Price{2'500'000'000, 10'000'000'000, 2'500'000'000}));
  EXPECT_THAT(refused("limits: {per_key: {concurent: 1}}"), HasSubstr("did you mean 'concurrent'?"));
  EXPECT_THAT(refused("limits: {per_key: {concurrent: -1}}"),
              HasSubstr("'limits.per_key.concurrent' must be"));
  EXPECT_THAT(refused("prices: [{provider: acme, model: m, input: 1}]"), HasSubstr("needs provider, model"));
}

TEST(Config, AnUnknownKeyNamesItsPlaceAndTheNearestKnownOne) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"lisen: x\n", "o.yaml:1:1: unknown key 'lisen'; did you mean 'listen'?"},
      {"gate:\n  max_body_byts: 1\n",
       "o.yaml:2:3: unknown key 'max_body_byts'; did you mean 'max_body_bytes'?"},
      {"ledger: {synk: os}\n", "o.yaml:1:10: unknown key 'synk'; did you mean 'sync'?"},
      {"max_depth: 3\n", "o.yaml:1:1: unknown key 'max_depth'; did you mean 'gate.max_depth'?"},
      {"weather: on\n",
       "o.yaml:1:1: unknown key 'weather'; known here: listen, data, log_level, tls, gate, limits, prices, "
       "ledger"},
      {service("retrys: 1"), "o.yaml:6:5: unknown key 'retrys'; did you mean 'retries'?"},
      {service("timeouts: {conect: 1s}"), "o.yaml:6:16: unknown key 'conect'; did you mean 'connect'?"},
      {service("credential: {evn: A}"), "o.yaml:6:18: unknown key 'evn'; did you mean 'env'?"},
      {service("models: [{nam: a, as: b}]"), "o.yaml:6:15: unknown key 'nam'; did you mean 'name'?"},
  };
  for (const auto& [text, message] : cases) EXPECT_THAT(refused(text), StartsWith(message)) << text;
}

TEST(Config, AWrongValueNamesItsPlaceAndWhatIsExpected) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"- a\n", "o.yaml:1:1: must be a mapping"},
      {"gate: 3\n", "o.yaml:1:7: must be a mapping"},
      {"gate:\n  max_depth: deep\n",
       "o.yaml:2:14: 'gate.max_depth' must be a whole number from 1 to 1024, not 'deep'"},
      {"gate: {max_depth: 0}\n", "must be a whole number from 1 to 1024"},
      {"gate: {max_depth: [1]}\n", "must be a whole number"},
      {"gate: {max_depth: }\n", "must be a whole number"},
      {"gate: {head_timeout: 10 parsecs}\n",
       "'gate.head_timeout' must be a duration from 100ms to 1h, not '10 parsecs'"},
      {"gate: {max_body_bytes: 1TiB}\n", "'gate.max_body_bytes' must be bytes from 1KiB to 1GiB"},
      {"gate: {pass_through: yes}\n", "must be true or false, not 'yes'"},
      {"ledger: {sync: alwys}\n", "must be one of always, interval, os, not 'alwys'; did you mean 'always'?"},
      {"ledger: {origin: a b}\n", "must be text without blanks"},
      {"log_level: loud\n", "must be one of debug, info, warn, error"},
      {"listen: 8080\n", "must be HOST:PORT"},
      {"listen: ':8080'\n", "must be HOST:PORT"},
      {"listen: ::1:80\n", "must be HOST:PORT"},
      {"listen: a:65536\n", "must be HOST:PORT"},
      {"listen: 'unix:'\n", "or unix:PATH"},
      {"tls: {certificate: a}\n", "o.yaml:1:6: TLS needs both"},
      {"tls: {key: a}\n", "TLS needs both"},
      {"tls: {client_ca: a}\n", "with tls.certificate and tls.key only"},
      {"listen: []\n", "must name an address at least"},
      {"listen: [a:1, b]\n", "o.yaml:1:15: 'listen' must be HOST:PORT"},
      {"listen: [a:1, a:1]\n", "o.yaml:1:15: 'listen' names a:1 twice"},
      {"data_classes: [secret]\n", "'data_classes' must be a mapping"},
      {"data_classes: {secret: denny}\n",
       "o.yaml:1:24: 'data_classes.secret' must be one of allow, redact, reroute, ask, deny; "
       "did you mean 'deny'?"},
      {"data_classes: {Secret: deny}\n", "o.yaml:1:16: 'Secret' is not the name of a data class"},
      {"services: {}\n", "'services' must be a list"},
      {"services:\n  - id: x\n", "o.yaml:2:5: 'services[].base_url' is missing"},
      {"services:\n  - base_url: http://a/v1\n", "'services[].id' is missing"},
      {"services:\n  - {id: x, base_url: http://a/v1}\n", "'services[].provider' is missing"},
      {"services:\n  - {id: x, base_url: http://a/v1, provider: self}\n", "'services[].surface' is missing"},
      {"services:\n  - {id: x y, base_url: http://a/v1}\n", "'services[].id' must be letters"},
      {service("surface: api-fre"), "stands here twice"},
      {service("retries: 11"), "must be a whole number from 0 to 10"},
      {service("replay_speed: fast"), "must be a number from 0 to 1000"},
      {service("replay_speed: nan"), "must be a number from 0 to 1000"},
      {service("protocol: anthropic"), "must be one of openai, replay"},
      {service("credential_header: auth"), "must be one of authorization, api-key, x-api-key"},
      {service("models: all"), "must be a list"},
      {service("models: [a, a]"), "o.yaml:6:17: the model 'a' stands here twice"},
      {service("models: [{name: 'a*', as: b}]"), "cannot hold *"},
      {service("models: [{name: a}]"), "must have both name and as"},
      {service("endpoints: [chat/completion]"), "did you mean 'chat/completions'?"},
      {service("endpoints: [/chat]"), "without leading slash"},
      {service("headers: {host: a}"), "the gate writes 'host' itself"},
      {service("headers: {'a b': c}"), "'a b' is no name"},
      {service("headers: {a: \"b\\nc\"}"), "without control characters"},
      {service("credential: {env: A, file: B}"), "cannot be read"},
      {service("timeouts: {connect: 0s}"), "must be a duration from 1ms"},
  };
  for (const auto& [text, message] : cases) EXPECT_THAT(refused(text), HasSubstr(message)) << text;
}

TEST(Config, UnknownSurfacesAndMistypedProvidersAreRefusedAndOwnWordsAreNot) {
  const auto with = [](std::string_view provider, std::string_view surface) {
    return fmt::format("services:\n  - {{id: a, base_url: http://a/v1, provider: {}, surface: {}}}\n",
                       provider, surface);
  };
  EXPECT_THAT(refused(with("opnai", "api")),
              HasSubstr("o.yaml:2:46: 'services[].provider' is no known provider; did you mean "
                        "'openai'?"));
  EXPECT_THAT(refused(with("Acme Corp", "api")), HasSubstr("must be an id of the catalogue"));
  EXPECT_THAT(refused(with("openai", "api-fre")), HasSubstr("did you mean 'api-free'?"));
  for (const auto* own : {"test", "bench", "acme-research"})
    EXPECT_EQ(read(with(own, "api")).services[0].provider, own);
}

TEST(Config, BaseUrlsAreHttpWithAHostAndNothingThatBelongsElsewhere) {
  const auto with = [](std::string_view url) {
    return fmt::format("services:\n  - {{id: a, provider: test, surface: api, base_url: \"{}\"}}\n", url);
  };
  for (const auto* good :
       {"https://api.example.com/v1", "http://localhost:8000", "http://10.0.0.1:80/v1",
        "https://h/openai/deployments/{model}", "http://[fe80::1]:81/v1", "https://h/a%20b/~c"})
    EXPECT_EQ(read(with(good)).services[0].base_url, good);
  EXPECT_EQ(read(with("https://h/v1//")).services[0].base_url, "https://h/v1");
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"ftp://x/", "http:// or https://"},
      {"api.example.com/v1", "http:// or https://"},
      {"https://", "no host"},
      {"https:///v1", "no host"},
      {"https://ex ample/v1", "no host"},
      {"https://h:0/v1", "port"},
      {"https://h:70000/v1", "port"},
      {"https://h:x/v1", "port"},
      {"https://u:geheim@h/v1", "credential"},
      {"https://h/v1?key=geheim", "query"},
      {"https://{model}.h/v1", "placeholder"},
      {"https://h/{models}/v1", "{model}"},
      {"https://h/{model}/{model}", "{model}"},
      {"https://h/a b", "character"},
      {"https://h/v1#x", "character"},
  };
  for (const auto& [url, message] : bad)
    EXPECT_THAT(refused(with(url)),
                AllOf(StartsWith("o.yaml:2:"), HasSubstr(message), Not(HasSubstr("geheim"))))
        << url;
}

TEST(Config, ASecretInTheFileIsRefusedWithAdviceAndNotRepeated) {
  const std::string secret = "sk-proj-0123456789abcdefGEHEIM";
  const std::vector<std::string> places = {
      "credential: " + secret,
      "credential: {env: " + secret + "}",
      "credential: [" + secret + "]",
      "headers: {Authorization: Bearer " + secret + "}",
      "headers: {api-key: " + secret + "}",
      "query: {key: " + secret + "}",
  };
  for (const auto& place : places)
    EXPECT_THAT(refused(service(place)), AllOf(StartsWith("o.yaml:6:"), HasSubstr("secret"),
                                               HasSubstr("credential"), Not(HasSubstr("GEHEIM"))))
        << place;
  EXPECT_THAT(refused(service("credential: " + secret)), HasSubstr("{env: NAME}, {file: PATH}"));
}

TEST(Config, CredentialsAreNamedByWhereTheyAre) {
  EXPECT_EQ(one("credential: none").credential.kind, CredentialSource::Kind::none);
  EXPECT_EQ(one("").credential.kind, CredentialSource::Kind::none);
  EXPECT_EQ(one("credential: client").credential.kind, CredentialSource::Kind::client);
  EXPECT_EQ(one("credential: {env: MY_KEY}").credential.value, "MY_KEY");
  EXPECT_EQ(one("credential: {file: /run/secrets/key}").credential.kind, CredentialSource::Kind::file);
}

TEST(Config, KeysMustFitTogether) {
  EXPECT_THAT(refused(service("retries: 1") + "reroute_to: mian\n"),
              HasSubstr("o.yaml:7:13: 'reroute_to' names no service; did you mean 'main'?"));
  EXPECT_THAT(refused("data_classes: {personal: reroute}\n"), HasSubstr("say where to with reroute_to"));
  EXPECT_EQ(read("reroute_to: ollama\n").gate.reroute_to, "ollama");  // may be found at the start
  EXPECT_THAT(refused("services:\n  - {id: a, catalog: groq}\n  - {id: a, catalog: xai}\n"),
              HasSubstr("o.yaml:3:10: a second service has the id 'a'"));
}

TEST(Config, LimitsOfSizeAreReadAndChecked) {
  const auto config =
      read("size_limits: [{tokens: 8000, class: internal, action: ask}, {attachments: 0, bytes: 1MiB}]\n");
  ASSERT_EQ(config.gate.size_limits.size(), 2u);
  const auto& [first, second] = std::pair(config.gate.size_limits[0], config.gate.size_limits[1]);
  EXPECT_EQ(first.most[gateway::SizeLimit::tokens], 8000u);
  EXPECT_EQ(first.most[gateway::SizeLimit::bytes], std::nullopt);
  EXPECT_EQ(first.data_class, "internal");
  EXPECT_EQ(first.action, policy::Effect::ask);
  EXPECT_EQ(second.most[gateway::SizeLimit::attachments], 0u);
  EXPECT_EQ(second.most[gateway::SizeLimit::bytes], 1u << 20);
  EXPECT_EQ(second.action, policy::Effect::deny);
  EXPECT_THAT(refused("size_limits: [{class: a}]\n"),
              HasSubstr("o.yaml:1:15: a limit needs at least one of bytes"));
  EXPECT_THAT(refused("size_limits: [{tokens: many}]\n"), HasSubstr("'tokens' must be"));
  EXPECT_THAT(refused("size_limits: [{token: 1}]\n"), HasSubstr("did you mean 'tokens'?"));
  EXPECT_THAT(refused("size_limits: [{tokens: 1, action: redact}]\n"), HasSubstr("'action' must be"));
  EXPECT_THAT(refused("size_limits: [{tokens: 1, action: reroute}]\n"),
              HasSubstr("say where to with reroute_to"));
  EXPECT_THAT(refused(service("retries: 1") + "size_limits: [{tokens: 1, service: mian}]\n"),
              HasSubstr("did you mean 'main'?"));
}

TEST(Config, EveryRangeIsKeptAtBothEnds) {
  for (const auto& key : keys()) {
    const auto from = key.type.find(" from "), to = key.type.find(" to ");
    const auto dot = key.path.find('.');
    if (from == std::string_view::npos || to == std::string_view::npos || key.path.starts_with("services") ||
        dot == std::string_view::npos)
      continue;
    const auto with = [&](std::string_view value) {
      std::string text(value);
      const auto names = text::split(key.path, '.');
      for (auto name = names.rbegin(); name != names.rend(); ++name)
        text = fmt::format("{{{}: {}}}", *name, text);
      return read_config(text + "\n", "o.yaml");
    };
    EXPECT_TRUE(with(key.type.substr(from + 6, to - from - 6))) << key.path;
    EXPECT_TRUE(with(key.type.substr(to + 4))) << key.path;
    EXPECT_FALSE(with("-1")) << key.path;
    EXPECT_FALSE(with("99999999999999999999")) << key.path;
  }
}

TEST(Config, ListenIsOneAddressOrAList) {
  EXPECT_THAT(read("listen: 127.0.0.1:1\n").gate.listen, ElementsAre("127.0.0.1:1"));
  EXPECT_THAT(read("listen: [\"[::1]:0\", \"[::1]:0\", unix:/run/a.sock]\n").gate.listen,
              ElementsAre("[::1]:0", "[::1]:0", "unix:/run/a.sock"));
  EXPECT_THAT(read("listen:\n  - h:1\n  - unix:a, b.sock\n").gate.listen,
              ElementsAre("h:1", "unix:a, b.sock"));
}

TEST(Config, TheEnvironmentWinsOverTheFile) {
  auto config = read("listen: 127.0.0.1:1\ngate: {max_depth: 5, loops: 2}\n");
  const std::map<std::string, std::string> environment = {{"OSTIARY_LISTEN", "127.0.0.1:2, unix:/s"},
                                                          {"OSTIARY_GATE_MAX_DEPTH", "6"},
                                                          {"OSTIARY_DATA", "/d"},
                                                          {"OSTIARY_LEDGER_SYNC", "always"},
                                                          {"OSTIARY_DATA_CLASSES", "{code: deny}"},
                                                          {"OSTIARY_GATE_LOOPS", ""}};
  const auto get = [&](const char* name) -> const char* {
    const auto found = environment.find(name);
    return found == environment.end() ? nullptr : found->second.c_str();
  };
  const auto applied = apply_environment(config, get);
  ASSERT_TRUE(applied) << applied.error().text();
  EXPECT_THAT(config.gate.listen, ElementsAre("127.0.0.1:2", "unix:/s"));
  EXPECT_EQ(config.gate.max_depth, 6u);
  EXPECT_EQ(config.gate.loops, 2u);
  EXPECT_EQ(config.data, "/d");
  EXPECT_EQ(config.ledger.sync, ledger::Sync::always);
  EXPECT_THAT(config.gate.data_classes, ElementsAre(Pair("code", Effect::deny)));
}

TEST(Config, AWrongVariableIsNamed) {
  for (const auto& [name, value] : std::map<std::string, std::string>{{"OSTIARY_GATE_MAX_DEPTH", "deep"},
                                                                      {"OSTIARY_DATA_CLASSES", "{code: no}"},
                                                                      {"OSTIARY_DATA_CLASSES", "{code"}}) {
    Config config;
    const auto get = [&](const char* asked) { return name == asked ? value.c_str() : nullptr; };
    const auto applied = apply_environment(config, get);
    ASSERT_FALSE(applied) << name;
    EXPECT_THAT(applied.error().text(), StartsWith(name));
  }
}

TEST(Config, AVariableThatIsNoneIsRefusedWithTheOneThatIsMeant) {
  const auto refused = [](std::string_view name) {
    const auto checked = check_variables({{name}});
    return checked ? std::string() : checked.error().text();
  };
  EXPECT_THAT(refused("OSTIARY_GATE_MAX_DEPHT"),
              AllOf(StartsWith("OSTIARY_GATE_MAX_DEPHT: "), HasSubstr("'OSTIARY_GATE_MAX_DEPTH'")));
  EXPECT_THAT(refused("OSTIARY_LEDGER_SYNK"), HasSubstr("did you mean 'OSTIARY_LEDGER_SYNC'?"));
  EXPECT_THAT(refused("OSTIARY_GATE_COLOUR_OF_THE_DOOR"), HasSubstr("docs/configuration.md"));
  EXPECT_THAT(refused("OSTIARY_LISTENN"), HasSubstr("'OSTIARY_LISTEN'"));
  for (const auto* name :
       {"OSTIARY_DATA", "OSTIARY_KEY", "OSTIARY_FAULT", "OSTIARY_BIN", "OSTIARY_REAL_SERVER",
        "OSTIARY_REAL_SERVER_LIMIT", "OSTIARY_TEST_ENV", "OSTIARY_SHARED", "OSTIARY_LISTEN",
        "OSTIARY_LEDGER_SYNC", "OSTIARY_DIRECT", "PATH", "OSTIARY_SOMETHING_ELSE"})
    EXPECT_EQ(refused(name), "") << name;
}

TEST(Config, AFolderIsNoConfigurationFile) {
  const auto config = load_config("/tmp");
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().code, Code::invalid);
}

TEST(Config, EveryKeyHasADocTypeAndUniquePath) {
  std::set<std::string_view> seen;
  for (const auto& key : keys()) {
    EXPECT_TRUE(seen.insert(key.path).second) << key.path;
    EXPECT_FALSE(key.doc.empty()) << key.path;
    EXPECT_TRUE(key.doc.ends_with(".")) << key.path;
    EXPECT_FALSE(key.type.empty()) << key.path;
  }
  EXPECT_GT(seen.size(), 40u);
}

TEST(Config, AFileThatIsNotThereIsNotFound) {
  const auto config = load_config("/no/such/ostiary.yaml");
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().code, Code::not_found);
  EXPECT_THAT(config.error().text(), HasSubstr("/no/such/ostiary.yaml"));
}

}  // namespace
}  // namespace ostiary::app
