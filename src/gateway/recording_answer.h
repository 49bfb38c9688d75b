#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/recording.h"

namespace ostiary::gateway {

// What a service of recordings answers.
struct RecordedAnswer {
  std::uint16_t status = 200;
  Likeness likeness = Likeness::none;
  std::string body;                   // JSON; empty for a stream
  std::uint64_t after_ms = 0;         // as recorded, before the body
  std::vector<RecordedEvent> events;  // of a stream: whole server-sent events with their blank lines
  bool stream = false;
};

// Answers one request. `path` without the leading "/v1/" and query. The answer names the model that was asked
// for, and its id and time are made from the request: the same request gives the same bytes.
RecordedAnswer answer_from(const Recording& recording, std::string_view method, std::string_view path,
                           std::string_view body);

// An error in the shape of the protocol.
RecordedAnswer recorded_error(std::uint16_t status, std::string_view code, std::string_view message);

}  // namespace ostiary::gateway
