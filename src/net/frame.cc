#include "net/frame.h"

#include <array>
#include <new>

namespace ostiary::net {

namespace {

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define OSTIARY_NO_FRAME_CACHE 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define OSTIARY_NO_FRAME_CACHE 1
#endif

#ifdef OSTIARY_NO_FRAME_CACHE
constexpr std::size_t kLargest = 0;
#else
constexpr std::size_t kLargest = 8192;
#endif
constexpr std::size_t kStep = 128;
constexpr std::size_t kMostKept = 512;  // blocks of one size

struct Block {
  Block* next;
};

struct Shelf {
  Block* first = nullptr;
  std::size_t count = 0;
};

struct Shelves {
  std::array<Shelf, kLargest / kStep + 1> by_size{};
  ~Shelves() {
    for (auto& shelf : by_size) {
      while (Block* block = shelf.first) {
        shelf.first = block->next;
        ::operator delete(block);
      }
    }
  }
};

thread_local Shelves shelves;

std::size_t shelf_of(std::size_t bytes) {
  return (bytes + kStep - 1) / kStep;
}

}  // namespace

void* take_frame(std::size_t bytes) {
  if (bytes > kLargest) return ::operator new(bytes);
  auto& shelf = shelves.by_size[shelf_of(bytes)];
  if (Block* block = shelf.first) {
    shelf.first = block->next;
    --shelf.count;
    return block;
  }
  return ::operator new(shelf_of(bytes) * kStep);
}

void give_frame(void* block, std::size_t bytes) noexcept {
  auto& shelf = shelves.by_size[bytes > kLargest ? 0 : shelf_of(bytes)];
  if (bytes > kLargest || shelf.count >= kMostKept) {
    ::operator delete(block);
    return;
  }
  shelf.first = ::new (block) Block{shelf.first};
  ++shelf.count;
}

}  // namespace ostiary::net
