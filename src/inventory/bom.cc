// Uses as a bill of materials.

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <set>

#include "base/hash.h"
#include "base/text.h"
#include "catalog/catalog.h"
#include "inventory/export.h"
#include "inventory/match.h"
#include "inventory/version_order.h"

namespace ostiary::inventory {

namespace {

using report::BomComponent;
using report::BomKind;
using report::BomLink;

std::string text_or_nothing(const Use& use, F f) {
  return use.known(f) ? use[f] : std::string();
}

// "sha256:00ff…" as the bill has it; nothing where the algorithm is none that it knows.
std::optional<report::BomHash> hash_of(std::string_view text) {
  constexpr std::pair<std::string_view, report::BomHashKind> kinds[] = {
      {"md5", report::BomHashKind::md5},       {"sha1", report::BomHashKind::sha1},
      {"sha256", report::BomHashKind::sha256}, {"sha-256", report::BomHashKind::sha256},
      {"sha384", report::BomHashKind::sha384}, {"sha512", report::BomHashKind::sha512},
      {"blake3", report::BomHashKind::blake3}};
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  for (const auto& [name, kind] : kinds)
    if (text::iequals(text::trim(text.substr(0, colon)), name))
      return report::BomHash{kind, std::string(text::trim(text.substr(colon + 1)))};
  return std::nullopt;
}

report::BomLicense license_of(std::string_view expression) {
  report::BomLicense license;
  if (!expression.empty() && expression != kUnknown) license.expression = expression;
  return license;
}

bool is_url(std::string_view text) {
  return text.starts_with("https://") || text.starts_with("http://");
}

report::Known known_if(bool known, bool yes) {
  return !known ? report::Known::unknown : yes ? report::Known::yes : report::Known::no;
}

class Writer {
 public:
  Writer(report::Bom& bom, const std::vector<Use>& uses) : bom_(bom), uses_(uses) {}

  void write() {
    for (const auto& use : uses_) {
      const auto ref = add_use(use);
      bom_.dependencies.push_back({bom_.subject.ref, ref, BomLink::uses});
      for (const auto& model : use.all(F::model)) link(ref, add_model(use, model));
      for (const auto& sdk : use.all(F::sdk)) link(ref, add_sdk(use, sdk));
      for (const auto& dataset : use.all(F::datasets)) link(ref, add_dataset(use, dataset));
      if (use.known(F::provider) || use.known(F::service)) link(ref, add_service(use));
    }
  }

 private:
  // True: it is new, and stands at the end.
  bool begin(const std::string& ref, BomKind kind, const std::string& name) {
    if (!taken_.insert(ref).second) return false;
    BomComponent one;
    one.ref = ref;
    one.kind = kind;
    one.name = name;
    bom_.components.push_back(std::move(one));
    return true;
  }
  void link(const std::string& from, const std::string& to) {
    bom_.dependencies.push_back({from, to, BomLink::uses});
  }

  std::string add_use(const Use& use);
  std::string add_model(const Use& use, const std::string& model);
  std::string add_sdk(const Use& use, const std::string& sdk);
  std::string add_dataset(const Use& use, const std::string& dataset);
  std::string add_service(const Use& use);

