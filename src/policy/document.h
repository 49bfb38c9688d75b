#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "policy/decision.h"

namespace ostiary::policy {

// In the document's file: lines from 1, columns in code points from 1. Line 0: nowhere.
struct Place {
  std::uint32_t line = 0, column = 0;
  auto operator<=>(const Place&) const = default;
};

enum class Severity : std::uint8_t { warning, error };

// Something to mend. `check` is a stable word for what was looked for, such as "unknown-fact".
struct Finding {
  Severity severity = Severity::error;
  std::string check;
  std::string message;  // what is wrong and how to mend it
  Place place;
  bool operator==(const Finding&) const = default;
};

// At most kMost are kept; `more` says how many were not.
struct Findings {
  static constexpr std::size_t kMost = 500;
  std::vector<Finding> all;
  std::size_t more = 0;
  std::size_t errors = 0;  // with those not kept

  void add(Severity severity, std::string_view check, std::string message, Place place);
  void error(std::string_view check, std::string message, Place place) {
    add(Severity::error, check, std::move(message), place);
  }
  void warning(std::string_view check, std::string message, Place place) {
    add(Severity::warning, check, std::move(message), place);
  }
  void sort();  // by place
};

// Texts that a value is compared with. `*` and `?` make a text a pattern.
struct ValueList {
  std::string name;                // empty: written in a rule
  std::string section;             // "groups", "tools", "models", "destinations"
  std::vector<std::string> exact;  // sorted, each once
  std::vector<std::string> globs;  // sorted, each once
  Place place;

  bool holds(std::string_view text) const;
  bool empty() const { return exact.empty() && globs.empty(); }
};

enum class Operator : std::uint8_t { one_of, has_all, only, equal, at_least, at_most, over, under };

// What must hold for a rule: a test of one fact, or a combination of conditions.
struct Condition {
  enum class Kind : std::uint8_t { always, test, all, any, negation };
  Kind kind = Kind::always;
  Operator op = Operator::one_of;
  std::uint8_t fact = 0;    // index into fact_table()
  std::uint32_t list = 0;   // one_of, has_all, only: index into Document::lists
  std::int64_t number = 0;  // the others: a number, false or true, a place among levels, milliseconds
  std::vector<Condition> parts;
  Place place;
};

struct Obligation {
  std::string name, value;
  Place place;
  std::string text() const { return value.empty() ? name : name + ": " + value; }
};

struct Rule {
  std::string id;
  std::string clause;  // anchor of its heading; empty: before the first
  Condition when;
  Effect then = Effect::deny;
  std::optional<Mode> mode;  // none: as the document, team or service
  std::string because, instead;
  std::string to;                   // reroute: service id
  std::vector<std::string> redact;  // redact: data classes, sorted
  std::vector<Obligation> obligations;
  std::optional<WallMs> until;  // the first moment at which it holds no longer
  std::string until_text;       // as written
  std::string exception_of;     // rule id; empty: it is none
  Place place, when_place, until_place, exception_place, to_place;
};

// A test of the document.
struct Case {
  std::string name;
  std::string clause;
  Facts given;
  Effect expect = Effect::deny;  // what is enforced
  std::optional<Effect> would;   // what it would be with observed rules enforced
  std::optional<std::vector<std::string>> by, redact, missing;
  std::optional<std::string> to;
  Place place, by_place;
};

// A heading with its clause: what stands from it to the next heading of any level, blocks included.
struct Heading {
  std::string title, anchor;
  std::uint32_t level = 1;
  Place place;
  std::size_t begin = 0, end = 0;  // the clause's bytes in the file, half open, heading included
  std::size_t body = 0;            // where the heading's own line or lines end
  // "sha256:…" of the clause. Outside of fenced blocks runs of blanks and line breaks count as one blank; in
  // them only blanks at a line's end do not count, as YAML minds the others. The same words wrapped anew are
  // the same clause.
  std::string digest;
};

struct AnswerTarget {
  std::string lane;
  std::uint64_t first_answer_ms = 0, decision_ms = 0;  // of working time
  Place place;
};

// When people answer questions. A day has the same hours everywhere in the week.
struct WorkingTime {
  struct Span {
    std::uint16_t from = 0, to = 1440;  // minutes of the day
    bool operator==(const Span&) const = default;
  };
  std::string zone = "UTC";            // of the time zone database
  std::uint8_t days = 0x7f;            // bit 0: monday
  std::vector<Span> hours = {Span()};  // in order, none touching another
  std::vector<std::int64_t> holidays;  // days since 1970-01-01, sorted
  bool operator==(const WorkingTime&) const = default;
};

// To whom questions go for which this holds.
struct Lane {
  std::string name;
  std::uint8_t risk = 2;  // 0 low, 1 medium, 2 high
  std::string owner, escalate_to;
  Condition when;
  std::string clause;
  Place place, when_place;
};

// What the document says about questions.
struct DeskRules {
  std::vector<Effect> automatic;  // decisions that are given as answers without a person, sorted
  WorkingTime working_time;
  std::vector<Lane> lanes;
  Place place;  // line 0: nothing is said
};

// When the document is to be looked at again (due.h).
struct Review {
  struct Often {
    std::uint64_t more_than = 0, within_ms = 0;
  };
  std::uint64_t before_ms = 14ULL * 86'400'000;             // the date `review-by`, or `effective` of a draft
  std::uint64_t exceptions_before_ms = 14ULL * 86'400'000;  // the end of an exception, or of a rule
  std::optional<Often> rule_fired, question_asked;
};

enum class Status : std::uint8_t { draft, in_force };

struct Document {
  std::string title, version, owner, contact, approver, effective, review_by;
  Status status = Status::draft;
  Effect stance = Effect::deny;  // for what no rule allows: allow, ask or deny
  Mode mode = Mode::enforce;
  std::vector<std::string> observed_teams, observed_services;  // sorted
  std::string digest;                                          // "sha256:…" of the file's bytes
  std::map<std::string, Place, std::less<>> front;             // places of the front matter's values
  std::vector<Heading> headings;
  std::vector<ValueList> lists;
  std::map<std::string, std::uint32_t, std::less<>> named_lists;
  std::vector<AnswerTarget> answer_targets;
  Facts assumed;  // what holds where nobody says otherwise; the source of each is "document"
  DeskRules desk;
  Review review;
  std::vector<Rule> rules;
  std::vector<Case> cases;

  const Heading* heading(std::string_view anchor) const;
};

struct Limits {
  std::size_t max_bytes = 16u << 20;
  std::size_t max_rules = 10'000;
  std::size_t max_cases = 20'000;
  std::size_t max_values = 200'000;  // texts of all lists together
  std::uint32_t max_depth = 16;      // of conditions
};

struct ReadDocument {
  Document document;
  Findings findings;
  // It can be compiled and enforced.
  bool usable() const { return findings.errors == 0; }
};

// Reads a policy document (docs/policy.md): Markdown with front matter and blocks of rules, data and tests.
// Every problem is told with its place, not only the first one (of a block that is no YAML: the first).
// Linear in the text but for sorting.
ReadDocument read_document(std::string_view text, const Limits& limits = {});

// Facts as a mapping of names to values, in YAML or JSON, typed by the fact table; `source` is what decisions
// name as their origin.
Result<Facts> read_facts(std::string_view text, std::string_view file, std::string_view source);

// A condition in words: "data.classes is one of personal, secret, and target.hosting is not own".
std::string in_words(const Condition& condition, const Document& document);

// YYYY-MM-DD (its beginning) or RFC 3339, UTC.
std::optional<WallMs> parse_moment(std::string_view text);

}  // namespace ostiary::policy
