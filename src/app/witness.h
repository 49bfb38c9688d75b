#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace ostiary::app {

inline constexpr const char* kWitnessBranch = "ostiary-ledger";

// An outside place that keeps the ledger's checkpoints, so that whoever can write the data folder cannot take
// back what was signed. What it keeps is public: a checkpoint holds a size and a root, nothing of a record.
struct WitnessSettings {
  enum class Kind : std::uint8_t { file, git, webhook };
  Kind kind = Kind::file;
  std::string target;                   // a path, a repository's folder, a URL
  std::string branch = kWitnessBranch;  // git
  std::string remote;                   // git: pushed to after each commit; empty: not
  std::string ca_file;                  // webhook: PEM of authorities; empty: the system's
  std::uint64_t every_ms = 60'000;      // between two checkpoints

  std::string name() const;  // for people; of a URL only the origin, as its path may be a secret
  bool operator==(const WitnessSettings&) const = default;
};

// What became of the checkpoints for one witness.
struct WitnessState {
  std::string name;
  std::uint64_t delivered = 0, failed = 0;  // hand-overs since the start
  std::uint64_t size = 0;                   // records of the newest checkpoint that it has; 0: none yet
  WallMs at = 0;                            // when it got that
  std::string error;                        // why the last hand-over failed; empty: it did not
};

// Hands the newest checkpoint of a data folder to each witness, when it is due and another than before, each
// on a thread of its own: one that never answers delays nobody. What fails is said once, tried again after 1
// s, 2 s, 4 s … up to 5 min, and counted. Thread-safe.
class Witnesses {
 public:
  Witnesses(std::string data_folder, const std::vector<WitnessSettings>& settings);
  ~Witnesses();  // as finish(0)
  Witnesses(const Witnesses&) = delete;
  Witnesses& operator=(const Witnesses&) = delete;

  // Puts other witnesses in place; those that stay the same go on.
  void replace(const std::vector<WitnessSettings>& settings);
  // Hands over the last checkpoint and ends; a witness that is slower than `ms` is given up.
  void finish(std::uint64_t ms);
  std::vector<WitnessState> states() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Hands one signed note over, until the moment `until`, which may be moved nearer meanwhile. Errors say what
// to do; of a webhook's URL they hold no more than name() does.
Result<> hand_over(const WitnessSettings& witness, std::string_view note, const std::atomic<MonoNs>& until);

// Every note that a witness holds: a file (ledger/kept.h) or the branch of a git repository. `invalid` where
// there is none.
Result<std::vector<std::string>> held_notes(const std::string& witness, const std::string& branch);

}  // namespace ostiary::app
