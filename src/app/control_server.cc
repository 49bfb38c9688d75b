#include "app/control_server.h"

#include <future>

#include "base/log.h"
#include "json/document.h"
#include "json/writer.h"
#include "ledger/record.h"
#include "net/http.h"
#include "store/key_form.h"

namespace ostiary::app {

namespace {

constexpr std::size_t kMostBytes = 64 * 1024;
constexpr std::uint64_t kPatienceMs = 10'000;
constexpr std::size_t kMostUnkept = 10'000;

std::string error_json(const Error& error) {
  std::string out;
  json::Writer w(out);
  w.begin_object();
  w.key("error");
  w.begin_object();
  w.member("code", error.code == Code::not_found ? "not_found"
                   : error.code == Code::exists  ? "exists"
                   : error.code == Code::denied  ? "denied"
                   : error.code == Code::invalid ? "invalid"
                                                 : "io");
  w.member("message", error.text());
  w.end_object();
  w.end_object();
  return out;
}

int status_of(const Error& error) {
  if (error.code == Code::not_found) return 404;
  if (error.code == Code::exists) return 409;
  if (error.code == Code::denied) return 403;
  return error.code == Code::invalid ? 400 : 500;
}

void write_entry(json::Writer& w, const store::KeyEntry& entry) {
  w.begin_object();
  w.member("created", rfc3339(entry.created));
  w.member("id", entry.id);
  w.key("revoked");
  if (entry.revoked)
    w.string(rfc3339(*entry.revoked));
  else
    w.null();
  w.member("subject", entry.subject);
  w.member("team", entry.team);
  w.member("user", entry.user);
  w.end_object();
}

std::string change_detail(const store::KeyEntry& entry) {
  std::string out;
  json::Writer w(out);
  w.begin_object();
  w.member("subject", entry.subject);
  w.member("team", entry.team);
  w.end_object();
  return out;
}

}  // namespace

Result<> record_change(ledger::Ledger& ledger, std::string_view action, std::string_view what,
                       std::string_view detail_json) {
  std::string line;
  ledger::append_change(line, wall_now(), action, what, detail_json);
  ledger::Batch batch;
  batch.add(line);
  return ledger.append(batch);
}

Result<std::unique_ptr<ControlServer>> ControlServer::start(const std::string& data_folder,
                                                            std::unique_ptr<store::Store> store,
                                                            gateway::Shared& shared, ledger::Keeper& keeper) {
  std::unique_ptr<ControlServer> server(new ControlServer(std::move(store), shared, keeper));
  TRY_VOID(server->refresh_keys());
  TRY(server->loop_, net::Loop::create());
  TRY(server->listener_,
      net::Listener::open(*server->loop_, net::Address{data_folder + "/control.sock", 0, true}, false));
  server->thread_ = std::thread([s = server.get()] {
    net::spawn(s->listener_->accept([s](net::Stream stream) { net::spawn(s->serve(std::move(stream))); }));
    s->loop_->run();
    s->listener_.reset();
  });
  return server;
}

ControlServer::~ControlServer() {
  if (!thread_.joinable()) return;
  keeper_.stop();
  errands_.finish();
  loop_->stop();
  thread_.join();
  keep_responses();
}

void ControlServer::remember_response(const store::StoredResponse& response) {
  {
    const std::lock_guard lock(mutex_);
    if (unkept_.size() >= kMostUnkept) {
      if (!std::exchange(dropping_, true))
        log::warn("the store cannot follow: where some responses live is lost with the next start");
      return;
    }
    unkept_.push_back(response);
    if (unkept_.size() > 1) return;
  }
  loop_->post([this] { keep_responses(); });
}

void ControlServer::keep_responses() {
  std::vector<store::StoredResponse> taken;
  {
    const std::lock_guard lock(mutex_);
    taken.swap(unkept_);
    dropping_ = false;
  }
  if (taken.empty()) return;
  if (const auto kept = store_->remember_responses(taken, wall_now()); !kept)
    log::warn("cannot keep where responses live: " + kept.error().text());
}

Result<> ControlServer::refresh_keys() {
  TRY(auto entries, store_->keys());
  shared_.keys.replace(std::move(entries));
  return {};
}

net::Task<void> ControlServer::serve(net::Stream stream) {
  net::Deadline deadline(*loop_);
  deadline.set_after_ms(kPatienceMs);
  net::HeadParser parser(kMostBytes);
  net::Head head;
  net::HeadError wrong;
  std::string in;
  for (;;) {
    const auto parsed = in.empty() ? net::Parse::more : parser.request(in, head, wrong);
    if (parsed == net::Parse::wrong || in.size() > kMostBytes) co_return;
    if (parsed == net::Parse::done && in.size() >= head.size + head.framing.content_length.value_or(0)) break;
    parser.reset();
    std::size_t got = 0;
    const net::Io io = stream.read_some({loop_->scratch(), net::Loop::kScratchBytes}, got);
    if (io == net::Io::done) {
      in.append(loop_->scratch(), got);
      continue;
    }
    if (io != net::Io::again) co_return;
    net::Waiter wait(*loop_);
    if (co_await wait.read(stream.watch()).until(deadline) != net::Wake::ready) co_return;
  }
  const auto target = net::split_target(head.target);
  Answer result;
  if (target.path.starts_with(kKeepingPath)) {
    KeepingRequest request{std::string(head.method), std::string(target.path), in.substr(head.size)};
    result = co_await keep_ledger(std::move(request));
  } else {
    result = answer(head.method, target.path, std::string_view(in).substr(head.size));
  }
  deadline.set_after_ms(kPatienceMs);
  std::string out = "HTTP/1.1 " + std::to_string(result.status) + " " +
                    std::string(net::reason(static_cast<std::uint16_t>(result.status))) +
                    "\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: " +
                    std::to_string(result.body.size()) + "\r\n\r\n" + result.body;
  [[maybe_unused]] const auto sent = co_await stream.write(out, deadline, kPatienceMs);
}

// The store belongs to the control thread, so that what the keeper asks of it is done there.
class ControlServer::PostedPeople final : public People {
 public:
  explicit PostedPeople(ControlServer& server) : server_(server), people_(*server.store_) {}
  Result<bool> knows(const std::string& subject) override {
    return there<bool>([&] { return people_.knows(subject); });
  }
  Result<> forget(const std::string& subject) override {
    return there<void>([&]() -> Result<> {
      TRY_VOID(people_.forget(subject));
      return server_.refresh_keys();
    });
  }
  Result<std::optional<std::string>> find(const std::string& user) override {
    return there<std::optional<std::string>>([&] { return people_.find(user); });
  }

