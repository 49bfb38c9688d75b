#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace ostiary::store {

// A question as it is kept. What stands in words of its own has a column, so that it can be looked for or
// erased; the rest is JSON of who owns the type (desk/question.h).
struct StoredQuestion {
  std::uint64_t number = 0;  // 0: it gets one
  std::string state = {}, origin = {};
  std::string asker = {}, team = {};     // pseudonym
  std::string text = {}, what_for = {};  // of the asker: forgotten when the asker is erased
  std::string title = {};                // of a precedent, in the desk's words
  std::string link = {};                 // where it came from; also the asker's
  std::string salt = {};                 // of the digests of its texts in the ledger; forgotten likewise
  std::string fingerprint = {}, request = {};  // of what is asked; of the refused request
  std::string topic = {}, clause = {}, clause_digest = {};
  std::string lane = {}, owner = {};
  std::string precedent = {};  // "", "in-force", "reopened", "ended"
  std::string details = {};    // JSON
  std::uint64_t times = 1;
  WallMs created = 0, touched = 0;  // touched: last asked or refused
  std::optional<WallMs> asked = {}, first_answered = {}, decided = {}, expires = {};
  std::optional<WallMs> remind = {};  // when the next escalation is due
  bool operator==(const StoredQuestion&) const = default;
};

struct StoredAnswer {
  WallMs at = 0;
  std::string by;       // pseudonym or a word
  std::string details;  // JSON
  bool operator==(const StoredAnswer&) const = default;
};

struct StoredEvent {
  WallMs at = 0;
  std::string kind, by;
  std::string note;  // forgotten when `by` is erased
  bool operator==(const StoredEvent&) const = default;
};

// A question with what happened to it anew: written together or not at all.
struct QuestionChange {
  StoredQuestion question;
  std::vector<StoredAnswer> answers;
  std::vector<StoredEvent> events;
};

struct QuestionFilter {
  std::vector<std::string> states = {}, teams = {};  // empty: any
  std::string asker = {}, lane = {};                 // empty: any
  std::uint64_t after = 0;                           // behind this number
  std::size_t most = 100;
};

// The questions of the desk. One thread at a time. Who opens it holds the data folder's lock, or nobody does
// and it is only read.
class Questions {
 public:
  // One question has at most so many events; the oldest but the first give way.
  static constexpr std::size_t kMostEvents = 200;

  virtual ~Questions() = default;
  // Asked with the number when all is written and can still be undone. It may change nothing here.
  using Confirm = std::function<Result<>(std::uint64_t number)>;
  // Adds or replaces; the number. `not_found` where it has a number that does not exist.
  virtual Result<std::uint64_t> save(const QuestionChange& change, const Confirm& confirm) = 0;
  virtual Result<StoredQuestion> find(std::uint64_t number) = 0;                       // `not_found`
  virtual Result<std::vector<StoredAnswer>> answers(std::uint64_t number) = 0;         // oldest first
  virtual Result<std::vector<StoredEvent>> events(std::uint64_t number) = 0;           // oldest first
  virtual Result<std::vector<StoredQuestion>> list(const QuestionFilter& filter) = 0;  // by number

  // The newest of this asker and fingerprint that is open or waits for the asker.
  virtual Result<std::optional<StoredQuestion>> find_same(std::string_view asker,
                                                          std::string_view fingerprint) = 0;
  // The newest that a request of this fingerprint made and that was neither withdrawn nor has expired.
  virtual Result<std::optional<StoredQuestion>> find_request(std::string_view request) = 0;
  virtual Result<std::optional<StoredQuestion>> find_link(std::string_view origin, std::string_view link) = 0;
  virtual Result<std::vector<StoredQuestion>> in_state(std::string_view state) = 0;  // by number
  virtual Result<std::vector<StoredQuestion>> precedents() = 0;  // in force or reopened, by number
  // Answered, from a request, not expired at `now`; by number.
  virtual Result<std::vector<StoredQuestion>> approved(WallMs now) = 0;
  virtual Result<std::vector<StoredQuestion>> to_remind(WallMs now) = 0;  // whose `remind` has come
  // By number; offers too.
  virtual Result<std::vector<StoredQuestion>> created_in(WallMs from, WallMs to) = 0;
  // Open and waiting ones of this asker (empty: of all).
  virtual Result<std::uint64_t> count_open(std::string_view asker) = 0;
  // What this asker asked since, whatever became of it; offers are not counted.
  virtual Result<std::uint64_t> count_asked(std::string_view asker, WallMs since) = 0;
  // Offers that were last touched before then, and of each asker all but the newest `most`.
  virtual Result<> forget_offers(WallMs before, std::size_t most) = 0;
};

// Those in a store (its SQLite file, which open_sqlite() has brought to the schema of now).
std::unique_ptr<Questions> open_questions(std::string path);
// For looking at, beside the process that writes them: what would change them fails, and there are none where
// the file is absent or of an older schema (`not_found`).
std::unique_ptr<Questions> open_questions_to_read(std::string path);

}  // namespace ostiary::store
