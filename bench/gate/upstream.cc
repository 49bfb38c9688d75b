// The instant service behind every contender: one thread, one epoll set, canned answers.
//
// A request whose body asks for a stream is answered by 50 events. The first goes out with
// the head, at once; the others in rounds: one event to each active stream, each with a
// write of its own, then a pause of `--spacing-us` times the number of active streams (at
// least `--min-round-us`), so that the offered rate is the same for 1 stream as for 256 and
// a gateway sees the events one by one. With `--spacing-us 0 --min-round-us 0` the rounds
// follow each other at once.

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <unordered_map>
#include <vector>

#include "answers.h"
#include "arguments.h"
#include "http_reader.h"

namespace ostiary::bench {
namespace {

constexpr std::size_t kReadSize = 128UL * 1024;
constexpr std::size_t kSearched =
    512;  ///< bytes at either end of a body in which `"stream":true` is looked for
constexpr std::size_t kNotActive = static_cast<std::size_t>(-1);

struct Client {
  int fd = -1;
  HttpReader reader;
  std::string body_start;
  std::string body_end;
  std::size_t piece = 0;            ///< next piece of the streamed answer
  std::string unsent;               ///< what a full socket did not take
  std::size_t active = kNotActive;  ///< place in the list of active clients
};

bool asks_for_stream(std::string_view text) {
  return text.find("\"stream\":true") != std::string_view::npos ||
         text.find("\"stream\": true") != std::string_view::npos;
}

// Keeps the first and the last bytes of a body: gateways that write bodies anew move members.
void note_body(Client& client, std::string_view piece) {
  const std::size_t missing = kSearched - client.body_start.size();
  client.body_start.append(piece.substr(0, missing));
  if (piece.size() <= missing) return;
  if (piece.size() >= kSearched) {
    client.body_end.assign(piece.substr(piece.size() - kSearched));
    return;
  }
  client.body_end.append(piece);
  if (client.body_end.size() > kSearched) client.body_end.erase(0, client.body_end.size() - kSearched);
}

class Upstream {
 public:
  Upstream(std::uint64_t spacing_ns, std::uint64_t min_round_ns)
      : spacing_ns_(spacing_ns), min_round_ns_(min_round_ns), pieces_(stream_answer()), buffer_(kReadSize) {}

  /// Binds a loopback port (0: any) and returns it.
  int listen_on(int port);

  /// Serves until the process is ended.
  [[noreturn]] void run();

 private:
  void accept_all();
  void read_from(Client& client);
  void answer(Client& client);
  void write(Client& client, std::string_view bytes);
  void send_round();
  void send_next_piece(Client& client);
  void activate(Client& client);
  void deactivate(Client& client);
  void drop(Client& client);
  int wait(std::array<epoll_event, 512>& events);

  std::uint64_t spacing_ns_;
  std::uint64_t min_round_ns_;
  std::uint64_t next_round_ = 0;
  std::vector<StreamPiece> pieces_;
  std::vector<char> buffer_;
  std::vector<Client*> active_;
  std::unordered_map<int, std::unique_ptr<Client>> clients_;
  int listener_ = -1;
  int epoll_ = epoll_create1(EPOLL_CLOEXEC);
};

int Upstream::listen_on(int port) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      listen(listener_, 1024) != 0) {
    std::perror("gate_upstream: listen");
    std::exit(3);
  }
  socklen_t size = sizeof address;
  getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};
  epoll_ctl(epoll_, EPOLL_CTL_ADD, listener_, &event);
  return ntohs(address.sin_port);
}

void Upstream::run() {
  std::array<epoll_event, 512> events{};
  for (;;) {
    const int count = wait(events);
    for (int i = 0; i < count; ++i) {
      auto* client = static_cast<Client*>(events[static_cast<std::size_t>(i)].data.ptr);
      if (client == nullptr) {
        accept_all();
      } else {
        read_from(*client);
      }
    }
    if (!active_.empty() && now_ns() >= next_round_) send_round();
  }
}

int Upstream::wait(std::array<epoll_event, 512>& events) {
  timespec pause{};
  if (!active_.empty()) {
    const std::uint64_t now = now_ns();
    pause.tv_nsec = static_cast<long>(next_round_ > now ? next_round_ - now : 0);
  }
  const int count = epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()),
                                 active_.empty() ? nullptr : &pause, nullptr);
  if (count < 0 && errno != EINTR) {
    std::perror("gate_upstream: epoll");
    std::exit(3);
  }
  return count;
}

