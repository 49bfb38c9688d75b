#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "report/bom.h"
#include "report/impl/bom_parts.h"
#include "report/impl/uri.h"
#include "report/impl/written.h"

namespace ostiary::report {

// The graph of an SPDX document while it is written: its elements, each under an IRI of its own.
class SpdxGraph {
 public:
  explicit SpdxGraph(const Bom& bom);

  // The IRI of something that has a kind and a name in the document; one name gives one IRI.
  std::string iri(std::string_view kind, std::string_view name) const;
  // Opens an element, with its id, type and creation info; the caller writes the rest and closes it.
  JsonText& element(std::string_view iri, std::string_view type);
  void relationship(std::string_view from, std::string_view type, const std::vector<std::string>& to,
                    std::string_view comment = {}, std::string_view completeness = {});
  JsonText& json() { return json_; }
  const std::vector<std::string>& elements() const { return elements_; }
  std::string take() { return json_.take(); }

 private:
  std::string base_;
  JsonText json_;
  std::vector<std::string> elements_;
  std::uint64_t relationships_ = 0;
};

// The licences of the document: what each component's licence is as an element, of which each expression is
// one.
class SpdxLicenses {
 public:
  SpdxLicenses(const Bom& bom, const SpdxGraph& graph);
  std::string iri_of(const BomLicense& license) const;
  void write(SpdxGraph& graph) const;

 private:
  std::string expression_of(const BomLicense& license) const;  // empty: there is none
  std::string text_iri(const std::string& ref) const { return graph_.iri("license-text", ref); }

  const SpdxGraph& graph_;
  std::map<std::string, std::string, std::less<>> ref_of_name_;
  std::map<std::string, BomLicenseText, std::less<>> texts_;  // of each LicenseRef- that is used
  std::vector<std::string> expressions_;
};

void write_spdx_model(JsonText& json, const BomComponent& component);
void write_spdx_dataset(JsonText& json, const BomComponent& component);
void write_spdx_properties(JsonText& json, const BomComponent& component);

}  // namespace ostiary::report
