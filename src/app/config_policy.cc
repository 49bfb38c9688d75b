// Which policy document is in force, and what it may know about services.

#include <algorithm>
#include <array>

#include "app/impl/config_rows.h"
#include "app/impl/config_values.h"

namespace ostiary::app::config {

namespace {

using gateway::ModelLicence;
using gateway::ServiceSettings;
using gateway::TermsFacts;
using yaml::Kind;
using yaml::Node;

constexpr Words<std::string_view, 3> kHostings = {
    {{"own", "own"}, {"cloud", "cloud"}, {"provider", "provider"}}};
constexpr Words<std::string_view, 9> kCategories = {{{"permissive", "permissive"},
                                                     {"weak-copyleft", "weak-copyleft"},
                                                     {"copyleft", "copyleft"},
                                                     {"network-copyleft", "network-copyleft"},
                                                     {"use-restricted", "use-restricted"},
                                                     {"non-commercial", "non-commercial"},
                                                     {"proprietary", "proprietary"},
                                                     {"public-domain", "public-domain"},
                                                     {"unknown", "unknown"}}};

struct Region {
  static std::string describe() { return "a word of small letters, digits and -, such as eu or eu-central"; }
  static Result<> read(const Node& node, std::string& out) {
    TRY_VOID(Text::read(node, out));
    if (out.empty() || out.size() > 64 ||
        out.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") != std::string::npos)
      return refused(describe(), out);
    return {};
  }
};

// true or false where it is said.
struct Flag {
  static std::string describe() { return Boolean::describe(); }
  static Result<> read(const Node& node, std::optional<bool>& out) {
    bool value = false;
    TRY_VOID(Boolean::read(node, value));
    out = value;
    return {};
  }
};

struct Days {
  using Number = Count<0, 100'000>;
  static std::string describe() { return Number::describe(); }
  static Result<> read(const Node& node, std::optional<std::uint64_t>& out) {
    std::uint64_t value = 0;
    TRY_VOID(Number::read(node, value));
    out = value;
    return {};
  }
};

template <auto Member, class Type>
Row<ServiceSettings> row(std::string_view path, std::string_view fallback, std::string_view doc) {
  return {path, Type::describe(), fallback, doc,
          [](ServiceSettings& service, const Node& node, std::string_view) {
            return Type::read(node, service.*Member);
          }};
}

template <auto Member, class Type>
Row<ServiceSettings> terms(std::string_view path, std::string_view doc) {
  return {path, Type::describe(), "", doc, [](ServiceSettings& service, const Node& node, std::string_view) {
            return Type::read(node, service.terms.*Member);
          }};
}

Result<> read_licence(const yaml::Member& member, std::string_view file, ModelLicence& licence) {
  licence.model = member.name;
  if (member.value.kind != Kind::mapping) return Text::read(member.value, licence.expression);
  for (const auto& part : member.value.members) {
    if (part.name == "expression") {
      TRY_VOID(Text::read(part.value, licence.expression));
    } else if (part.name == "category") {
      TRY_VOID(OneOf<kCategories>::read(part.value, licence.category));
    } else {
      return unknown_name(file, part, {"expression", "category"});
    }
  }
  return {};
}

Result<> read_licences(ServiceSettings& service, const Node& node, std::string_view file) {
  if (node.kind != Kind::mapping)
    return fail(Code::invalid, "must be a mapping of models to licences, such as {mistral-*: Apache-2.0}");
  service.licences.clear();
  for (const auto& member : node.members) {
    ModelLicence licence;
    auto read = read_licence(member, file, licence);
    if (read && licence.expression.empty()) read = fail(Code::invalid, "has no expression");
    if (!read) {
      if (read.error().where.empty()) read.error().where = yaml::place(file, member.value);
      return read;
    }
    service.licences.push_back(std::move(licence));
  }
  return {};
}

Result<> read_policy_key(Config& config, const Node& node, std::string_view) {
  TRY_VOID(Path::read(node, config.policy));
  if (config.policy.empty()) return fail(Code::invalid, "must be built-in, none or the path of a document");
  return {};
}

}  // namespace

Row<Config> policy_row() {
  return {
      "policy", "built-in, none or a path", "built-in",
      "The policy document (docs/policy.md) that decides about every request: the one that is built in, or "
      "a file of your own. A reload reads it again; where it has errors or a test of its own fails, the one "
      "before stays in force. With none, only data_classes and size_limits decide.",
      read_policy_key};
}

std::vector<Row<ServiceSettings>> service_policy_rows() {
  return {
      row<&ServiceSettings::hosting, OneOf<kHostings>>(
          "services[].hosting", "",
          "Where it runs, for the policy. Left out: own where the surface is self-hosted, cloud where it is "
          "via-cloud, otherwise provider."),
      row<&ServiceSettings::region, Region>("services[].region", "",
                                            "Where it computes, for the policy. Left out: nobody knows."),
      Row<ServiceSettings>{"services[].model_licences", "a mapping of models to SPDX expressions", "{}",
                           "The licences of its models, by the service's own name for them or a glob, the "
                           "first that fits, for the "
                           "policy: {mistral-*: Apache-2.0}, or with what kind of licence that is, {llama-*: "
                           "{expression: LicenseRef-Llama, "
                           "category: "
                           "use-restricted}}. Left out: nobody knows.",
                           read_licences},
      terms<&TermsFacts::dpa, Flag>(
          "services[].terms.dpa",
          "A data processing agreement is in force. Of terms, what is left out nobody "
          "knows."),
      terms<&TermsFacts::human_review, Flag>("services[].terms.human_review",
                                             "People at the provider may read what is sent."),
      terms<&TermsFacts::indemnity, Flag>("services[].terms.indemnity",
                                          "The provider answers for claims against the output."),
      terms<&TermsFacts::retention_days, Days>("services[].terms.retention_days",
                                               "Days that the provider keeps what is sent."),
      terms<&TermsFacts::reviewed, Flag>("services[].terms.reviewed",
                                         "A named person reviewed these facts of its terms."),
      terms<&TermsFacts::trains, Flag>("services[].terms.trains",
                                       "The provider may train models on what is sent."),
  };
}

}  // namespace ostiary::app::config
