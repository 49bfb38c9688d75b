// The configuration: what is in force and where it is from, and reading it again.

#include <fmt/format.h>

#include "console/backing.h"
#include "console/impl/exchanges.h"
#include "console/impl/keys.h"
#include "console/impl/tables.h"

namespace ostiary::console {

namespace {

Result<Steward*> steward_of(Backing& backing) {
  if (!backing.steward) return fail(Code::unavailable, "no gate serves this folder");
  return backing.steward;
}

Result<Reply> show(Backing& backing, const Call&) {
  TRY(const auto* const steward, steward_of(backing));
  return reply_object([&](json::Writer& w) {
    w.member("loaded", rfc3339(steward->loaded_at()));
    w.key("settings");
    w.begin_array();
    for (const auto& setting : steward->settings()) {
      w.begin_object();
      w.member("path", setting.path);
      write_text(w, "place", setting.place);
      w.member("source", setting.source);
      w.member_or_null("value", setting.value);
      w.end_object();
    }
    w.end_array();
  });
}

// A file that is wrong leaves the old one in force: that is a conflict with it, and not a wrong request.
Result<Reply> reload(Backing& backing, const Call& call) {
  TRY(auto* const steward, steward_of(backing));
  const auto names = steward->reload(call.rights.actor());
  if (!names) return fail(Code::exists, "not reloaded, all stays as it was: " + names.error().text());
  TRY_VOID(record_change(backing, call, "reload-asked", "gate"));
  return reply_object([&](json::Writer& w) {
    w.key("needs_restart");
    w.begin_array();
    for (const auto& name : *names) w.string(name);
    w.end_array();
  });
}

}  // namespace

std::vector<Operation> configuration_operations() {
  Operation all;
  all.id = "showConfiguration";
  all.method = "GET";
  all.path = "/api/v1/configuration";
  all.tag = "configuration";
  all.summary = "Every setting that is in force, and where it is from";
  all.need = Need::read;
  all.answer = object(
      "Configuration",
      {{"loaded", time("when they were read")},
       {"settings",
        array_of(
            object("Setting",
                   {{"path", string("as in the file, such as ledger.sync")},
                    {"place", string("file:line:column, or the variable").or_null()},
                    {"source", word_of({"flag", "environment", "file", "default"}, "")},
                    {"value", string("as it would stand in the file; null: it may be a secret").or_null()}}),
            "")}});
  all.handler = show;

  Operation again = all;
  again.id = "reloadConfiguration";
  again.method = "POST";
  again.path = "/api/v1/configuration/reload";
  again.summary = "Read the configuration again and put it in force; a wrong one changes nothing";
  again.need = Need::admin;
  again.answer =
      object("Reloaded",
             {{"needs_restart", array_of(string(""), "keys that changed and hold from the next start on")}});
  again.refusals = {409};
  again.handler = reload;
  return {all, again};
}

}  // namespace ostiary::console
