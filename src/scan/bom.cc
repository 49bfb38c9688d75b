#include "scan/bom.h"

#include <algorithm>
#include <fmt/format.h>
#include <set>

#include "catalog/catalog.h"

namespace ostiary::scan {

namespace {

using report::BomKind;

BomKind kind_of(const Component& component) {
  switch (component.kind) {
    case Kind::sdk:
      return BomKind::library;
    case Kind::framework:
      return BomKind::framework;
    case Kind::model:
    case Kind::model_file:
      return BomKind::model;
    case Kind::dataset:
      return BomKind::dataset;
    case Kind::endpoint:
    case Kind::service:
    case Kind::mcp_server:
    case Kind::credential:
      return BomKind::service;
    case Kind::assistant_config:
    case Kind::agent_config:
      return BomKind::configuration;
    case Kind::ai_authored:
      break;
  }
  return BomKind::data;
}

// "pkg:pypi/openai@1.2.3" where the catalogue knows one package of it and the version is one.
std::string purl_of(const catalog::Sdk& sdk, const std::string& version) {
  if (sdk.packages.size() != 1 || version.empty() || version[0] < '0' || version[0] > '9') return "";
  const auto& package = sdk.packages.front();
  constexpr std::string_view unreserved = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
  const auto plain = [&](std::string_view text) {
    return text.find_first_not_of(unreserved) == std::string_view::npos;
  };
  const bool simple = package.ecosystem == "pypi" || package.ecosystem == "npm" ||
                      package.ecosystem == "cargo" || package.ecosystem == "nuget" ||
                      package.ecosystem == "gem";
  if (!simple || !plain(package.name) || !plain(version)) return "";
  return fmt::format("pkg:{}/{}@{}", package.ecosystem, package.name, version);
}

void know_sdk(report::BomComponent& one, const Component& component) {
  const auto* sdk = catalog::find_sdk(component.name);
  if (!sdk) return;
  one.description = sdk->name;
  one.purl = purl_of(*sdk, component.version);
  if (!sdk->homepage.empty() && sdk->homepage != "unknown")
    one.references.push_back({report::BomReferenceKind::website, sdk->homepage, ""});
}

report::BomComponent component_of(const Component& component, std::string ref) {
  report::BomComponent one;
  one.ref = std::move(ref);
  one.kind = kind_of(component);
  one.name = component.name.empty() ? std::string(name(component.kind)) : component.name;
  one.version = component.version;
  if (const auto* provider = catalog::find_provider(component.provider)) one.supplier = provider->name;
  if (component.license != "unknown") one.declared.expression = component.license;
  one.properties = {{"ostiary:grade", std::string(name(component.grade))},
                    {"ostiary:kind", std::string(name(component.kind))},
                    {"ostiary:places", fmt::format("{}", component.places)}};
  if (!component.provider.empty()) one.properties.push_back({"ostiary:provider", component.provider});
  if (!component.surface.empty()) one.properties.push_back({"ostiary:surface", component.surface});
  if (component.undeclared) one.properties.push_back({"ostiary:undeclared", "true"});
  if (component.unused) one.properties.push_back({"ostiary:unused", "true"});
  if (component.kind == Kind::sdk || component.kind == Kind::framework) know_sdk(one, component);
  if (one.kind == BomKind::model) one.model.emplace();
  if (one.kind == BomKind::dataset) one.dataset.emplace();
  if (one.kind == BomKind::service) {
    one.service.emplace();
    if (component.surface == "self-hosted")
      one.service->crosses_boundary = report::Known::no;
    else if (!component.surface.empty())
      one.service->crosses_boundary = report::Known::yes;
  }
  for (const auto& evidence : component.evidence) {
    report::BomOccurrence at;
    at.file = evidence.place.file;
    at.line = evidence.place.line;
    if (evidence.place.line > 0) at.offset = evidence.place.start;
    at.context = std::string(name(evidence.grade));
    one.occurrences.push_back(std::move(at));
  }
  return one;
}

Id id_of(const report::Bom& bom) {
  std::string text = bom.subject.name + '\n';
  for (const auto& one : bom.components) {
    text += one.ref + '\x1f' + one.version + '\x1f' + one.declared.expression;
    for (const auto& at : one.occurrences) text += fmt::format("\x1f{}:{}:{}", at.file, at.line, at.context);
    text += '\n';
  }
  return report::id_of_content(text);
}

}  // namespace

report::Bom bom_of(const std::vector<Component>& components, const BomAbout& about) {
  report::Bom bom;
  bom.name = "Uses of AI in " + about.name;
  bom.tool_version = about.tool_version;
  bom.partial = about.partial;
  bom.subject.ref = "scanned";
  bom.subject.kind = BomKind::application;
  bom.subject.name = about.name.empty() ? "scanned" : about.name;
  std::set<std::string> taken;
  for (const auto& component : components) {
    auto ref = fmt::format("{}/{}", name(component.kind), component.name);
    if (!component.version.empty()) ref += "@" + component.version;
    auto unique = ref;
    for (int n = 2; !taken.insert(unique).second; ++n) unique = fmt::format("{}#{}", ref, n);
    const auto link = component.kind == Kind::ai_authored || component.kind == Kind::model_file ||
                              component.kind == Kind::dataset || component.kind == Kind::assistant_config ||
                              component.kind == Kind::agent_config
                          ? report::BomLink::contains
                          : report::BomLink::uses;
    bom.dependencies.push_back({bom.subject.ref, unique, link});
    bom.components.push_back(component_of(component, std::move(unique)));
  }
  bom.id = id_of(bom);
  return bom;
}

}  // namespace ostiary::scan
