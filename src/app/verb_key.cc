// key create|list|revoke: through the gate that runs on the data folder, or on the folder itself where none
// runs.

#include <fmt/format.h>
#include <memory>
#include <optional>

#include "app/control_client.h"
#include "app/impl/terminal.h"
#include "app/verbs.h"
#include "json/document.h"
#include "json/writer.h"
#include "ledger/ledger.h"
#include "ledger/record.h"
#include "store/data_folder.h"
#include "store/key_form.h"
#include "store/store.h"

namespace ostiary::app {

namespace {

// A key as both ways show it. `key` is there only right after it was made.
struct KeyView {
  std::string id, team, user, subject, created, revoked;
  std::string key;
};

// What a verb works on where no gate runs.
struct House {
  store::DataLock lock;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<ledger::Ledger> ledger;
};

Result<House> open_house(const std::string& data) {
  TRY(auto lock, store::DataLock::acquire(data));
  TRY(auto store, store::open_sqlite(data + "/store.sqlite"));
  TRY(auto ledger, ledger::Ledger::open(data, {}));
  return House{std::move(lock), std::move(store), std::move(ledger)};
}

Result<> record(House& house, std::string_view action, const store::KeyEntry& entry) {
  std::string detail, line;
  json::Writer w(detail);
  w.begin_object();
  w.member("subject", entry.subject);
  w.member("team", entry.team);
  w.end_object();
  ledger::append_change(line, wall_now(), action, entry.id, detail);
  ledger::Batch batch;
  batch.add(line);
  return house.ledger->append(batch);
}

KeyView view_of(const store::KeyEntry& entry) {
  return {.id = entry.id,
          .team = entry.team,
          .user = entry.user,
          .subject = entry.subject,
          .created = rfc3339(entry.created),
          .revoked = entry.revoked ? rfc3339(*entry.revoked) : "",
          .key = ""};
}

KeyView view_of(json::Value value) {
  return {.id = value["id"].string_or(""),
          .team = value["team"].string_or(""),
          .user = value["user"].string_or(""),
          .subject = value["subject"].string_or(""),
          .created = value["created"].string_or(""),
          .revoked = value["revoked"].string_or(""),
          .key = value["key"].string_or("")};
}

std::string json_of(std::initializer_list<std::pair<std::string_view, std::string_view>> members) {
  std::string out;
  json::Writer w(out);
  w.begin_object();
  for (const auto& [name, value] : members) w.member(name, value);
  w.end_object();
  return out;
}

void write_frame_end(json::Writer& w) {
  w.member("ostiary", std::uint64_t{1});
  w.key("partial");
  w.begin_array();
  w.end_array();
}

void write_time(json::Writer& w, std::string_view name, const std::string& time) {
  w.key(name);
  if (time.empty()) return w.null();
  w.string(time);
}

// {"kind":"key", …}: one that was made (with `key`) or revoked.
std::string document_of(const KeyView& view) {
  std::string out;
  json::Writer w(out);
  w.begin_object();
  w.member("id", view.id);
  if (!view.key.empty()) w.member("key", view.key);
  w.member("kind", "key");
  write_frame_end(w);
  if (view.key.empty()) write_time(w, "revoked", view.revoked);
  w.member("subject", view.subject);
  w.member("team", view.team);
  w.member("user", view.user);
  w.end_object();
  return out + '\n';
}

std::string document_of(const std::vector<KeyView>& views) {
  std::string out;
  json::Writer w(out);
  w.begin_object();
  w.key("keys");
  w.begin_array();
  for (const auto& view : views) {
    w.begin_object();
    write_time(w, "created", view.created);
    w.member("id", view.id);
    write_time(w, "revoked", view.revoked);
    w.member("subject", view.subject);
    w.member("team", view.team);
    w.member("user", view.user);
    w.end_object();
  }
  w.end_array();
  w.member("kind", "keys");
  write_frame_end(w);
  w.end_object();
  return out + '\n';
}

Result<KeyView> create(const KeyOptions& options) {
  TRY_VOID(store::check_key_owner(options.team, options.user));
  TRY(auto gate, ControlClient::find(options.common.data));
  if (gate) {
    TRY(const auto body,
        gate->call("POST", "/control/keys", json_of({{"team", options.team}, {"user", options.user}})));
    TRY(const auto document, json::Document::parse(body));
    return view_of(document.root());
  }
  TRY(auto house, open_house(options.common.data));
  TRY(const auto made, house.store->create_key(options.team, options.user, wall_now()));
  if (auto recorded = record(house, "key-created", made.entry); !recorded) {
    [[maybe_unused]] const auto taken_back = house.store->revoke_key(made.entry.id, wall_now());
    return std::unexpected(recorded.error());
  }
  auto view = view_of(made.entry);
  view.key = made.text.reveal();
  return view;
}

Result<std::vector<KeyView>> list(const KeyOptions& options) {
  std::vector<KeyView> views;
  TRY(auto gate, ControlClient::find(options.common.data));
  if (gate) {
    TRY(const auto body, gate->call("GET", "/control/keys"));
    TRY(const auto document, json::Document::parse(body));
    for (const auto value : document.root()["keys"]) views.push_back(view_of(value));
    return views;
  }
  TRY_VOID(store::check_data_folder(options.common.data));
  TRY(const auto lock, store::DataLock::acquire(options.common.data));
  TRY(const auto store, store::open_sqlite(options.common.data + "/store.sqlite"));
  TRY(const auto entries, store->keys());
  for (const auto& entry : entries) views.push_back(view_of(entry));
  return views;
}

Result<KeyView> revoke(const KeyOptions& options) {
  TRY(const auto id, store::key_id_of(options.id));
  TRY(auto gate, ControlClient::find(options.common.data));
  if (gate) {
    TRY(const auto body, gate->call("POST", fmt::format("/control/keys/{}/revoke", id)));
    TRY(const auto document, json::Document::parse(body));
    return view_of(document.root());
  }
  TRY_VOID(store::check_data_folder(options.common.data));
  TRY(auto house, open_house(options.common.data));
  TRY(const auto entry, house.store->revoke_key(id, wall_now()));
  TRY_VOID(record(house, "key-revoked", entry));
  return view_of(entry);
}

// "2026-11-23 08:00" of an RFC 3339 time.
std::string minute_of(const std::string& time) {
  return time.size() < 16 ? "" : time.substr(0, 10) + " " + time.substr(11, 5);
}

}  // namespace

Result<int> run_key_create(const KeyOptions& options) {
  TRY(const auto made, create(options));
  if (options.common.format == Format::json) {
    TRY_VOID(put(options.common, document_of(made)));
    return 0;
  }
  if (options.common.quiet) {
    TRY_VOID(put(options.common, made.key + "\n"));
    return 0;
  }
  const auto style = style_of(options.common);
  TRY_VOID(put(options.common, table({{"key", style.bold(made.key)},
                                      {"id", made.id},
                                      {"team", printable(made.team)},
                                      {"user", printable(made.user)},
                                      {"subject", made.subject}})));
  hint(options.common,
       "\nThe key is shown this once. Programs take it as OPENAI_API_KEY, with OPENAI_BASE_URL naming the "
       "gate.");
  return 0;
}

Result<int> run_key_list(const KeyOptions& options) {
  TRY(const auto views, list(options));
  if (options.common.format == Format::json) {
    TRY_VOID(put(options.common, document_of(views)));
    return 0;
  }
  if (views.empty())
    hint(options.common, "There are no keys. 'ostiary key create --team T --user U' makes one.");
  std::vector<std::vector<std::string>> rows;
  if (!views.empty() && !options.common.quiet)
    rows.push_back({"ID", "TEAM", "USER", "SUBJECT", "CREATED", "STATE"});
  for (const auto& view : views)
    rows.push_back({view.id, printable(view.team), view.user.empty() ? "(erased)" : printable(view.user),
                    view.subject, minute_of(view.created),
                    view.revoked.empty() ? "valid" : "revoked " + minute_of(view.revoked)});
  TRY_VOID(put(options.common, table(rows)));
  return 0;
}

Result<int> run_key_revoke(const KeyOptions& options) {
  TRY(const auto revoked, revoke(options));
  if (options.common.format == Format::json) {
    TRY_VOID(put(options.common, document_of(revoked)));
    return 0;
  }
  TRY_VOID(put(options.common, fmt::format("revoked {} of {} in team {}\n", revoked.id,
                                           revoked.user.empty() ? revoked.subject : printable(revoked.user),
                                           printable(revoked.team))));
  return 0;
}

}  // namespace ostiary::app
