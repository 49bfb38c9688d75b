#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace ostiary::gateway {

// Remembers, of an answer's stream, the strings of which no known shape tells what they are, by channel, and
// tells from two of them whether they are one text that grows.
class OtherTexts {
 public:
  enum class Kind : std::uint8_t {
    own,    // it is a text of its own: a time, an id, or the same as the last one
    first,  // nothing like it came before, so that it may go on in the next event
    more,   // it tells the last one once more and goes on
    grows   // it goes on where the last one ended; the channel is to be forgotten here and kept elsewhere
  };
  // A string came. `last_masked()` is then what was remembered of the one before, in `grows`.
  Kind take(const std::string& channel, std::string_view text);
  const std::string& last_masked() const { return last_masked_; }
  // What of the channel's newest string may be shown; it is remembered where the string was `first` or
  // `more`.
  void remember(const std::string& channel, std::string_view masked);
  // What an event did not bring is forgotten where it is much.
  void end_event();

 private:
  struct Last {
    std::string text, masked;
    std::uint64_t event = 0;
    bool repeated = false;  // it came at least twice
  };
  std::map<std::string, Last, std::less<>> last_;
  std::string last_masked_;
  std::uint64_t event_ = 0;
};

}  // namespace ostiary::gateway
