#include "net/pool.h"

#include <algorithm>

namespace ostiary::net {

Pool::Pool(Loop& loop, Settings settings) : loop_(loop), settings_(std::move(settings)) {}
Pool::~Pool() = default;

std::optional<Pool::Lease> Pool::take_idle() {
  const MonoNs oldest = loop_.now() - static_cast<MonoNs>(settings_.idle_ms) * 1'000'000;
  while (!idle_.empty() && (idle_.front().since < oldest || !idle_.front().stream.quiet()))
    idle_.erase(idle_.begin());
  while (!idle_.empty()) {
    Stream stream = std::move(idle_.back().stream);
    idle_.pop_back();
    if (stream.quiet()) return Lease{std::move(stream), true};
  }
  return std::nullopt;
}

Task<Result<Pool::Lease>> Pool::open(Deadline& deadline, Watch* abandon) {
  if (settings_.open) {
    auto fd = settings_.open(loop_);
    if (!fd) co_return std::unexpected<Error>(fd.error());
    auto stream = Stream::adopt(loop_, std::move(*fd));
    if (!stream) co_return std::unexpected<Error>(stream.error());
    co_return Lease{std::move(*stream), false};
  }
  Address address{settings_.url.host, settings_.url.port, false};
  auto stream = co_await connect(loop_, std::move(address), deadline, abandon);
  if (!stream) co_return std::unexpected<Error>(stream.error());
  if (settings_.url.tls) {
    if (!tls_) {
      auto created = TlsClient::create(
          settings_.ca_file, settings_.server_name.empty() ? settings_.url.host : settings_.server_name);
      if (!created) co_return std::unexpected<Error>(created.error());
      tls_ = std::move(*created);
    }
    auto shaken = co_await tls_->handshake(*stream, deadline, abandon);
    if (!shaken) co_return std::unexpected<Error>(shaken.error());
  }
  co_return Lease{std::move(*stream), false};
}

void Pool::give_back(Stream stream) {
  if (stream.quiet() && idle_.size() < settings_.max_idle) idle_.push_back({std::move(stream), loop_.now()});
}

}  // namespace ostiary::net
