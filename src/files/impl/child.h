#pragma once

#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

#include "base/file.h"
#include "base/result.h"

namespace ostiary::files {

// A child process whose output is read here. It is killed when the object goes; what it says on stderr is
// kept, up to a few KiB, for errors.
class Child {
 public:
  enum class Input : std::uint8_t { nothing, ours };

  // `program` is looked up on the PATH; `not_found` when it is not there. `environment` is all that the child
  // gets. `silence_ms`: how long the child may take for its next byte before reading fails with `timeout`.
  static Result<Child> start(const std::vector<std::string>& arguments,
                             const std::vector<std::string>& environment, Input input, int silence_ms);
  // The same, with its input from `previous`'s output, which is read by nobody else then.
  static Result<Child> start_behind(Child& previous, const std::vector<std::string>& arguments,
                                    const std::vector<std::string>& environment, int silence_ms);
  Child(Child&& other) noexcept;
  Child& operator=(Child&& other) noexcept;
  ~Child();

  Result<> write(std::string_view bytes);
  // Up to and without the next `end`, which is consumed. `closed` at the end of the output; `too_large` over
  // `limit`.
  Result<std::string> read_until(char end, std::size_t limit = 1u << 20);
  // Passes over everything up to and with the next `end`; at most `keep` bytes of it are given.
  Result<std::string> read_start_until(char end, std::size_t keep);
  Result<> read_exactly(std::size_t size, std::string& out);  // appends
  // True when the output has ended.
  Result<bool> at_end();
  std::string buffered();  // what has come and was not read yet
  // Waits for its end; the exit code, or 128 + signal.
  int wait();
  std::string errors() const;  // stderr so far, its first 4 KiB

 private:
  Child() = default;
  static Result<Child> spawn(const std::vector<std::string>& arguments,
                             const std::vector<std::string>& environment, int input, int silence_ms);
  Result<bool> fill();  // false: the end

  pid_t pid_ = -1;
  Fd input_, output_, errors_;
  std::string buffer_;
  std::size_t at_ = 0;
  int silence_ms_ = 0;
  int exit_ = -1;
};

}  // namespace ostiary::files
