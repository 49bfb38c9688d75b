#pragma once

#include <cstddef>

namespace ostiary::net {

// Memory of coroutine frames and of what lives as long as an exchange: freed blocks are kept by size for the
// same thread, because one exchange needs about ten of them and the next one the same. Falls back to operator
// new for large blocks, and always under a sanitizer, which then sees every misuse.
void* take_frame(std::size_t bytes);
void give_frame(void* block, std::size_t bytes) noexcept;

}  // namespace ostiary::net
