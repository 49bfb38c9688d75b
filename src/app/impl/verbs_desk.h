#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/verbs.h"

namespace ostiary::app {

// What every verb of the desk takes.
struct DeskOptions {
  CommonOptions common;
  std::string gate;        // empty: the data folder
  std::string user, team;  // who asks, at the data folder; empty: the account
  std::string question;    // "Q-17"
  std::string text;        // of a reply, an appeal, a withdrawal, asking back
};

struct DeskAskOptions : DeskOptions {
  std::string what_for, tool, model, service, surface, use, reversible, deadline;
  std::vector<std::string> data, facts;
  bool no_data = false;
  std::uint32_t blocked = 0;
};

struct DeskListOptions : DeskOptions {
  std::string state, of_team, lane;
  bool queue = false;
  std::uint32_t limit = 100;
};

struct DeskAnswerOptions : DeskOptions {
  bool allow = false, deny = false;
  std::string conditions, because, expires, clause;
};

struct DeskPrecedentOptions : DeskOptions {
  std::string title, clause;
  bool end = false;
};

struct DeskProposeOptions : DeskOptions {
  std::string id, clause, until;
  bool document = false;
};

struct DeskStatsOptions : DeskOptions {
  std::string since = "30d";
};

Result<int> run_desk_ask(const DeskAskOptions& options);
Result<int> run_desk_list(const DeskListOptions& options);
Result<int> run_desk_status(const DeskOptions& options);
Result<int> run_desk_answer(const DeskAnswerOptions& options);
Result<int> run_desk_assign(const DeskOptions& options);
Result<int> run_desk_note(const DeskOptions& options,
                          const std::string& step);  // reply, ask-back, appeal, withdraw
Result<int> run_desk_precedent(const DeskPrecedentOptions& options);
Result<int> run_desk_propose(const DeskProposeOptions& options);
Result<int> run_desk_stats(const DeskStatsOptions& options);

}  // namespace ostiary::app
