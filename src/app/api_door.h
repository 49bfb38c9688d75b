#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "app/folder_api.h"
#include "base/result.h"
#include "json/writer.h"

namespace ostiary::app {

// The API for verbs that developers and administrators use alike: of a gate over the network, with the key in
// OSTIARY_KEY, or of a data folder.
class ApiDoor {
 public:
  // `gate` empty: the folder.
  static Result<ApiDoor> open(const std::string& gate, const std::string& data_folder, FolderApi::For what);
  Result<std::string> call(std::string_view method, std::string_view path, std::string_view body = {});
  bool at_folder() const { return folder_.has_value(); }
  // The member "name": who sits at the data folder; `user`, or the account that the program runs as, whatever
  // the environment says. Nothing with a key, which says it.
  void write_name(json::Writer& w, const std::string& user = {}) const;

 private:
  std::string gate_, key_;
  std::optional<FolderApi> folder_;
};

// For a path or a query.
std::string percent_encoded(std::string_view text);

}  // namespace ostiary::app