void Upstream::accept_all() {
  for (;;) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto client = std::make_unique<Client>();
    client->fd = fd;
    epoll_event event{.events = EPOLLIN, .data = {.ptr = client.get()}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
    clients_[fd] = std::move(client);
  }
}

void Upstream::read_from(Client& client) {
  const ssize_t got = recv(client.fd, buffer_.data(), buffer_.size(), 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) return drop(client);
  std::string_view bytes(buffer_.data(), static_cast<std::size_t>(got));
  while (!bytes.empty()) {
    const std::size_t taken =
        client.reader.feed(bytes, [&](std::string_view piece) { note_body(client, piece); });
    bytes.remove_prefix(taken);
    if (client.reader.bad()) return drop(client);
    if (!client.reader.done()) return;
    answer(client);
    if (client.reader.closes() && client.active == kNotActive) return drop(client);
    client.body_start.clear();
    client.body_end.clear();
    client.reader.reset();
  }
}

void Upstream::answer(Client& client) {
  if (client.reader.is_get()) return write(client, models_answer());
  const bool stream = asks_for_stream(client.body_start) || asks_for_stream(client.body_end);
  if (!stream) return write(client, json_answer());
  client.piece = 0;
  if (active_.empty()) next_round_ = now_ns() + std::max(min_round_ns_, spacing_ns_);
  activate(client);
  send_next_piece(client);
}

// Sends as much as the socket takes; the rest waits for the next round.
void Upstream::write(Client& client, std::string_view bytes) {
  if (!client.unsent.empty()) {
    client.unsent.append(bytes);
    return;
  }
  const ssize_t sent = send(client.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  const std::size_t done = sent > 0 ? static_cast<std::size_t>(sent) : 0;
  if (done == bytes.size()) return;
  client.unsent.assign(bytes.substr(done));
  if (client.active == kNotActive) {
    client.piece = pieces_.size();
    activate(client);
  }
}

void Upstream::send_round() {
  // A client that has been served drops out by trading places with the last one.
  for (std::size_t i = active_.size(); i-- > 0;) {
    Client& client = *active_[i];
    if (!client.unsent.empty()) {
      const std::string unsent = std::move(client.unsent);
      client.unsent.clear();
      write(client, unsent);
    }
    if (!client.unsent.empty()) continue;
    if (client.piece < pieces_.size()) send_next_piece(client);
    if (client.piece == pieces_.size() && client.unsent.empty()) deactivate(client);
  }
  const std::uint64_t round = std::max(min_round_ns_, spacing_ns_ * active_.size());
  next_round_ = std::max(next_round_ + round, now_ns());
}

void Upstream::send_next_piece(Client& client) {
  StreamPiece& piece = pieces_[client.piece++];
  if (piece.stamp != 0) write_stamp(piece.bytes.data() + piece.stamp, now_ns());
  write(client, piece.bytes);
}

void Upstream::activate(Client& client) {
  if (client.active != kNotActive) return;
  client.active = active_.size();
  active_.push_back(&client);
}

void Upstream::deactivate(Client& client) {
  if (client.active == kNotActive) return;
  active_[client.active] = active_.back();
  active_[client.active]->active = client.active;
  active_.pop_back();
  client.active = kNotActive;
}

void Upstream::drop(Client& client) {
  deactivate(client);
  close(client.fd);
  clients_.erase(client.fd);
}

int serve(int argc, char** argv) {
  const Arguments arguments(argc, argv);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  prctl(PR_SET_TIMERSLACK, 1UL);
  Upstream upstream(static_cast<std::uint64_t>(arguments.number("spacing-us", 25)) * 1000,
                    static_cast<std::uint64_t>(arguments.number("min-round-us", 400)) * 1000);
  const int port = upstream.listen_on(static_cast<int>(arguments.number("port", 0)));
  std::printf("{\"port\":%d}\n", port);
  std::fflush(stdout);
  upstream.run();
}

}  // namespace
}  // namespace ostiary::bench

int main(int argc, char** argv) {
  return ostiary::bench::serve(argc, argv);
}
