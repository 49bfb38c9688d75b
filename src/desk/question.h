#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "policy/decision.h"

namespace ostiary::desk {

// Where a question is.
//   offered    a refusal got a number; nobody asked yet, and it stands in no queue
//   open       somebody waits for an answer
//   waiting    for the asker, who was asked something; the clocks stand still
//   answered, withdrawn (by the asker), expired (the asker did not reply, or the answer has run out)
enum class State : std::uint8_t { offered, open, waiting, answered, withdrawn, expired };
const char* name(State s);  // "waiting-for-asker" for waiting
std::optional<State> parse_state(std::string_view text);

enum class Origin : std::uint8_t { cli, api, gate, github, gitlab, webhook };
const char* name(Origin o);
std::optional<Origin> parse_origin(std::string_view text);

enum class Ruling : std::uint8_t { allow, allow_with_conditions, deny };
const char* name(Ruling r);  // "allow-with-conditions"
std::optional<Ruling> parse_ruling(std::string_view text);

enum class Risk : std::uint8_t { low, medium, high };
const char* name(Risk r);
std::optional<Risk> parse_risk(std::string_view text);

// "Q-17". The reader takes "q-17" and "17" too.
std::string number_text(std::uint64_t number);
std::optional<std::uint64_t> parse_number(std::string_view text);

// Who does something. At the data folder itself (the command line beside a stopped gate, the control socket)
// the subject may be empty.
struct Actor {
  std::string subject = {};  // pseudonym
  std::string team = {};     // of a question that they ask
  bool answers = false;      // may answer, see and decide every question
  std::string key = {};      // id of the key, or "local": what the record of the change names
};

// What a person says about what they want to do. Texts are data, whatever they hold: the desk keeps them as
// UTF-8 without control characters but line ends, cut at the limits below.
struct Asking {
  static constexpr std::size_t kLongestText = 4000, kLongestWord = 200,
                               kMostWords = 50;  // bytes, bytes, words

  std::string text = {};      // "may I …"; must say something
  std::string what_for = {};  // in words
  std::string tool = {}, model = {}, service = {}, surface = {};
  std::vector<std::string> data_classes = {};
  bool no_data = false;         // said: it holds none of the classes; without it none said is unknown
  std::string output_use = {};  // as the fact output.use: internal, shipped, customer, upstream, train-model
  std::optional<bool> reversible = {};  // what comes of it can be taken back
  std::optional<WallMs> deadline = {};  // of the asker
  std::uint32_t people_blocked = 0;
  policy::Facts facts = {};  // further ones that were stated, such as "agent.unattended"
  Origin origin = Origin::cli;
  std::string link = {};  // to where it came from, such as an issue; the same link is the same question
};

// What the gate refused. All of it is kept; nothing of the request's text is.
struct Refusal {
  std::string subject = {}, team = {}, tool = {};
  std::string service = {}, model = {}, surface = {};
  std::vector<std::string> data_classes = {};
  std::string output_use = {};
  std::string exchange = {};       // id; of the latest where it was refused again
  policy::Decision decision = {};  // Effect::ask opens a question, Effect::deny offers one
  policy::Facts facts = {};
  std::string request_fingerprint = {};                 // policy::request_fingerprint
  std::optional<std::uint64_t> approval_lasts_ms = {};  // at most, where a rule says so
};

struct Answer {
  WallMs at = 0;
  Ruling ruling = Ruling::deny;
  std::string reason = {}, conditions = {};
  std::optional<WallMs> expires = {};  // it holds no longer from then on
  std::string by = {};                 // pseudonym, "local", "policy" or "precedent"
  bool automatic = false;              // no person looked at this question; it can be appealed
  std::uint64_t precedent = 0;         // number of the question whose answer it repeats; 0: none
  std::vector<policy::RuleRef> rules = {};
  std::string clause = {};         // anchor in the document that it rests on; empty: on none
  std::string clause_digest = {};  // of that clause when it was given
  std::string alternative = {};    // the nearest allowed way
};

// Something that happened to a question, oldest first. `note` is what a person wrote.
struct Event {
  WallMs at = 0;
  // offered, asked, repeated, answered, asked-back, replied, appealed, reversed, reopened, withdrawn,
  // expired, escalated, assigned, precedent, precedent-ended
  std::string kind;
  std::string by;  // as in Answer; "gate" and "desk" besides
  std::string note;
  bool operator==(const Event&) const = default;
};

// Working time of the calendar in force. Not running: it has not begun, or has ended, or waits for the asker.
struct Clock {
  std::uint64_t target_ms = 0;   // 0: the document sets none
  std::uint64_t elapsed_ms = 0;  // working time
  std::optional<WallMs> due;     // when the target will have passed; none while it does not run, or has none
  bool running = false, ended = false;
  bool breached = false;  // more working time went by than the target
};

enum class Precedent : std::uint8_t { none, in_force, reopened, ended };
const char* name(Precedent p);  // "" for none, "in-force", …
std::optional<Precedent> parse_precedent(std::string_view text);

struct Question {
  std::uint64_t number = 0;
  State state = State::open;
  std::string asker = {}, team = {};  // pseudonym; empty once erased
  std::string text = {}, what_for = {};
  std::string tool = {}, model = {}, service = {}, surface = {};
  std::vector<std::string> data_classes = {};
  std::string output_use = {};
  std::optional<bool> reversible = {};
  std::optional<WallMs> deadline = {};
  std::uint32_t people_blocked = 0;
  std::string exchange = {};  // of the refusal that it comes from; empty: it comes from none
  std::optional<policy::Decision> decision = {};  // that refusal's, or of the stated facts
  std::string request_fingerprint = {};
  std::optional<std::uint64_t> approval_lasts_ms = {};
  policy::Facts facts = {};
  std::string fingerprint = {};  // hexadecimal: of what is asked, not of who asks
  std::uint32_t times = 1;       // asked or refused so often by this asker
  std::string lane = {}, owner = {}, escalate_to = {};
  Risk risk = Risk::high;
  WallMs created = 0;
  std::optional<WallMs> asked = {};  // when it last went to the desk; none while offered
  std::optional<WallMs> first_answered = {}, decided = {};
  Clock first_answer, until_decision;
  std::optional<Answer> answer = {};  // the one that holds, or held until it was reopened
  std::vector<Answer> earlier = {};   // those before it, oldest first
  Origin origin = Origin::cli;
  std::string link = {};
  std::vector<std::uint64_t> similar = {};  // precedents that are near and not near enough, best first
  Precedent precedent = Precedent::none;
  std::string title = {};  // of a precedent: the question in the desk's words
  std::vector<Event> events = {};
};

// The question as interfaces.md has it, canonical JSON. `with_texts` false leaves out what people wrote.
void append_json(std::string& out, const Question& question, bool with_texts = true);

// What is kept of a text that a person wrote: valid UTF-8 (others become U+FFFD), line ends as \n, no other
// control or bidirectional-override characters, no blanks at the ends, at most `most` bytes, cut between code
// points.
std::string clean_text(std::string_view text, std::size_t most);

}  // namespace ostiary::desk
