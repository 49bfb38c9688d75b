#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "console/operation.h"

namespace ostiary::console {

// What a method and path ask for.
struct Route {
  const Operation* operation = nullptr;
  std::vector<std::pair<std::string, std::string>> values;  // of the path's parameters, decoded
  std::string allow;                                        // where the path is known, and the method is not
};
Route find_route(std::string_view method, std::string_view path);

// A refusal, before the operation is asked.
struct Refusal {
  std::uint16_t status = 400;
  std::string code, message, pointer, parameter;
};

// Fills `call` from what was asked, held to the operation.
std::optional<Refusal> check_call(const Operation& operation, const Route& route, Call& call);

// DNS rebinding: a page of anybody's can make a browser ask this machine under a name of that page's. Only
// names that mean this machine, and those of `known`, are heard. Empty: an HTTP/1.0 client without a name.
bool is_own_host(std::string_view host, const std::vector<std::string>& known);

}  // namespace ostiary::console
