#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/yaml.h"
#include "policy/document.h"
#include "policy/fact_table.h"
#include "policy/impl/outline.h"

namespace ostiary::policy {

// What the reading of one document shares.
struct Reading {
  Document& document;
  Findings& findings;
  const Limits& limits;
  std::size_t values = 0;
  std::unordered_map<std::string, std::uint32_t> lists;  // lists without a name, by their texts
};

// Reads the YAML of one block and turns its places into places of the document.
class BlockReader {
 public:
  BlockReader(Reading& reading, const Fence& fence)
      : r_(reading), clause_(fence.clause), line_(fence.line), indent_(fence.indent) {}
  // Of the front matter.
  BlockReader(Reading& reading, std::uint32_t line) : r_(reading), line_(line) {}

  void rules(std::string_view yaml);
  void data(std::string_view yaml);
  // The section `desk` of a block whose lists have been read.
  void desk(std::string_view yaml);
  void cases(std::string_view yaml);
  void front(std::string_view yaml);

 private:
  using Kind = yaml::Kind;
  Place at(const yaml::Node& node) const { return {node.line + line_ - 1, node.column + indent_}; }
  Place at(const yaml::Member& member) const { return {member.line + line_ - 1, member.column + indent_}; }
  void error(std::string_view check, std::string message, Place place) {
    r_.findings.error(check, std::move(message), place);
  }

  std::optional<yaml::Node> parse(std::string_view yaml);
  // The mappings of a block that is a list of them.
  std::vector<const yaml::Node*> mappings(const yaml::Node& root, std::string_view what);
  void unknown(const yaml::Member& member, const std::vector<std::string_view>& known,
               std::string_view where);
  std::string text(const yaml::Member& member);
  std::vector<std::string> texts(const yaml::Member& member);
  std::optional<Effect> effect(const yaml::Member& member);
  std::optional<Mode> mode(const yaml::Member& member);

  void front_member(const yaml::Member& member);
  void observed(const yaml::Member& member);

  void rule(const yaml::Node& node);
  void rule_member(Rule& rule, const yaml::Member& member);
  void rule_whole(const Rule& rule, const yaml::Node& node);
  void until(Rule& rule, const yaml::Member& member);
  void obligations(Rule& rule, const yaml::Member& member);

  Condition condition(const yaml::Node& node, std::uint32_t depth);
  Condition part(const yaml::Member& member, std::uint32_t depth);
  Condition parts(const yaml::Member& member, Condition::Kind kind, std::uint32_t depth);
  Condition fact(const yaml::Member& member);
  Condition plain(std::uint8_t index, const yaml::Node& node);
  Condition test(std::uint8_t index, const yaml::Member& member);
  Condition number_test(std::uint8_t index, Operator op, const yaml::Node& node);
  Condition list_test(std::uint8_t index, Operator op, const yaml::Node& node);
  Condition named_list(std::uint8_t index, const yaml::Node& node);
  std::uint32_t list_of(const FactSpec& spec, const yaml::Node& node);

  void list(std::string_view section, const yaml::Member& member);
  void answer_target(const yaml::Member& member);
  void assumed(const yaml::Member& member);
  std::optional<FactValue> fact_value(const yaml::Member& member);
  void review(const yaml::Member& member);
  void often(std::optional<Review::Often>& into, const yaml::Member& member);
  void duration(std::uint64_t& into, const yaml::Member& member);

  void desk_member(const yaml::Member& member);
  void automatic(const yaml::Member& member);
  void working_time(const yaml::Node& node);
  void working_time_member(const yaml::Member& member);
  void zone(const yaml::Member& member);
  void days(const yaml::Member& member);
  void hours(const yaml::Member& member);
  void holidays(const yaml::Member& member);
  void lane(const yaml::Member& member);
  void lane_member(Lane& lane, const yaml::Member& member);

  void a_case(const yaml::Node& node);
  void case_member(Case& test, const yaml::Member& member);
  void given(Case& test, const yaml::Member& member);

  Reading& r_;
  std::string clause_;
  std::uint32_t line_ = 1, indent_ = 0;
};

// The name of a rule or a list: letters, digits, '-', '_', '.', at most 100.
bool is_name(std::string_view text);
// Puts texts in order, patterns apart.
void arrange(ValueList& list, std::vector<std::string> texts);
Condition negated(Condition condition);

}  // namespace ostiary::policy
