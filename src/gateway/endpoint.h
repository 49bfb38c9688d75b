#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ostiary::gateway {

// How the end of a stream is told (an upstream that stops without it was cut).
enum class EndMarker : std::uint8_t { none, done_word, response_event };

// Characters of a stored response's id: [A-Za-z0-9_-]. Longer ones are not served.
inline constexpr std::size_t kMostResponseId = 256;

// One kind of request that the gate knows.
struct Endpoint {
  std::string_view name;     // "chat/completions": the word of configuration, ledger and API
  bool has_body = false;     // a JSON body is required and validated
  bool reads_model = false;  // the body names a model
  bool repeatable = false;   // asking twice changes nothing at the service: a failed try may be repeated
  EndMarker marker = EndMarker::none;
};

// What a request's method and path under /v1 ask for.
struct Asked {
  enum class Found : std::uint8_t { yes, no_path, no_method };
  Found found = Found::no_path;
  Endpoint endpoint;
  std::string_view path;         // behind /v1, with leading slash
  std::string_view response_id;  // of /v1/responses/{id}…
  std::string_view model_id;     // of /v1/models/{id}
  std::string_view allow;        // methods, where the method is wrong
};

// `path` without a key prefix. `pass_through`: unknown paths under /v1 are passed to a service as they are.
Asked find_endpoint(std::string_view method, std::string_view path, bool pass_through);

}  // namespace ostiary::gateway
