#pragma once

#include <functional>
#include <sys/types.h>
#include <vector>

#include "base/result.h"
#include "net/bind.h"

namespace ostiary::app {

// The sockets that a service manager hands to process `self`, as sd_listen_fds(3) has it: LISTEN_FDS of them
// from descriptor 3 on, where LISTEN_PID is `self`. None: nothing was handed over. No child of this process
// inherits them. Errors name the socket by LISTEN_FDNAMES. `get` is std::getenv in the program.
Result<std::vector<net::Bound>> inherited_sockets(const std::function<const char*(const char*)>& get,
                                                  pid_t self, int first = 3);

}  // namespace ostiary::app
