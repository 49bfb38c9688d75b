#include "app/house.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fmt/format.h>
#include <set>
#include <thread>

#include "app/discover.h"
#include "app/effective.h"
#include "app/folder_api.h"
#include "app/inspect_alarms.h"
#include "app/policy_versions.h"
#include "app/restore_limits.h"
#include "app/reviews.h"
#include "base/log.h"
#include "base/text.h"
#include "base/time.h"
#include "catalog/catalog.h"
#include "gateway/answer_examiner.h"
#include "gateway/class_actions.h"
#include "gateway/facts.h"
#include "gateway/policy_decider.h"
#include "gateway/text_inspector.h"
#include "json/writer.h"

namespace ostiary::app {

namespace {

constexpr int kProbeMs = 60;
constexpr std::uint64_t kPatienceMs = 30'000, kMostPatienceMs = 3'600'000;
constexpr std::uint64_t kLookAtCertificatesMs = 1000;
constexpr std::uint64_t kLastWitnessMs = 2'000;  // for the last checkpoint to reach the witnesses
constexpr std::uint64_t kLastSpansMs = 2'000;    // for the collector to take what is left at the end
constexpr std::chrono::seconds kMostCatchingUp(5);
constexpr WallMs kRememberResponsesMs =
    30LL * 24 * 3600 * 1000;  // services keep responses for 30 days by default

const char* variable(const char* name) {
  return std::getenv(name);
}

Result<> set_log(const Config& config) {
  log::set_form(config.log.form);
  const auto& level = config.log_level;
  if (level == "debug")
    log::set_level(log::Level::debug);
  else if (level == "warn")
    log::set_level(log::Level::warn);
  else if (level == "error")
    log::set_level(log::Level::error);
  else
    log::set_level(log::Level::info);
  return log::write_to(config.log.file);
}

Result<> record_change(ledger::Ledger& ledger, std::string_view action, std::string_view what,
                       std::string_view detail_json) {
  std::string line;
  ledger::append_change(line, wall_now(), action, what, detail_json);
  ledger::Batch batch;
  batch.add(line);
  return ledger.append(batch);
}

// The first start makes one key, so that there is something to try the gate with.
Result<std::string> make_first_key(store::Store& store, ledger::Ledger& ledger) {
  TRY(const auto keys, store.keys());
  if (!keys.empty()) return std::string();
  const char* user = std::getenv("USER");
  store::KeyWish wish;
  wish.team = "default";
  wish.user = user && *user ? user : "admin";
  TRY(const auto made, store.create_key(wish, wall_now(), [&](const store::KeyEntry& coming) {
    return record_change(ledger, "key-created", coming.id,
                         R"({"by":"gate","scopes":["use"],"subject":)" + json::quoted(coming.subject) +
                             R"(,"team":"default"})");
  }));
  return std::string(made.text.reveal());
}

// A reload asks for it again; where that fails, the one before stays.
void renew_credential(const gateway::Service& service, const std::stop_token& stop) {
  if (const auto read = service.reread_credential(stop); !read)
    log::warn("the credential before stays in force: " + read.error().text());
}

// What is read once, when the program starts: the keys of it that `b` has otherwise than `a`.
std::vector<std::string> needs_restart(const Config& a, const Config& b) {
  std::vector<std::string> names;
  const auto compare = [&](std::string_view name, const auto& was, const auto& is) {
    if (was != is) names.emplace_back(name);
  };
  compare("listen", a.gate.listen, b.gate.listen);
  compare("tls", a.gate.tls.certificate.empty(), b.gate.tls.certificate.empty());
  compare("gate.socket_group", a.gate.socket_group, b.gate.socket_group);
  compare("data", a.data, b.data);
  compare("gate.loops", a.gate.loops, b.gate.loops);
  compare("gate.allow_remote", a.gate.allow_remote, b.gate.allow_remote);
  compare("audit", a.audit, b.audit);
  compare("ledger.sync", a.ledger.sync, b.ledger.sync);
  compare("ledger.sync_interval", a.ledger.sync_interval_ms, b.ledger.sync_interval_ms);
  compare("ledger.checkpoint_interval", a.ledger.checkpoint_interval_ms, b.ledger.checkpoint_interval_ms);
  compare("ledger.segment_bytes", a.ledger.segment_bytes, b.ledger.segment_bytes);
  compare("ledger.when_full", a.ledger.when_full, b.ledger.when_full);
  compare("ledger.retention", a.keeper.retention_ms, b.keeper.retention_ms);
  compare("ledger.segment_age", a.keeper.segment_age_ms, b.keeper.segment_age_ms);
  compare("ledger.origin", a.ledger.origin, b.ledger.origin);
  compare("telemetry", a.telemetry, b.telemetry);
  compare("console.hosts", a.console_hosts, b.console_hosts);
  return names;
}

Result<std::uint64_t> lock_patience(const ServeOptions& options, bool inherited) {
  if (options.wait_for_lock.empty()) return inherited ? kPatienceMs : 0;
  const auto ms = text::parse_duration_ms(options.wait_for_lock);
  if (!ms || *ms > kMostPatienceMs)
    return fail(Code::invalid, "must be a duration of at most 1h, such as 30s", "--wait-for-lock");
  return *ms;
}

// A signal that ends the program waits to be taken.
bool end_is_asked() {
  sigset_t waiting;
  ::sigemptyset(&waiting);
  ::sigpending(&waiting);
  return ::sigismember(&waiting, SIGTERM) == 1 || ::sigismember(&waiting, SIGINT) == 1;
}

// The data folder, as soon as the process that goes down with it has given it up. Connections to sockets that
// were handed over wait in the system meanwhile.
Result<store::DataLock> take_lock(const std::string& data, std::uint64_t wait_ms, const Notifier& notifier) {
  const MonoNs until = mono_now() + static_cast<MonoNs>(wait_ms) * 1'000'000;
  for (bool told = false;; told = true) {
    auto lock = store::DataLock::acquire(data);
    if (lock || lock.error().code != Code::unavailable || mono_now() >= until || end_is_asked()) return lock;
    if (!told) notifier.waiting("waiting for another process to give the data folder up", wait_ms + 10'000);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

}  // namespace

Result<Config> settle_config(const ServeOptions& options) {
  Config config;
  if (!options.config.empty()) {
    TRY(config, load_config(options.config));
  }
  TRY_VOID(apply_environment(config, variable));
  if (!options.listen.empty()) config.gate.listen = options.listen;
  if (!options.data.empty()) config.data = options.data;
  if (options.allow_remote) config.gate.allow_remote = true;
  for (const auto& address : config.gate.listen) TRY_VOID(net::parse_address(address));
  config.gate.max_connections = std::min(config.gate.max_connections, options.most_connections);
  return config;
}

House::House(ServeOptions options, Config config, store::DataLock lock)
    : options_(std::move(options)),
      config_(std::move(config)),
      started_with_(config_),
      loaded_at_(wall_now()),
      log_file_(config_.log.file),
      archive_(config_.data),
      lock_(std::move(lock)) {}

House::~House() {
  shared_.questions.serve(nullptr);
}

Result<std::unique_ptr<House>> House::open(const ServeOptions& options, std::vector<net::Bound> sockets,
                                           const Notifier& notifier) {
  TRY(Config config, settle_config(options));
  TRY_VOID(set_log(config));
  TRY(const auto wait_ms, lock_patience(options, !sockets.empty()));
  TRY(auto lock, take_lock(config.data, wait_ms, notifier));
  std::unique_ptr<House> house(new House(options, std::move(config), std::move(lock)));
  TRY_VOID(house->furnish(std::move(sockets)));
  return house;
}

Result<> House::furnish(std::vector<net::Bound> sockets) {
  TRY(auto store, open_books());
  TRY_VOID(open_gate(*store, std::move(sockets)));
  TRY(first_key_, make_first_key(*store, *ledger_));  // after all that may fail: it is shown only once
  TRY(auto keys, store->keys());
  shared_.keys.replace(std::move(keys));
  TRY_VOID(open_desk());
  open_api(std::move(store));
  TRY(control_, ControlServer::start(config_.data, *keeping_));
  shared_.homes.persist_with(
      [keeper = responses_.get()](const store::StoredResponse& response) { keeper->remember(response); });
  // Before the first exchange: whatever intent is open at this record ended with an earlier process.
  TRY_VOID(
      record_change(*ledger_, "started", "gate", R"({"catalog":)" + json::quoted(catalog::version()) + "}"));
  TRY_VOID(adopt_policy());
  projector_->wait_at_start(kMostCatchingUp);
  if (const auto restored = restore_limits(shared_.limiter, config_.data, ledger_->size(), wall_now());
      !restored)
    log::error("limits: what was used before cannot be read: " + restored.error().text());
  hooks_->follow(config_.data, *ledger_, [this](std::string_view number) { return desk_->json_of(number); });
  desk_->watch_clocks(
      [this](WallMs now) { tell_reviews(policy(), config_.data, desk_->desk(), *hooks_, now); });
  keeping_->start_keeper();
  gate_->run();
  return {};
}

// What is written to, and who tells of it.
Result<std::unique_ptr<store::Store>> House::open_books() {
  TRY(ledger_, ledger::Ledger::open(config_.data, config_.ledger));
  TRY(auto store, store::open_sqlite(config_.data + "/store.sqlite"));
  TRY(keeper_, ledger::Keeper::open(config_.data, *ledger_, config_.keeper));
  StorePeople people(*store);
  if (const auto finished = keeper_->finish(people); !finished)
    log::error("ledger: what was begun before is not done: " + finished.error().text());
  if (config_.audit.to != AuditSettings::To::none) {
    TRY(audit_, Audit::start(config_.data, config_.audit, *ledger_));
  }
  TRY(instruments_, Instruments::create(config_.telemetry));
  instruments_->watch(*ledger_);
  shared_.instruments = instruments_->for_gate();
  shared_.ledger = ledger_.get();
  shared_.sync = config_.ledger.sync;
  return store;
}

// Which document is in force, and what of it somebody should know.
static void tell_of_policy(const PolicyInForce& policy, const gateway::Setup& setup) {
  if (!policy.policy) return log::info("policy: none, so that only data_classes and size_limits decide");
  const auto& document = policy.policy->document();
  log::info(fmt::format("policy: {}, version {}, {} rules, {}", policy.source, document.version,
                        document.rules.size(), document.digest));
  if (policy.warnings > 0 && policy.source != "built-in")
    log::warn(fmt::format("policy: {} warnings, which 'ostiary policy check {}' lists", policy.warnings,
                          policy.source));
  for (const auto& rule : document.rules)
    if (!rule.to.empty() && !setup.find_service(rule.to))
      log::warn(
          fmt::format("policy: rule '{}' sends requests to '{}', which is no service here, so that they are "
                      "denied",
                      rule.id, rule.to));
  constexpr auto data = std::to_array<std::string_view>({"data.classes", "data.findings", "data.confidence"});
  if (!setup.settings.inspect && std::ranges::any_of(policy.policy->wants(), [&](auto fact) {
        return std::ranges::find(data, fact) != data.end();
      }))
    log::warn(
        "policy: nothing is inspected, so that what its rules say of data classes holds for every request");
}

// A document that cannot be used does not take the place of the one in force, after a restart neither.
Result<PolicyInForce> House::policy_at_start() const {
  auto named = read_policy_in_force(config_.policy, {}, wall_now());
  if (named) return named;
  auto last = archive_.last_in_force();
  if (!last) return named;
  log::error(fmt::format(
      "policy: {}; version {} ({}), which was in force last, stays in force: mend the document and reload",
      named.error().text(), last->policy->document().version, last->digest()));
  return last;
}

// All that an exchange needs, and the sockets; nobody is answered yet.
Result<> House::open_gate(store::Store& store, std::vector<net::Bound> sockets) {
  TRY(const auto stored, store.limits());
  TRY(auto managed, gateway::managed_limits(stored));
  shared_.limiter.manage(std::move(managed));
  TRY(rules_, read_rules(config_));
  TRY(auto engine, engine_of(rules_));
  TRY(policy_, policy_at_start());
  TRY(auto setup, make_setup(config_, policy_, std::move(engine)));
  tell_of_policy(policy_, setup);
  shared_.publish(std::move(setup));
  TRY(const auto homes, store.recent_responses(wall_now(), kRememberResponsesMs));
  shared_.homes.restore(homes);
  if (!config_.gate.tls.certificate.empty()) {
    TRY(shared_.tls, net::TlsServer::create(config_.gate.tls));
    shared_.tls->watch(kLookAtCertificatesMs);
  }
  TRY(gate_, gateway::Gate::open(shared_, std::move(sockets)));
  return {};
}

// Questions, and who is told of them.
Result<> House::open_desk() {
  TRY(desk_, DeskHouse::open(config_.data, ledger_.get()));
  TRY_VOID(use_policy_at_desk(policy_));
  TRY(auto hooks, HookHouse::read(config_.webhooks, config_.incoming_hooks));
  TRY(hooks_, HookHouse::open(config_.data, std::move(hooks)));
  shared_.questions.serve(desk_.get());
  return {};
}

// What a service is stands in the setup in force when somebody asks.
Result<> House::use_policy_at_desk(const PolicyInForce& policy) {
  const auto target = [this](std::string_view service, std::string_view model) {
    const auto setup = shared_.setup.get();
    const auto* found = setup->find_service(service);
    return found ? std::optional(gateway::target_facts(found->settings(), model)) : std::nullopt;
  };
  return desk_->use(policy, target, [this] {
    std::vector<std::string> all;
    for (const auto& service : shared_.setup.get()->services) all.push_back(service->id());
    return all;
  });
}

// What is no exchange.
void House::open_api(std::unique_ptr<store::Store> store) {
  settings_ = effective_settings(options_, variable);
  backing_ =
      std::unique_ptr<console::Backing>(new console::Backing{.shared = shared_,
                                                             .store = std::move(store),
                                                             .data_folder = config_.data,
                                                             .facts = facts(),
                                                             .steward = this,
                                                             .hosts = config_.console_hosts,
                                                             .webhooks = &hooks_->out(),
                                                             .incoming = &hooks_->in(),
                                                             .desk = &desk_->desk(),
                                                             .policy_document =
                                                                 [this] {
                                                                   const auto text = policy().text;
                                                                   return text ? *text : std::string();
                                                                 },
                                                             .retention_ms = config_.keeper.retention_ms,
                                                             .most_own_keys = config_.console_own_keys});
  witnesses_ = std::make_unique<Witnesses>(config_.data, config_.witnesses);
  metrics_open_ =
      config_.telemetry.metrics_open == TelemetrySettings::Open::yes ||
      (config_.telemetry.metrics_open == TelemetrySettings::Open::automatic && !beyond_loopback());
  projector_ = std::make_unique<Projector>(config_.data, *ledger_);
  instruments_->watch(shared_, *projector_, *witnesses_);
  api_ = std::make_unique<console::Api>(*backing_);
  shared_.side_door = api_.get();
  responses_ = std::make_unique<ResponseKeeper>(
      *backing_, [this](std::function<void()> job) { return api_->run(std::move(job)); });
  keeping_ = std::make_unique<KeepingDoor>(*api_, *backing_, *keeper_);
}

// What is compiled is kept in the data folder.
Result<OwnRules> House::read_rules(const Config& config) const {
  if (!config.gate.inspect) return OwnRules{};
  TRY(auto rules, load_rules(config.inspection, config_.data + "/inspection"));
  TRY_VOID(check_classes(config.class_names, *rules.detectors));
  for (const auto& line : rules.told) log::warn("inspection: " + line);
  if (!config.own_code.empty()) {
    TRY(rules.own_code, inspect::open_own_code(config.own_code));
  }
  return rules;
}

// With what reviewers accepted as false alarms; null where nothing is inspected.
Result<std::shared_ptr<const inspect::Engine>> House::engine_of(const OwnRules& rules) const {
  if (!rules.detectors) return nullptr;
  auto allow = rules.allow;
  store::FalseAlarms alarms(config_.data + "/store.sqlite");
  TRY(const auto accepted, alarms.in_effect(wall_now()));
  for (const auto& alarm : accepted) allow.push_back(rule_of(alarm));
  auto engine = std::make_shared<inspect::Engine>(
      rules.detectors, std::make_shared<const inspect::AllowRules>(std::move(allow)));
  engine->look_for(rules.own_code);
  return engine;
}

// What inspects requests and answers; the settings are there.
static void look_with(gateway::Setup& setup, std::shared_ptr<const inspect::Engine> engine) {
  const auto& settings = setup.settings;
  if (!settings.inspect) return;
  setup.inspector = std::make_shared<const gateway::TextInspector>(engine, settings.size_limits);
  std::set<std::string> masked;
  for (const auto& [name, effect] : settings.answer_classes)
    if (effect == policy::Effect::redact) masked.insert(name);
  setup.examiner = std::make_shared<const gateway::AnswerExaminer>(
      gateway::AnswerRules::make(std::move(engine), std::move(masked), settings.answer_hold_ms));
}

static std::shared_ptr<const gateway::Decider> decider_of(const gateway::GateSettings& settings,
                                                          const PolicyInForce& policy) {
  gateway::ClassActions actions(settings.data_classes, settings.reroute_to, settings.size_limits);
  if (!policy.policy) return std::make_shared<const gateway::ClassActions>(std::move(actions));
  return std::make_shared<const gateway::PolicyDecider>(policy.policy, std::move(actions));
}

Result<gateway::Setup> House::make_setup(const Config& config, const PolicyInForce& policy,
                                         std::shared_ptr<const inspect::Engine> engine) const {
  gateway::Setup setup;
  setup.settings = config.gate;
  setup.decider = decider_of(config.gate, policy);
  look_with(setup, std::move(engine));
  const auto before = shared_.setup.get();
  const auto stop = reloads_end_.get_token();
  const auto wanted = config.services_configured ? config.services : discover_services(variable, kProbeMs);
  for (const auto& settings : wanted) {
    const auto same = std::ranges::find_if(
        before->services, [&](const auto& service) { return service->settings() == settings; });
    if (same != before->services.end()) {
      renew_credential(**same, stop);
      setup.services.push_back(*same);
      continue;
    }
    TRY(auto service, gateway::Service::create(settings, stop));
    setup.services.push_back(std::move(service));
  }
  return setup;
}

bool House::beyond_loopback() const {
  return !std::ranges::all_of(gate_->addresses(), net::is_loopback);
}

console::Lag House::projection_lag() const {
  const auto lag = projector_->lag();
  return {lag.records, lag.seconds};
}

std::vector<console::Witness> House::witnesses() const {
  std::vector<console::Witness> all;
  for (auto& w : witnesses_->states())
    all.push_back({std::move(w.name), w.delivered, w.failed, w.size, w.at, std::move(w.error)});
  return all;
}

WallMs House::loaded_at() const {
  const std::lock_guard lock(facts_);
  return loaded_at_;
}

std::vector<console::Setting> House::settings() const {
  const std::lock_guard lock(facts_);
  return settings_;
}

Config House::config() const {
  const std::lock_guard lock(facts_);
  return config_;
}

// A reload and a signal to open the log anew may meet.
Result<> House::use_log(const Config& config) {
  const std::lock_guard lock(facts_);
  TRY_VOID(set_log(config));
  log_file_ = config.log.file;
  return {};
}

// What of a reload may fail, the record of it last.
Result<> House::begin_reload(const Config& config, const PolicyInForce& policy, std::string_view by) {
  TRY_VOID(use_log(config));
  const bool tls = shared_.tls && !config.gate.tls.certificate.empty();
  if (tls) TRY_VOID(shared_.tls->reload(config.gate.tls));
  auto recorded = record_change(*ledger_, "reloaded", "gate", "{}");
  if (recorded && policy.digest() != policy_.digest())
    recorded = record_policy(policy_.policy.get(), policy, by);
  if (!recorded && tls) (void)shared_.tls->reload(config_.gate.tls);
  return recorded;
}

// The newest record of a document that was in force before tells what it is different from.
Result<> House::record_policy(const policy::Policy* before, const PolicyInForce& now, std::string_view by) {
  TRY_VOID(archive_.keep(now));
  const auto text_or_null = [](const std::string& text) {
    return text.empty() ? "null" : json::quoted(text);
  };
  const auto detail = fmt::format(
      R"({{"by":{},"diff":{},"from":{},"to":{},"version":{},"words":{}}})", json::quoted(by),
      differences_json(before, now.policy.get()), text_or_null(before ? before->document().digest : ""),
      text_or_null(now.digest()), text_or_null(now.policy ? now.policy->document().version : ""),
      differences_in_words(before, now.policy.get()));
  TRY_VOID(record_change(*ledger_, "policy-changed", "policy", detail));
  return archive_.note_last(now);
}

// At the start: what is in force now may be another document than when the gate ran last.
Result<> House::adopt_policy() {
  TRY(const auto last, archive_.last());
  if (last == policy_.digest()) return {};
  std::unique_ptr<policy::Policy> before;
  if (const auto text = last.empty() ? fail(Code::not_found, "") : archive_.text_of(last))
    if (auto read = policy::read_document(*text); read.usable())
      before = std::make_unique<policy::Policy>(std::move(read.document));
  return record_policy(before.get(), policy_, "start");
}

PolicyInForce House::policy() const {
  const std::lock_guard lock(facts_);
  return policy_;
}

console::PolicyDocument House::policy_document() const {
  const std::lock_guard lock(facts_);
  return {policy_.policy, policy_.text, policy_.source, policy_.warnings};
}

std::vector<policy::Change> House::policy_changes() const {
  const auto now = policy();
  return now.policy ? policy_versions(archive_.folder(), *now.policy) : std::vector<policy::Change>();
}

Result<std::vector<std::string>> House::reload(std::string_view by) {
  const std::lock_guard lock(reloading_);
  TRY(Config config, settle_config(options_));
  TRY(auto rules, read_rules(config));
  TRY(auto engine, engine_of(rules));
  TRY(auto policy, read_policy_in_force(config.policy, policy_, wall_now()));
  TRY(auto setup, make_setup(config, policy, std::move(engine)));
  TRY(auto hooks, HookHouse::read(config.webhooks, config.incoming_hooks));
  if (reloads_end_.stop_requested()) return fail(Code::closed, "the gate closes");
  if (auto begun = begin_reload(config, policy, by); !begun) {
    (void)use_log(config_);
    return std::unexpected(begun.error());
  }
  auto names = needs_restart(started_with_, config);
  if (audit_) audit_->reopen();
  rules_ = std::move(rules);
  tell_of_policy(policy, setup);
  shared_.publish(std::move(setup));
  witnesses_->replace(config.witnesses);
  hooks_->replace(std::move(hooks));
  if (const auto used = use_policy_at_desk(policy); !used)
    log::error("the desk goes on by the policy before: " + used.error().text());
  backing_->most_own_keys = config.console_own_keys;
  auto settings = effective_settings(options_, variable);
  const std::lock_guard replacing(facts_);
  policy_ = std::move(policy);
  config_ = std::move(config);
  settings_ = std::move(settings);
  loaded_at_ = wall_now();
  return names;
}

// Only the rules change: the setup stays as it is otherwise.
Result<> House::alarms_changed() {
  const std::lock_guard lock(reloading_);
  TRY(auto engine, engine_of(rules_));
  auto setup = *shared_.setup.get();
  look_with(setup, std::move(engine));
  shared_.publish(std::move(setup));
  return {};
}

Result<> House::reopen_logs() {
  if (audit_) audit_->reopen();
  const std::lock_guard lock(facts_);
  return log::write_to(log_file_);
}

std::vector<std::string> House::urls() const {
  std::vector<std::string> all;
  for (const auto& address : gate_->addresses())
    all.push_back((address.is_unix ? "" : shared_.tls ? "https://" : "http://") + net::to_text(address));
  return all;
}

Result<> House::close(std::uint64_t deadline_ms, const std::function<bool()>& enough) {
  drain();
  gate_->stop(deadline_ms, enough);
  // Nothing is changed any more by whoever else holds a door.
  control_.reset();
  keeping_.reset();
  shared_.side_door = nullptr;
  shared_.questions.serve(nullptr);
  api_.reset();
  hooks_->close();
  desk_->stop_clocks();
  instruments_->close(kLastSpansMs);
  const auto recorded = record_change(*ledger_, "stopped", "gate", "{}");
  projector_->wait_until_caught_up(kMostCatchingUp);
  const auto signed_last = ledger_->checkpoint_now();
  witnesses_->finish(kLastWitnessMs);
  return recorded ? signed_last : recorded;
}

}  // namespace ostiary::app
