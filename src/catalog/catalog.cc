#include "catalog/catalog.h"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <simdjson.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/text.h"
#include "catalog/impl/entries.h"

extern "C" {
extern const char ostiary_catalog_begin[];
extern const char ostiary_catalog_end[];
}

namespace ostiary::catalog {

namespace {

namespace dom = simdjson::dom;

std::string_view blob() {
  return {ostiary_catalog_begin, static_cast<std::size_t>(ostiary_catalog_end - ostiary_catalog_begin)};
}

}  // namespace

// The blob was checked when it was built, so that one which does not read means a broken program file.
void broken(std::string_view what) {
  log::error(
      fmt::format("the catalogue inside this program is damaged ({}); install the program again", what));
  std::abort();
}

std::string_view section(std::string_view kind) {
  const auto json = section_of(blob(), kind);
  if (!json) broken(kind);
  return *json;
}

Origin origin_of(const dom::element& object) {
  dom::element origin;
  if (object["origin"].get(origin) != simdjson::SUCCESS) return {};  // of an organisation's own
  return {text_of(origin, "source"), text_of(origin, "date")};
}

std::uint32_t count_of(const dom::element& object, std::string_view name, std::uint32_t otherwise) {
  std::uint64_t number = 0;
  return object[name].get(number) == simdjson::SUCCESS ? static_cast<std::uint32_t>(number) : otherwise;
}

bool flag_of(const dom::element& object, std::string_view name, bool otherwise) {
  bool flag = false;
  return object[name].get(flag) == simdjson::SUCCESS ? flag : otherwise;
}

namespace {

Provider provider_of(const dom::element& e) {
  return {.id = text_of(e, "id"),
          .name = text_of(e, "name"),
          .homepage = text_of(e, "homepage"),
          .surfaces = texts_of(e, "surfaces"),
          .endpoints = each_of(e, "endpoints",
                               [](const dom::element& one) {
                                 return Provider::Endpoint{.host = text_of(one, "host"),
                                                           .path = text_of(one, "path"),
                                                           .surface = text_of(one, "surface")};
                               }),
          .variables = texts_of(e, "variables"),
          .headers = texts_of(e, "headers"),
          .resources = texts_of(e, "resources"),
          .origin = origin_of(e)};
}

Service service_of(const dom::element& e) {
  std::uint64_t port = 0;
  if (e["local_port"].get(port) != simdjson::SUCCESS) port = 0;
  return {.id = text_of(e, "id"),
          .name = text_of(e, "name"),
          .provider = text_of(e, "provider"),
          .surface = text_of(e, "surface"),
          .protocol = text_of(e, "protocol"),
          .base_url = text_of(e, "base_url"),
          .credential_env = text_of(e, "credential_env"),
          .credential_header = text_of(e, "credential_header"),
          .models = texts_of(e, "models"),
          .endpoints = texts_of(e, "endpoints"),
          .local_port = static_cast<std::uint16_t>(port),
          .origin = origin_of(e)};
}

std::int64_t dollars_of(const dom::element& object, std::string_view name, std::int64_t otherwise) {
  const auto text = text_of(object, name);
  return text.empty() ? otherwise : parse_dollars(text).value_or(otherwise);
}

PriceList price_list_of(const dom::element& e) {
  PriceList list{.id = text_of(e, "id"),
                 .provider = text_of(e, "provider"),
                 .surface = text_of(e, "surface"),
                 .lines = {},
                 .origin = origin_of(e)};
  dom::array lines;
  if (e["prices"].get(lines) != simdjson::SUCCESS) broken("a price list");
  for (const auto line : lines) {
    const auto input = dollars_of(line, "input", 0);
    list.lines.push_back({texts_of(line, "models"), text_of(line, "valid_from"), input,
                          dollars_of(line, "output", 0), dollars_of(line, "cached", input)});
  }
  return list;
}

double decimal_of(const dom::element& object, std::string_view name) {
  return std::strtod(text_of(object, name).c_str(), nullptr);
}

Detector::Check check_of(const dom::element& detector) {
  dom::element check;
  if (detector["check"].get(check) != simdjson::SUCCESS) return {};
  return {.kind = text_of(check, "kind"),
          .weights = text_of(check, "weights"),
          .result = text_of(check, "result"),
          .table = text_of(check, "table"),
          .ten = text_of(check, "ten"),
          .argument = text_of(check, "argument"),
          .modulus = count_of(check, "modulus", 0)};
}

Damper damper_of(const dom::element& e) {
  return {.id = text_of(e, "id"),
          .name = text_of(e, "name"),
          .effect = text_of(e, "effect"),
          .contains = texts_of(e, "contains"),
          .words = texts_of(e, "words"),
          .values = texts_of(e, "values"),
          .patterns = texts_of(e, "patterns"),
          .behind = texts_of(e, "behind"),
          .named = texts_of(e, "named"),
          .spares_high = flag_of(e, "spares_high", false),
          .origin = origin_of(e)};
}

}  // namespace

// After its line "<kind> <bytes>".
std::optional<std::string_view> section_of(std::string_view blob, std::string_view kind) {
  auto rest = blob;
  const auto line = [&] {
    const auto end = std::min(rest.find('\n'), rest.size() - 1);
    const auto out = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    return out;
  };
  if (rest.empty() || line() != "ostiary-catalog 1") return std::nullopt;
  while (!rest.empty()) {
    const auto head = text::split(line(), ' ');
    const auto size = head.size() == 2 ? text::parse_uint(head[1]) : std::nullopt;
    if (!size || *size >= rest.size()) return std::nullopt;
    if (head[0] == kind) return rest.substr(0, *size);
    rest.remove_prefix(*size + 1);
  }
  return std::nullopt;
}

std::string text_of(const dom::element& object, std::string_view name) {
  std::string_view out;
  return object[name].get(out) == simdjson::SUCCESS ? std::string(out) : std::string();
}

std::vector<std::string> texts_of(const dom::element& object, std::string_view name) {
  std::vector<std::string> out;
  dom::array list;
  if (object[name].get(list) != simdjson::SUCCESS) return out;
  for (const auto item : list) {
    std::string_view word;
    if (item.get(word) == simdjson::SUCCESS) out.emplace_back(word);
  }
  return out;
}

Detector detector_of(const dom::element& e) {
  Detector d{.id = text_of(e, "id"),
             .name = text_of(e, "name"),
             .klass = text_of(e, "class"),
             .data_class = text_of(e, "data_class"),
             .type = text_of(e, "type"),
             .opens = text_of(e, "opens"),
             .standard = text_of(e, "standard"),
             .models_provider = {},
             .models_beside = {},
             .countries = texts_of(e, "countries"),
             .keywords = texts_of(e, "keywords"),
             .words = texts_of(e, "words"),
             .trigger = text_of(e, "trigger"),
             .where = text_of(e, "where"),
             .start = text_of(e, "start"),
             .before = text_of(e, "before"),
             .pattern = text_of(e, "pattern"),
             .after = text_of(e, "after"),
             .within = count_of(e, "within", 64),
             .any_case = text_of(e, "case") == "any",
             .inside_words = flag_of(e, "inside_words", false),
             .damped = flag_of(e, "damped", true),
             .entropy = decimal_of(e, "entropy"),
             .rarity = decimal_of(e, "rarity"),
             .check = check_of(e),
             .check_failed = text_of(e, "check_failed"),
             .confidence = text_of(e, "confidence"),
             .with_words = text_of(e, "with_words"),
             .reject = texts_of(e, "reject"),
             .fires = texts_of(e, "fires"),
             .silent = texts_of(e, "silent"),
             .origin = origin_of(e),
             .rule = {},
             .members = {}};
  dom::element models;
  if (e["models"].get(models) == simdjson::SUCCESS) {
    d.models_provider = text_of(models, "provider");
    d.models_beside = texts_of(models, "beside");
  }
  if (d.type.empty()) d.type = d.id;
  if (d.data_class.empty()) d.data_class = d.klass == "marker" ? "internal" : d.klass;
  return d;
}

const std::vector<Provider>& providers() {
  static const auto all = read_kind("provider", provider_of);
  return all;
}

const std::vector<Service>& services() {
  static const auto all = read_kind("service", service_of);
  return all;
}

const std::vector<PriceList>& prices() {
  static const auto all = read_kind("price", price_list_of);
  return all;
}

const std::vector<Detector>& detectors() {
  static const auto all = read_kind("detector", detector_of);
  return all;
}

const std::vector<Damper>& dampers() {
  static const auto all = read_kind("damper", damper_of);
  return all;
}

std::optional<std::int64_t> parse_dollars(std::string_view text) {
  constexpr std::size_t kMostWhole = 6, kDecimals = 9;
  const auto point = text.find('.');
  const auto whole = text.substr(0, point);
  auto decimals =
      std::string(point == std::string_view::npos ? std::string_view("0") : text.substr(point + 1));
  if (whole.size() > kMostWhole || decimals.size() > kDecimals) return std::nullopt;
  const auto dollars = text::parse_uint(whole);
  decimals.resize(kDecimals, decimals.empty() ? 'x' : '0');
  const auto nanos = text::parse_uint(decimals);
  if (!dollars || !nanos) return std::nullopt;
  return static_cast<std::int64_t>(*dollars * 1'000'000'000 + *nanos);
}

const Provider* find_provider(std::string_view id) {
  return find(providers(), id);
}
const Service* find_service(std::string_view id) {
  return find(services(), id);
}

std::string_view version() {
  static const auto digits = hex(sha256(blob())).substr(0, 12);
  return digits;
}

}  // namespace ostiary::catalog
