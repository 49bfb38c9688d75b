// The kinds by which uses of AI are recognised in trees, commits and logs.
#include <simdjson.h>

#include "catalog/catalog.h"
#include "catalog/impl/entries.h"

namespace ostiary::catalog {

namespace {

using simdjson::dom::element;

std::vector<std::uint16_t> ports_of(const element& e) {
  return each_of(e, "ports", [](const element& one) {
    std::uint64_t port = 0;
    if (one.get(port) != simdjson::SUCCESS) port = 0;
    return static_cast<std::uint16_t>(port);
  });
}

Sdk sdk_of(const element& e) {
  return {.id = text_of(e, "id"),
          .name = text_of(e, "name"),
          .kind = text_of(e, "kind"),
          .provider = text_of(e, "provider"),
          .surface = text_of(e, "surface"),
          .homepage = text_of(e, "homepage"),
          .base_url = text_of(e, "base_url"),
          .license = text_of(e, "license"),
          .packages = each_of(e, "packages",
                              [](const element& one) {
                                return Sdk::Package{.ecosystem = text_of(one, "ecosystem"),
                                                    .name = text_of(one, "name")};
                              }),
          .imports = each_of(e, "imports",
                             [](const element& one) {
                               return Sdk::Import{.language = text_of(one, "language"),
                                                  .name = text_of(one, "name")};
                             }),
          .calls = texts_of(e, "calls"),
          .libraries = texts_of(e, "libraries"),
          .commands = texts_of(e, "commands"),
          .ambiguous = flag_of(e, "ambiguous", false),
          .origin = origin_of(e)};
}

Server server_of(const element& e) {
  return {.id = text_of(e, "id"),
          .name = text_of(e, "name"),
          .homepage = text_of(e, "homepage"),
          .license = text_of(e, "license"),
          .ports = ports_of(e),
          .images = texts_of(e, "images"),
          .commands = texts_of(e, "commands"),
          .paths = texts_of(e, "paths"),
          .variables = texts_of(e, "variables"),
          .charts = texts_of(e, "charts"),
          .ambiguous = flag_of(e, "ambiguous", false),
          .origin = origin_of(e)};
}

Tool tool_of(const element& e) {
  return {.id = text_of(e, "id"),
          .name = text_of(e, "name"),
          .kind = text_of(e, "kind"),
          .maker = text_of(e, "maker"),
          .provider = text_of(e, "provider"),
          .homepage = text_of(e, "homepage"),
          .domains = each_of(e, "domains",
                             [](const element& one) {
                               return Tool::Domain{.name = text_of(one, "name"),
                                                   .surface = text_of(one, "surface")};
                             }),
          .files = each_of(e, "files",
                           [](const element& one) {
                             return Tool::File{.path = text_of(one, "path"), .kind = text_of(one, "kind")};
                           }),
          .authors = texts_of(e, "authors"),
          .marks = texts_of(e, "marks"),
          .actions = texts_of(e, "actions"),
          .commands = texts_of(e, "commands"),
          .extensions = texts_of(e, "extensions"),
          .ambiguous = flag_of(e, "ambiguous", false),
          .origin = origin_of(e)};
}

ModelFamily model_of(const element& e) {
  return {.id = text_of(e, "id"),
          .name = text_of(e, "name"),
          .maker = text_of(e, "maker"),
          .provider = text_of(e, "provider"),
          .names = texts_of(e, "names"),
          .repositories = texts_of(e, "repositories"),
          .license = text_of(e, "license"),
          .kind = text_of(e, "kind"),
          .open_weights = flag_of(e, "open_weights", false),
          .ambiguous = flag_of(e, "ambiguous", false),
          .origin = origin_of(e)};
}

std::string bytes_of(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    out.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  return out;
}

Format format_of(const element& e) {
  return {.id = text_of(e, "id"),
          .name = text_of(e, "name"),
          .kind = text_of(e, "kind"),
          .homepage = text_of(e, "homepage"),
          .extensions = texts_of(e, "extensions"),
          .names = texts_of(e, "names"),
          .magic = each_of(e, "magic",
                           [](const element& one) {
                             return Format::Magic{.offset = count_of(one, "offset", 0),
                                                  .bytes = bytes_of(text_of(one, "hex"))};
                           }),
          .needs_magic = flag_of(e, "needs_magic", false),
          .origin = origin_of(e)};
}

Feature feature_of(const element& e) {
  return {.id = text_of(e, "id"),
          .name = text_of(e, "name"),
          .provider = text_of(e, "provider"),
          .calls = texts_of(e, "calls"),
          .texts = texts_of(e, "texts"),
          .instead = text_of(e, "instead"),
          .origin = origin_of(e)};
}

PickleNames pickle_names_of(const element& e) {
  return {.id = text_of(e, "id"),
          .name = text_of(e, "name"),
          .runs = text_of(e, "effect") == "runs",
          .modules = each_of(e, "modules",
                             [](const element& one) {
                               return PickleNames::Module{.module = text_of(one, "module"),
                                                          .names = texts_of(one, "names")};
                             }),
          .origin = origin_of(e)};
}

}  // namespace

const std::vector<Sdk>& sdks() {
  static const auto all = read_kind("sdk", sdk_of);
  return all;
}

const std::vector<Server>& servers() {
  static const auto all = read_kind("server", server_of);
  return all;
}

const std::vector<Tool>& tools() {
  static const auto all = read_kind("tool", tool_of);
  return all;
}

const std::vector<ModelFamily>& models() {
  static const auto all = read_kind("model", model_of);
  return all;
}

const std::vector<Format>& formats() {
  static const auto all = read_kind("format", format_of);
  return all;
}

const std::vector<Feature>& features() {
  static const auto all = read_kind("feature", feature_of);
  return all;
}

const std::vector<PickleNames>& pickle_names() {
  static const auto all = read_kind("pickle", pickle_names_of);
  return all;
}

const Sdk* find_sdk(std::string_view id) {
  return find(sdks(), id);
}
const Server* find_server(std::string_view id) {
  return find(servers(), id);
}
const Tool* find_tool(std::string_view id) {
  return find(tools(), id);
}
const ModelFamily* find_model(std::string_view id) {
  return find(models(), id);
}
const Format* find_format(std::string_view id) {
  return find(formats(), id);
}

const Feature* find_feature(std::string_view id) {
  return find(features(), id);
}

}  // namespace ostiary::catalog