 private:
  template <class T, class Ask>
  Result<T> there(const Ask& ask) {
    std::promise<Result<T>> answer;
    server_.loop_->post([&] { answer.set_value(ask()); });
    return answer.get_future().get();
  }

  ControlServer& server_;
  StorePeople people_;
};

net::Task<ControlServer::Answer> ControlServer::keep_ledger(KeepingRequest request) {
  struct Owed {
    std::optional<Result<std::string>> value;
    net::Waiter* waiter = nullptr;
  };
  auto owed = std::make_shared<Owed>();
  errands_.send([this, owed, request = std::move(request), remote = loop_->remote()] {
    PostedPeople people(*this);
    remote->post([owed, done = keep(request, keeper_, people)] {
      owed->value = done;
      if (owed->waiter) owed->waiter->fire(net::Wake::ready);
    });
  });
  net::Waiter wait(*loop_);
  owed->waiter = &wait;
  [[maybe_unused]] const net::Wake why = co_await wait;
  owed->waiter = nullptr;
  if (!owed->value) co_return Answer{503, error_json({Code::unavailable, "the gate is stopping", ""})};
  const auto& done = *owed->value;
  if (!done) co_return Answer{status_of(done.error()), error_json(done.error())};
  co_return Answer{200, *done};
}

ControlServer::Answer ControlServer::answer(std::string_view method, std::string_view path,
                                            std::string_view body) {
  constexpr std::string_view base = "/control/keys";
  if (path == base && method == "POST") return create_key(body);
  if (path == base && method == "GET") return list_keys();
  if (method == "POST" && path.starts_with("/control/keys/") && path.ends_with("/revoke"))
    return revoke_key(
        path.substr(base.size() + 1, path.size() - base.size() - 1 - std::string_view("/revoke").size()));
  return {404, error_json({Code::not_found, "the control socket has no such path", std::string(path)})};
}

ControlServer::Answer ControlServer::create_key(std::string_view body) {
  const auto document = json::Document::parse(body);
  const auto refused = [](const Error& error) { return Answer{status_of(error), error_json(error)}; };
  if (!document) return refused(document.error());
  const std::string team = document->root()["team"].string_or(""),
                    user = document->root()["user"].string_or("");
  if (team.empty() || user.empty()) return refused({Code::invalid, "a key needs a team and a user", ""});
  if (auto fit = store::check_key_owner(team, user); !fit) return refused(fit.error());
  auto made = store_->create_key(team, user, wall_now());
  if (!made) return refused(made.error());
  const auto& entry = made->entry;
  if (auto written = record_change(*shared_.ledger, "key-created", entry.id, change_detail(entry)); !written)
    return refused(written.error());
  if (auto fresh = refresh_keys(); !fresh) return refused(fresh.error());
  std::string out;
  json::Writer w(out);
  w.begin_object();
  w.member("id", entry.id);
  w.member("key", made->text.reveal());
  w.member("subject", entry.subject);
  w.member("team", entry.team);
  w.member("user", entry.user);
  w.end_object();
  return {200, std::move(out)};
}

ControlServer::Answer ControlServer::list_keys() {
  const auto entries = store_->keys();
  if (!entries) return {status_of(entries.error()), error_json(entries.error())};
  std::string out;
  json::Writer w(out);
  w.begin_object();
  w.key("keys");
  w.begin_array();
  for (const auto& entry : *entries) write_entry(w, entry);
  w.end_array();
  w.end_object();
  return {200, std::move(out)};
}

ControlServer::Answer ControlServer::revoke_key(std::string_view id) {
  const auto refused = [](const Error& error) { return Answer{status_of(error), error_json(error)}; };
  auto entry = store_->revoke_key(id, wall_now());
  if (!entry) return refused(entry.error());
  if (auto fresh = refresh_keys(); !fresh) return refused(fresh.error());
  if (auto written = record_change(*shared_.ledger, "key-revoked", entry->id, change_detail(*entry));
      !written)
    return refused(written.error());
  std::string out;
  json::Writer w(out);
  write_entry(w, *entry);
  return {200, std::move(out)};
}

}  // namespace ostiary::app
