#include "app/api_door.h"

#include <cstdlib>
#include <fmt/format.h>

#include "app/gate_client.h"
#include "app/impl/terminal.h"

namespace ostiary::app {

Result<ApiDoor> ApiDoor::open(const std::string& gate, const std::string& data_folder, FolderApi::For what) {
  ApiDoor door;
  if (gate.empty()) {
    auto api = FolderApi::open(data_folder, what);
    if (!api && api.error().code == Code::not_found)
      return fail(Code::invalid,
                  "there is no data folder here; name the gate with --gate, or the folder with --data",
                  data_folder);
    if (!api) return std::unexpected(std::move(api.error()));
    door.folder_.emplace(std::move(*api));
    return door;
  }
  const char* key = std::getenv("OSTIARY_KEY");
  if (!key || !*key) return fail(Code::invalid, "put your key into the variable OSTIARY_KEY");
  door.gate_ = gate;
  door.key_ = key;
  return door;
}

Result<std::string> ApiDoor::call(std::string_view method, std::string_view path, std::string_view body) {
  return folder_ ? folder_->call(method, path, body) : ask_gate(gate_, key_, method, path, body);
}

void ApiDoor::write_name(json::Writer& w, const std::string& user) const {
  if (at_folder()) w.member("name", user.empty() ? account_name() : user);
}

std::string percent_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                       (byte >= 'a' && byte <= 'z') || c == '-' || c == '_';
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return out;
}

}  // namespace ostiary::app
