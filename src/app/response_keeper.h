#pragma once

#include <functional>
#include <mutex>
#include <vector>

#include "console/backing.h"
#include "store/store.h"

namespace ostiary::app {

// Keeps where stored responses live, many in one transaction, without making a loop wait. Thread-safe.
class ResponseKeeper {
 public:
  // `run` does a job soon, on another thread, or says no; no job runs any more when the keeper goes.
  using Run = std::function<bool(std::function<void()>)>;
  ResponseKeeper(console::Backing& backing, Run run) : backing_(backing), run_(std::move(run)) {}
  ~ResponseKeeper() { keep(); }
  void remember(const store::StoredResponse& response);  // soon

 private:
  void keep();
  console::Backing& backing_;
  const Run run_;
  std::mutex mutex_;
  std::vector<store::StoredResponse> unkept_;
  bool asked_ = false;     // keep() will be called
  bool dropping_ = false;  // too many wait
};

}  // namespace ostiary::app
