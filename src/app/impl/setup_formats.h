#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/impl/setup_changes.h"
#include "base/result.h"

namespace ostiary::app {

// A setting at the top of a file, and the whole line that gives it.
struct SettingLine {
  std::string key;
  std::string line;  // without its line feed
};

// Where settings go in formats with lines. The changes are blocks named "CLIENT" (new settings) and
// "CLIENT.KEY" (a setting that stood there and is replaced). `invalid` where the text cannot be changed
// safely line by line.
//
// TOML 1.0: settings of the root go in front of every table, `table` (with its header) to the end.
Result<std::vector<SetupChange>> toml_changes(std::string_view base, const std::string& client,
                                              const std::vector<SettingLine>& root,
                                              const std::string& table_name, const std::string& table);
// YAML: settings of the mapping that is the document.
Result<std::vector<SetupChange>> yaml_changes(std::string_view base, const std::string& client,
                                              const std::vector<SettingLine>& root);
// YAML: an item of the sequence `key` of that mapping, in front of the others. `item` are its lines with no
// indent, the first one with "- "; `fresh` are the lines of settings that a new file needs.
Result<std::vector<SetupChange>> yaml_item_change(std::string_view base, const std::string& client,
                                                  const std::string& key, const std::string& item,
                                                  const std::string& fresh);

}  // namespace ostiary::app
