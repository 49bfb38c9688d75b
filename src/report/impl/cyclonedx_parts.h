#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "report/bom.h"
#include "report/cyclonedx.h"
#include "report/impl/bom_parts.h"
#include "report/impl/uri.h"
#include "report/impl/written.h"

namespace ostiary::report {

// Properties of CycloneDX: names and values, in the order in which they are added.
class Properties {
 public:
  explicit Properties(const std::vector<BomProperty>& own = {}) {
    for (const auto& one : own) add(one.name, one.value);
  }
  void add(std::string_view name, std::string_view value) {
    if (!name.empty()) all_.emplace_back(name, value);
  }
  void add_all(std::string_view name, const std::vector<std::string>& values) {
    for (const auto& value : values) add(name, value);
  }
  void add_text(std::string_view name, std::string_view value) {
    if (!value.empty()) add(name, value);
  }
  void write(JsonText& json) const;

 private:
  std::vector<std::pair<std::string, std::string>> all_;
};

// What a writer of one component knows of the document.
struct CycloneDxContext {
  const Bom& bom;
  const PlacedBom& placed;
  CycloneDxVersion version;
};

void write_model_card(JsonText& json, const CycloneDxContext& context, std::size_t index);
void write_data(JsonText& json, const BomComponent& component);

}  // namespace ostiary::report
