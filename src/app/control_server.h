#pragma once

#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "base/result.h"
#include "gateway/side_door.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/owed.h"
#include "net/stream.h"
#include "net/task.h"

namespace ostiary::app {

// DATA/control.sock (mode 0600): the same API for whoever may open it, with every right. One request a
// connection.
class ControlServer {
 public:
  // `door` outlives it.
  static Result<std::unique_ptr<ControlServer>> start(const std::string& data_folder,
                                                      gateway::SideDoor& door);
  ~ControlServer();

 private:
  explicit ControlServer(gateway::SideDoor& door) : door_(door) {}
  net::Task<void> serve(net::Stream stream);
  enum class Read : std::uint8_t { whole, too_large, broken };
  net::Task<Read> read_request(net::Stream& stream, net::Deadline& deadline, gateway::SideRequest& request);
  // What the door owes to whoever is at the other end; nothing: they left, or the server stops.
  net::Task<std::optional<gateway::SideAnswer>> await(net::Stream& stream,
                                                      std::shared_ptr<net::Owed<gateway::SideAnswer>> owed);
  net::Task<void> send(net::Stream& stream, net::Deadline& deadline, const gateway::SideAnswer& answer);

  gateway::SideDoor& door_;
  std::unique_ptr<net::Loop> loop_;
  std::unique_ptr<net::Listener> listener_;
  std::thread thread_;
};

}  // namespace ostiary::app
