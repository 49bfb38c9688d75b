#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace ostiary {

// A credential. It has no stream operator and no implicit conversion, so that it cannot slip into a log or an
// error; `reveal()` marks the one place where it is used. The memory is cleared when it goes.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  Secret(const Secret&) = default;
  Secret(Secret&&) noexcept = default;
  Secret& operator=(const Secret&) = default;
  Secret& operator=(Secret&&) noexcept = default;
  ~Secret();
  std::string_view reveal() const { return value_; }
  bool empty() const { return value_.empty(); }

 private:
  std::string value_;
};

// "sk-…4f2a": enough to recognise, too little to use. Short values show nothing.
std::string masked(std::string_view secret);

}  // namespace ostiary
