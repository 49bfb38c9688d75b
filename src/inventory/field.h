#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ostiary::inventory {

// What is stated about a use. The order is that of columns and of docs/inventory.md.
enum class F : std::uint8_t {
  // what it is
  tool,
  kind,
  status,
  purpose,
  data_classes,
  provider,
  surface,
  service,
  model,
  version,
  license,
  sdk,
  // whose it is
  owner,
  team,
  users,
  repository,
  path,
  approval,
  next_review,
  // the EU AI Act
  ai_act_role,
  ai_act_risk,
  ai_act_basis,
  prohibited_practices,
  affected_persons,
  human_oversight,
  transparency,
  fria,
  eu_registration,
  dpia,
  input_data,
  log_keeping,
  workers_informed,
  ai_literacy,
  incident_contact,
  // NIST AI RMF
  context,
  benefits,
  impacts,
  measured,
  managed,
  third_party_risk,
  exit_plan,
  // ISO/IEC 42001
  impact_assessment,
  objectives,
  supplier,
  monitoring,
  // the G7's SBOM for AI
  model_producer,
  model_id,
  model_hash,
  model_description,
  model_limitations,
  training,
  datasets,
  dataset_provenance,
  dataset_sensitivity,
  inputs_outputs,
  data_flow,
  infrastructure,
  security_controls,
  security_compliance,
  kpis,
  references,
  notes,
  // what was seen of it: never written by people
  first_seen,
  last_seen,
  seen,
};
inline constexpr std::size_t kFields = static_cast<std::size_t>(F::seen) + 1;

enum class FieldType : std::uint8_t {
  text,       // one line
  long_text,  // lines
  word,       // one of `words`, or unknown
  list,       // texts
  date,       // 2026-11-26
  question,
  found       // told by what was seen
};

// A row of the table from which the store's JSON, the API's schema, the columns of tables and the page of
// docs/inventory.md are made. Texts that are empty say that a framework does not ask for it.
struct Field {
  F id;
  std::string_view name;     // the member's, and the column's
  std::string_view meaning;  // a few words
  FieldType type;
  std::span<const std::string_view> words;    // of type word, without "unknown"
  std::string_view eu_ai_act;                 // articles of Regulation (EU) 2024/1689
  std::string_view nist;                      // subcategories of AI RMF 1.0
  std::string_view iso;                       // clauses and controls of ISO/IEC 42001:2023
  std::string_view g7;                        // clusters of "SBOM for AI: minimum elements", May 2026
  std::span<const std::string_view> headers;  // what people call such a column, small letters, words alone
};

std::span<const Field> fields();  // by F
const Field& field(F id);
std::optional<F> field_named(std::string_view name);
std::string_view name(F id);
// Whether people may write it.
inline bool writable(F id) {
  return id < F::first_seen;
}

// The table of all fields in Markdown, for docs/inventory.md.
std::string fields_table();

// What is not known. Never a guess, never left out.
inline constexpr std::string_view kUnknown = "unknown";
// A list that is known to be empty.
inline constexpr std::string_view kNone = "none";

}  // namespace ostiary::inventory
