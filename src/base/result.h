#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace ostiary {

// What kind of failure an Error is. The command line turns `invalid` and `not_found` into exit code 2
// and the others into 3; the gate turns them into HTTP statuses.
enum class Code : std::uint8_t {
  invalid,     // the caller's input is wrong
  not_found,   // what was named does not exist
  exists,      // what was to be made is there already
  denied,      // not allowed
  too_large,   // over a limit
  timeout,     // a deadline passed
  closed,      // the peer or the owner went away
  corrupt,     // data on disk is not what was written
  newer,       // written by a newer version of the program
  io,          // the machine failed: disk, network
  unavailable  // busy, locked, or not now
};

// A failure as a value. `message` says what was wrong and how to mend it; `where` is a file,
// file:line:column, address or JSON Pointer, and may be empty.
struct [[nodiscard]] Error {
  Code code = Code::invalid;
  std::string message;
  std::string where;

  // "where: message", or the message alone.
  std::string text() const { return where.empty() ? message : where + ": " + message; }
};

template <class T = void>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(Code code, std::string message, std::string where = {}) {
  return std::unexpected<Error>(Error{code, std::move(message), std::move(where)});
}

// An Error made from errno: "cannot WHAT: strerror".
std::unexpected<Error> fail_errno(std::string_view what, std::string_view where, int error_number);

}  // namespace ostiary

// TRY(auto x, f());  declares x with f()'s value or returns f()'s error from this function.
// CO_TRY does the same in a coroutine.
#define OSTIARY_CONCAT2(a, b) a##b
#define OSTIARY_CONCAT(a, b) OSTIARY_CONCAT2(a, b)
#define OSTIARY_TRY_AS(keyword, tmp, declaration, ...)                         \
  auto tmp = __VA_ARGS__;                                                      \
  if (!tmp) keyword std::unexpected<::ostiary::Error>(std::move(tmp).error()); \
  declaration = std::move(*tmp)
#define OSTIARY_CHECK_AS(keyword, tmp, ...) \
  if (auto tmp = __VA_ARGS__; !tmp) keyword std::unexpected<::ostiary::Error>(std::move(tmp).error())
#define TRY(declaration, ...) \
  OSTIARY_TRY_AS(return, OSTIARY_CONCAT(result_, __LINE__), declaration, __VA_ARGS__)
#define TRY_VOID(...) OSTIARY_CHECK_AS(return, OSTIARY_CONCAT(result_, __LINE__), __VA_ARGS__)
#define CO_TRY(declaration, ...) \
  OSTIARY_TRY_AS(co_return, OSTIARY_CONCAT(result_, __LINE__), declaration, __VA_ARGS__)
#define CO_TRY_VOID(...) OSTIARY_CHECK_AS(co_return, OSTIARY_CONCAT(result_, __LINE__), __VA_ARGS__)
