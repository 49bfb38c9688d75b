#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <simdjson.h>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"

namespace ostiary::catalog {

// The JSON of a kind in a blob that compile() made; nothing where the blob is damaged or has no such kind.
std::optional<std::string_view> section_of(std::string_view blob, std::string_view kind);
std::string text_of(const simdjson::dom::element& object, std::string_view name);  // empty: not there
std::vector<std::string> texts_of(const simdjson::dom::element& object, std::string_view name);
Detector detector_of(const simdjson::dom::element& entry);
Origin origin_of(const simdjson::dom::element& entry);
std::uint32_t count_of(const simdjson::dom::element& object, std::string_view name, std::uint32_t otherwise);
bool flag_of(const simdjson::dom::element& object, std::string_view name, bool otherwise);

// Ends the program: the blob was checked when it was built, so that one which does not read means a broken
// program file.
[[noreturn]] void broken(std::string_view what);
std::string_view section(std::string_view kind);  // of the blob in this program

// What `read` makes of each element of the list `name`; none where it is left out.
template <class Read>
auto each_of(const simdjson::dom::element& object, std::string_view name, Read read) {
  std::vector<decltype(read(object))> out;
  simdjson::dom::array list;
  if (object[name].get(list) != simdjson::SUCCESS) return out;
  for (const auto item : list) out.push_back(read(item));
  return out;
}

template <class T>
std::vector<T> read_kind(std::string_view kind, T (*read)(const simdjson::dom::element&)) {
  simdjson::dom::parser parser;
  simdjson::dom::array entries;
  const auto json = section(kind);
  if (parser.parse(json.data(), json.size()).get(entries) != simdjson::SUCCESS) broken(kind);
  std::vector<T> out;
  for (const auto entry : entries) out.push_back(read(entry));
  return out;
}

template <class T>
const T* find(const std::vector<T>& all, std::string_view id) {
  const auto found = std::ranges::lower_bound(all, id, {}, &T::id);
  return found != all.end() && found->id == id ? &*found : nullptr;
}

}  // namespace ostiary::catalog
