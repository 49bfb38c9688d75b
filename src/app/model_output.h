#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/impl/terminal.h"
#include "license/conflicts.h"
#include "model/look.h"

namespace ostiary::app {

// What a run of `model` came to.
struct LookedAt {
  model::Report report;
  std::vector<license::Lineage> lineages;  // of each model
};

// What the declarations of each model come to, among themselves and with what it was made from: a base model
// or dataset is one of the same report by its name, or one of the catalogue.
std::vector<license::Lineage> lineages_of(const std::vector<model::Model>& models);

std::string models_text(const LookedAt& looked, const Style& style);
std::string models_json(const LookedAt& looked);   // interfaces.md
std::string models_sarif(const LookedAt& looked);  // hazards
// `form`: "cyclonedx", "cyclonedx-1.7" or "spdx".
std::string models_bom(const LookedAt& looked, std::string_view form);
std::string models_summary(const LookedAt& looked);

}  // namespace ostiary::app
