// key create|list|revoke: through the gate that runs on the data folder, or on the folder itself where none
// runs.

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <limits>
#include <optional>

#include "app/folder_api.h"
#include "app/impl/terminal.h"
#include "app/verbs.h"
#include "base/text.h"
#include "json/document.h"
#include "json/writer.h"
#include "store/key_form.h"

namespace ostiary::app {

namespace {

// A key as both ways show it. `key` is there only right after it was made.
struct KeyView {
  std::string id, origin, team, user, subject, created, revoked, expires, state;
  std::vector<std::string> scopes;
  std::vector<std::string> also_revoked;  // of its line, right when it was revoked
  std::string key;
};

KeyView view_of(json::Value value) {
  KeyView view{.id = value["id"].string_or(""),
               .origin = value["origin"].string_or(""),
               .team = value["team"].string_or(""),
               .user = value["user"].string_or(""),
               .subject = value["subject"].string_or(""),
               .created = value["created"].string_or(""),
               .revoked = value["revoked"].string_or(""),
               .expires = value["expires"].string_or(""),
               .state = value["state"].string_or(""),
               .scopes = {},
               .also_revoked = {},
               .key = value["key"].string_or("")};
  for (const auto scope : value["scopes"]) view.scopes.push_back(scope.string_or(""));
  for (const auto other : value["also_revoked"]) view.also_revoked.push_back(other.string_or(""));
  return view;
}

void write_texts(json::Writer& w, std::string_view name, const std::vector<std::string>& texts) {
  w.key(name);
  w.begin_array();
  for (const auto& text : texts) w.string(text);
  w.end_array();
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
  if (view.key.empty()) write_texts(w, "also_revoked", view.also_revoked);
  write_time(w, "expires", view.expires);
  w.member("id", view.id);
  if (!view.key.empty()) w.member("key", view.key);
  w.member("kind", "key");
  w.member("origin", view.origin);
  write_frame_end(w);
  if (view.key.empty()) write_time(w, "revoked", view.revoked);
  write_texts(w, "scopes", view.scopes);
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
    write_time(w, "expires", view.expires);
    w.member("id", view.id);
    w.member("origin", view.origin);
    write_time(w, "revoked", view.revoked);
    write_texts(w, "scopes", view.scopes);
    w.member("state", view.state);
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

// The body of a request for a key.
Result<std::string> wish_of(const KeyOptions& options) {
  std::optional<std::uint64_t> seconds;
  if (!options.expires.empty()) {
    TRY(const auto ms, text::parse_duration_ms(options.expires));
    seconds = ms / 1000;
  }
  std::string out;
  json::Writer w(out);
  w.begin_object();
  if (seconds) w.member("expires_in", *seconds);
  if (!options.scopes.empty()) {
    w.key("scopes");
    w.begin_array();
    for (const auto& scope : options.scopes) w.string(scope);
    w.end_array();
  }
  w.member("team", options.team);
  w.member("user", options.user);
  w.end_object();
  return out;
}

Result<KeyView> ask_for_one(FolderApi& api, std::string_view method, std::string_view path,
                            std::string_view body = {}) {
  TRY(const auto answer, api.call(method, path, body));
  TRY(const auto document, json::Document::parse(answer));
  return view_of(document.root());
}

Result<KeyView> create(const KeyOptions& options) {
  TRY_VOID(store::check_key_owner(options.team, options.user));
  TRY(const auto wish, wish_of(options));
  TRY(auto api, FolderApi::open(options.common.data, FolderApi::For::making));
  return ask_for_one(api, "POST", "/api/v1/keys", wish);
}

Result<std::vector<KeyView>> list(const KeyOptions& options) {
  TRY(auto api, FolderApi::open(options.common.data, FolderApi::For::looking));
  TRY(const auto answer, api.call("GET", "/api/v1/keys"));
  TRY(const auto document, json::Document::parse(answer));
  std::vector<KeyView> views;
  for (const auto value : document.root()["keys"]) views.push_back(view_of(value));
  return views;
}

Result<KeyView> revoke(const KeyOptions& options) {
  TRY(const auto id, store::key_id_of(options.id));
  TRY(auto api, FolderApi::open(options.common.data, FolderApi::For::changing));
  return ask_for_one(api, "DELETE", "/api/v1/keys/" + id + (options.only ? "?only=true" : ""));
}

// "2026-11-23 08:00" of an RFC 3339 time.
std::string minute_of(const std::string& time) {
  return time.size() < 16 ? "" : time.substr(0, 10) + " " + time.substr(11, 5);
}

std::string state_of(const KeyView& view) {
  if (!view.revoked.empty()) return "revoked " + minute_of(view.revoked);
  if (view.expires.empty()) return view.state;
  return (view.state == "valid" ? "valid until " : "expired ") + minute_of(view.expires);
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
  report::Table shown{std::vector<report::Column>(2)};
  shown.add({{"key"}, {made.key, report::Paint::bold}});
  shown.add({{"id"}, {made.id}});
  shown.add({{"team"}, {made.team}});
  shown.add({{"user"}, {made.user}});
  shown.add({{"subject"}, {made.subject}});
  TRY_VOID(put(options.common, shown.text(std::numeric_limits<std::size_t>::max(), style.on())));
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
    rows.push_back({"ID", "LINE", "TEAM", "USER", "SUBJECT", "SCOPES", "CREATED", "STATE"});
  for (const auto& view : views)
    rows.push_back({view.id, view.origin, printable(view.team),
                    view.user.empty() ? "(erased)" : printable(view.user), view.subject,
                    printable(fmt::format("{}", fmt::join(view.scopes, ","))), minute_of(view.created),
                    state_of(view)});
  TRY_VOID(put(options.common, table(rows)));
  return 0;
}

Result<int> run_key_revoke(const KeyOptions& options) {
  TRY(const auto revoked, revoke(options));
  if (options.common.format == Format::json) {
    TRY_VOID(put(options.common, document_of(revoked)));
    return 0;
  }
  const auto also = revoked.also_revoked.empty()
                        ? std::string()
                        : fmt::format(", and {} of its line", fmt::join(revoked.also_revoked, ", "));
  TRY_VOID(put(options.common, fmt::format("revoked {} of {} in team {}{}\n", revoked.id,
                                           revoked.user.empty() ? revoked.subject : printable(revoked.user),
                                           printable(revoked.team), also)));
  return 0;
}

}  // namespace ostiary::app
