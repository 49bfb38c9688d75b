#pragma once

#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/yaml.h"

namespace ostiary::catalog {

// Checks every <folder>/<kind>/<id>.yaml against <folder>/schema/<kind>.yaml and makes the blob that the
// program embeds:
//   "ostiary-catalog 1\n", then for each kind in order of name "<kind> <bytes>\n<canonical JSON array>\n"
// with the entries sorted by id. The same files give the same bytes. On failure: everything that is wrong,
// each with file:line:column and what to do.
std::expected<std::string, std::vector<Error>> compile(const std::string& folder);

// The text of a schema.
struct SchemaText {
  std::string_view kind, text;
};
// Appends what is wrong with an entry beyond its schema.
using CheckEntry = void (*)(std::string_view kind, std::string_view id, const yaml::Node& node,
                            std::string_view file, std::vector<Error>& problems);
// The same of an organisation's folder, whose entries need no `origin`: only kinds of these schemas, any of
// which may be missing; hidden files, and files beside the entries of a list, do not count.
std::expected<std::string, std::vector<Error>> compile(const std::string& folder,
                                                       std::span<const SchemaText> schemas, CheckEntry check);

}  // namespace ostiary::catalog
