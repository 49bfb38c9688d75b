#include "gateway/answer_form.h"

#include "base/text.h"
#include "json/document.h"

namespace ostiary::gateway {

namespace {

// The event with other data; all other lines stay as they are.
std::string with_data(std::string_view event, std::string_view data) {
  std::string out;
  bool said = false;
  while (!event.empty()) {
    const auto stop = event.find_first_of("\r\n");
    const auto line = event.substr(0, stop);
    auto size = line.size();
    if (stop != std::string_view::npos) size += event.substr(stop).starts_with("\r\n") ? 2 : 1;
    const bool is_data = line == "data" || line.starts_with("data:");
    if (!is_data) out += event.substr(0, size);
    if (is_data && !said) {
      said = true;
      const auto end = event.substr(line.size(), size - line.size());
      for (const auto part : text::split(data, '\n')) {
        out += "data: ";
        out += part;
        out += end;
      }
    }
    event.remove_prefix(size);
  }
  return out;
}

}  // namespace

std::string with_json(const EventBytes& event, std::string_view json) {
  switch (event.form) {
    case EventBytes::Form::json:
      return with_data(event.bytes, json);
    case EventBytes::Form::words:
      return with_data(event.bytes, json::decode_string(json.substr(1, json.size() - 2)));
    case EventBytes::Form::line:
      break;
  }
  const auto stop = event.bytes.find_last_not_of("\r\n");
  const auto end = stop == std::string_view::npos ? event.bytes : event.bytes.substr(stop + 1);
  return std::string(json).append(end);
}

}  // namespace ostiary::gateway
