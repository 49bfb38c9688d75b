#pragma once

#include <atomic>
#include <cstddef>

namespace ostiary::files {

// Memory of a file that another program may cut meanwhile. Reading beyond the file's end would end the
// process (SIGBUS): a handler, installed with the first of them, puts zeros over what is gone and sets
// `changed`. What is not ours goes to the handler that was there before.
struct Guarded {
  std::atomic<const char*> start = nullptr;  // nullptr: free
  std::atomic<const char*> end = nullptr;
  std::atomic<bool> changed = false;
};

// Guards [start, start + size), which begins at a page; nullptr: too many are guarded. Thread-safe.
Guarded* guard(const char* start, std::size_t size);
// Before it is unmapped.
void release(Guarded* guarded);

}  // namespace ostiary::files
