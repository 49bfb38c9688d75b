#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace ostiary::gateway {

// The address that a client's connections are counted by: IPv4 whole (also inside IPv6), IPv6 by its first
// 64 bits, for whoever has one of those has all.
using GuestAddress = std::array<std::uint8_t, 16>;
// Of a connected socket's peer; nothing for Unix sockets, whose clients are on this machine.
std::optional<GuestAddress> guest_address(int fd);

// The connections of clients, of all loops together. Thread-safe; asked once a connection.
class Guests {
 public:
  enum class Admission : std::uint8_t { in, full, client_full };

  // What a connection that was let in holds until it ends. The Guests outlive it.
  class Place {
   public:
    Place() = default;
    Place(Place&& other) noexcept
        : guests_(std::exchange(other.guests_, nullptr)), address_(other.address_) {}
    Place& operator=(Place&& other) noexcept;
    ~Place() { give_back(); }

   private:
    friend class Guests;
    void give_back();
    Guests* guests_ = nullptr;
    std::optional<GuestAddress> address_;  // nothing: not counted for a client
  };

  // Lets the connection `fd` in while there are fewer than `most`, and fewer than `most_per_client` from its
  // address. 0 of those: as many as come, which are not counted for their client either.
  Admission enter(int fd, std::uint32_t most, std::uint32_t most_per_client, Place& place);
  std::uint32_t count() const { return all_.load(std::memory_order_relaxed); }

 private:
  bool enter_client(const GuestAddress& address, std::uint32_t most);
  std::atomic<std::uint32_t> all_{0};
  std::mutex mutex_;
  std::map<GuestAddress, std::uint32_t> clients_;  // under mutex_; none with 0
};

}  // namespace ostiary::gateway
