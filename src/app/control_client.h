#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/result.h"

namespace ostiary::app {

// A caller of DATA/control.sock: what the command line changes goes through the gate that holds the data
// folder. HTTP/1.1, one connection a request, blocking.
class ControlClient {
 public:
  // Nothing where no gate answers on the folder.
  static Result<std::optional<ControlClient>> find(const std::string& data_folder);

  // How long an answer may take; ten seconds unless said.
  void be_patient(std::int64_t seconds) { patience_seconds_ = seconds; }
  // The body of a good answer; otherwise the Error that {"error": {"message", "code"}} tells.
  Result<std::string> call(std::string_view method, std::string_view path, std::string_view body = {});

 private:
  ControlClient(Fd folder, std::string where) : folder_(std::move(folder)), where_(std::move(where)) {}
  Result<Fd> connect() const;
  Fd folder_;  // O_PATH: the socket is reached through it, so that long paths fit into a socket address
  std::string where_;  // for errors
  std::int64_t patience_seconds_ = 10;
};

// Reads an answer's head and body once all bytes are there. Nothing: it is no HTTP answer.
struct ControlAnswer {
  int status = 0;
  std::string_view body;
};
std::optional<ControlAnswer> parse_answer(std::string_view bytes);
// The body of a good answer of the API; otherwise the Error that it tells.
Result<std::string> result_of(const ControlAnswer& answer);

}  // namespace ostiary::app
