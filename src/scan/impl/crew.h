#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "files/content.h"
#include "scan/impl/examine.h"

namespace ostiary::scan {

// Threads that examine files while the caller reads the next ones. What waits is bounded in bytes.
class Crew {
 public:
  explicit Crew(const Options& options);
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;
  ~Crew();

  // Waits while too much is waiting.
  // `whole`: the file's size where the content is only its beginning.
  void give(std::string path, files::Content content, std::uint64_t whole = 0);
  // What the calling thread found out itself.
  void note(std::vector<files::Partial> partial);
  // All that was found, after the last file. To be called once.
  Found finish();

 private:
  struct Job {
    std::string path;
    files::Content content;
    std::uint64_t whole = 0;
  };
  void work(Examiner& examiner);

  static constexpr std::uint64_t kMostWaiting = 32ULL << 20;
  static constexpr std::size_t kBatch = 32;  // files handed over at once

  std::mutex mutex_;
  std::condition_variable more_, less_;
  std::deque<std::vector<Job>> waiting_;
  std::vector<Job> batch_;
  std::uint64_t batch_bytes_ = 0, waiting_bytes_ = 0;
  bool over_ = false;
  std::vector<files::Partial> noted_;
  std::vector<std::unique_ptr<Examiner>> examiners_;
  std::vector<std::jthread> threads_;

  void hand_over();
};

}  // namespace ostiary::scan
