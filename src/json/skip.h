#pragma once

namespace ostiary::json {

// Where a value ends, at gigabytes a second, for whoever wants a few members of a text that was written by
// this program, or that need not be valid. They check no grammar and read nothing outside [p, end); where the
// value does not end before `end`, or `p` is not before it, they return null.

// Just behind the string whose opening quote stands at `p`.
const char* skip_string(const char* p, const char* end);

// Just behind the value that begins at `p`; of a number or a word, where a comma, a closing bracket or a
// blank ends it.
const char* skip_value(const char* p, const char* end);

}  // namespace ostiary::json
