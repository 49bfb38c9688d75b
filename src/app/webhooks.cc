#include "app/webhooks.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>

#include "base/log.h"
#include "gateway/credential.h"
#include "json/document.h"
#include "json/writer.h"

namespace ostiary::app {

namespace {

using gateway::CredentialSource;

constexpr std::string_view kSource = "ledger";
constexpr std::uint64_t kAtOnce = 1000;        // records
constexpr std::uint64_t kKeepEvery = 100'000;  // records without an event behind which the position is kept
constexpr std::chrono::milliseconds kBetween{250}, kAfterFailure{2000};
constexpr std::size_t kMostTold = 100;
constexpr std::string_view kNotify = "notify: ";

Result<Secret> read_secret(const CredentialSource& source, const std::string& where) {
  TRY(auto text, gateway::read_credential(source, where));
  return Secret(std::move(text));
}

Result<std::vector<watch::SigningSecret>> signing_secrets(std::span<const CredentialSource> sources,
                                                          const std::string& where) {
  std::vector<watch::SigningSecret> secrets;
  for (const auto& source : sources) {
    TRY(const auto text, read_secret(source, where));
    auto secret = watch::SigningSecret::parse(text);
    if (!secret) return fail(Code::invalid, "its secret " + secret.error().message, where);
    secrets.push_back(std::move(*secret));
  }
  return secrets;
}

std::string_view type_of(std::string_view action) {
  struct Told {
    std::string_view action, type;
  };
  static constexpr std::array kTold = std::to_array<Told>({{"policy-changed", "policy.changed"},
                                                           {"precedent-reopened", "question.asked"},
                                                           {"question-answered", "question.answered"},
                                                           {"question-appealed", "question.asked"},
                                                           {"question-asked", "question.asked"},
                                                           {"question-escalated", "question.escalated"},
                                                           {"question-reopened", "question.asked"},
                                                           {"question-reversed", "question.answered"}});
  const auto found = std::ranges::find(kTold, action, &Told::action);
  return found == kTold.end() ? std::string_view() : found->type;
}

std::string raw_or(json::Value value, std::string_view otherwise) {
  return std::string(value ? value.raw() : otherwise);
}

std::vector<watch::Event> of_change(std::string id, json::Value record,
                                    const LedgerEvents::Question& question) {
  const auto action = record["action"].string_or("");
  const auto type = type_of(action);
  if (type.empty()) return {};
  const auto what = record["what"].string_or("");
  watch::Event event{.type = std::string(type),
                     .data = {},
                     .at = parse_rfc3339(record["at"].string_or("")).value_or(wall_now()),
                     .id = std::move(id)};
  json::Writer w(event.data);
  w.begin_object();
  w.member("change", action);
  w.key("detail");
  w.raw(raw_or(record["detail"], "{}"));
  if (type.starts_with("question.")) {
    const auto text = question ? question(what) : std::string();
    w.key("question");
    w.raw(text.empty() ? "null" : text);
  }
  w.member("what", what);
  w.end_object();
  return {std::move(event)};
}

// An exchange is told of once: with its intent, or where it had none with its outcome.
std::vector<watch::Event> of_exchange(json::Value record, bool intent) {
  if (!intent && record["attempts"].as_uint().value_or(0) > 0) return {};
  std::vector<watch::Event> events;
  for (const auto one : record["decision"]["obligations"]) {
    const auto text = one.string_or("");
    if (!text.starts_with(kNotify)) continue;
    const auto id = record["id"].string_or("");
    watch::Event event{.type = "exchange.notice",
                       .data = {},
                       .at = parse_rfc3339(record["at"].string_or("")).value_or(wall_now()),
                       .id = "msg_" + id,
                       .hook = text.substr(kNotify.size())};
    json::Writer w(event.data);
    w.begin_object();
    for (const auto* name : {"at", "decision"}) w.key(name), w.raw(raw_or(record[name], "null"));
    w.member("exchange", id);
    for (const auto* name : {"model", "outcome", "service", "subject", "team"})
      w.key(name), w.raw(raw_or(record[name], "null"));
    w.end_object();
    events.push_back(std::move(event));
  }
  return events;
}

}  // namespace

Result<std::vector<watch::HookSettings>> read_webhooks(std::span<const WebhookSettings> settings) {
  std::vector<watch::HookSettings> all;
  for (const auto& one : settings) {
    watch::HookSettings hook;
    TRY(hook.url, net::parse_url(one.url));
    TRY(hook.secrets, signing_secrets(one.secrets, "webhook " + one.name));
    hook.name = one.name, hook.ca_file = one.ca_file, hook.events = one.events;
    hook.timeout_ms = one.timeout_ms, hook.give_up_ms = one.give_up_ms;
    all.push_back(std::move(hook));
  }
  return all;
}

Result<watch::IncomingSettings> read_incoming(std::span<const IncomingHookSettings> settings) {
  using Forge = IncomingHookSettings::Forge;
  watch::IncomingSettings all;
  for (const auto& one : settings) {
    const std::string where = one.forge == Forge::github   ? "webhooks.in.github"
                              : one.forge == Forge::gitlab ? "webhooks.in.gitlab"
                                                           : "webhooks.in.generic." + one.name;
    watch::IncomingSource source;
    for (const auto& secret : one.secrets) {
      TRY(auto text, read_secret(secret, where));
      source.secrets.push_back(std::move(text));
    }
    TRY(source.signing, signing_secrets(one.signing, where));
    source.rules = {one.label, one.title_prefix};
    source.team = one.team;
    if (one.forge == Forge::github)
      all.github = std::move(source);
    else if (one.forge == Forge::gitlab)
      all.gitlab = std::move(source);
    else
      all.generic[one.name] = std::move(source);
  }
  return all;
}

std::vector<watch::Event> events_of(std::uint64_t index, std::string_view record,
                                    const LedgerEvents::Question& question) {
  const bool change =
      record.find(R"("kind":"change")") != std::string_view::npos &&
      (record.starts_with(R"({"action":"question-)") || record.starts_with(R"({"action":"policy-)") ||
       record.starts_with(R"({"action":"precedent-)"));
  const bool notice = !change && record.find(R"("notify: )") != std::string_view::npos;
  if (!change && !notice) return {};
  const auto document = json::Document::parse(record);
  if (!document) return {};
  const auto root = document->root();
  const auto kind = root["kind"].string_or("");
  if (kind == "change") return of_change("msg_record-" + std::to_string(index), root, question);
  if (kind == "intent" || kind == "outcome") return of_exchange(root, kind == "intent");
  return {};
}

LedgerEvents::LedgerEvents(std::string data_folder, const ledger::Ledger& ledger, watch::Webhooks& hooks,
                           Question question)
    : data_folder_(std::move(data_folder)), ledger_(ledger), hooks_(hooks), question_(std::move(question)) {
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);  // signals are the program's
  thread_ = std::thread([this] { run(); });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  ::pthread_setname_np(thread_.native_handle(), "webhook-events");
}

LedgerEvents::~LedgerEvents() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

Result<> LedgerEvents::begin() {
  TRY(const auto kept, hooks_.queue().position(kSource));
  const auto size = ledger_.size();
  at_ = ledger::Place{.index = std::min(kept.value_or(size), size)};
  kept_ = at_->index;
  return kept ? Result<>() : put(kept_, {}, true);
}

// An event for a webhook that is not configured is left out, and told of once: the ledger has it.
Result<> LedgerEvents::put(std::uint64_t next, std::vector<watch::Event> events, bool keep) {
  std::erase_if(events, [&](const watch::Event& event) {
    if (event.hook.empty() || hooks_.has(event.hook)) return false;
    if (told_.size() < kMostTold && told_.insert(event.hook).second)
      log::warn(
          fmt::format("the policy notifies the webhook '{}', which webhooks.out does not name", event.hook));
    return true;
  });
  if (events.empty() && next - kept_ < kKeepEvery && !keep) return {};
  TRY_VOID(hooks_.put_from({std::string(kSource), next}, events));
  kept_ = next;
  return {};
}

// Reads on, at most kAtOnce records. False: nothing was there.
Result<bool> LedgerEvents::hand_on() {
  if (hooks_.none()) {
    if (!resting_) TRY_VOID(hooks_.queue().forget_position(kSource));
    resting_ = true;
    at_.reset();
    return false;
  }
  resting_ = false;
  if (!at_) TRY_VOID(begin());
  const auto until = ledger_.size();
  if (at_->index >= until) return false;
  std::vector<watch::Event> events;
  ledger::Cursor cursor(data_folder_, *at_);
  TRY(const auto read, cursor.read(until, kAtOnce, [&](std::uint64_t index, std::string_view record) {
    for (auto& event : events_of(index, record, question_)) events.push_back(std::move(event));
  }));
  const bool moved = read > 0 || cursor.place().index != at_->index;
  if (moved) TRY_VOID(put(cursor.place().index, std::move(events), false));
  at_ = cursor.place();
  return moved;
}

void LedgerEvents::run() {
  bool complained = false;
  for (;;) {
    const auto handed = hand_on();
    if (!handed) {
      at_.reset();
      if (!std::exchange(complained, true))
        log::error("what webhooks are told of stands still and is tried again: " + handed.error().text());
    } else {
      complained = false;
    }
    std::unique_lock lock(mutex_);
    if (stop_) return;
    if (handed && *handed) continue;
    wake_.wait_for(lock, handed ? kBetween : kAfterFailure, [this] { return stop_; });
    if (stop_) return;
  }
}

HookHouse::HookHouse(std::unique_ptr<store::HookQueue> queue) : out_(std::move(queue)), in_(out_.queue()) {}

Result<HookHouse::Settings> HookHouse::read(std::span<const WebhookSettings> out,
                                            std::span<const IncomingHookSettings> in) {
  Settings settings;
  TRY(settings.out, read_webhooks(out));
  TRY(settings.in, read_incoming(in));
  return settings;
}

Result<std::unique_ptr<HookHouse>> HookHouse::open(const std::string& data_folder, Settings settings) {
  TRY(auto queue, watch::open_queue(data_folder));
  std::unique_ptr<HookHouse> house(new HookHouse(std::move(queue)));
  house->replace(std::move(settings));
  return house;
}

void HookHouse::follow(const std::string& data_folder, const ledger::Ledger& ledger,
                       LedgerEvents::Question question) {
  events_ = std::make_unique<LedgerEvents>(data_folder, ledger, out_, std::move(question));
}

void HookHouse::replace(Settings settings) {
  out_.replace(std::move(settings.out));
  in_.replace(std::move(settings.in));
}

void HookHouse::close() {
  events_.reset();
  out_.stop();
}

}  // namespace ostiary::app
