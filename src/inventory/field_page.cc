// The table of fields as it stands in docs/inventory.md.

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "inventory/field.h"

namespace ostiary::inventory {

namespace {

std::string_view type_text(FieldType type) {
  switch (type) {
    case FieldType::text:
      return "a line";
    case FieldType::long_text:
      return "text";
    case FieldType::word:
      return "word";
    case FieldType::list:
      return "list";
    case FieldType::date:
      return "day";
    case FieldType::question:
      return "question";
    case FieldType::found:
      break;
  }
  return "found";
}

std::string_view or_dash(std::string_view text) {
  return text.empty() ? "–" : text;
}

}  // namespace

std::string fields_table() {
  std::string out =
      "| field | what | form | EU AI Act | NIST AI RMF | ISO/IEC 42001 | G7 SBOM for AI |\n"
      "| --- | --- | --- | --- | --- | --- | --- |\n";
  for (const auto& f : fields()) {
    const auto words = f.words.empty() ? "" : fmt::format(": `{}`", fmt::join(f.words, "`, `"));
    out += fmt::format("| `{}` | {} | {}{} | {} | {} | {} | {} |\n", f.name, f.meaning, type_text(f.type),
                       words, or_dash(f.eu_ai_act), or_dash(f.nist), or_dash(f.iso), or_dash(f.g7));
  }
  return out;
}

}  // namespace ostiary::inventory
