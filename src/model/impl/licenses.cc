#include "model/impl/licenses.h"

#include "catalog/license.h"
#include "license/check.h"
#include "license/expression.h"

namespace ostiary::model {

namespace {

std::string category_of(const license::Expression& expression) {
  std::string out;
  for (const auto& leaf : expression.leaves) {
    const auto* known = catalog::licenses().find(leaf.license);
    const std::string category = known ? known->category : "unknown";
    out = out.empty() ? category : std::string(license::stricter(out, category));
  }
  return out;
}

}  // namespace

void recognise(Declared& one) {
  if (const auto* known = catalog::licenses().find(one.text)) {
    one.expression = known->license;
    one.category = known->category;
    return;
  }
  // The beginning of a whole text is no expression.
  if (!one.whole.empty()) return;
  const auto expression = license::parse_expression(one.text);
  if (!expression) return;
  one.expression = expression->text();
  one.category = category_of(*expression);
}

}  // namespace ostiary::model
