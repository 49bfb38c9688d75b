#include <fmt/format.h>
#include <utility>

#include "license/check.h"
#include "license/expression.h"

namespace ostiary::license {

namespace {

Verdict of_leaf(const Expression::Leaf& leaf, const catalog::Licenses& known, const Profile& profile) {
  const bool later = leaf.or_later && !known.find(leaf.license + "+");
  auto out = check_one(leaf.or_later && !later ? leaf.license + "+" : leaf.license, known, profile);
  if (later) {
    out.remarks.push_back(
        fmt::format("{} may be taken in a later version, too: judged as it is named.", out.taken));
    out.taken += '+';
  }
  if (!leaf.exception.empty()) {
    out.remarks.push_back(fmt::format("{} has the exception {}, which nobody read: judged without it.",
                                      out.taken, leaf.exception));
    out.taken += fmt::format(" WITH {}", leaf.exception);
  }
  return out;
}

// The tree stands in postfix order.
Verdict of_tree(const Expression& tree, const catalog::Licenses& known, const Profile& profile) {
  std::vector<Verdict> values;
  for (const auto& node : tree.nodes) {
    if (node.op == Expression::Op::leaf) {
      values.push_back(of_leaf(tree.leaves[node.leaf], known, profile));
      continue;
    }
    std::vector<Verdict> both;
    both.push_back(std::move(values[values.size() - 2]));
    both.push_back(std::move(values.back()));
    values.resize(values.size() - 2);
    values.push_back(node.op == Expression::Op::all ? all_of(std::move(both)) : best_of(std::move(both)));
  }
  return std::move(values.front());
}

}  // namespace

Verdict check(std::string_view expression, const catalog::Licenses& known, const Profile& profile) {
  // A name with blanks, such as a card's, is one licence.
  if (known.find(expression)) return check_one(expression, known, profile);
  const auto tree = parse_expression(expression, {.unlisted = true});
  if (tree) return of_tree(*tree, known, profile);
  auto out = check_one(expression.substr(0, 200), known, profile);
  out.remarks.push_back(fmt::format(
      "It is not a licence expression that can be read (SPDX 3.0.1, annex B): {}.", tree.error().text()));
  return out;
}

}  // namespace ostiary::license
