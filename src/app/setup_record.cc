// What `setup` keeps to undo itself: STATE/CLIENT.json, mode 0600, since a configuration may hold
// credentials.

#include <cerrno>
#include <fmt/format.h>
#include <unistd.h>

#include "app/setup.h"
#include "base/file.h"
#include "base/hash.h"
#include "json/document.h"
#include "json/writer.h"

namespace ostiary::app {

namespace {

constexpr std::uint64_t kVersion = 1;
constexpr std::string_view kKinds[] = {"block", "member", "element"};

std::string path_of(const std::string& state, std::string_view client) {
  return fmt::format("{}/{}.json", state, client);
}

void write_change(json::Writer& w, const SetupChange& change) {
  w.begin_object();
  w.member("indent", change.indent);
  w.member("kind", kKinds[static_cast<std::size_t>(change.kind)]);
  w.member("made_parent", change.made_parent);
  w.member("name", change.name);
  w.key("path");
  w.begin_array();
  for (const auto& name : change.path) w.string(name);
  w.end_array();
  w.member("replaces", change.replaces);
  w.member("value", change.value);
  w.end_object();
}

void write_file(json::Writer& w, const SetupRecord::File& file) {
  w.begin_object();
  w.member("after", file.after);
  w.key("before");
  if (file.before)
    w.string(base64(*file.before));
  else
    w.null();
  w.key("changes");
  w.begin_array();
  for (const auto& change : file.changes) write_change(w, change);
  w.end_array();
  w.member("file", file.file);
  w.member("mode", std::uint64_t{file.mode});
  w.end_object();
}

SetupChange change_from(json::Value value) {
  SetupChange change;
  const auto kind = value["kind"].string_or("");
  for (std::size_t i = 0; i < std::size(kKinds); ++i)
    if (kind == kKinds[i]) change.kind = static_cast<SetupChange::Kind>(i);
  change.indent = value["indent"].string_or("");
  change.made_parent = value["made_parent"].as_bool().value_or(false);
  change.name = value["name"].string_or("");
  if (const auto path = value["path"]; path.is_array())
    for (const json::Value name : path) change.path.push_back(name.string_or(""));
  change.replaces = value["replaces"].string_or("");
  change.value = value["value"].string_or("");
  return change;
}

Result<SetupRecord::File> file_from(json::Value value, const std::string& where) {
  SetupRecord::File file;
  file.file = value["file"].string_or("");
  file.after = value["after"].string_or("");
  file.mode = static_cast<unsigned>(value["mode"].as_uint().value_or(0600) & 07777);
  if (const auto before = value["before"].as_string()) {
    file.before = unbase64(*before);
    if (!file.before) return fail(Code::corrupt, "the kept text of a file is damaged", where);
  }
  if (const auto changes = value["changes"]; changes.is_array())
    for (const json::Value change : changes) file.changes.push_back(change_from(change));
  if (file.file.empty() || file.after.empty())
    return fail(Code::corrupt, "an entry has no file or no digest", where);
  return file;
}

}  // namespace

Result<SetupRecord> read_setup_record(const std::string& state, std::string_view client) {
  const auto path = path_of(state, client);
  const auto text = read_file(path, 64u << 20);
  if (!text && text.error().code == Code::not_found) return SetupRecord{};
  if (!text) return std::unexpected<Error>(text.error());
  const auto document = json::Document::parse(*text);
  if (!document) return fail(Code::corrupt, "is not what setup wrote: " + document.error().message, path);
  const auto version = document->root()["ostiary_setup"].as_uint().value_or(0);
  if (version == 0) return fail(Code::corrupt, "is not a record of setup", path);
  if (version > kVersion)
    return fail(Code::newer, "was written by a newer version of ostiary; use that", path);
  SetupRecord record;
  if (const auto files = document->root()["files"]; files.is_array())
    for (const json::Value value : files) {
      TRY(auto file, file_from(value, path));
      record.files.push_back(std::move(file));
    }
  return record;
}

Result<> write_setup_record(const std::string& state, std::string_view client, const SetupRecord& record) {
  const auto path = path_of(state, client);
  if (record.files.empty()) {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return fail_errno("remove the record", path, errno);
    return {};
  }
  std::string out;
  json::Writer w(out);
  w.begin_object();
  w.member("ostiary_setup", kVersion);
  w.member("client", client);
  w.key("files");
  w.begin_array();
  for (const auto& file : record.files) write_file(w, file);
  w.end_array();
  w.end_object();
  out += '\n';
  TRY_VOID(make_folder(state));
  return write_file_atomic(path, out, 0600);
}

}  // namespace ostiary::app
