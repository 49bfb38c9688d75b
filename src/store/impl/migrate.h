#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"
#include "store/impl/sqlite.h"

namespace ostiary::store {

// The schema of a file. Step i of the migrations takes it from version i to i + 1; steps that have been
// released are never changed. Their number is `user_version`.
struct Schema {
  std::string_view name;  // for errors: "the store"
  std::int64_t application_id = 0;
  std::span<const char* const> migrations;
  std::string_view pragmas;  // set at every opening
};

// Brings a file forward to the newest schema. `newer` where it is beyond that, `invalid` where another
// program made it.
Result<> migrate(Database& db, const Schema& schema);

}  // namespace ostiary::store
