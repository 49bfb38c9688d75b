#pragma once

#include <cstdint>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "base/secret.h"
#include "gateway/settings.h"

namespace ostiary::gateway {

// A credential command that runs longer is ended, with all that it started.
inline constexpr std::uint64_t kCommandLimitMs = 30'000;

// What a source gives now, without blanks around it; empty where it gives none of its own. Blocks. Errors say
// what is wrong with which source, never its value. `where` names whose it is.
//
// A command is run by /bin/sh with nothing to read, in the gate's environment but for OSTIARY_*, with no
// descriptor of the gate's; what it says on stderr goes to the gate's. It is ended, and the reading fails
// with `closed`, soon after `stop` asks for that.
Result<std::string> read_credential(const CredentialSource& source, const std::string& where,
                                    std::uint64_t command_limit_ms = kCommandLimitMs,
                                    const std::stop_token& stop = {});

// What tells whether a file is the one that was read: another one in its place, or other content.
struct FileStamp {
  std::uint64_t device = 0, inode = 0;
  std::int64_t modified_ns = 0, size = -1;
  bool operator==(const FileStamp&) const = default;
  static FileStamp of(const std::string& path);  // follows links; a default one where there is no file
};

}  // namespace ostiary::gateway
