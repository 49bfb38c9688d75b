// team, key request and me on the command line.

#include <cstdlib>
#include <memory>

#include "app/impl/command_line.h"

namespace ostiary::app {

namespace {

void add_gate(CLI::App& app, std::string& gate) {
  if (const char* url = std::getenv("OPENAI_BASE_URL"); url && *url) gate = url;
  app.add_option("--gate", gate, "the gate's address (default: $OPENAI_BASE_URL, or http://127.0.0.1:8484)")
      ->type_name("URL");
}

}  // namespace

void add_team(CommandLine& line) {
  const auto options = std::make_shared<InviteOptions>();
  auto* team = line.verb(line.root(), "team", "invite people to a team", "ostiary team invite research");
  team->require_subcommand(1);
  auto* invite = line.verb(*team, "invite", "make an invitation with which people make keys themselves",
                           "ostiary team invite research --uses 10 --expires 2d");
  invite->add_option("team", options->team, "the team that they will be of")->required()->type_name("TEAM");
  invite->add_option("--uses", options->uses, "how many keys may be made with it (default: 1)")
      ->check(CLI::Range(1, 1000))
      ->type_name("N");
  invite->add_option("--expires", options->expires, "how long it is good, at most 90d (default: 7d)")
      ->type_name("TIME");
  line.add_common(*invite, options->common);
  line.does(*invite, [options] { return run_team_invite(*options); });
}

void add_key_request(CommandLine& line, CLI::App& key) {
  const auto options = std::make_shared<RequestOptions>();
  auto* request =
      line.verb(key, "request", "get a key from a gate, by an invitation or for the one you have",
                "ostiary key request --gate https://gate.example.org --invite ost_inv_… --user ada\n"
                "  OSTIARY_KEY=ost_… ostiary key request   # a new one; the old ends in a day");
  add_gate(*request, options->gate);
  auto* invitation =
      request
          ->add_option("--invite", options->invitation, "the invitation (default: your key in $OSTIARY_KEY)")
          ->type_name("INVITATION");
  auto* user = request->add_option("--user", options->user, "your name; the ledger knows a pseudonym only")
                   ->type_name("USER");
  request
      ->add_option("--grace", options->grace,
                   "how long your key is still good beside the new one, such as 2h or 0s (default: 1d)")
      ->type_name("TIME")
      ->excludes(invitation);
  invitation->needs(user);
  user->needs(invitation);
  line.add_common(*request, options->common);
  line.does(*request, [options] { return run_key_request(*options); });
}

void add_me(CommandLine& line) {
  auto* me = line.verb(line.root(), "me", "who you are to a gate, and what it keeps about you",
                       "OSTIARY_KEY=ost_… ostiary me\n  ostiary me kept --gate https://gate.example.org");
  const auto self = std::make_shared<MeOptions>();
  add_gate(*me, self->gate);
  me->add_option("what", self->what,
                 "exchanges: your newest; kept: what is kept about you, where and how long; budget: what you "
                 "used this month (default: who the key is)")
      ->check(CLI::IsMember({"exchanges", "kept", "budget"}))
      ->type_name("WHAT");
  line.add_common(*me, self->common);
  line.does(*me, [self] { return run_me(*self); });
}

}  // namespace ostiary::app
