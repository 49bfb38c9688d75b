#pragma once

#include <string>

#include "console/backing.h"
#include "console/operation.h"
#include "desk/desk.h"

namespace ostiary::console {

Schema question_schema();  // as desk::append_json() writes it
Schema stats_schema();
void write_stats(json::Writer& w, const desk::Stats& stats);

// The desk, or why there is none.
Result<desk::Desk*> desk_of(Backing& backing);
// What the desk finds wrong with a call that is good by its schema is a conflict (409).
template <class T>
Result<T> told(Result<T> done) {
  if (!done && (done.error().code == Code::invalid || done.error().code == Code::too_large)) {
    done.error().code = Code::exists;
    done.error().where.clear();
  }
  return done;
}
Reply reply_question(const desk::Question& question);

}  // namespace ostiary::console
