#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "net/loop.h"

namespace ostiary::gateway {

class Recording;

// A service that answers from a file of recorded exchanges, so that the product can be tried, tested and
// demonstrated with no key and no network. It speaks HTTP over a socket pair within the process: to the rest
// of the gate it is a service like any other. Immutable; shared by loops.
class Replay {
 public:
  // `file`: the recording; empty: the one shipped in the program. `speed`: 0 answers at once, 1 with the
  // recorded timing, 2 twice as fast.
  static Result<std::shared_ptr<const Replay>> load(const std::string& file, double speed);
  ~Replay();

  // A connection to the service, served on `loop` until the other end closes it.
  Result<Fd> open(net::Loop& loop) const;
  const std::vector<std::string>& models() const;  // that the recording holds, sorted

 private:
  Replay();
  std::shared_ptr<const Recording> recording_;
  double speed_ = 0;
};

}  // namespace ostiary::gateway
