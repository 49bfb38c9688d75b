#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "app/control_client.h"
#include "base/result.h"
#include "console/backing.h"

namespace ostiary::app {

// The API of a data folder: of the gate that runs on it, by its control socket, or of the folder itself where
// none runs.
class FolderApi {
 public:
  enum class For : std::uint8_t {
    looking,   // the folder must be there
    changing,  // likewise
    making     // it may have to be made
  };
  static Result<FolderApi> open(const std::string& data_folder, For what);
  FolderApi(FolderApi&&) noexcept;
  ~FolderApi();

  // The body of a good answer; otherwise the Error that it tells.
  Result<std::string> call(std::string_view method, std::string_view path, std::string_view body = {});

 private:
  FolderApi();
  struct Own;
  std::optional<ControlClient> gate_;
  std::unique_ptr<Own> own_;
};

console::Facts facts();  // of this build

}  // namespace ostiary::app
