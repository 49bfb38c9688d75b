#pragma once

#include <fmt/format.h>
#include <simdjson.h>
#include <string>
#include <string_view>

#include "base/result.h"
#include "catalog/impl/entries.h"

namespace ostiary::catalog {

// An organisation's folder, held to the schemas of all kinds that may stand in one, as compile() makes it of
// them. The first thing that is wrong with file:line:column, and how many more there are.
Result<std::string> compile_organisation(const std::string& folder);

// Calls `take`, which gives Result<>, with each entry of a kind, until one fails.
template <class Take>
Result<> each_entry(std::string_view blob, std::string_view kind, Take&& take) {
  simdjson::dom::parser parser;
  simdjson::dom::array entries;
  const auto json = section_of(blob, kind);
  if (!json || parser.parse(json->data(), json->size()).get(entries) != simdjson::SUCCESS)
    return fail(Code::corrupt, fmt::format("the {} entries cannot be read", kind));
  for (const auto entry : entries) TRY_VOID(take(entry));
  return {};
}

}  // namespace ostiary::catalog
