#pragma once

#include <string_view>
#include <vector>

#include "console/impl/questions.h"

namespace ostiary::console {

// Who asks, for the desk. At the data folder itself the name that they give becomes their pseudonym.
Result<desk::Actor> actor_of(Backing& backing, const Call& call);
// Of the path; `not_found` where it is no number.
Result<std::uint64_t> number_of(const Call& call);
// What people wrote is for its asker and who answers; a key that only reads sees the rest.
bool reads_texts(const Rights& rights, const desk::Question& question);
void write_questions(json::Writer& w, const std::vector<desk::Question>& questions, const Rights& rights);

Schema note_text(std::string_view doc);  // 1 to 4,000 characters, lines too
Member own_name();

// A row that answers with a question, and has `number` where its path does.
Operation question_row(std::string_view id, std::string_view method, std::string_view path,
                       std::string_view summary, Need need, Result<Reply> (*handler)(Backing&, const Call&));

}  // namespace ostiary::console
