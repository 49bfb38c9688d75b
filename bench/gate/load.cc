// The load: one thread, one epoll set, a closed loop on each keep-alive connection. It warms
// up, counts over a window, lets the open exchanges end, and prints one line of JSON. It
// reads the CPU time of the processes under test itself, at the window's two ends.

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>
#include <iterator>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <vector>

#include "answers.h"
#include "arguments.h"
#include "event_reader.h"
#include "http_reader.h"
#include "process_sample.h"

namespace ostiary::bench {
namespace {

constexpr std::size_t kReadSize = 64UL * 1024;
constexpr std::uint64_t kMilli = 1'000'000;
constexpr std::uint64_t kMaxErrors = 50;

struct Settings {
  sockaddr_in address{};
  std::string request;
  bool stream = false;
  bool exact = false;  ///< answers must be those of the upstream, byte for byte
  long connections = 1;
  std::uint64_t warmup_ns = 0;
  std::uint64_t window_ns = 0;
  std::uint64_t drain_ns = 0;
  std::vector<pid_t> proxies;
  std::vector<pid_t> upstreams;
  int proxy_core = -1;
  int load_core = -1;
};

struct Connection {
  int fd = -1;
  HttpReader reader;
  EventReader events;
  std::string body;          ///< of a JSON answer, where it is not compared as it comes
  std::size_t compared = 0;  ///< bytes of it that were
  bool same = true;
  bool busy = false;
  std::size_t sent = 0;
  std::uint64_t started = 0;
};

struct Moment {
  std::uint64_t time = 0;
  ProcessSample proxy;
  ProcessSample upstream;
  ProcessSample self;
  CoreSample proxy_core;
  CoreSample load_core;
};

class Load {
 public:
  explicit Load(Settings settings) : settings_(std::move(settings)), buffer_(kReadSize) {
    const std::size_t expected = settings_.window_ns / 4000;
    exchange_ns_.reserve(std::min<std::size_t>(expected, 8'000'000));
    event_ns_.reserve(settings_.stream ? expected : 0);
  }

  /// Returns false where not one connection could be made.
  bool run();
  void print();

 private:
  enum class Phase : std::uint8_t { kWarmup, kWindow, kDrain };

  bool connect_to(Connection& connection);
  void reconnect(Connection& connection);
  void start(Connection& connection);
  void send_rest(Connection& connection);
  void watch_writing(Connection& connection, bool writing);
  void read_from(Connection& connection);
  void take_body(Connection& connection, std::string_view piece);
  void finish(Connection& connection);
  std::string fault_of(const Connection& connection) const;
  void fail(Connection& connection, std::string fault);
  void handle(const epoll_event& event);
  bool advance(std::uint64_t now);
  Moment moment() const;

  Settings settings_;
  Phase phase_ = Phase::kWarmup;
  std::vector<char> buffer_;
  std::deque<Connection> connections_;
  int epoll_ = epoll_create1(EPOLL_CLOEXEC);
  std::uint64_t phase_end_ = 0;
  std::size_t open_exchanges_ = 0;
  Moment begin_;
  Moment end_;

