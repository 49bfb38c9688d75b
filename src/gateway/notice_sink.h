#pragma once

#include <string>

namespace ostiary::gateway {

// Who carries out the obligation `notify: NAME`. Whoever wires one says in policy/obligations.cc that it is
// carried out.
class NoticeSink {
 public:
  virtual ~NoticeSink() = default;
  // The webhook of that name is to be told of an exchange: `json` is one canonical object {"at", "decision",
  // "exchange", "model", "service", "subject", "team"} without any text of a request. Called on loops: takes
  // it over without blocking, and drops it with a line in the log where it can't. Thread-safe.
  virtual void notify(std::string webhook, std::string json) = 0;
};

}  // namespace ostiary::gateway
