#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "base/time.h"
#include "gateway/admission.h"
#include "gateway/breaker.h"
#include "gateway/credential.h"
#include "gateway/replay.h"
#include "gateway/settings.h"
#include "net/http.h"

namespace ostiary::gateway {

// A configured way to reach models, ready for use, shared by loops. Its settings never change; its credential
// and what is known of its state guard themselves.
class Service : public std::enable_shared_from_this<Service> {
 public:
  // Errors: a bad URL, a credential that cannot be read (named by its source, never by its value).
  // A credential command is ended where `stop` asks for that (`closed`).
  static Result<std::shared_ptr<Service>> create(ServiceSettings settings, const std::stop_token& stop = {});

  const ServiceSettings& settings() const { return settings_; }
  const std::string& id() const { return settings_.id; }
  std::size_t slot() const { return slot_; }        // no other service of this process has it
  std::uint64_t spread() const { return spread_; }  // hash of the id, for balancing
  const net::Url& url() const { return url_; }
  const Replay* replay() const { return replay_.get(); }

  // The name by which this service knows `model`, or nothing when it does not offer it.
  std::optional<std::string> upstream_name(std::string_view model) const;
  bool offers(std::string_view endpoint) const;

  // Path and query of a request to the service: base path, `path` (behind /v1), its own query parameters.
  std::string target(std::string_view path, std::string_view query, std::string_view upstream_model) const;

  // "Bearer …" or the bare key, ready for credential_header; empty: none. Thread-safe.
  std::shared_ptr<const Secret> credential() const;
  // Reads a file or command credential again (after a 401). True when the value changed. Blocks: not on a
  // loop.
  bool refresh_credential() const;
  // The same, with what was wrong where it cannot be read; the one before stays.
  Result<bool> reread_credential(const std::stop_token& stop = {}) const;
  // Reads it again where its file is not the one that was read. Blocks, for one thread.
  void notice_change() const;
  bool can_refresh() const;
  // The same on a thread of its own, once for all who ask meanwhile, then calls each `done`; at once where it
  // was found unchanged within the last five seconds. Thread-safe.
  void refresh_soon(std::function<void()> done) const;

  // What the exchanges of all loops share of it. Thread-safe.
  Breaker& breaker() const { return breaker_; }
  Pressure& pressure() const { return pressure_; }
  Admission& admission() const { return admission_; }
  // The same as numbers, for metrics and the API.
  struct State {
    Breaker::State breaker = Breaker::State::closed;
    std::string reason;                         // of the breaker; empty where it is closed
    std::uint64_t rests_ms = 0;                 // until somebody may ask it again
    std::uint64_t pressed_ms = 0;               // the same, for a model that it has had too much of
    std::uint32_t outstanding = 0, queued = 0;  // exchanges under way, and waiting for it
  };
  State state() const;

 private:
  explicit Service(ServiceSettings settings);
  Result<Secret> read_credential(const std::stop_token& stop) const;
  void end_refresh(bool changed) const;
  ServiceSettings settings_;
  mutable Breaker breaker_;
  mutable Pressure pressure_;
  mutable Admission admission_;
  std::size_t slot_ = 0;
  std::uint64_t spread_ = 0;
  net::Url url_;
  std::shared_ptr<const Replay> replay_;
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const Secret> credential_;
  mutable FileStamp stamp_;       // of the file that was read
  mutable FileStamp complained_;  // of one that could not be read, so that it is said once
  mutable std::vector<std::function<void()>> refreshing_;  // who waits for the thread that reads it
  mutable MonoNs unchanged_at_ = 0;                        // when it was last found unchanged; 0: never
};

// Percent-encodes what may not stand in a path segment or query (RFC 3986).
std::string percent_encode(std::string_view s);
// The reverse; what is no valid escape stays as it is.
std::string percent_decode(std::string_view s);

}  // namespace ostiary::gateway
