// key on the command line.

#include <memory>

#include "app/impl/command_line.h"

namespace ostiary::app {

void add_key(CommandLine& line) {
  const auto options = std::make_shared<KeyOptions>();
  auto* key = line.verb(line.root(), "key", "make, list and revoke the keys that open the gate",
                        "ostiary key create --team research --user ada");
  key->require_subcommand(1);
  auto* create =
      line.verb(*key, "create", "make a key and show it this once",
                "ostiary key create --team research --user ada\n"
                "  export OPENAI_API_KEY=$(ostiary key create --team research --user ada --quiet)\n"
                "  ostiary key create --team platform --user kim --scope admin");
  create->add_option("--team", options->team, "who is charged and named in the ledger")
      ->required()
      ->type_name("TEAM");
  create->add_option("--user", options->user, "whose key it is; the ledger knows only a pseudonym")
      ->required()
      ->type_name("USER");
  create
      ->add_option(
          "--scope", options->scopes,
          "what it is good for: use (exchanges; the default), team:NAME (administers that team), "
          "desk (answers questions), inventory (keeps the uses), read, admin; may stand several times")
      ->type_name("SCOPE");
  create->add_option("--expires", options->expires, "how long it is good, such as 90d (default: for ever)")
      ->type_name("TIME");
  line.add_common(*create, options->common);
  line.does(*create, [options] { return run_key_create(*options); });

  auto* list =
      line.verb(*key, "list", "list the keys, without their secrets", "ostiary key list --format json");
  line.add_common(*list, options->common);
  line.does(*list, [options] { return run_key_list(*options); });

  auto* revoke =
      line.verb(*key, "revoke", "close the gate to a key and all others of its line, at once and for good",
                "ostiary key revoke 3fK9aQ2z");
  revoke->add_option("id", options->id, "the key's id: the part between ost_ and the next _")
      ->required()
      ->type_name("ID");
  revoke->add_flag("--only", options->only,
                   "this key alone: others of its line, which it was renewed from or which were renewed from "
                   "it, stay good");
  line.add_common(*revoke, options->common);
  line.does(*revoke, [options] { return run_key_revoke(*options); });
  add_key_request(line, *key);
}

}  // namespace ostiary::app
