#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "json/sse.h"

namespace ostiary::gateway {

// An event of an answer's stream as its bytes say it, and the JSON that it stands for.
struct EventBytes {
  enum class Form : std::uint8_t {
    json,   // an event of a stream of server-sent events whose data is JSON
    words,  // one whose data is something else: a JSON string of it
    line    // a line that is JSON (application/x-ndjson), with its end
  };
  std::string_view bytes;  // with the empty line or the line's end
  Form form = Form::json;
  std::string_view type;  // of its `event:` line
};

// The event with what other JSON stands for; all else of it stays as it is. `json` comes from the event's own
// with values changed: that of words must be a string.
std::string with_json(const EventBytes& event, std::string_view json);

}  // namespace ostiary::gateway
