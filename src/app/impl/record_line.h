#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "app/impl/terminal.h"

namespace ostiary::app {

// Ledger records as readable lines that fit a width: time (UTC), kind or outcome, team, service, model, HTTP
// status, tokens in and out, milliseconds, what else there is to say, and the exchange's id where there is
// room for it. A record that cannot be read is shown as it is.
class RecordTable {
 public:
  static constexpr std::size_t kColumns = 10;
  using Cells = std::array<std::string, kColumns>;

  // Columns are made for `records`; an intent whose outcome follows among them is left out.
  RecordTable(const std::vector<std::string>& records, std::size_t width, const Style& style);

  std::string heading() const;
  std::string lines() const;                        // of the records given
  std::string line(std::string_view record) const;  // of another one, in the same columns

 private:
  void fit(std::size_t width);
  std::string joined(const Cells& cells) const;

  Style style_;
  std::vector<std::string> shown_;
  std::array<std::size_t, kColumns> widths_;
  bool with_id_ = false;
};

}  // namespace ostiary::app
