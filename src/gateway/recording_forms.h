#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/document.h"

namespace ostiary::gateway {

// One event of a recorded stream. `data` is a JSON value; the end marker "[DONE]" is not kept.
struct RecordedEvent {
  std::uint64_t after_ms = 0;  // since the event before it, or since the request
  std::string data;
};

// The events that a service would stream for an answer recorded whole, for chat/completions, completions and
// responses; none for other endpoints. Text comes word by word, a usage event stands last but for responses,
// and `after_ms` is spread over the events. Identifiers, times and the model are left for the player to set.
std::vector<RecordedEvent> stream_of(std::string_view endpoint, const json::Document& body,
                                     std::uint64_t after_ms);

// The whole answer that a recorded stream amounts to. Errors: invalid, where an event is not of the endpoint
// or a stream of responses has no last event.
Result<std::string> body_of(std::string_view endpoint, const std::vector<RecordedEvent>& events);

// A text cut behind each run of blanks: the pieces in which generated streams bring it.
std::vector<std::string_view> words_with_blanks(std::string_view text);

}  // namespace ostiary::gateway
