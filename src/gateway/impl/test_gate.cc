#include "gateway/impl/test_gate.h"

#include <algorithm>
#include <arpa/inet.h>
#include <chrono>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/text.h"

namespace ostiary::gateway::testing {

std::string Message::header(std::string_view name) const {
  for (const auto line : text::split(head, '\n')) {
    const auto colon = line.find(':');
    if (colon != std::string_view::npos && text::iequals(line.substr(0, colon), name))
      return std::string(text::trim(line.substr(colon + 1)));
  }
  return {};
}

Wire Wire::connect(const net::Address& address, int receive_buffer) {
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (receive_buffer > 0)
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(address.port);
  ::inet_pton(AF_INET, address.host.c_str(), &to.sin_addr);
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) != 0)
    ADD_FAILURE() << "cannot connect to the gate";
  return Wire(std::move(fd));
}

bool Wire::send(std::string_view text) {
  while (!text.empty()) {
    const auto n = ::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

bool Wire::more(int timeout_ms) {
  pollfd wait{fd_.get(), POLLIN, 0};
  if (::poll(&wait, 1, timeout_ms) <= 0) return false;
  char buffer[65536];
  const auto n = ::recv(fd_.get(), buffer, sizeof buffer, 0);
  if (n <= 0) return false;
  bytes.append(buffer, static_cast<std::size_t>(n));
  return true;
}

bool Wire::until(std::string_view text, int timeout_ms) {
  while (bytes.find(text) == std::string::npos)
    if (!more(timeout_ms)) return false;
  return true;
}

Message Wire::message() {
  Message m;
  if (!until("\r\n\r\n")) return m;
  const auto end = bytes.find("\r\n\r\n") + 4;
  m.head = bytes.substr(0, end);
  bytes.erase(0, end);
  if (m.head.starts_with("HTTP/1.1 ")) m.status = std::stoi(m.head.substr(9, 3));
  if (text::iequals(m.header("transfer-encoding"), "chunked")) {
    net::ChunkDecoder chunks;
    for (;;) {
      std::string_view raw = bytes, piece;
      net::Parse step = net::Parse::more;
      while (!raw.empty() && step == net::Parse::more) {
        step = chunks.next(raw, piece);
        m.body += piece;
      }
      bytes = std::string(raw);
      m.whole = step == net::Parse::done;
      if (step != net::Parse::more || !more()) return m;
    }
  }
  const auto length = text::parse_uint(m.header("content-length")).value_or(0);
  while (bytes.size() < length && more()) {
  }
  m.body = bytes.substr(0, length);
  m.whole = m.body.size() == length;
  bytes.erase(0, length);
  return m;
}

bool Wire::closed_within(int ms) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(ms);
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now())
            .count();
    pollfd wait{fd_.get(), POLLIN, 0};
    if (left < 0 || ::poll(&wait, 1, static_cast<int>(left)) <= 0) return false;
    char buffer[65536];
    if (::recv(fd_.get(), buffer, sizeof buffer, 0) <= 0) return true;
  }
}

void Wire::abort() {
  const linger at_once{1, 0};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close();
}

ScriptedService::ScriptedService(Script script)
    : script_(std::move(script)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  if (::bind(listener_.get(), reinterpret_cast<sockaddr*>(&at), size) != 0 ||
      ::listen(listener_.get(), 64) != 0 ||
      ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&at), &size) != 0)
    ADD_FAILURE() << "cannot listen";
  port_ = ntohs(at.sin_port);
  accepting_ = std::thread([this] { accept(); });
}

void ScriptedService::accept() {
  for (;;) {
    Fd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!fd) return;
    ++connections_;
    const std::lock_guard lock(mutex_);
    open_.push_back(fd.get());
    threads_.emplace_back([this, taken = std::move(fd)]() mutable {
      const int number = taken.get();
      Wire wire(std::move(taken));
      script_(wire);
      const std::lock_guard closing(mutex_);
      std::erase(open_, number);
      wire.close();
    });
  }
}