  report::Bom& bom_;
  const std::vector<Use>& uses_;
  std::set<std::string> taken_;
};

std::string Writer::add_use(const Use& use) {
  auto ref = "use/" + use.id.text();
  if (!begin(ref, BomKind::application, use.title())) return ref;
  auto& one = bom_.components.back();
  if (use.all(F::model).empty() && use.all(F::sdk).empty()) one.version = text_or_nothing(use, F::version);
  one.description = text_or_nothing(use, F::purpose);
  one.supplier = text_or_nothing(use, F::supplier);
  for (const auto& f : fields())
    one.properties.push_back({fmt::format("ostiary:{}", f.name), cell_of(use, f.id)});
  for (const auto& text : use.all(F::references))
    if (is_url(text)) one.references.push_back({report::BomReferenceKind::other, text, ""});
  for (const auto& seen : use.seen)
    for (const auto& place : seen.places) {
      report::BomOccurrence at;
      at.file = place;
      const auto colon = place.rfind(':');
      if (const auto line = colon == std::string::npos
                                ? std::nullopt
                                : text::parse_uint(std::string_view(place).substr(colon + 1)))
        at.file = place.substr(0, colon), at.line = *line;
      at.context = seen.grade;
      one.occurrences.push_back(std::move(at));
    }
  return ref;
}

std::string Writer::add_model(const Use& use, const std::string& model) {
  auto ref = "model/" + model;
  if (!begin(ref, BomKind::model, model)) return ref;
  auto& one = bom_.components.back();
  const bool alone =
      use.all(F::model).size() == 1;  // what is stated of the use's model is stated of this one
  auto& card = one.model.emplace();
  one.supplier = text_or_nothing(use, F::model_producer);
  for (const auto& text : use.all(F::inputs_outputs)) card.inputs.push_back(text);
  card.data_classes = use.all(F::data_classes);
  if (use.known(F::purpose)) card.uses.push_back(use[F::purpose]);
  card.users = use.all(F::users);
  const auto& classes = use.all(F::data_classes);
  card.personal_data = known_if(!classes.empty(), std::ranges::find(classes, "personal") != classes.end());
  if (!alone) return ref;
  one.version = text_or_nothing(use, F::version);
  one.declared = license_of(use[F::license]);
  one.description = text_or_nothing(use, F::model_description);
  card.training = text_or_nothing(use, F::training);
  if (use.known(F::model_limitations)) card.limitations.push_back(use[F::model_limitations]);
  if (const auto hash = hash_of(use[F::model_hash])) one.hashes.push_back(*hash);
  if (use[F::model_id].starts_with("pkg:"))
    one.purl = use[F::model_id];
  else if (is_url(use[F::model_id]))
    one.references.push_back({report::BomReferenceKind::model_card, use[F::model_id], ""});
  return ref;
}

std::string Writer::add_sdk(const Use& use, const std::string& sdk) {
  const auto* known = catalog::find_sdk(text::lower(sdk));
  std::string version;
  for (const auto& seen : use.seen)
    if (plain_name(seen.sdk) == plain_name(sdk) && is_exact_version(seen.version)) version = seen.version;
  auto ref = fmt::format("sdk/{}{}{}", sdk, version.empty() ? "" : "@", version);
  if (!begin(ref, known && known->kind == "framework" ? BomKind::framework : BomKind::library, sdk))
    return ref;
  auto& one = bom_.components.back();
  one.version = version;
  if (!known) return ref;
  one.description = known->name;
  one.declared = license_of(known->license);
  if (is_url(known->homepage))
    one.references.push_back({report::BomReferenceKind::website, known->homepage, ""});
  if (const auto* provider = catalog::find_provider(known->provider)) one.supplier = provider->name;
  return ref;
}

std::string Writer::add_dataset(const Use& use, const std::string& dataset) {
  auto ref = "dataset/" + dataset;
  if (!begin(ref, BomKind::dataset, dataset)) return ref;
  auto& data = bom_.components.back().dataset.emplace();
  if (use.all(F::datasets).size() != 1) return ref;
  data.collection = text_or_nothing(use, F::dataset_provenance);
  if (use.known(F::dataset_sensitivity)) data.sensitive.push_back(use[F::dataset_sensitivity]);
  return ref;
}

std::string Writer::add_service(const Use& use) {
  const auto provider = use.known(F::provider) ? provider_id(use[F::provider]) : std::string();
  auto ref = fmt::format("service/{}/{}/{}", provider, use[F::surface], use[F::service]);
  const auto* known = catalog::find_provider(provider);
  const auto name = use.known(F::service) ? use[F::service] : known ? known->name : provider;
  const bool fresh = begin(ref, BomKind::service, name);
  auto& one = *std::ranges::find(bom_.components, ref, &BomComponent::ref);
  if (fresh) {
    one.service.emplace();
    one.supplier = known ? known->name : provider;
    if (known && is_url(known->homepage))
      one.references.push_back({report::BomReferenceKind::website, known->homepage, ""});
    one.properties.push_back({"ostiary:surface", cell_of(use, F::surface)});
    one.service->crosses_boundary = known_if(use.known(F::surface), use[F::surface] != "self-hosted");
  }
  for (const auto& data_class : use.all(F::data_classes))
    if (std::ranges::find(one.service->data, data_class, &report::BomServiceData::data_class) ==
        one.service->data.end())
      one.service->data.push_back({data_class, report::BomFlow::inbound, ""});
  return ref;
}

Id id_of(const std::vector<Use>& uses) {
  std::string text;
  for (const auto& use : uses) append_json(text, use);
  return report::id_of_content(text);
}

}  // namespace

report::Bom bom_of(const std::vector<Use>& uses, const BomAbout& about) {
  report::Bom bom;
  bom.name = "Uses of AI";
  bom.id = id_of(uses);
  for (const auto& use : uses) bom.time = std::max(bom.time, use.changed);
  bom.tool_version = about.tool_version;
  bom.author = about.author;
  bom.subject.ref = "inventory";
  bom.subject.kind = BomKind::application;
  bom.subject.name = about.author.empty() ? "Inventory of AI" : "Inventory of AI of " + about.author;
  Writer(bom, uses).write();
  return bom;
}

}  // namespace ostiary::inventory
