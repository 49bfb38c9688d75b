#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "answers.h"

namespace ostiary::bench {

/// Counts the events of one streamed answer, however its bytes are cut.
class EventReader {
 public:
  void reset() {
    events_ = 0;
    done_ = false;
    partial_.clear();
  }

  /// Takes a piece of the body; calls `event(std::uint64_t stamp)` for each whole event.
  template <class OnEvent>
  void feed(std::string_view bytes, OnEvent&& event) {
    while (!bytes.empty()) {
      const std::size_t newline = bytes.find('\n');
      if (newline == std::string_view::npos) {
        partial_.append(bytes);
        return;
      }
      if (partial_.empty()) {
        take_line(bytes.substr(0, newline), event);
      } else {
        partial_.append(bytes.substr(0, newline));
        take_line(partial_, event);
        partial_.clear();
      }
      bytes.remove_prefix(newline + 1);
    }
  }

  int events() const { return events_; }
  /// True once `[DONE]` has come.
  bool done() const { return done_; }

 private:
  template <class OnEvent>
  void take_line(std::string_view line, OnEvent& event) {
    if (!line.starts_with("data: ")) return;
    line.remove_prefix(6);
    if (line.starts_with("[DONE]")) {
      done_ = true;
    } else if (line.starts_with('{')) {
      ++events_;
      event(read_stamp(line));
    }
  }

  int events_ = 0;
  bool done_ = false;
  std::string partial_;
};

}  // namespace ostiary::bench
