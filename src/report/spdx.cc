#include "report/spdx.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <set>
#include <tuple>

#include "report/impl/spdx_parts.h"

namespace ostiary::report {

namespace {

constexpr std::string_view kContext = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld";

// Whole seconds, as SPDX has its times.
std::string seconds(WallMs time) {
  return rfc3339(time).substr(0, 19) + "Z";
}

bool is_dataset(const BomComponent& component) {
  return component.kind == BomKind::dataset ||
         (component.dataset.has_value() && component.kind != BomKind::model);
}

std::string_view type_of(const BomComponent& component) {
  if (component.kind == BomKind::model) return "ai_AIPackage";
  if (is_dataset(component)) return "dataset_DatasetPackage";
  return component.kind == BomKind::file ? "software_File" : "software_Package";
}

std::string_view purpose_of(BomKind kind) {
  switch (kind) {
    case BomKind::application:
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
      return "model";
    case BomKind::dataset:
    case BomKind::data:
      return "data";
    case BomKind::configuration:
      return "configuration";
    case BomKind::service:
      return "other";
  }
  return "other";
}

std::string_view reference_type(BomReferenceKind kind) {
  switch (kind) {
    case BomReferenceKind::website:
      return "altWebPage";
    case BomReferenceKind::documentation:
    case BomReferenceKind::model_card:
      return "documentation";
    case BomReferenceKind::source:
      return "vcs";
    case BomReferenceKind::download:
      return "altDownloadLocation";
    case BomReferenceKind::license:
      return "license";
    case BomReferenceKind::terms:
    case BomReferenceKind::other:
      return "other";
  }
  return "other";
}

class SpdxWriter {
 public:
  explicit SpdxWriter(const Bom& bom) : bom_(bom), placed_(bom), graph_(bom), licenses_(bom, graph_) {}
  std::string write();

 private:
  std::string agent(std::string_view name) const { return graph_.iri("agent", as_utf8(name)); }
  std::string component(std::size_t index) const { return graph_.iri("component", placed_.all()[index].ref); }
  void write_creation();
  void write_agents();
  void write_component(std::size_t index);
  void write_package(const BomComponent& one);
  void write_references(const BomComponent& one);
  void write_hashes(const BomComponent& one);
  void write_licenses_of(std::size_t index);
  void write_evidence();
  void write_places(std::size_t index);
  std::string snippet(const BomOccurrence& at);
  void write_links();
  void write_unread();
  void write_sbom();
  void write_document();
  void write_profiles();

