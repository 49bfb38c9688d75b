// desk on the command line.

#include <memory>

#include "app/impl/command_line.h"
#include "app/impl/verbs_desk.h"

namespace ostiary::app {

namespace {

void add_door(CommandLine& line, CLI::App& app, DeskOptions& options) {
  app.add_option("--gate", options.gate,
                 "ask this gate, with the key in $OSTIARY_KEY (default: the data folder, as its owner)")
      ->type_name("URL");
  app.add_option("--user", options.user,
                 "at the data folder: whose name it is done in (default: the account)")
      ->type_name("USER");
  line.add_common(app, options.common);
}

void add_number(CLI::App& app, DeskOptions& options) {
  app.add_option("question", options.question, "the question's number")->required()->type_name("Q-N");
}

void add_ask(CommandLine& line, CLI::App& desk) {
  const auto options = std::make_shared<DeskAskOptions>();
  auto* ask =
      line.verb(desk, "ask", "ask the desk, or take a refusal of the gate to it by its number",
                "ostiary desk ask 'may I use Whisper for support calls?' --tool whisper --classes personal\n"
                "  ostiary desk ask Q-17 --for 'a demo on Friday' --blocked 3");
  ask->add_option("question", options->text, "the question in words, or the number that a refusal told")
      ->required()
      ->type_name("TEXT|Q-N");
  ask->add_option("--for", options->what_for, "what for, in words")->type_name("TEXT");
  ask->add_option("--tool", options->tool, "with which tool")->type_name("TOOL");
  ask->add_option("--model", options->model, "with which model")->type_name("MODEL");
  ask->add_option("--service", options->service, "at which service of the gate")->type_name("SERVICE");
  ask->add_option("--surface", options->surface, "api, consumer, enterprise, self-hosted, …")
      ->type_name("SURFACE");
  auto* data = ask->add_option("--classes", options->data, "which data classes, with commas")
                   ->delimiter(',')
                   ->type_name("CLASSES");
  ask->add_flag("--no-data", options->no_data, "it holds none of the classes")->excludes(data);
  ask->add_option("--use", options->use,
                  "what comes of it: internal, shipped, customer, upstream, train-model")
      ->type_name("USE");
  ask->add_option("--reversible", options->reversible, "whether it can be taken back")
      ->check(CLI::IsMember({"yes", "no"}))
      ->type_name("yes|no");
  ask->add_option("--deadline", options->deadline, "until when you need an answer: a day or a time (UTC)")
      ->type_name("DATE");
  ask->add_option("--blocked", options->blocked, "how many people wait for it")->type_name("N");
  ask->add_option("--fact", options->facts, "a further fact (ostiary policy facts); may stand several times")
      ->type_name("NAME=VALUE");
  ask->add_option("--team", options->team, "at the data folder: the team that asks")->type_name("TEAM");
  add_door(line, *ask, *options);
  line.does(*ask, [options] { return run_desk_ask(*options); });
}

void add_list(CommandLine& line, CLI::App& desk) {
  const auto options = std::make_shared<DeskListOptions>();
  auto* list = line.verb(desk, "list", "list questions; with --queue those that wait, the most urgent first",
                         "ostiary desk list --queue");
  list->add_option("--state", options->state, "of these alone")
      ->check(CLI::IsMember({"offered", "open", "waiting-for-asker", "answered", "withdrawn", "expired"}))
      ->type_name("STATE");
  list->add_option("--of-team", options->of_team, "of this team alone")->type_name("TEAM");
  list->add_option("--lane", options->lane, "of this lane alone")->type_name("LANE");
  list->add_option("--limit", options->limit, "how many at most (default: 100)")
      ->check(CLI::Range(1, 500))
      ->type_name("N");
  list->add_flag("--queue", options->queue,
                 "what waits for an answer, by time to breach, people blocked, risk");
  add_door(line, *list, *options);
  line.does(*list, [options] { return run_desk_list(*options); });

  const auto one = std::make_shared<DeskOptions>();
  auto* status = line.verb(desk, "status", "show a question: where it is, its clocks, its answer",
                           "ostiary desk status Q-17");
  add_number(*status, *one);
  add_door(line, *status, *one);
  line.does(*status, [one] { return run_desk_status(*one); });
}

void add_answer(CommandLine& line, CLI::App& desk) {
  const auto options = std::make_shared<DeskAnswerOptions>();
  auto* answer =
      line.verb(desk, "answer", "answer a question",
                "ostiary desk answer Q-17 --allow --because 'the contract covers it' --expires 90d\n"
                "  ostiary desk answer Q-17 --allow-with 'names masked' --because 'clause 4'\n"
                "  ostiary desk answer Q-17 --deny --because 'customer data stays here'");
  add_number(*answer, *options);
  auto* allow = answer->add_flag("--allow", options->allow, "yes");
  auto* with = answer->add_option("--allow-with", options->conditions, "yes, under these conditions")
                   ->type_name("CONDITIONS")
                   ->excludes(allow);
  answer->add_flag("--deny", options->deny, "no")->excludes(allow)->excludes(with);
  answer->add_option("--because", options->because, "the reason")->required()->type_name("TEXT");
  answer
      ->add_option("--expires", options->expires, "until when it holds: a day, a time, or a span such as 90d")
      ->type_name("WHEN");
  answer->add_option("--clause", options->clause, "anchor of the document that it rests on")
      ->type_name("ANCHOR");
  add_door(line, *answer, *options);
  line.does(*answer, [options] { return run_desk_answer(*options); });

  const auto assigned = std::make_shared<DeskOptions>();
  auto* assign = line.verb(desk, "assign", "say who answers a question", "ostiary desk assign Q-17 legal");
  add_number(*assign, *assigned);
  assign->add_option("owner", assigned->text, "a role or a person")->required()->type_name("OWNER");
  add_door(line, *assign, *assigned);
  line.does(*assign, [assigned] { return run_desk_assign(*assigned); });
}

void add_note(CommandLine& line, CLI::App& desk, const std::string& step, const std::string& what,
              const std::string& example) {
  const auto options = std::make_shared<DeskOptions>();
  auto* verb = line.verb(desk, step, what, example);
  add_number(*verb, *options);
  verb->add_option("text", options->text, "in words")->required()->type_name("TEXT");
  add_door(line, *verb, *options);
  line.does(*verb, [options, step] { return run_desk_note(*options, step); });
}

void add_precedent(CommandLine& line, CLI::App& desk) {
  const auto options = std::make_shared<DeskPrecedentOptions>();
  auto* precedent =
      line.verb(desk, "precedent", "let an answer be given to whoever asks the same; or list them",
                "ostiary desk precedent Q-17 --title 'speech to text for support calls'\n"
                "  ostiary desk precedent");
  auto* number =
      precedent->add_option("question", options->question, "the answered question")->type_name("Q-N");
  auto* title =
      precedent->add_option("--title", options->title, "the question in general words, naming nobody")
          ->type_name("TEXT")
          ->needs(number);
  precedent->add_option("--clause", options->clause, "anchor that it rests on")
      ->type_name("ANCHOR")
      ->needs(title);
  precedent->add_flag("--end", options->end, "it is none any more")->needs(number)->excludes(title);
  precedent->add_option("--because", options->text, "why it ends")->type_name("TEXT");
  add_door(line, *precedent, *options);
  line.does(*precedent, [options] { return run_desk_precedent(*options); });

  const auto wish = std::make_shared<DeskProposeOptions>();
  auto* propose = line.verb(desk, "propose", "show an answer as a rule with its test: a patch to the policy",
                            "ostiary desk propose Q-17 -o rule.patch");
  add_number(*propose, *wish);
  propose->add_option("--id", wish->id, "of the rule (default: q-17)")->type_name("ID");
  propose->add_option("--clause", wish->clause, "anchor below which it stands")->type_name("ANCHOR");
  propose->add_option("--until", wish->until, "an exception's last day")->type_name("DATE");
  propose->add_flag("--document", wish->document, "the whole document with the rule in place of the patch");
  add_door(line, *propose, *wish);
  line.does(*propose, [wish] { return run_desk_propose(*wish); });
}

}  // namespace

void add_desk(CommandLine& line) {
  auto* desk = line.verb(line.root(), "desk", "ask what the policy leaves open, and answer",
                         "ostiary desk ask 'may I …?'\n  ostiary desk list --queue");
  desk->require_subcommand(1);
  add_ask(line, *desk);
  add_list(line, *desk);
  add_answer(line, *desk);
  add_note(line, *desk, "reply", "tell what the desk asked you for",
           "ostiary desk reply Q-17 'no names in it'");
  add_note(line, *desk, "ask-back", "ask the asker; the clocks stand still until they reply",
           "ostiary desk ask-back Q-17 'is there customer data in it?'");
  add_note(line, *desk, "appeal", "have an answer looked at once more, by a person",
           "ostiary desk appeal Q-17 'the contract says otherwise'");
  add_note(line, *desk, "withdraw", "take a question back", "ostiary desk withdraw Q-17 'no need any more'");
  add_precedent(line, *desk);
  const auto options = std::make_shared<DeskStatsOptions>();
  auto* stats = line.verb(*desk, "stats", "how the desk does, and what is asked most",
                          "ostiary desk stats --since 90d");
  stats
      ->add_option("--since", options->since,
                   "of questions that were asked since: a span, a day or a time (default: 30d)")
      ->type_name("WHEN");
  add_door(line, *stats, *options);
  line.does(*stats, [options] { return run_desk_stats(*options); });
}

}  // namespace ostiary::app
