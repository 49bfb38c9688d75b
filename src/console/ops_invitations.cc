// Invitations: whoever holds one makes a key for the team.

#include "console/backing.h"
#include "console/impl/keys.h"
#include "console/impl/tables.h"

namespace ostiary::console {

namespace {

constexpr std::int64_t kDay = 24 * 3600, kLife = 7 * kDay, kLongestLife = 90 * kDay, kMostUses = 1000;

Result<> check_team(const Call& call) {
  if (call.rights.runs_team(call.text("name"))) return {};
  return fail(Code::denied, "this key does not administer that team");
}

void write_members(json::Writer& w, const store::Invitation& entry) {
  w.member("created", rfc3339(entry.created));
  w.member("expires", rfc3339(entry.expires));
  w.member("id", entry.id);
  w.member("state", entry.withdrawn             ? "withdrawn"
                    : entry.used >= entry.uses  ? "used"
                    : entry.open_at(wall_now()) ? "open"
                                                : "expired");
  w.member("team", entry.team);
  w.member("used", entry.used);
  w.member("uses", entry.uses);
}

Schema invitation_schema() {
  return object("Invitation", {{"created", time("")},
                               {"expires", time("")},
                               {"id", token("", kBase62, 8, 8)},
                               {"state", word_of({"open", "used", "expired", "withdrawn"}, "now")},
                               {"team", string("")},
                               {"used", integer("keys that were made with it")},
                               {"uses", integer("keys that may be")}});
}

std::string members_of(const store::Invitation& entry) {
  return ",\"team\":" + json::quoted(entry.team) + ",\"uses\":" + std::to_string(entry.uses);
}

Result<Reply> list(Backing& backing, const Call& call) {
  TRY_VOID(check_team(call));
  const std::lock_guard lock(backing.store_mutex);
  TRY(const auto all, backing.invitations.of_team(call.text("name")));
  return reply_list("invitations", all, [](json::Writer& w, const store::Invitation& entry) {
    w.begin_object();
    write_members(w, entry);
    w.end_object();
  });
}

Result<Reply> create(Backing& backing, const Call& call) {
  TRY_VOID(check_team(call));
  const auto body = call.body.root();
  const auto uses = static_cast<std::uint32_t>(body["uses"].as_number().value_or(1));
  const auto life = body["expires_in"].as_number().value_or(kLife);
  const auto now = wall_now();
  const std::lock_guard lock(backing.store_mutex);
  TRY(const auto made,
      backing.invitations.invite(call.text("name"), uses, now + static_cast<WallMs>(life) * 1000, now));
  if (auto recorded =
          record_change(backing, call, "invitation-created", made.entry.id, members_of(made.entry));
      !recorded) {
    [[maybe_unused]] const auto back = backing.invitations.withdraw(made.entry.team, made.entry.id, now);
    return std::unexpected(recorded.error());
  }
  return reply_object([&](json::Writer& w) {
    write_members(w, made.entry);
    w.member("invitation", made.text.reveal());
  });
}

Result<Reply> withdraw(Backing& backing, const Call& call) {
  TRY_VOID(check_team(call));
  const std::lock_guard lock(backing.store_mutex);
  TRY(const auto entry, backing.invitations.withdraw(call.text("name"), call.text("id"), wall_now()));
  TRY_VOID(record_change(backing, call, "invitation-withdrawn", entry.id, members_of(entry)));
  return reply_object([&](json::Writer& w) { write_members(w, entry); });
}

}  // namespace

std::vector<Operation> invitation_operations() {
  Operation all;
  all.id = "listInvitations";
  all.method = "GET";
  all.path = "/api/v1/teams/{name}/invitations";
  all.tag = "teams";
  all.summary = "A team's invitations, without their texts";
  all.need = Need::run_team;
  all.parameters = {in_path("name", name_text("the team's name"))};
  all.answer =
      object("Invitations", {{"invitations", array_of(invitation_schema(), "by the time they were made")}});
  all.handler = list;

  Operation invite = all;
  invite.id = "createInvitation";
  invite.method = "POST";
  invite.summary = "Let people make keys for the team themselves; the text is shown this once";
  invite.body =
      object("InvitationWish",
             {optional("expires_in", integer("seconds; seven days unless said", 1, kLongestLife)),
              optional("uses", integer("keys that may be made with it; 1 unless said", 1, kMostUses))});
  invite.status = 201;
  invite.answer = invitation_schema();
  invite.answer.component = "NewInvitation";
  invite.answer.members.push_back({"invitation", string("the invitation itself: ost_inv_…")});
  invite.handler = create;

  Operation back = all;
  back.id = "withdrawInvitation";
  back.method = "DELETE";
  back.path = "/api/v1/teams/{name}/invitations/{id}";
  back.summary = "Withdraw an invitation; keys that were made with it stay";
  back.parameters.push_back(in_path("id", token("the invitation's id", kBase62, 8, 8)));
  back.answer = invitation_schema();
  back.refusals = {404, 409};
  back.handler = withdraw;
  return {all, invite, back};
}

}  // namespace ostiary::console