  const Bom& bom_;
  PlacedBom placed_;
  SpdxGraph graph_;
  SpdxLicenses licenses_;
  using Place = std::tuple<std::string, std::uint64_t, std::uint64_t, std::string, std::string>;
  std::map<Place, std::string> snippets_;
};

void SpdxWriter::write_creation() {
  auto& json = graph_.json();
  json.open('{').member("type", "CreationInfo").member("@id", "_:creation");
  json.member("created", std::string_view(seconds(bom_.time)));
  json.texts("createdBy", {bom_.author.empty() ? graph_.iri("program", "") : agent(bom_.author)});
  json.texts("createdUsing", {graph_.iri("tool", "")}).member("specVersion", "3.0.1").close('}');
}

// Who states it, the tool that was used, and who is behind the components.
void SpdxWriter::write_agents() {
  const auto tool = bom_.tool_version.empty() ? bom_.tool : bom_.tool + " " + bom_.tool_version;
  graph_.element(graph_.iri("tool", ""), "Tool").member("name", std::string_view(tool)).close('}');
  if (bom_.author.empty())
    graph_.element(graph_.iri("program", ""), "SoftwareAgent")
        .member("name", std::string_view(tool))
        .close('}');
  std::set<std::string, std::less<>> names;
  if (!bom_.author.empty()) names.insert(as_utf8(bom_.author));
  for (const auto& [one, ref] : placed_.all())
    if (!one->supplier.empty()) names.insert(as_utf8(one->supplier));
  for (const auto& name : names)
    graph_.element(agent(name), "Organization").member("name", std::string_view(name)).close('}');
}

void SpdxWriter::write_hashes(const BomComponent& one) {
  std::vector<std::pair<std::string_view, std::string>> good;
  for (const auto& hash : one.hashes)
    if (auto value = hash_value(hash)) good.emplace_back(spdx_name(hash.kind), std::move(*value));
  if (good.empty()) return;
  auto& json = graph_.json().name("verifiedUsing").open('[');
  for (const auto& [kind, value] : good)
    json.open('{')
        .member("type", "Hash")
        .member("algorithm", kind)
        .member("hashValue", std::string_view(value))
        .close('}');
  json.close(']');
}

void SpdxWriter::write_references(const BomComponent& one) {
  std::vector<std::tuple<std::string_view, std::string, std::string>> all;
  const auto add = [&](std::string_view type, std::string_view url, std::string_view comment) {
    if (auto uri = place_uri(url)) all.emplace_back(type, std::move(*uri), comment);
  };
  for (const auto& reference : one.references)
    add(reference_type(reference.kind), reference.url,
        reference.comment.empty() && reference.kind == BomReferenceKind::terms ? "terms of use"
                                                                               : reference.comment);
  if (one.service)
    for (const auto& endpoint : one.service->endpoints) add("other", endpoint, "endpoint");
  for (const auto* license : {&one.declared, &one.concluded}) add("license", license->url, "");
  if (all.empty()) return;
  auto& json = graph_.json().name("externalRef").open('[');
  for (const auto& [type, url, comment] : all) {
    json.open('{').member("type", "ExternalRef").text("comment", comment);
    json.member("externalRefType", type).texts("locator", {url}).close('}');
  }
  json.close(']');
}

// What packages have and files have not.
void SpdxWriter::write_package(const BomComponent& one) {
  auto& json = graph_.json();
  const auto first = [&](BomReferenceKind kind) -> std::optional<std::string> {
    for (const auto& reference : one.references)
      if (auto url = place_uri(reference.url); url && reference.kind == kind) return url;
    return std::nullopt;
  };
  if (const auto url = first(BomReferenceKind::download))
    json.member("software_downloadLocation", std::string_view(*url));
  if (const auto url = first(BomReferenceKind::website))
    json.member("software_homePage", std::string_view(*url));
  if (const auto purl = package_url(one.purl)) json.member("software_packageUrl", std::string_view(*purl));
  json.text("software_packageVersion", one.version);
}

void SpdxWriter::write_component(std::size_t index) {
  const auto& one = *placed_.all()[index].component;
  auto& json = graph_.element(component(index), type_of(one));
  const bool file = type_of(one) == "software_File";
  json.text("name", one.group.empty() ? one.name : one.group + "/" + one.name);
  json.text("description", one.description);
  if (one.kind == BomKind::service) json.member("comment", "A service that is reached over a network.");
  write_references(one);
  if (const auto purl = package_url(one.purl); purl && file) {
    json.name("externalIdentifier").open('[').open('{').member("type", "ExternalIdentifier");
    json.member("externalIdentifierType", "packageUrl").member("identifier", std::string_view(*purl));
    json.close('}').close(']');
  }
  write_spdx_properties(json, one);
  write_hashes(one);
  if (!one.supplier.empty()) json.member("suppliedBy", std::string_view(agent(one.supplier)));
  if (one.built) json.member("builtTime", std::string_view(seconds(*one.built)));
  if (one.released) json.member("releaseTime", std::string_view(seconds(*one.released)));
  json.text("software_copyrightText", one.copyright);
  json.member("software_primaryPurpose", purpose_of(one.kind));
  if (!file) write_package(one);
  if (one.kind == BomKind::model) {
    write_spdx_model(json, one);
  } else if (is_dataset(one)) {
    write_spdx_dataset(json, one);
  }
  json.close('}');
}

// One relationship of each kind, whatever is known: without it the profiles for AI and datasets are not met.
void SpdxWriter::write_licenses_of(std::size_t index) {
  const auto& one = *placed_.all()[index].component;
  graph_.relationship(component(index), "hasConcludedLicense", {licenses_.iri_of(one.concluded)});
  graph_.relationship(component(index), "hasDeclaredLicense", {licenses_.iri_of(one.declared)});
}

// The IRI of the place, a line or a byte of a file; the file itself where neither is known.
std::string SpdxWriter::snippet(const BomOccurrence& at) {
  const auto file = as_utf8(at.file);
  constexpr std::uint64_t most = INT64_MAX - 1;
  const auto byte = at.offset && at.line == 0 && *at.offset < most ? *at.offset + 1 : 0;
  const auto line = std::min(at.line, most);
  if (line == 0 && byte == 0 && at.symbol.empty() && at.context.empty()) return graph_.iri("file", file);
  Place place{file, line, byte, at.symbol, at.context};
  const auto number = snippets_.size() + 1;
  return snippets_.try_emplace(std::move(place), graph_.iri("place", std::to_string(number))).first->second;
}

void SpdxWriter::write_places(std::size_t index) {
  std::vector<std::string> to;
  std::set<std::string, std::less<>> seen;
  for (const auto& at : placed_.all()[index].component->occurrences)
    if (auto iri = snippet(at); seen.insert(iri).second) to.push_back(std::move(iri));
  if (!to.empty()) graph_.relationship(component(index), "hasEvidence", to);
}

void SpdxWriter::write_evidence() {
  std::set<std::string, std::less<>> files;
  for (std::size_t i = 0; i < placed_.all().size(); ++i) {
    for (const auto& at : placed_.all()[i].component->occurrences) files.insert(as_utf8(at.file));
    write_places(i);
  }
  for (const auto& file : files)
    graph_.element(graph_.iri("file", file), "software_File")
        .member("name", std::string_view(file))
        .close('}');
  for (const auto& [place, iri] : snippets_) {
    const auto& [file, line, byte, symbol, context] = place;
    auto& json = graph_.element(iri, "software_Snippet");
    json.text("name", symbol).text("comment", context);
    if (const auto number = line > 0 ? line : byte; number > 0) {
      json.name(line > 0 ? "software_lineRange" : "software_byteRange").open('{');
      json.member("type", "PositiveIntegerRange").member("beginIntegerRange", number);
      json.member("endIntegerRange", number).close('}');
    }
    json.member("software_snippetFromFile", std::string_view(graph_.iri("file", file))).close('}');
  }
}

void SpdxWriter::write_links() {
  for (const auto& [from, to, kind] : placed_.links()) {
    std::string_view type, comment;
    switch (kind) {
      case BomLink::uses:
        type = "dependsOn", comment = "uses";
        break;
      case BomLink::depends_on:
        type = "dependsOn";
        break;
      case BomLink::contains:
        type = "contains";
        break;
      case BomLink::trained_on:
        type = "trainedOn";
        break;
      case BomLink::tested_on:
        type = "testedOn";
        break;
      case BomLink::derived_from:
        type = "descendantOf";
        break;
    }
    graph_.relationship(component(from), type, {component(to)}, comment,
                        bom_.partial.empty() ? "noAssertion" : "incomplete");
  }
}

void SpdxWriter::write_unread() {
  std::uint64_t number = 0;
  const auto annotate = [&](const std::string& statement) {
    graph_.element(graph_.iri("note", std::to_string(++number)), "Annotation")
        .member("annotationType", "other")
        .member("statement", std::string_view(statement))
        .member("subject", std::string_view(graph_.iri("sbom", "")))
        .close('}');
  };
  for (const auto& one : bom_.partial) annotate("Not read: " + one);
  for (const auto& one : bom_.properties) annotate(one.name + ": " + one.value);
}

void SpdxWriter::write_profiles() {
  std::vector<std::string> profiles;
  const auto any = [&](auto&& test) {
    return std::ranges::any_of(placed_.all(), [&](const auto& placed) { return test(*placed.component); });
  };
  if (any([](const BomComponent& one) { return one.kind == BomKind::model; })) profiles.emplace_back("ai");
  profiles.emplace_back("core");
  if (any(is_dataset)) profiles.emplace_back("dataset");
  // The properties are of the profile "extension"; the context of 3.0.1 reads that word as another one, so
  // that the model's own shapes refuse it here.
  profiles.insert(profiles.end(), {"simpleLicensing", "software"});
  graph_.json().texts("profileConformance", profiles);
}

void SpdxWriter::write_sbom() {
  const auto inside = graph_.elements();
  auto& json = graph_.element(graph_.iri("sbom", ""), "software_Sbom").text("name", bom_.name);
  json.texts("element", inside);
  write_profiles();
  json.texts("rootElement", {component(0)}).close('}');
}

void SpdxWriter::write_document() {
  const auto inside = graph_.elements();
  auto& json = graph_.element(graph_.iri("document", ""), "SpdxDocument").text("name", bom_.name);
  json.texts("element", inside);
  write_profiles();
  json.texts("rootElement", {graph_.iri("sbom", "")}).close('}');
}

std::string SpdxWriter::write() {
  auto& json = graph_.json();
  json.open('{').member("@context", kContext).name("@graph").open('[');
  write_creation();
  write_agents();
  for (std::size_t i = 0; i < placed_.all().size(); ++i) write_component(i);
  licenses_.write(graph_);
  for (std::size_t i = 0; i < placed_.all().size(); ++i) write_licenses_of(i);
  write_links();
  write_evidence();
  write_unread();
  write_sbom();
  write_document();
  json.close(']').close('}');
  return graph_.take() + "\n";
}

}  // namespace

std::string spdx(const Bom& bom) {
  return SpdxWriter(bom).write();
}

}  // namespace ostiary::report
