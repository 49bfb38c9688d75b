#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/yaml.h"
#include "policy/decision.h"
#include "policy/fact_table.h"

namespace ostiary::policy {

// A fact's value from YAML, as rules and tests write it; the Error says what is wrong and has no place.
Result<std::int64_t> number_of(const FactSpec& spec, const yaml::Node& node);
// A text for a `word` or `words`: any scalar but null.
Result<std::string> text_of(const FactSpec& spec, const yaml::Node& node);
// The whole value of a fact.
Result<FactValue> value_of(const FactSpec& spec, const yaml::Node& node);
// ": did you mean 'x'?", or "".
std::string meant(std::string_view word, const std::vector<std::string_view>& known);
std::vector<std::string_view> fact_names();
bool is_glob(std::string_view text);
// "file:line:column" in `where` as numbers; 1:1 where there are none.
std::pair<std::uint32_t, std::uint32_t> numbers_of(std::string_view where);

}  // namespace ostiary::policy