ScriptedService::~ScriptedService() {
  ::shutdown(listener_.get(), SHUT_RDWR);
  accepting_.join();
  {
    const std::lock_guard lock(mutex_);
    for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
  }
  for (auto& thread : threads_) thread.join();
}

AnsweringService::AnsweringService(std::function<std::string(const Message&)> reply)
    : reply_(std::move(reply)), service_([this](Wire& wire) {
        for (;;) {
          const auto request = wire.message();
          if (request.head.empty()) return;
          {
            const std::lock_guard lock(mutex_);
            seen_.push_back(request);
          }
          if (!wire.send(reply_(request))) return;
        }
      }) {}

std::vector<Message> AnsweringService::seen() const {
  const std::lock_guard lock(mutex_);
  return seen_;
}

std::string answer(int status, std::string_view body, std::string_view headers) {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\n" + std::string(headers) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

std::string chunk(std::string_view data) {
  char size[20];
  std::snprintf(size, sizeof size, "%zx\r\n", data.size());
  return size + std::string(data) + "\r\n";
}

TestGate::TestGate() {
  ledger::Options options;
  options.sync = ledger::Sync::os;
  options.checkpoint_interval_ms = 60'000;
  std::filesystem::create_directories(folder_.data());
  auto opened = ledger::Ledger::open(folder_.data(), options);
  if (!opened) {
    ADD_FAILURE() << opened.error().text();
    return;
  }
  ledger_ = std::move(*opened);
  auto store = store::open_sqlite(":memory:");
  auto made = (*store)->create_key("team", "ada", wall_now());
  key_ = made->text.reveal();
  subject_ = made->entry.subject;
  other_key_ = (*store)->create_key("team", "bob", wall_now())->text.reveal();
  key_elsewhere_ = (*store)->create_key("elsewhere", "ada", wall_now())->text.reveal();
  shared_.keys.replace(*(*store)->keys());
  shared_.ledger = ledger_.get();
  shared_.sync = ledger::Sync::os;
  const std::shared_ptr<const Steps> steps(std::shared_ptr<void>(), &steps_);  // owns nothing
  setup_.inspector = steps;
  setup_.decider = steps;
  setup_.examiner = steps;
  setup_.settings.listen = {"127.0.0.1:0"};
  setup_.settings.loops = 1;
}

TestGate::~TestGate() = default;

ServiceSettings& TestGate::add_service(std::string id, std::string url) {
  auto& settings = services_.emplace_back();
  settings.id = std::move(id);
  settings.base_url = std::move(url);
  settings.retries = 0;
  settings.health.check = HealthSettings::Check::off;
  return settings;
}

void TestGate::run() {
  for (auto& settings : services_) {
    auto service = Service::create(std::move(settings));
    ASSERT_TRUE(service) << service.error().text();
    setup_.services.push_back(std::move(*service));
  }
  shared_.publish(setup_);
  auto gate = Gate::open(shared_);
  ASSERT_TRUE(gate) << gate.error().text();
  gate_ = std::move(*gate);
  gate_->run();
}

Message TestGate::ask(std::string_view request) const {
  Wire wire = connect();
  EXPECT_TRUE(wire.send(request));
  return wire.message();
}

std::vector<std::string> TestGate::records() const {
  auto lines = ledger::tail(folder_.data(), 100'000);
  if (!lines) ADD_FAILURE() << lines.error().text();
  return lines ? *lines : std::vector<std::string>{};
}

std::unique_ptr<Record> TestGate::outcome(const std::string& id) const {
  for (int tries = 0; tries < 500; ++tries) {
    const auto lines = records();
    for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
      if (line->find("\"kind\":\"outcome\"") == std::string::npos ||
          (!id.empty() && line->find(id) == std::string::npos))
        continue;
      auto record = std::make_unique<Record>();
      record->line = *line;
      EXPECT_TRUE(json::Document::parse_into(record->line, {}, record->document));
      return record;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ADD_FAILURE() << "no outcome was recorded" << (id.empty() ? "" : " for " + id);
  return std::make_unique<Record>();
}

}  // namespace ostiary::gateway::testing
