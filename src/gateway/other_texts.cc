#include "gateway/other_texts.h"

#include <algorithm>
#include <utility>

namespace ostiary::gateway {

namespace {

constexpr std::size_t kMostKept = 256, kMostKeptBytes = 4096;

bool is_like(std::string_view text, std::string_view form) {
  return text.size() >= form.size() &&
         std::ranges::equal(text.substr(0, form.size()), form, [](char c, char f) {
           if (f == '0') return c >= '0' && c <= '9';
           if (f == 'x') return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
           return f == 'T' ? c == 'T' || c == 't' || c == ' ' : c == f;
         });
}

// A time of RFC 3339, or a UUID: such a string is complete.
bool is_complete(std::string_view text) {
  constexpr std::size_t most_time = 36, uuid = 36;
  if (text.size() == uuid && is_like(text, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx")) return true;
  return text.size() <= most_time && is_like(text, "0000-00-00T00:00") &&
         text.find_first_not_of("0123456789-+:.TtZz ") == std::string_view::npos;
}

}  // namespace

OtherTexts::Kind OtherTexts::take(const std::string& channel, std::string_view text) {
  if (is_complete(text)) return Kind::own;
  auto& last = last_[channel];
  const bool is_first = std::exchange(last.event, event_ + 1) == 0;
  if (!is_first && last.text == text) {
    last.repeated = true;
    return Kind::own;
  }
  const bool more = !is_first && text.starts_with(last.text);
  if (is_first || last.repeated || more) {
    last.repeated = false;
    last.text = last.masked = text;
    return more ? Kind::more : Kind::first;
  }
  last_masked_ = std::move(last.masked);
  last_.erase(channel);
  return Kind::grows;
}

void OtherTexts::remember(const std::string& channel, std::string_view masked) {
  if (const auto found = last_.find(channel); found != last_.end()) found->second.masked = masked;
}

void OtherTexts::end_event() {
  ++event_;
  if (last_.size() <= kMostKept) {
    std::erase_if(last_, [&](const auto& entry) {
      return entry.second.event != event_ && entry.second.text.size() > kMostKeptBytes;
    });
  } else {
    std::erase_if(last_, [&](const auto& entry) { return entry.second.event != event_; });
  }
}

}  // namespace ostiary::gateway
