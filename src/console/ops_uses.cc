// Uses of the inventory: listed, shown, added, changed, removed.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "console/impl/inventory.h"
#include "console/impl/keys.h"
#include "console/impl/questions.h"
#include "console/impl/tables.h"

namespace ostiary::console {

namespace {

constexpr std::int64_t kPage = 100, kLongestPage = 500;

std::string etag_of(const inventory::Use& use) {
  return fmt::format("\"{}\"", use.revision);
}

Reply reply_use(const inventory::Use& use, std::uint16_t status = 0) {
  Reply reply;
  inventory::append_json(reply.body, use);
  reply.body += '\n';
  reply.status = status;
  reply.headers = {{"ETag", etag_of(use)}};
  return reply;
}

Result<Id> id_of(const Call& call) {
  if (const auto id = Id::parse(call.text("id"))) return *id;
  return fail(Code::not_found, "there is no such use");
}

// Of If-Match: "3", W/"3", or nothing for * and where it is absent.
Result<std::optional<std::uint64_t>> revision_of(const Call& call) {
  auto text = text::trim(std::string_view(call.request.header("if-match")));
  if (text.empty() || text == "*") return std::nullopt;
  if (text.starts_with("W/")) text.remove_prefix(2);
  if (text.size() > 2 && text.starts_with('"') && text.ends_with('"'))
    if (const auto revision = text::parse_uint(text.substr(1, text.size() - 2))) return revision;
  return fail(Code::exists, "If-Match is none of this use's; take the ETag as it was given");
}

Result<Reply> list(Backing& backing, const Call& call) {
  const auto most = static_cast<std::size_t>(call.number("limit").value_or(kPage));
  inventory::UseFilter filter{.provider = call.text("provider"),
                              .tool = call.text("tool"),
                              .team = call.text("team"),
                              .owner = call.text("owner"),
                              .status = call.text("status"),
                              .model = call.text("model"),
                              .after = text::lower(call.text("cursor")),
                              .most = most + 1};
  TRY(auto uses, backing.inventory.list(filter));
  const bool more = uses.size() > most;
  if (more) uses.resize(most);
  return reply_object([&](json::Writer& w) {
    w.key("next");
    if (more)
      w.string(uses.back().id.text());
    else
      w.null();
    w.key("uses");
    w.begin_array();
    for (const auto& use : uses) write_use(w, use);
    w.end_array();
  });
}

Result<Reply> show(Backing& backing, const Call& call) {
  TRY(const auto id, id_of(call));
  TRY(const auto use, backing.inventory.find(id));
  return reply_use(use);
}

Result<Reply> add(Backing& backing, const Call& call) {
  TRY(const auto edit, told(inventory::read_edit(call.body.root())));
  TRY(const auto use, told(backing.inventory.add(edit, wall_now(), recorder(backing, call))));
  return reply_use(use);
}

Result<Reply> edit(Backing& backing, const Call& call) {
  TRY(const auto id, id_of(call));
  TRY(const auto revision, revision_of(call));
  TRY(const auto wanted, told(inventory::read_edit(call.body.root())));
  TRY(const auto use,
      told(backing.inventory.edit(id, wanted, revision, wall_now(), recorder(backing, call))));
  return reply_use(use);
}

Result<Reply> remove(Backing& backing, const Call& call) {
  TRY(const auto id, id_of(call));
  TRY(const auto revision, revision_of(call));
  TRY(const auto use, told(backing.inventory.remove(id, revision, recorder(backing, call))));
  return reply_use(use);
}

Schema word(std::string_view doc) {
  return token(doc, kPrintable, 1, 200);
}

Parameter if_match() {
  return in_header("If-Match", token("the ETag that the use had when it was read", kPrintable, 0, 100));
}

Parameter of_use() {
  return in_path("id", uuid("the use's"));
}

}  // namespace

inventory::Inventory::Record recorder(Backing& backing, const Call& call) {
  return [&backing, &call](std::span<const inventory::Change> changes) {
    std::vector<Change> records;
    for (const auto& one : changes) {
      std::string fields;
      for (const auto& name : one.fields) fields += fmt::format("{}\"{}\"", fields.empty() ? "" : ",", name);
      records.push_back({.action = one.action,
                         .what = one.what,
                         .members = fmt::format(",\"fields\":[{}],\"from\":\"{}\",\"revision\":{}", fields,
                                                one.from, one.revision)});
    }
    return record_changes(backing, call, records);
  };
}

std::vector<Operation> use_operations() {
  auto listing =
      inventory_row("listUses", "GET", "/api/v1/uses", "Uses of AI, by id", Need::see_inventory, list);
  listing.parameters = {in_query("provider", word("of this alone: id or name")),
                        in_query("tool", word("of this alone")),
                        in_query("team", word("of this alone")),
                        in_query("owner", word("of this alone; unknown: of nobody")),
                        in_query("status", word_of({"in-use", "trial", "retired", "unknown"}, "")),
                        in_query("model", word("a name, or a pattern with *")),
                        in_query("cursor", uuid("the `next` of the page before")),
                        in_query("limit", integer("of a page; 100 unless said", 1, kLongestPage))};
  listing.answer = object("Uses", {{"next", string("the cursor of the next page").or_null()},
                                   {"uses", array_of(use_schema(), "by id")}});
  auto showing = inventory_row("showUse", "GET", "/api/v1/uses/{id}", "One use; its ETag is its revision",
                               Need::see_inventory, show);
  showing.parameters = {of_use()};
  showing.answer = use_schema();
  showing.refusals = {404};
  auto adding =
      inventory_row("addUse", "POST", "/api/v1/uses", "State a use of AI", Need::keep_inventory, add);
  adding.body = edit_schema();
  adding.status = 201;
  adding.answer = use_schema();
  adding.refusals = {409};
  auto editing =
      inventory_row("editUse", "PATCH", "/api/v1/uses/{id}",
                    "State something else about a use; null and unknown forget", Need::keep_inventory, edit);
  editing.parameters = {of_use(), if_match()};
  editing.body = edit_schema();
  editing.answer = use_schema();
  editing.refusals = {404, 409};
  auto removing = inventory_row("removeUse", "DELETE", "/api/v1/uses/{id}", "Take a use out of the inventory",
                                Need::keep_inventory, remove);
  removing.parameters = {of_use(), if_match()};
  removing.answer = use_schema();
  removing.refusals = {404, 409};
  return {listing, showing, adding, editing, removing};
}

}  // namespace ostiary::console
