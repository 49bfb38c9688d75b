// desk: through the gate that runs on the data folder, on the folder itself where none runs, or over the
// network.

#include <algorithm>
#include <fmt/format.h>
#include <unistd.h>

#include "app/api_door.h"
#include "app/impl/desk_view.h"
#include "app/impl/framed.h"
#include "app/impl/terminal.h"
#include "app/impl/verbs_desk.h"
#include "base/text.h"
#include "base/time.h"
#include "desk/question.h"
#include "json/document.h"

namespace ostiary::app {

namespace {

// A body for the API, with the name of who sits at the folder.
template <class Write>
std::string body_of(const ApiDoor& door, const DeskOptions& options, Write write) {
  std::string body;
  json::Writer w(body);
  w.begin_object();
  write(w);
  door.write_name(w, options.user);
  w.end_object();
  return body;
}

Result<ApiDoor> open(const DeskOptions& options, FolderApi::For what) {
  return ApiDoor::open(options.gate, options.common.data, what);
}

Result<std::string> path_of(std::string_view question, std::string_view step = {}) {
  const auto number = desk::parse_number(question);
  if (!number)
    return fail(Code::invalid,
                fmt::format("'{}' is no question's number, such as Q-17", printable(question)));
  return fmt::format("/api/v1/questions/{}{}{}", desk::number_text(*number), step.empty() ? "" : "/", step);
}

// A day is meant to its end; `span` takes "90d" too, from `now` on or (negative) back.
Result<std::string> moment(std::string_view text, int span, WallMs now) {
  const bool day = text.size() == 10 && text[4] == '-';
  if (const auto at = parse_rfc3339(std::string(text) + (day ? "T23:59:59.000Z" : ""))) return rfc3339(*at);
  if (span != 0)
    if (const auto ms = text::parse_duration_ms(text); ms && *ms <= 3650ULL * 24 * 3'600'000)
      return rfc3339(now + span * static_cast<WallMs>(*ms));
  return fail(Code::invalid, fmt::format("'{}' is no time: write 2026-12-01, 2026-12-01T17:00:00Z{}",
                                         printable(text), span != 0 ? " or a span such as 90d" : ""));
}

Result<int> tell(const DeskOptions& options, const std::string& answer, std::string_view next = {}) {
  TRY(const auto document, json::Document::parse(answer));
  const auto root = document.root();
  if (options.common.format == Format::json) {
    TRY_VOID(put(options.common, framed("question", root)));
    return 0;
  }
  TRY_VOID(put(options.common, question_text(root, style_of(options.common), wall_now())));
  if (!next.empty()) hint(options.common, fmt::format("\n{}", next));
  return 0;
}

Result<int> tell_list(const DeskOptions& options, const std::string& answer, std::string_view kind) {
  TRY(const auto document, json::Document::parse(answer));
  const auto root = document.root();
  if (options.common.format == Format::json) {
    TRY_VOID(put(options.common, framed(kind, root)));
    return 0;
  }
  TRY_VOID(put(options.common, questions_table(root["questions"], columns_of(options.common), wall_now())));
  if (const auto next = root["next"].as_string())
    hint(options.common,
         "\nThere are more: --limit shows up to 500; --format json tells `next` for the API.");
  return 0;
}

void write_text(json::Writer& w, std::string_view name, const std::string& text) {
  if (!text.empty()) w.member(name, text);
}

// What a fact's value is in JSON: true, 5, a list with commas in [ ], or a text.
Result<> write_fact(json::Writer& w, const std::string& fact) {
  const auto equals = fact.find('=');
  const auto name = std::string_view(fact).substr(0, equals);
  if (equals == std::string::npos || name.empty() ||
      name.find_first_not_of("abcdefghijklmnopqrstuvwxyz._-") != std::string_view::npos)
    return fail(
        Code::invalid,
        fmt::format("'{}' is no fact: write NAME=VALUE; 'ostiary policy facts' lists them", printable(fact)));
  const auto value = std::string_view(fact).substr(equals + 1);
  w.key(name);
  if (value == "true" || value == "false") return w.boolean(value == "true"), Result<>{};
  if (const auto number = text::parse_uint(value)) return w.number(*number), Result<>{};
  if (!value.starts_with('[') || !value.ends_with(']')) return w.string(value), Result<>{};
  w.begin_array();
  for (const auto one : text::split(value.substr(1, value.size() - 2), ',')) w.string(text::trim(one));
  w.end_array();
  return {};
}

Result<> write_asking(json::Writer& w, const DeskAskOptions& options, bool raises) {
  if (!raises) w.member("text", options.text);
  write_text(w, "what_for", options.what_for);
  write_text(w, "tool", options.tool);
  write_text(w, "model", options.model);
  write_text(w, "service", options.service);
  write_text(w, "surface", options.surface);
  write_text(w, "output_use", options.use);
  if (options.no_data) w.member("no_data", true);
  if (!options.reversible.empty()) w.member("reversible", options.reversible == "yes");
  if (options.blocked > 0) w.member("people_blocked", options.blocked);
  if (!options.deadline.empty()) {
    TRY(const auto deadline, moment(options.deadline, 0, 0));
    w.member("deadline", deadline);
  }
  if (!options.data.empty()) {
    w.key("data_classes");
    w.begin_array();
    for (const auto& one : options.data) w.string(one);
    w.end_array();
  }
  if (options.facts.empty()) return {};
  w.key("facts");
  w.begin_object();
  for (const auto& fact : options.facts) TRY_VOID(write_fact(w, fact));
  w.end_object();
  return {};
}

}  // namespace

Result<int> run_desk_ask(const DeskAskOptions& options) {
  const bool raises = options.text.size() < 24 &&
                      (options.text.starts_with("Q-") || options.text.starts_with("q-")) &&
                      desk::parse_number(options.text);
  TRY(auto door, open(options, FolderApi::For::changing));
  Result<> written;
  const auto body = body_of(door, options, [&](json::Writer& w) {
    written = write_asking(w, options, raises);
    if (door.at_folder()) write_text(w, "team", options.team);
  });
  if (!written) return std::unexpected(written.error());
  std::string path = "/api/v1/questions";
  if (raises) {
    TRY(path, path_of(options.text, "raise"));
  }
  TRY(const auto answer, door.call("POST", path, body));
  return tell(options, answer);
}

Result<int> run_desk_list(const DeskListOptions& options) {
  TRY(auto door, open(options, FolderApi::For::looking));
  std::string path = "/api/v1/questions/queue";
  if (!options.queue) {
    path = fmt::format("/api/v1/questions?limit={}", options.limit);
    const auto add = [&](std::string_view name, const std::string& value) {
      if (!value.empty()) path += fmt::format("&{}={}", name, percent_encoded(value));
    };
    add("state", options.state);
    add("team", options.of_team);
    add("lane", options.lane);
  }
  TRY(const auto answer, door.call("GET", path));
  return tell_list(options, answer, options.queue ? "queue" : "questions");
}

Result<int> run_desk_status(const DeskOptions& options) {
  TRY(const auto path, path_of(options.question));
  TRY(auto door, open(options, FolderApi::For::looking));
  TRY(const auto answer, door.call("GET", path));
  return tell(options, answer);
}

Result<int> run_desk_answer(const DeskAnswerOptions& options) {
  if (!options.allow && !options.deny && options.conditions.empty())
    return fail(Code::invalid, "say --allow, --allow-with CONDITIONS or --deny");
  TRY(const auto path, path_of(options.question, "answer"));
  std::string expires;
  if (!options.expires.empty()) {
    TRY(expires, moment(options.expires, 1, wall_now()));
  }
  TRY(auto door, open(options, FolderApi::For::changing));
  const auto body = body_of(door, options, [&](json::Writer& w) {
    w.member("reason", options.because);
    w.member("ruling", options.deny ? "deny" : options.allow ? "allow" : "allow-with-conditions");
    write_text(w, "conditions", options.conditions);
    write_text(w, "expires", expires);
    write_text(w, "clause", options.clause);
  });
  TRY(const auto answer, door.call("PUT", path, body));
  return tell(
      options, answer,
      "'ostiary desk precedent' lets it be given to whoever asks the same; 'ostiary desk propose' makes "
      "it a rule.");
}

Result<int> run_desk_assign(const DeskOptions& options) {
  TRY(const auto path, path_of(options.question, "owner"));
  TRY(auto door, open(options, FolderApi::For::changing));
  TRY(const auto answer, door.call("PUT", path, body_of(door, options, [&](json::Writer& w) {
                                     w.member("owner", options.text);
                                   })));
  return tell(options, answer);
}

Result<int> run_desk_note(const DeskOptions& options, const std::string& step) {
  TRY(const auto path, path_of(options.question, step));
  TRY(auto door, open(options, FolderApi::For::changing));
  TRY(const auto answer, door.call("POST", path, body_of(door, options, [&](json::Writer& w) {
                                     w.member("note", options.text);
                                   })));
  return tell(options, answer);
}

Result<int> run_desk_precedent(const DeskPrecedentOptions& options) {
  const bool lists = options.question.empty();
  TRY(auto door, open(options, lists ? FolderApi::For::looking : FolderApi::For::changing));
  if (lists) {
    TRY(const auto answer, door.call("GET", "/api/v1/questions/precedents"));
    return tell_list(options, answer, "precedents");
  }
  TRY(const auto path, path_of(options.question, "precedent"));
  if (options.end) {
    const auto why = options.text.empty() ? "" : "?why=" + percent_encoded(options.text);
    TRY(const auto answer, door.call("DELETE", path + why));
    return tell(options, answer);
  }
  if (options.title.empty())
    return fail(Code::invalid, "say --title, the question in general words, or --end");
  TRY(const auto answer, door.call("PUT", path, body_of(door, options, [&](json::Writer& w) {
                                     w.member("title", options.title);
                                     write_text(w, "clause", options.clause);
                                   })));
  return tell(options, answer);
}

Result<int> run_desk_propose(const DeskProposeOptions& options) {
  TRY(const auto path, path_of(options.question, "proposal"));
  std::string until;
  if (!options.until.empty()) {
    TRY(until, moment(options.until, 1, wall_now()));
  }
  TRY(auto door, open(options, FolderApi::For::looking));
  TRY(const auto answer, door.call("POST", path, body_of(door, options, [&](json::Writer& w) {
                                     write_text(w, "id", options.id);
                                     write_text(w, "clause", options.clause);
                                     write_text(w, "until", until);
                                   })));
  TRY(const auto document, json::Document::parse(answer));
  const auto root = document.root();
  if (options.common.format == Format::json) {
    TRY_VOID(put(options.common, framed("proposal", root)));
    return 0;
  }
  const auto text = root[options.document ? "document" : "diff"].string_or("");
  const bool at_terminal = options.common.output.empty() && ::isatty(STDOUT_FILENO) == 1;
  TRY_VOID(put(options.common, at_terminal ? printable_lines(text) : text));
  hint(options.common,
       "\nNothing is changed. Look at it, run 'ostiary policy check', 'policy diff' and 'policy "
       "replay' over the changed document, and publish it.");
  return 0;
}

Result<int> run_desk_stats(const DeskStatsOptions& options) {
  TRY(const auto since, moment(options.since, -1, wall_now()));
  TRY(auto door, open(options, FolderApi::For::looking));
  TRY(const auto answer, door.call("GET", "/api/v1/questions/stats?since=" + percent_encoded(since)));
  TRY(const auto document, json::Document::parse(answer));
  if (options.common.format == Format::json) {
    TRY_VOID(put(options.common, framed("desk-stats", document.root())));
    return 0;
  }
  TRY_VOID(put(options.common, stats_text(document.root(), columns_of(options.common))));
  return 0;
}

}  // namespace ostiary::app
