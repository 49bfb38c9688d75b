#pragma once

#include <span>
#include <string>
#include <string_view>

#include "console/backing.h"
#include "console/operation.h"

namespace ostiary::console {

// A key without its secret. `names`: whether the name behind the pseudonym is for the caller's eyes.
Schema key_schema();
Schema new_key_schema();  // with its text
void write_key_members(json::Writer& w, const store::KeyEntry& entry, bool names);
Schema scopes_schema();
Schema key_id();
// The key that parameter `id` names. What may not be seen is not there.
Result<store::KeyEntry> find_key(Backing& backing, const Call& call);

// A `change` record of what the caller did: detail is {"by": ACTOR, …}, `members` what else stands in it:
// canonical members that sort behind "by", such as `,"team":"blue"`.
struct Change {
  std::string_view action;
  std::string what, members;
};
// All of them or none.
Result<> record_changes(Backing& backing, const Call& call, std::span<const Change> changes);
Result<> record_change(Backing& backing, const Call& call, std::string_view action, std::string_view what,
                       std::string_view members = {});
// What stands in the record of a change to a key.
std::string members_of(const store::KeyEntry& entry);

// Whether the gate opens to a key that it opened to before: neither revoked nor expired, and what it was.
bool still_opens(const Backing& backing, const store::KeyEntry& entry);

// The gate opens to what the store holds now. Under store_mutex.
Result<> publish_keys(Backing& backing);

// A change of keys that is recorded before it is made for good. Under store_mutex, for one change.
class KeyChange {
 public:
  KeyChange(Backing& backing, const Call& call) : backing_(backing), call_(call) {}
  // From within the store's confirmation: nothing that may fail comes behind it but the store's own last
  // step.
  Result<> record(std::span<const Change> changes);
  void publish();  // it is made: the gate opens to it
  // It is not, though it is recorded: `made` opens nothing, and a record says so. So it does of the key that
  // was to end in its place (null: none) and stays as it was.
  void take_back(const store::KeyEntry& made, const store::KeyEntry* old = nullptr);

 private:
  Backing& backing_;
  const Call& call_;
  std::vector<store::KeyEntry> keys_;
  bool recorded_ = false;
};

// Makes a key and records it, with `members` more; its text is in the answer this once, the owner's name
// where `names`. Under store_mutex.
Result<Reply> make_key(Backing& backing, const Call& call, const store::KeyWish& wish,
                       std::string_view members = {}, bool names = true);

Reply reply_new_key(const store::NewKey& made, bool names);

// The scopes that a body asks for; `use` where it names none.
Result<store::Scopes> wanted_scopes(json::Value body);

// {"name": [ … ]}, each element by `write`.
template <class List, class Write>
Reply reply_list(std::string_view name, const List& list, Write write) {
  Reply reply;
  json::Writer w(reply.body);
  w.begin_object();
  w.key(name);
  w.begin_array();
  for (const auto& one : list) write(w, one);
  w.end_array();
  w.end_object();
  reply.body += '\n';
  return reply;
}

// {…} by `write`.
template <class Write>
Reply reply_object(Write write) {
  Reply reply;
  json::Writer w(reply.body);
  w.begin_object();
  write(w);
  w.end_object();
  reply.body += '\n';
  return reply;
}

void write_time(json::Writer& w, std::string_view name, const std::optional<WallMs>& time);

}  // namespace ostiary::console
