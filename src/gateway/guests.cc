#include "gateway/guests.h"

#include <cstring>
#include <netinet/in.h>
#include <sys/socket.h>

namespace ostiary::gateway {

std::optional<GuestAddress> guest_address(int fd) {
  constexpr std::size_t network = 8;  // bytes of an IPv6 address that name it
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) != 0) return std::nullopt;
  GuestAddress address{};
  if (peer.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(peer).sin_addr;
    address[10] = address[11] = 0xff;  // as IPv6 writes it (RFC 4291, 2.5.5.2)
    std::memcpy(address.data() + 12, &v4, sizeof v4);
    return address;
  }
  if (peer.ss_family != AF_INET6) return std::nullopt;
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(peer).sin6_addr;
  std::memcpy(address.data(), &v6, IN6_IS_ADDR_V4MAPPED(&v6) ? address.size() : network);
  return address;
}

Guests::Place& Guests::Place::operator=(Place&& other) noexcept {
  if (this == &other) return *this;
  give_back();
  guests_ = std::exchange(other.guests_, nullptr);
  address_ = other.address_;
  return *this;
}

void Guests::Place::give_back() {
  auto* const guests = std::exchange(guests_, nullptr);
  if (!guests) return;
  guests->all_.fetch_sub(1, std::memory_order_relaxed);
  if (!address_) return;
  const std::lock_guard lock(guests->mutex_);
  const auto client = guests->clients_.find(*address_);
  if (client != guests->clients_.end() && --client->second == 0) guests->clients_.erase(client);
}

bool Guests::enter_client(const GuestAddress& address, std::uint32_t most) {
  const std::lock_guard lock(mutex_);
  const auto client = clients_.try_emplace(address, 0).first;
  if (client->second >= most) return false;
  ++client->second;
  return true;
}

Guests::Admission Guests::enter(int fd, std::uint32_t most, std::uint32_t most_per_client, Place& place) {
  if (all_.fetch_add(1, std::memory_order_relaxed) >= most) {
    all_.fetch_sub(1, std::memory_order_relaxed);
    return Admission::full;
  }
  const auto address = most_per_client > 0 ? guest_address(fd) : std::nullopt;
  if (address && !enter_client(*address, most_per_client)) {
    all_.fetch_sub(1, std::memory_order_relaxed);
    return Admission::client_full;
  }
  Place taken;
  taken.guests_ = this;
  taken.address_ = address;
  place = std::move(taken);
  return Admission::in;
}

}  // namespace ostiary::gateway
