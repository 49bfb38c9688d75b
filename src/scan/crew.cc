#include "scan/impl/crew.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace ostiary::scan {

Crew::Crew(const Options& options) {
  const auto count = std::max(1U, options.threads ? options.threads : std::thread::hardware_concurrency());
  for (unsigned i = 0; i < count; ++i) examiners_.push_back(std::make_unique<Examiner>(options));
  for (auto& examiner : examiners_) threads_.emplace_back([this, &examiner] { work(*examiner); });
}

Crew::~Crew() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
    waiting_.clear();
  }
  more_.notify_all();
}

void Crew::note(std::vector<files::Partial> partial) {
  std::ranges::move(partial, std::back_inserter(noted_));
}

void Crew::give(std::string path, files::Content content, std::uint64_t whole) {
  batch_bytes_ += content.bytes().size();
  batch_.push_back({std::move(path), std::move(content), whole});
  if (batch_.size() >= kBatch || batch_bytes_ >= kMostWaiting / 8) hand_over();
}

void Crew::hand_over() {
  if (batch_.empty()) return;
  std::unique_lock lock(mutex_);
  less_.wait(lock, [&] { return waiting_bytes_ < kMostWaiting; });
  waiting_bytes_ += batch_bytes_;
  waiting_.push_back(std::exchange(batch_, {}));
  batch_bytes_ = 0;
  lock.unlock();
  more_.notify_one();
}

void Crew::work(Examiner& examiner) {
  for (;;) {
    std::vector<Job> jobs;
    {
      std::unique_lock lock(mutex_);
      more_.wait(lock, [&] { return over_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      jobs = std::move(waiting_.front());
      waiting_.pop_front();
    }
    std::uint64_t bytes = 0;
    for (const auto& job : jobs) {
      bytes += job.content.bytes().size();
      examiner.take(job.path, job.content.bytes(),
                    std::max<std::uint64_t>(job.whole, job.content.bytes().size()));
      if (job.content.changed())
        examiner.found().partial.push_back(
            {job.path, files::Why::unreadable, "it changed while it was read"});
    }
    {
      const std::lock_guard lock(mutex_);
      waiting_bytes_ -= bytes;
    }
    less_.notify_one();
  }
}

Found Crew::finish() {
  hand_over();
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  more_.notify_all();
  threads_.clear();  // joins
  Found all;
  all.partial = std::move(noted_);
  for (auto& examiner : examiners_) all.join(std::move(examiner->found()));
  return all;
}

}  // namespace ostiary::scan
