#include "base/result.h"

#include <cerrno>
#include <cstring>

namespace ostiary {

std::unexpected<Error> fail_errno(std::string_view what, std::string_view where, int error_number) {
  Code code = Code::io;
  if (error_number == ENOENT) code = Code::not_found;
  if (error_number == EEXIST) code = Code::exists;
  if (error_number == EACCES || error_number == EPERM) code = Code::denied;
  return fail(code, "cannot " + std::string(what) + ": " + std::strerror(error_number), std::string(where));
}

}  // namespace ostiary
