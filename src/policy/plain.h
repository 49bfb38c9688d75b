#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/document.h"
#include "policy/fact_table.h"

namespace ostiary::policy {

// Rules and facts as sentences for people who know neither the facts' names nor YAML. Not for programs: the
// words may change. Names, texts and patterns come out as the document has them; whoever shows them escapes
// them.

// "holds personal data, and it goes to machines that are not our own", said of "the request": the result
// begins with "the request" or with another subject ("the output is shipped"). An empty condition is
// "always".
std::string in_plain_words(const Condition& condition, const Document& document);

// What a rule does, as a sentence: "When the request holds a secret, it is refused."
std::string in_plain_words(const Rule& rule, const Document& document);

// That a fact has one of these texts: "it holds personal data or code". `texts` empty: it has none.
std::string has_texts(const FactSpec& spec, const std::vector<std::string>& texts, bool negative = false);
// That a number, level or moment lies between both, which are of the fact's own unit; INT64_MIN and INT64_MAX
// are no bounds. A flag's are 0 and 1.
std::string lies_between(const FactSpec& spec, std::int64_t least, std::int64_t most);
// That a fact has this value.
std::string is_value(const FactSpec& spec, const FactValue& value);
// That nobody knows it.
std::string is_unknown(const FactSpec& spec);

// A data class, a surface and the like as a noun: "personal data", "a secret"; the text itself where there is
// no other word for it.
std::string noun(const FactSpec& spec, std::string_view text);

// What becomes of a request, as a participle: "allowed", "refused", "asked about".
std::string_view participle(Effect effect);

// "a", "a or b", "a, b or c"; of more than `most` the first ones and how many more.
std::string listed(const std::vector<std::string>& texts, std::string_view word, std::size_t most = 8);

// Clauses joined as one sentence part; the first "it" becomes "the request".
std::string joined_clauses(const std::vector<std::string>& clauses, std::string_view word);

}  // namespace ostiary::policy