  std::vector<std::uint64_t> exchange_ns_;
  std::vector<std::uint64_t> event_ns_;
  std::uint64_t events_ = 0;
  std::uint64_t reads_ = 0;
  std::uint64_t errors_ = 0;
  std::uint64_t completed_ = 0;  ///< over all phases
  std::uint64_t reconnects_ = 0;
  std::uint64_t unfinished_ = 0;
  std::string first_error_;
};

bool Load::connect_to(Connection& connection) {
  connection.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(connection.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const timeval limit{.tv_sec = 5, .tv_usec = 0};
  setsockopt(connection.fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  const auto* address = reinterpret_cast<const sockaddr*>(&settings_.address);
  if (connect(connection.fd, address, sizeof settings_.address) != 0) {
    if (first_error_.empty()) first_error_ = std::string("connect: ") + std::strerror(errno);
    ++errors_;
    close(connection.fd);
    connection.fd = -1;
    return false;
  }
  epoll_event event{.events = EPOLLIN, .data = {.ptr = &connection}};
  epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.fd, &event);
  return true;
}

void Load::reconnect(Connection& connection) {
  ++reconnects_;
  close(connection.fd);
  if (connect_to(connection) && phase_ != Phase::kDrain) start(connection);
}

void Load::start(Connection& connection) {
  connection.reader.reset();
  connection.events.reset();
  connection.body.clear();
  connection.compared = 0;
  connection.same = true;
  connection.sent = 0;
  connection.busy = true;
  ++open_exchanges_;
  connection.started = now_ns();
  send_rest(connection);
}

void Load::send_rest(Connection& connection) {
  const std::string_view rest = std::string_view(settings_.request).substr(connection.sent);
  const ssize_t sent = send(connection.fd, rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  const bool was_partial = connection.sent != 0;
  if (sent > 0) connection.sent += static_cast<std::size_t>(sent);
  const bool partial = connection.sent < settings_.request.size();
  if (partial || was_partial) watch_writing(connection, partial);
}

void Load::watch_writing(Connection& connection, bool writing) {
  epoll_event event{.events = EPOLLIN, .data = {.ptr = &connection}};
  if (writing) event.events |= EPOLLOUT;
  epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.fd, &event);
}

void Load::read_from(Connection& connection) {
  const ssize_t got = recv(connection.fd, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) {
    if (connection.busy)
      return fail(connection, got == 0 ? "the connection was closed" : std::strerror(errno));
    return reconnect(connection);
  }
  if (!connection.busy) return fail(connection, "bytes after the end of the answer");
  ++reads_;
  const std::string_view bytes(buffer_.data(), static_cast<std::size_t>(got));
  const std::size_t taken =
      connection.reader.feed(bytes, [&](std::string_view piece) { take_body(connection, piece); });
  if (connection.reader.bad()) return fail(connection, "broken framing");
  if (!connection.reader.done()) return;
  if (taken != bytes.size()) return fail(connection, "bytes after the end of the answer");
  finish(connection);
}

void Load::take_body(Connection& connection, std::string_view piece) {
  const bool good = connection.reader.status() == 200;
  if (good && settings_.stream) {
    const std::uint64_t now = now_ns();
    connection.events.feed(piece, [&](std::uint64_t stamp) {
      if (phase_ != Phase::kWindow) return;
      ++events_;
      if (stamp != 0 && stamp < now) event_ns_.push_back(now - stamp);
    });
  } else if (good && settings_.exact) {
    const std::string_view expected = json_answer_body();
    if (connection.compared <= expected.size()) {
      connection.same &= expected.substr(connection.compared).starts_with(piece);
    }
    connection.compared += piece.size();
  } else {
    connection.body.append(piece);
  }
}

std::string Load::fault_of(const Connection& connection) const {
  if (connection.reader.status() != 200) {
    return "status " + std::to_string(connection.reader.status()) + ": " + connection.body.substr(0, 300);
  }
  if (settings_.stream) {
    if (connection.events.events() != kStreamEvents) {
      return std::to_string(connection.events.events()) + " events instead of " +
             std::to_string(kStreamEvents);
    }
    return connection.events.done() ? "" : "no [DONE]";
  }
  if (settings_.exact) {
    const bool whole = connection.same && connection.compared == json_answer_body().size();
    return whole ? "" : "the answer is not the upstream's";
  }
  const bool likely =
      connection.body.find("chat.completion") != std::string::npos && connection.body.ends_with('}');
  return likely ? "" : "not a chat completion: " + connection.body.substr(0, 300);
}

void Load::finish(Connection& connection) {
  std::string fault = fault_of(connection);
  if (!fault.empty()) return fail(connection, std::move(fault));
  const std::uint64_t now = now_ns();
  if (phase_ == Phase::kWindow) exchange_ns_.push_back(now - connection.started);
  ++completed_;
  --open_exchanges_;
  connection.busy = false;
  if (connection.reader.closes()) return reconnect(connection);
  if (phase_ != Phase::kDrain) start(connection);
}

void Load::fail(Connection& connection, std::string fault) {
  ++errors_;
  if (first_error_.empty()) first_error_ = std::move(fault);
  if (connection.busy) --open_exchanges_;
  connection.busy = false;
  if (errors_ > kMaxErrors) phase_ = Phase::kDrain;
  reconnect(connection);
}

void Load::handle(const epoll_event& event) {
  auto& connection = *static_cast<Connection*>(event.data.ptr);
  if ((event.events & EPOLLOUT) != 0 && connection.busy) send_rest(connection);
  if ((event.events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) read_from(connection);
}

Moment Load::moment() const {
  Moment out;
  out.proxy = sample_processes(settings_.proxies);
  out.time = now_ns();
  out.upstream = sample_processes(settings_.upstreams);
  out.self = sample_processes({getpid()});
  out.proxy_core = sample_core(settings_.proxy_core);
  out.load_core = sample_core(settings_.load_core);
  return out;
}

// Goes to the next phase when its time has come; false when all is over.
bool Load::advance(std::uint64_t now) {
  if (phase_ == Phase::kDrain && open_exchanges_ == 0) return false;
  if (now < phase_end_) return true;
  switch (phase_) {
    case Phase::kWarmup:
      begin_ = moment();
      reads_ = 0;
      phase_ = Phase::kWindow;
      phase_end_ = begin_.time + settings_.window_ns;
      return true;
    case Phase::kWindow:
      end_ = moment();
      phase_ = Phase::kDrain;
      phase_end_ = end_.time + settings_.drain_ns;
      return true;
    case Phase::kDrain:
      unfinished_ = open_exchanges_;
      return false;
  }
  return false;
}

bool Load::run() {
  for (long i = 0; i < settings_.connections; ++i) {
    if (!connect_to(connections_.emplace_back())) return false;
  }
  phase_end_ = now_ns() + settings_.warmup_ns;
  for (Connection& connection : connections_) start(connection);
  std::array<epoll_event, 512> events{};
  while (advance(now_ns()) && errors_ <= kMaxErrors) {
    const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 5);
    for (int i = 0; i < count; ++i) handle(events[static_cast<std::size_t>(i)]);
  }
  if (end_.time == 0) end_ = moment();
  if (begin_.time == 0) begin_ = end_;
  for (const Connection& connection : connections_) {
    if (connection.fd >= 0) close(connection.fd);
  }
  return true;
}

/// The sample at `share` (0 to 1) of the sorted order, in microseconds; 0 where there is none.
double percentile(std::vector<std::uint64_t>& samples, double share) {
  if (samples.empty()) return 0;
  const auto at = static_cast<std::size_t>(share * static_cast<double>(samples.size() - 1));
  const auto middle = samples.begin() + static_cast<std::ptrdiff_t>(at);
  std::nth_element(samples.begin(), middle, samples.end());
  return static_cast<double>(*middle) / 1000;
}

void print_percentiles(const char* name, std::vector<std::uint64_t>& samples) {
  std::printf("\"%s\":{\"count\":%zu,\"p50\":%.2f,\"p90\":%.2f,\"p99\":%.2f,\"max\":%.2f},", name,
              samples.size(), percentile(samples, 0.5), percentile(samples, 0.9), percentile(samples, 0.99),
              percentile(samples, 1));
}

std::string json_text(std::string_view text) {
  std::string out = "\"";
  for (const char byte : text) {
    const bool plain = byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
    out += plain ? byte : byte == '"' ? '\'' : ' ';
  }
  return out + '"';
}

void Load::print() {
  const auto window = static_cast<double>(end_.time - begin_.time);
  const auto core_share = [&](std::uint64_t from, std::uint64_t to) {
    const double tick_ns = 1e9 / static_cast<double>(sysconf(_SC_CLK_TCK));
    return window > 0 ? static_cast<double>(to - from) * tick_ns / window : 0;
  };
  std::printf("{\"seconds\":%.6f,\"requests\":%zu,\"events\":%llu,\"reads\":%llu,", window / 1e9,
              exchange_ns_.size(), static_cast<unsigned long long>(events_),
              static_cast<unsigned long long>(reads_));
  std::printf(
      "\"errors\":%llu,\"completed\":%llu,\"reconnects\":%llu,\"unfinished\":%llu,\"first_error\":%s,",
      static_cast<unsigned long long>(errors_), static_cast<unsigned long long>(completed_),
      static_cast<unsigned long long>(reconnects_), static_cast<unsigned long long>(unfinished_),
      json_text(first_error_).c_str());
  print_percentiles("exchange_us", exchange_ns_);
  print_percentiles("event_us", event_ns_);
  std::printf("\"proxy_cpu_ns\":%llu,\"upstream_cpu_ns\":%llu,\"load_cpu_ns\":%llu,",
              static_cast<unsigned long long>(cpu_between(begin_.proxy, end_.proxy)),
              static_cast<unsigned long long>(cpu_between(begin_.upstream, end_.upstream)),
              static_cast<unsigned long long>(cpu_between(begin_.self, end_.self)));
  std::printf("\"user_ticks\":%llu,\"system_ticks\":%llu,\"switches\":%llu,\"rss_anon_kb\":%llu,",
              static_cast<unsigned long long>(end_.proxy.user_ticks - begin_.proxy.user_ticks),
              static_cast<unsigned long long>(end_.proxy.system_ticks - begin_.proxy.system_ticks),
              static_cast<unsigned long long>(end_.proxy.switches - begin_.proxy.switches),
              static_cast<unsigned long long>(end_.proxy.rss_anon_kb));
  std::printf(
      "\"proxy_core\":{\"busy\":%.4f,\"stolen\":%.4f},\"load_core\":{\"busy\":%.4f,\"stolen\":%.4f}}\n",
      core_share(begin_.proxy_core.busy, end_.proxy_core.busy),
      core_share(begin_.proxy_core.stolen, end_.proxy_core.stolen),
      core_share(begin_.load_core.busy, end_.load_core.busy),
      core_share(begin_.load_core.stolen, end_.load_core.stolen));
}

std::vector<pid_t> pids_of(const Arguments& arguments, std::string_view name) {
  std::vector<pid_t> out;
  for (const std::string& value : arguments.all(name))
    out.push_back(static_cast<pid_t>(std::atoi(value.c_str())));
  return out;
}

std::string make_request(const Arguments& arguments) {
  std::ifstream file(arguments.text("body"), std::ios::binary);
  const std::string body((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (body.empty()) {
    std::fprintf(stderr, "gate_load: --body %s: no such file, or empty\n", arguments.text("body").c_str());
    std::exit(2);
  }
  std::string out = "POST " + arguments.text("path", "/v1/chat/completions") + " HTTP/1.1\r\n";
  out += "Host: 127.0.0.1:" + arguments.text("port") + "\r\n";
  out += "Authorization: Bearer " + arguments.text("key", "none") + "\r\n";
  for (const std::string& header : arguments.all("header")) out += header + "\r\n";
  out += "Content-Type: application/json\r\nAccept: application/json\r\nUser-Agent: OpenAI/Python 1.99.0\r\n";
  out += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  return out + body;
}

Settings read_settings(const Arguments& arguments) {
  Settings settings;
  settings.address.sin_family = AF_INET;
  settings.address.sin_port = htons(static_cast<std::uint16_t>(arguments.number("port", 0)));
  settings.address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  settings.request = make_request(arguments);
  settings.stream = arguments.has("stream");
  settings.exact = arguments.has("exact");
  settings.connections = arguments.number("connections", 1);
  settings.warmup_ns = static_cast<std::uint64_t>(arguments.number("warmup-ms", 200)) * kMilli;
  settings.window_ns = static_cast<std::uint64_t>(arguments.number("window-ms", 1000)) * kMilli;
  settings.drain_ns = static_cast<std::uint64_t>(arguments.number("drain-ms", 5000)) * kMilli;
  settings.proxies = pids_of(arguments, "proxy-pid");
  settings.upstreams = pids_of(arguments, "upstream-pid");
  settings.proxy_core = static_cast<int>(arguments.number("proxy-core", -1));
  settings.load_core = static_cast<int>(arguments.number("load-core", -1));
  return settings;
}

}  // namespace
}  // namespace ostiary::bench

int main(int argc, char** argv) {
  using namespace ostiary::bench;
  const Arguments arguments(argc, argv);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  Load load(read_settings(arguments));
  load.run();
  load.print();
  return 0;
}
