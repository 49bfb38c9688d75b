#include "model/impl/pickle_names.h"

#include <set>
#include <string>
#include <unordered_set>

#include "catalog/catalog.h"

namespace ostiary::model {

namespace {

struct Names {
  std::unordered_set<std::string> rebuilds, runs;  // "module name"
  std::set<std::string, std::less<>> runs_whole;   // modules
};

std::string joined(std::string_view module, std::string_view name) {
  return std::string(module).append(1, ' ').append(name);
}

Names made() {
  Names out;
  for (const auto& entry : catalog::pickle_names())
    for (const auto& module : entry.modules) {
      if (entry.runs && module.names.empty()) out.runs_whole.insert(module.module);
      for (const auto& name : module.names)
        (entry.runs ? out.runs : out.rebuilds).insert(joined(module.module, name));
    }
  return out;
}

const Names& names() {
  static const auto all = made();
  return all;
}

// The module or one that it stands in.
bool is_in(const std::set<std::string, std::less<>>& modules, std::string_view module) {
  for (;;) {
    if (modules.contains(module)) return true;
    const auto dot = module.rfind('.');
    if (dot == std::string_view::npos) return false;
    module = module.substr(0, dot);
  }
}

}  // namespace

Effect effect_of(std::string_view module, std::string_view name) {
  const auto& all = names();
  const auto whole = joined(module, name);
  if (all.rebuilds.contains(whole)) return Effect::rebuilds;
  if (all.runs.contains(whole) || is_in(all.runs_whole, module)) return Effect::runs;
  // An attribute of a module or class: "torch", "os.system".
  if (const auto dot = name.find('.'); dot != std::string_view::npos)
    if (all.runs.contains(joined(module, name.substr(0, dot))) || is_in(all.runs_whole, name.substr(0, dot)))
      return Effect::runs;
  return Effect::unknown;
}

}  // namespace ostiary::model
