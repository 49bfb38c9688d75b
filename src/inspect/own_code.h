#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ostiary::inspect {

// Bytes [start, end) of a text that stand in the organisation's code too.
struct OwnSpan {
  std::uint64_t start = 0, end = 0;
  std::uint32_t tokens = 0;        // that are the same but for names, strings and numbers
  std::uint32_t exact_tokens = 0;  // of those, the same
  std::string repository, path;
  std::uint32_t first_line = 0, last_line = 0;  // there, from 1
};

// Knows the organisation's code. For any number of threads.
class OwnCode {
 public:
  virtual ~OwnCode() = default;
  // By start, none within another. Time and memory are linear in the text.
  virtual std::vector<OwnSpan> find(std::string_view text) const = 0;
};

// Fingerprints of code in a file that OwnCodeWriter wrote. `corrupt` where it is damaged or no such file,
// `newer` where a newer version wrote it.
Result<std::shared_ptr<const OwnCode>> open_own_code(const std::string& path);

// Learns repositories and writes them into one file. What it writes is the same for the same code, learned
// in the same order with the same key. One thread at a time.
class OwnCodeWriter {
 public:
  struct Summary {
    std::uint64_t files = 0, fingerprints = 0;         // of the whole file
    std::uint64_t learned = 0, kept = 0, dropped = 0;  // files: new or changed; as they were; that went away
  };
  // What stands in `path` stays, and its key; where there is no such file a key is made. Errors as those of
  // open_own_code.
  static Result<OwnCodeWriter> open(const std::string& path);
  OwnCodeWriter(OwnCodeWriter&&) noexcept;
  ~OwnCodeWriter();

  // What is learned from now on is of that repository; what the file had of it and is not learned again goes
  // away.
  void begin(std::string_view repository);
  // A file of the repository. One that stands elsewhere, byte for byte, is told of there.
  void learn(std::string_view path, std::string_view bytes);
  // Writes the file, whole or not at all, mode 0600.
  Result<Summary> finish();

 private:
  struct Impl;
  explicit OwnCodeWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ostiary::inspect
