#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "report/bom.h"

// What CycloneDX and SPDX both make of a Bom.
namespace ostiary::report {

// A Bom in order: every component under a ref that is valid UTF-8, not empty and unique. The subject has
// index 0, components from 1, by their refs. A view of the Bom that it is made of.
class PlacedBom {
 public:
  struct Placed {
    const BomComponent* component;
    std::string ref;
  };
  struct Link {
    std::size_t from, to;
    BomLink kind;
    auto operator<=>(const Link&) const = default;
  };

  explicit PlacedBom(const Bom& bom);
  const Placed& subject() const { return all_.front(); }
  const std::vector<Placed>& all() const { return all_; }
  // In order, each once, and only between components of the document.
  const std::vector<Link>& links() const { return links_; }
  // The links from one component.
  std::vector<Link> links_from(std::size_t index) const;

 private:
  std::vector<Placed> all_;
  std::vector<Link> links_;
};

// As valid UTF-8: bytes that are none become U+FFFD.
std::string as_utf8(std::string_view text);

enum class LicenseForm : std::uint8_t { unknown, none, expression, name };
struct LicenseText {
  LicenseForm form = LicenseForm::unknown;
  std::string text;  // the expression or the name
};
// What a licence says: SPDX's NONE and NOASSERTION are `none` and `unknown`, a malformed expression is a
// name.
LicenseText license_text(const BomLicense& license);

// Whether it is an expression by the grammar of annex B of SPDX 3.0.1. Which ids there are is not looked at.
// Linear; at most 4,096 bytes and 100 levels.
bool well_formed_expression(std::string_view expression);
// The LicenseRef- and AdditionRef- of this document that stand in a well-formed expression, each once.
std::vector<std::string> custom_ids(std::string_view expression);
// "LicenseRef-…" of a name.
std::string license_ref_of(std::string_view name);

// In lower case, where it is hexadecimal and as long as its kind is.
std::optional<std::string> hash_value(const BomHash& hash);

std::string_view name_of(Known known);   // "unknown"
std::string_view name_of(BomLink kind);  // "trained-on"
std::string_view cyclonedx_name(BomHashKind kind);
std::string_view spdx_name(BomHashKind kind);
// A number that is not negative in decimal without an exponent; nothing, where it is not finite or negative.
std::optional<std::string> decimal(const std::optional<double>& number);

}  // namespace ostiary::report
