#include "catalog/license.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <simdjson.h>

#include "base/text.h"
#include "catalog/impl/entries.h"
#include "catalog/impl/organisation_folder.h"
#include "catalog/organisation.h"

namespace ostiary::catalog {

namespace {

using simdjson::dom::element;

constexpr std::array<std::string_view, 5> kSays = {"permits", "conditions", "silent", "unknown", "forbids"};

Says says_of(const element& object, std::string_view field) {
  const auto found = std::ranges::find(kSays, text_of(object, field));
  return found == kSays.end() ? Says::unknown : static_cast<Says>(found - kSays.begin());
}

std::optional<bool> flag_if(const element& object, std::string_view field) {
  bool flag = false;
  if (object[field].get(flag) != simdjson::SUCCESS) return std::nullopt;
  return flag;
}

// Reads the parts of one entry.
struct Reader {
  const element& entry;
  Origin origin;

  Clause at(const element& statement) const {
    Clause out{text_of(statement, "clause"), text_of(statement, "note"), origin};
    if (auto source = text_of(statement, "source"); !source.empty()) out.origin.source = std::move(source);
    if (auto date = text_of(statement, "date"); !date.empty()) out.origin.date = std::move(date);
    return out;
  }

  // What stands in a list; nothing where the list is left out.
  template <class Read>
  auto list(std::string_view field, Read read) const
      -> std::optional<std::vector<decltype(read(std::declval<const element&>()))>> {
    element value;
    if (entry[field].get(value) != simdjson::SUCCESS) return std::nullopt;
    return each_of(entry, field, read);
  }

  template <class Read>
  auto one(std::string_view field, Read read) const
      -> std::optional<decltype(read(std::declval<const element&>()))> {
    element value;
    if (entry[field].get(value) != simdjson::SUCCESS) return std::nullopt;
    return read(value);
  }

  std::vector<License::Right> rights() const {
    return each_of(entry, "rights", [&](const element& e) {
      return License::Right{text_of(e, "to"), says_of(e, "says"), at(e)};
    });
  }
  auto duties() const {
    return list("duties", [&](const element& e) {
      return License::Duty{text_of(e, "to"), texts_of(e, "when"), text_of(e, "words"), at(e)};
    });
  }
  auto ceilings() const {
    return list("ceilings", [&](const element& e) {
      std::uint64_t most = 0;
      if (e["most"].get(most) != simdjson::SUCCESS) most = 0;
      return License::Ceiling{text_of(e, "of"), most, says_of(e, "beyond"), at(e)};
    });
  }
  auto territories() const {
    return list("territories",
                [&](const element& e) { return License::Excluded{texts_of(e, "excluded"), at(e)}; });
  }
};

License license_of(const element& e) {
  const Reader in{e, origin_of(e)};
  return {.id = text_of(e, "id"),
          .license = text_of(e, "license"),
          .name = text_of(e, "name"),
          .steward = text_of(e, "steward"),
          .version = text_of(e, "version"),
          .released = text_of(e, "released"),
          .digest = text_of(e, "digest"),
          .homepage = text_of(e, "homepage"),
          .category = text_of(e, "category"),
          .fingerprint = text_of(e, "fingerprint"),
          .aliases = texts_of(e, "aliases"),
          .kinds = texts_of(e, "kinds"),
          .rights = in.rights(),
          .duties = in.duties(),
          .ceilings = in.ceilings(),
          .territories = in.territories(),
          .use_restrictions = in.one("use_restrictions",
                                     [&](const element& one) {
                                       return License::UseRestrictions{
                                           text_of(one, "says"), flag_of(one, "pass_on", false), in.at(one)};
                                     }),
          .share_alike = in.one("share_alike",
                                [&](const element& one) {
                                  return License::ShareAlike{text_of(one, "when"), text_of(one, "reach"),
                                                             in.at(one)};
                                }),
          .termination = in.one("termination",
                                [&](const element& one) {
                                  return License::Termination{text_of(one, "says"), flag_if(one, "remote"),
                                                              in.at(one)};
                                }),
          .patents = in.one("patents",
                            [&](const element& one) {
                              return License::Patents{text_of(one, "says"), flag_if(one, "ends_on_suit"),
                                                      in.at(one)};
                            }),
          .law = in.one("law",
                        [&](const element& one) { return License::Law{text_of(one, "says"), in.at(one)}; }),
          .origin = in.origin};
}

LicenseReview review_from(const element& e) {
  return {text_of(e, "license"), text_of(e, "by"), text_of(e, "date"), text_of(e, "because")};
}

}  // namespace

std::string_view name(Says says) {
  return kSays[static_cast<std::size_t>(says)];
}

const License::Right* License::right(std::string_view to) const {
  const auto found = std::ranges::find(rights, to, &Right::to);
  return found == rights.end() ? nullptr : &*found;
}

Licenses::Licenses(std::vector<License> entries, std::vector<LicenseReview> reviews)
    : entries_(std::move(entries)), reviews_(std::move(reviews)) {
  std::ranges::sort(entries_, {}, &License::id);
  std::ranges::sort(reviews_, {}, &LicenseReview::license);
  // The licence's own name goes before another's alias.
  const auto add = [&](std::size_t i, std::string_view name) { by_name_.try_emplace(text::lower(name), i); };
  for (std::size_t i = 0; i < entries_.size(); ++i) add(i, entries_[i].license);
  for (std::size_t i = 0; i < entries_.size(); ++i) add(i, entries_[i].id);
  for (std::size_t i = 0; i < entries_.size(); ++i)
    for (const auto& alias : entries_[i].aliases) add(i, alias);
}

const License* Licenses::find(std::string_view name) const {
  const auto found = by_name_.find(text::lower(name));
  return found == by_name_.end() ? nullptr : &entries_[found->second];
}

const LicenseReview* Licenses::review_of(const License& license) const {
  const auto found = std::ranges::lower_bound(reviews_, license.id, {}, &LicenseReview::license);
  return found != reviews_.end() && found->license == license.id ? &*found : nullptr;
}

const Licenses& licenses() {
  static const Licenses all(read_kind("license", license_of));
  return all;
}

Result<Licenses> read_licenses(const std::string& folder) {
  TRY(const auto blob, compile_organisation(folder));
  auto entries = licenses().all();
  TRY_VOID(each_entry(blob, "license", [&](const element& e) -> Result<> {
    auto own = license_of(e);
    const auto shipped = std::ranges::find(entries, own.id, &License::id);
    if (shipped == entries.end()) {
      entries.push_back(std::move(own));
    } else {
      *shipped = std::move(own);
    }
    return {};
  }));
  const Licenses known(entries);
  std::vector<LicenseReview> reviews;
  TRY_VOID(each_entry(blob, "license-review", [&](const element& e) -> Result<> {
    auto review = review_from(e);
    const auto* license = known.find(review.license);
    if (!license)
      return fail(Code::invalid, fmt::format("no licence is called '{}'", review.license),
                  place_of(folder, "license-review", text_of(e, "id"), "license"));
    review.license = license->id;
    reviews.push_back(std::move(review));
    return {};
  }));
  return Licenses(std::move(entries), std::move(reviews));
}

}  // namespace ostiary::catalog
