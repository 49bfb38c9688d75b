#include "report/cyclonedx.h"

#include <algorithm>
#include <fmt/format.h>

#include "report/impl/cyclonedx_parts.h"

namespace ostiary::report {

namespace {

std::string_view type_of(BomKind kind) {
  switch (kind) {
    case BomKind::application:
    case BomKind::service:  // of the subject only; others stand among the services
      return "application";
    case BomKind::framework:
      return "framework";
    case BomKind::library:
      return "library";
    case BomKind::container:
      return "container";
    case BomKind::file:
      return "file";
    case BomKind::model:
      return "machine-learning-model";
    case BomKind::dataset:
    case BomKind::data:
    case BomKind::configuration:
      return "data";
  }
  return "library";
}

void write_organisation(JsonText& json, std::string_view member, std::string_view name) {
  if (name.empty()) return;
  json.name(member).open('{').member("name", name).close('}');
}

const BomLicenseText* find_text(const Bom& bom, std::string_view ref) {
  const auto found = std::ranges::find(bom.license_texts, ref, &BomLicenseText::ref);
  return found == bom.license_texts.end() ? nullptr : &*found;
}

// The texts and addresses that stand behind the LicenseRef- of an expression; from 1.7 on they have a place.
void write_details(JsonText& json, const Bom& bom, std::string_view expression) {
  std::vector<const BomLicenseText*> known;
  for (const auto& id : custom_ids(expression))
    if (const auto* text = find_text(bom, id); text && (!text->text.empty() || place_uri(text->url)))
      known.push_back(text);
  if (known.empty()) return;
  json.name("expressionDetails").open('[');
  for (const auto* one : known) {
    json.open('{').member("licenseIdentifier", std::string_view(one->ref));
    if (!one->text.empty())
      json.name("text").open('{').member("content", std::string_view(one->text)).close('}');
    if (const auto url = place_uri(one->url)) json.member("url", std::string_view(*url));
    json.close('}');
  }
  json.close(']');
}

void write_license(JsonText& json, const CycloneDxContext& context, const BomLicense& license,
                   std::string_view acknowledgement) {
  const auto text = license_text(license);
  json.open('{');
  if (text.form == LicenseForm::expression) {
    json.member("expression", std::string_view(text.text));
    if (context.version == CycloneDxVersion::v1_7) write_details(json, context.bom, text.text);
    json.member("acknowledgement", acknowledgement);
  } else {
    json.name("license").open('{').member("name", std::string_view(text.text));
    json.member("acknowledgement", acknowledgement);
    if (const auto url = place_uri(license.url)) json.member("url", std::string_view(*url));
    json.close('}');
  }
  json.close('}');
}

// 1.6 holds one expression or a list of named licences, never both: there what was concluded goes before what
// is declared, which then stands in a property.
void write_licenses(JsonText& json, const CycloneDxContext& context, const BomComponent& component,
                    Properties& properties) {
  const auto declared = license_text(component.declared), concluded = license_text(component.concluded);
  const bool has_declared = declared.form != LicenseForm::unknown;
  const bool has_concluded = concluded.form != LicenseForm::unknown;
  if (!has_declared && !has_concluded) {
    properties.add("ostiary:license", "NOASSERTION");
    return;
  }
  const bool both = has_declared && has_concluded;
  const bool named = declared.form != LicenseForm::expression && concluded.form != LicenseForm::expression;
  json.name("licenses").open('[');
  if (has_concluded) write_license(json, context, component.concluded, "concluded");
  if (has_declared && (!both || named || context.version == CycloneDxVersion::v1_7)) {
    write_license(json, context, component.declared, "declared");
  } else if (has_declared) {
    properties.add("ostiary:license:declared", declared.text);
  }
  json.close(']');
}

void write_hashes(JsonText& json, const std::vector<BomHash>& hashes) {
  std::vector<std::pair<std::string_view, std::string>> good;
  for (const auto& hash : hashes)
    if (auto value = hash_value(hash)) good.emplace_back(cyclonedx_name(hash.kind), std::move(*value));
  if (good.empty()) return;
  json.name("hashes").open('[');
  for (const auto& [kind, value] : good)
    json.open('{').member("alg", kind).member("content", std::string_view(value)).close('}');
  json.close(']');
}

std::string_view reference_type(BomReferenceKind kind) {
  switch (kind) {
    case BomReferenceKind::website:
      return "website";
    case BomReferenceKind::documentation:
      return "documentation";
    case BomReferenceKind::source:
      return "vcs";
    case BomReferenceKind::download:
      return "distribution";
    case BomReferenceKind::license:
      return "license";
    case BomReferenceKind::model_card:
      return "model-card";
    case BomReferenceKind::terms:
    case BomReferenceKind::other:
      return "other";
  }
  return "other";
}

struct Reference {
  std::string url;
  std::string_view type;
  std::string comment;
};

// What no link can be made of stands in a property.
std::vector<Reference> references_of(const Bom& bom, const BomComponent& component, Properties& properties) {
  std::vector<Reference> out;
  const auto add = [&](std::string_view url, BomReferenceKind kind, std::string comment) {
    if (auto uri = place_uri(url)) {
      out.push_back({std::move(*uri), reference_type(kind), std::move(comment)});
    } else {
      properties.add_text("ostiary:reference", url);
    }
  };
  for (const auto& one : component.references)
    add(one.url, one.kind,
        one.comment.empty() && one.kind == BomReferenceKind::terms ? "terms of use" : one.comment);
  for (const auto* license : {&component.declared, &component.concluded}) {
    if (!license->url.empty()) add(license->url, BomReferenceKind::license, "");
    for (const auto& id : custom_ids(license->expression))
      if (const auto* text = find_text(bom, id); text && !text->url.empty())
        add(text->url, BomReferenceKind::license, id);
  }
  return out;
}

void write_references(JsonText& json, const Bom& bom, const BomComponent& component, Properties& properties) {
  const auto all = references_of(bom, component, properties);
  if (all.empty()) return;
  json.name("externalReferences").open('[');
  for (const auto& one : all)
    json.open('{')
        .member("url", std::string_view(one.url))
        .text("comment", one.comment)
        .member("type", one.type)
        .close('}');
  json.close(']');
}

void write_occurrences(JsonText& json, const std::vector<BomOccurrence>& occurrences) {
  if (occurrences.empty()) return;
  json.name("evidence").open('{').name("occurrences").open('[');
  for (const auto& one : occurrences) {
    json.open('{').member("location", std::string_view(one.file));
    if (one.line > 0) json.member("line", one.line);
    if (one.offset) json.member("offset", *one.offset);
    json.text("symbol", one.symbol).text("additionalContext", one.context).close('}');
  }
  json.close(']').close('}');
}

// As much of a version as the schema lets through.
std::string_view fitting_version(std::string_view version) {
  constexpr std::size_t most = 1024;
  if (version.size() <= most) return version;
  auto end = most;
  while (end > 0 && (static_cast<unsigned char>(version[end]) & 0xc0) == 0x80) --end;
  return version.substr(0, end);
}

// What a model or file was made of, in short; it stands among the components too where it is one.
void write_ancestors(JsonText& json, const CycloneDxContext& context, std::size_t index) {
  std::vector<const BomComponent*> ancestors;
  for (const auto& link : context.placed.links_from(index))
    if (link.kind == BomLink::derived_from) ancestors.push_back(context.placed.all()[link.to].component);
  if (ancestors.empty()) return;
  json.name("pedigree").open('{').name("ancestors").open('[');
  for (const auto* one : ancestors) {
    json.open('{').member("type", type_of(one->kind)).text("group", one->group);
    json.member("name", std::string_view(one->name)).text("version", fitting_version(one->version));
    if (const auto purl = package_url(one->purl)) json.member("purl", std::string_view(*purl));
    json.close('}');
  }
  json.close(']').close('}');
}

// The kinds of links that "dependsOn" does not tell.
void add_links(Properties& properties, const CycloneDxContext& context, std::size_t index) {
  for (const auto& link : context.placed.links_from(index))
    if (link.kind != BomLink::depends_on)
      properties.add(fmt::format("ostiary:link:{}", name_of(link.kind)), context.placed.all()[link.to].ref);
}

void add_times(Properties& properties, const BomComponent& component) {
  if (component.released) properties.add("ostiary:released", rfc3339(*component.released));
  if (component.built) properties.add("ostiary:built", rfc3339(*component.built));
}

void write_version(JsonText& json, std::string_view version, Properties& properties) {
  const auto shown = fitting_version(version);
  if (shown.size() < version.size()) properties.add("ostiary:version", version);
  json.text("version", shown);
}

void write_component(JsonText& json, const CycloneDxContext& context, std::size_t index) {
  const auto& [component, ref] = context.placed.all()[index];
  Properties properties(component->properties);
  json.open('{').member("type", type_of(component->kind)).member("bom-ref", std::string_view(ref));
  write_organisation(json, "supplier", component->supplier);
  json.text("group", component->group).member("name", std::string_view(component->name));
  write_version(json, component->version, properties);
  json.text("description", component->description);
  write_hashes(json, component->hashes);
  write_licenses(json, context, *component, properties);
  json.text("copyright", component->copyright);
  if (const auto purl = package_url(component->purl)) json.member("purl", std::string_view(*purl));
  write_ancestors(json, context, index);
  write_references(json, context.bom, *component, properties);
  write_occurrences(json, component->occurrences);
  if (component->kind == BomKind::model) write_model_card(json, context, index);
  if (type_of(component->kind) == "data") write_data(json, *component);
  add_times(properties, *component);
  add_links(properties, context, index);
  properties.write(json);
  json.close('}');
}

std::string_view flow_name(BomFlow flow) {
  switch (flow) {
    case BomFlow::unknown:
      return "unknown";
    case BomFlow::inbound:
      return "inbound";
    case BomFlow::outbound:
      return "outbound";
    case BomFlow::both:
      return "bi-directional";
  }
  return "unknown";
}

void write_service_data(JsonText& json, const std::vector<BomServiceData>& all) {
  if (all.empty()) return;
  json.name("data").open('[');
  for (const auto& one : all)
    json.open('{')
        .member("flow", flow_name(one.flow))
        .member("classification", std::string_view(one.data_class))
        .text("description", one.description)
        .close('}');
  json.close(']');
}

void write_endpoints(JsonText& json, const BomService& service, Properties& properties) {
  std::vector<std::string> good;
  for (const auto& endpoint : service.endpoints) {
    if (auto uri = place_uri(endpoint)) {
      good.push_back(std::move(*uri));
    } else {
      properties.add("ostiary:endpoint", endpoint);
    }
  }
  json.texts("endpoints", good);
}

// A service has no place for evidence, digests and a package URL.
void add_seen(Properties& properties, const BomComponent& component) {
  for (const auto& one : component.occurrences)
    properties.add("ostiary:seen", one.line > 0 ? fmt::format("{}:{}", one.file, one.line) : one.file);
  properties.add_text("ostiary:purl", component.purl);
}

void write_service(JsonText& json, const CycloneDxContext& context, std::size_t index) {
  const BomService unknown;
  const auto& [component, ref] = context.placed.all()[index];
  const auto& service = component->service ? *component->service : unknown;
  Properties properties(component->properties);
  json.open('{').member("bom-ref", std::string_view(ref));
  write_organisation(json, "provider", component->supplier);
  json.text("group", component->group).member("name", std::string_view(component->name));
  write_version(json, component->version, properties);
  json.text("description", component->description);
  write_endpoints(json, service, properties);
  if (service.authenticated != Known::unknown)
    json.member("authenticated", service.authenticated == Known::yes);
  if (service.crosses_boundary != Known::unknown)
    json.member("x-trust-boundary", service.crosses_boundary == Known::yes);
  json.text("trustZone", service.trust_zone);
  write_service_data(json, service.data);
  write_licenses(json, context, *component, properties);
  write_references(json, context.bom, *component, properties);
  add_seen(properties, *component);
  add_times(properties, *component);
  add_links(properties, context, index);
  properties.write(json);
  json.close('}');
}

void write_metadata(JsonText& json, const CycloneDxContext& context) {
  json.name("metadata").open('{').member("timestamp", std::string_view(rfc3339(context.bom.time)));
  json.name("tools").open('{').name("components").open('[').open('{');
  json.member("type", "application").member("name", std::string_view(context.bom.tool));
  json.text("version", context.bom.tool_version).close('}').close(']').close('}');
  write_organisation(json, "manufacturer", context.bom.author);
  json.name("component");
  write_component(json, context, 0);
  json.close('}');
}

// Every component has its entry; one without links says only that none is known.
void write_dependencies(JsonText& json, const PlacedBom& placed) {
  json.name("dependencies").open('[');
  for (std::size_t i = 0; i < placed.all().size(); ++i) {
    json.open('{').member("ref", std::string_view(placed.all()[i].ref));
    std::vector<std::size_t> to;
    for (const auto& link : placed.links_from(i)) to.push_back(link.to);
    std::ranges::sort(to);
    to.erase(std::ranges::unique(to).begin(), to.end());
    if (!to.empty()) {
      json.name("dependsOn").open('[');
      for (const auto at : to) json.value(std::string_view(placed.all()[at].ref));
      json.close(']');
    }
    json.close('}');
  }
  json.close(']');
}

// How far the document tells all there is: nobody says that it does.
void write_compositions(JsonText& json, const CycloneDxContext& context) {
  json.name("compositions").open('[').open('{');
  json.member("aggregate", context.bom.partial.empty() ? "unknown" : "incomplete");
  json.name("assemblies").open('[').value(std::string_view(context.placed.subject().ref)).close(']');
  json.name("dependencies").open('[').value(std::string_view(context.placed.subject().ref)).close(']');
  json.close('}').close(']');
}

}  // namespace

std::string cyclonedx(const Bom& bom, CycloneDxVersion version) {
  const PlacedBom placed(bom);
  const CycloneDxContext context{bom, placed, version};
  const bool newer = version == CycloneDxVersion::v1_7;
  JsonText json;
  json.open('{').member("$schema", newer ? "http://cyclonedx.org/schema/bom-1.7.schema.json"
                                         : "http://cyclonedx.org/schema/bom-1.6.schema.json");
  json.member("bomFormat", "CycloneDX").member("specVersion", newer ? "1.7" : "1.6");
  json.member("serialNumber", std::string_view("urn:uuid:" + bom.id.text()));
  json.member("version", std::uint64_t{std::max(bom.revision, 1U)});
  write_metadata(json, context);
  json.name("components").open('[');
  for (std::size_t i = 1; i < placed.all().size(); ++i)
    if (placed.all()[i].component->kind != BomKind::service) write_component(json, context, i);
  json.close(']').name("services").open('[');
  for (std::size_t i = 1; i < placed.all().size(); ++i)
    if (placed.all()[i].component->kind == BomKind::service) write_service(json, context, i);
  json.close(']');
  write_dependencies(json, placed);
  write_compositions(json, context);
  Properties properties(bom.properties);
  properties.add_text("ostiary:name", bom.name);
  properties.add_all("ostiary:not-read", bom.partial);
  properties.write(json);
  return json.close('}').take() + "\n";
}

}  // namespace ostiary::report
