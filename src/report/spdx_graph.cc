#include <algorithm>
#include <fmt/format.h>
#include <set>

#include "report/impl/spdx_parts.h"

namespace ostiary::report {

SpdxGraph::SpdxGraph(const Bom& bom) : base_("urn:uuid:" + bom.id.text() + "#") {}

std::string SpdxGraph::iri(std::string_view kind, std::string_view name) const {
  auto out = base_;
  out += kind;
  if (name.empty()) return out;
  out += '/';
  append_uri(out, name);
  return out;
}

JsonText& SpdxGraph::element(std::string_view iri, std::string_view type) {
  elements_.emplace_back(iri);
  return json_.open('{').member("type", type).member("spdxId", iri).member("creationInfo", "_:creation");
}

void SpdxGraph::relationship(std::string_view from, std::string_view type, const std::vector<std::string>& to,
                             std::string_view comment, std::string_view completeness) {
  element(iri("relationship", std::to_string(++relationships_)), "Relationship")
      .text("comment", comment)
      .member("from", from)
      .member("relationshipType", type)
      .texts("to", to)
      .text("completeness", completeness)
      .close('}');
}

SpdxLicenses::SpdxLicenses(const Bom& bom, const SpdxGraph& graph) : graph_(graph) {
  std::set<std::string, std::less<>> names, refs, expressions;
  std::map<std::string, std::string, std::less<>> url_of_name;
  const auto visit = [&](const BomLicense& license) {
    const auto text = license_text(license);
    if (text.form == LicenseForm::expression) {
      expressions.insert(text.text);
      for (auto& id : custom_ids(text.text)) refs.insert(std::move(id));
    } else if (text.form == LicenseForm::name) {
      names.insert(text.text);
      if (!license.url.empty()) url_of_name.emplace(text.text, license.url);
    }
  };
  for (const auto* one : {&bom.subject.declared, &bom.subject.concluded}) visit(*one);
  for (const auto& component : bom.components) visit(component.declared), visit(component.concluded);
  for (const auto& ref : refs) texts_[ref] = {.ref = ref, .name = "", .text = "", .url = ""};
  for (const auto& text : bom.license_texts)
    if (const auto found = texts_.find(text.ref); found != texts_.end()) found->second = text;
  std::map<std::string, std::uint64_t, std::less<>> count;
  for (const auto& name : names) {
    const auto base = license_ref_of(name);
    auto ref = base;
    while (!refs.insert(ref).second) ref = fmt::format("{}-{}", base, ++count[base] + 1);
    const auto url = url_of_name.find(name);
    texts_[ref] = {.ref = ref, .name = name, .text = "", .url = url == url_of_name.end() ? "" : url->second};
    ref_of_name_.emplace(name, ref);
    expressions.insert(ref);
  }
  expressions_.assign(expressions.begin(), expressions.end());
}

std::string SpdxLicenses::expression_of(const BomLicense& license) const {
  const auto text = license_text(license);
  if (text.form == LicenseForm::expression) return text.text;
  if (text.form == LicenseForm::name) return ref_of_name_.find(text.text)->second;
  return {};
}

std::string SpdxLicenses::iri_of(const BomLicense& license) const {
  if (license_text(license).form == LicenseForm::none) return "expandedlicensing_NoneLicense";
  const auto expression = expression_of(license);
  return expression.empty() ? "expandedlicensing_NoAssertionLicense" : graph_.iri("license", expression);
}

void SpdxLicenses::write(SpdxGraph& graph) const {
  for (const auto& expression : expressions_) {
    auto& json = graph.element(graph.iri("license", expression), "simplelicensing_LicenseExpression");
    const auto refs = custom_ids(expression);
    if (!refs.empty()) {
      json.name("simplelicensing_customIdToUri").open('[');
      for (const auto& ref : refs)
        json.open('{')
            .member("type", "DictionaryEntry")
            .member("key", std::string_view(ref))
            .member("value", std::string_view(text_iri(ref)))
            .close('}');
      json.close(']');
    }
    json.member("simplelicensing_licenseExpression", std::string_view(expression)).close('}');
  }
  for (const auto& [ref, text] : texts_) {
    auto& json = graph.element(text_iri(ref), "simplelicensing_SimpleLicensingText");
    json.member("name", std::string_view(text.name.empty() ? ref : text.name));
    const auto url = place_uri(text.url);
    if (url) {
      json.name("externalRef").open('[').open('{').member("type", "ExternalRef");
      json.member("externalRefType", "license").name("locator").open('[').value(std::string_view(*url));
      json.close(']').close('}').close(']');
    }
    std::string_view words = text.text;
    if (words.empty())
      words = url ? "The text is not kept in this document; its address is in externalRef."
                  : "The text is not known.";
    json.member("simplelicensing_licenseText", words).close('}');
  }
}

}  // namespace ostiary::report
