// The mechanics of `setup`: what would change, and carrying it out. What each client needs is in
// setup_clients.cc.

#include "app/setup.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"

namespace ostiary::app {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kLargestFile = 4u << 20;

bool only(std::string_view text, std::string_view punctuation) {
  return std::ranges::all_of(text, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           punctuation.find(c) != std::string_view::npos;
  });
}

// A file as it is now.
struct Standing {
  std::string file;  // links resolved
  std::optional<std::string> text;
  unsigned mode = 0600;
};

// The file behind a path, which must be within the home folder however many links lead to it.
Result<std::string> resolved(const std::string& path, const std::string& home) {
  std::error_code error;
  const auto root = fs::canonical(home, error);
  if (error) return fail(Code::not_found, "there is no such folder; --home names another", home);
  if (fs::is_symlink(fs::symlink_status(path, error)) && !fs::exists(path, error))
    return fail(Code::invalid, "is a link to nothing; mend or remove it. Nothing was changed", path);
  const auto real = fs::weakly_canonical(path, error);
  if (error) return fail(Code::io, fmt::format("cannot be looked at: {}", error.message()), path);
  const auto inside = real.lexically_relative(root);
  if (inside.empty() || *inside.begin() == "..")
    return fail(Code::denied,
                fmt::format("leads out of the home folder, to {}; nothing was changed", real.string()), path);
  return real.string();
}

Result<Standing> standing(const std::string& path, const std::string& home) {
  Standing out;
  TRY(out.file, resolved(path, home));
  struct stat info{};
  if (::stat(out.file.c_str(), &info) != 0) {
    if (errno == ENOENT) return out;
    return fail_errno("look at the file", path, errno);
  }
  if (!S_ISREG(info.st_mode)) return fail(Code::invalid, "is not a file. Nothing was changed", path);
  out.mode = info.st_mode & 07777;
  TRY(out.text, read_file(out.file, kLargestFile));
  if (!text::is_utf8(*out.text) || out.text->find('\0') != std::string::npos)
    return fail(Code::invalid, "is not a text in UTF-8. Nothing was changed", path);
  return out;
}

const SetupRecord::File* recorded(const SetupRecord& record, const std::string& file) {
  const auto found = std::ranges::find(record.files, file, &SetupRecord::File::file);
  return found == record.files.end() ? nullptr : &*found;
}

std::string digest(const std::optional<std::string>& text) {
  return text ? hex(sha256(*text)) : "";
}

// What the file holds beside ours.
Result<std::string> base_of(const Standing& now, const SetupRecord::File* known,
                            const std::vector<SetupChange>& wanted) {
  const auto text = now.text.value_or("");
  if (known && digest(now.text) == known->after) return known->before.value_or("");
  // Marks tell what is ours even where the record was lost; members of JSON do not.
  std::vector<SetupChange> blocks;
  for (const auto& change : wanted)
    if (change.kind == SetupChange::Kind::block) blocks.push_back(change);
  return without_changes(text, known ? known->changes : blocks, Take::whatever, now.file);
}

// Whether all that is wanted stands in the file already, wherever somebody moved it.
bool stands(const Standing& now, const SetupRecord::File* known, const std::vector<SetupChange>& wanted) {
  if (!known || !now.text || known->changes != wanted) return false;
  auto text = *now.text;
  // Each on its own, so that one that is gone is noticed.
  return std::ranges::all_of(wanted, [&](const SetupChange& change) {
    const auto rest = without_changes(text, {change}, Take::untouched, now.file);
    return rest && *rest != text;
  });
}

unsigned mode_after(const std::string& text, const std::string& key, unsigned mode) {
  return !key.empty() && text.find(key) != std::string::npos ? 0600 : mode;
}

std::unexpected<Error> masked_error(Error error, const std::string& key) {
  for (std::size_t at = 0; !key.empty() && (at = error.message.find(key, at)) != std::string::npos;)
    error.message.replace(at, key.size(), "YOUR_KEY");
  return std::unexpected<Error>(std::move(error));
}

Result<> plan_file(const SetupTarget& target, const SetupRequest& request, const SetupRecord& old,
                   SetupPlan& plan) {
  TRY(const auto now, standing(target.file, request.home));
  const auto* known = recorded(old, now.file);
  // The names of our blocks do not depend on the text; where they go does.
  TRY(const auto first, target.changes(known ? known->before.value_or("") : "", request));
  TRY(const auto base, base_of(now, known, first));
  if (base.find(fmt::format("# >>> ostiary {}", plan.client)) != std::string::npos)
    return fail(
        Code::invalid,
        fmt::format("holds marks '# >>> ostiary {}' of an earlier setup that is not recorded any more; "
                    "take those lines out by hand. Nothing was changed",
                    plan.client),
        now.file);
  auto found = target.changes(base, request);
  if (!found) return fail(found.error().code, found.error().message, now.file);
  auto& changes = *found;
  TRY(auto after, with_changes(base, changes, now.file));
  if (now.text == after || stands(now, known, changes)) {
    if (known) plan.record.files.push_back(*known);
    return {};
  }
  SetupRecord::File entry;
  entry.file = now.file;
  entry.mode = known ? known->mode : now.mode;
  if (now.text && (!known || known->before || !base.empty())) entry.before = base;
  entry.after = digest(after);
  entry.changes = std::move(changes);
  const auto mode = mode_after(after, request.key, entry.before ? entry.mode : 0600);
  plan.record.files.push_back(std::move(entry));
  if (now.text && mode != now.mode)
    plan.advice.notes.push_back(fmt::format("{} gets mode {:04o} (it has {:04o}){}.", now.file, mode,
                                            now.mode, mode == 0600 ? ", since it holds the key" : ""));
  plan.edits.push_back({.file = now.file, .before = now.text, .after = std::move(after), .mode = mode});
  return {};
}

Result<> plan_undo_of(const SetupRecord::File& known, const SetupRequest& request, SetupPlan& plan) {
  TRY(const auto now, standing(known.file, request.home));
  if (!now.text || now.text == known.before) return {};
  SetupEdit edit{.file = now.file, .before = now.text, .after = known.before, .mode = known.mode};
  if (digest(now.text) != known.after) {
    TRY(auto rest, without_changes(*now.text, known.changes, Take::untouched, now.file));
    if (rest == *now.text) return {};
    edit.after = std::move(rest);
    edit.mode = now.mode;
  }
  plan.edits.push_back(std::move(edit));
  return {};
}

// Writes beside the file and renames, so that a reader sees the old or the new text whole.
Result<> replace_file(const SetupEdit& edit) {
  auto temporary = edit.file + ".XXXXXX";
  Fd fd(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd) return fail_errno("create a file beside", edit.file, errno);
  const auto discard = [&](Result<> error) {
    ::unlink(temporary.c_str());
    return error;
  };
  if (auto written = write_all(fd.get(), *edit.after, edit.file); !written)
    return discard(std::move(written));
  if (::fchmod(fd.get(), edit.mode) != 0) return discard(fail_errno("set the mode", edit.file, errno));
  if (::fsync(fd.get()) != 0) return discard(fail_errno("sync the file", edit.file, errno));
  if (::rename(temporary.c_str(), edit.file.c_str()) != 0)
    return discard(fail_errno("put the file in place", edit.file, errno));
  return sync_folder(fs::path(edit.file).parent_path().string());
}

}  // namespace

Result<> SetupRequest::check() {
  while (gate.ends_with('/')) gate.pop_back();
  if (gate.ends_with("/v1")) gate.resize(gate.size() - 3);
  while (gate.ends_with('/')) gate.pop_back();
  const auto scheme = gate.find("://");
  if ((!gate.starts_with("http://") && !gate.starts_with("https://")) || gate.size() == scheme + 3 ||
      !only(gate, ":/.-_[]"))
    return fail(Code::invalid,
                "--gate takes the address of the gate, such as http://127.0.0.1:8484, with no user, query or "
                "blanks in it");
  if (!only(key, "_-.~+=/")) return fail(Code::invalid, "the key holds what no key of the gate does");
  if (!only(model, "_-.:/@+")) return fail(Code::invalid, "--model takes the name of one model");
  return {};
}

const SetupClient* find_setup_client(std::string_view name) {
  const auto clients = setup_clients();
  const auto found = std::ranges::find(clients, name, &SetupClient::name);
  return found == clients.end() ? nullptr : &*found;
}

Result<SetupPlan> plan_setup(const SetupClient& client, const SetupRequest& request) {
  SetupPlan plan;
  plan.client = client.name;
  plan.advice = client.advice(request);
  TRY(const auto targets, client.targets(request));
  TRY(const auto old, read_setup_record(request.state, client.name));
  for (const auto& target : targets)
    if (auto planned = plan_file(target, request, old, plan); !planned)
      return masked_error(std::move(planned).error(), request.key);
  // Files that an earlier call changed and this one does not need stay recorded, so that they can be undone.
  for (const auto& file : old.files)
    if (!recorded(plan.record, file.file)) plan.record.files.push_back(file);
  return plan;
}

Result<SetupPlan> plan_undo(const SetupClient& client, const SetupRequest& request) {
  SetupPlan plan;
  plan.client = client.name;
  plan.undo = true;
  TRY(const auto old, read_setup_record(request.state, client.name));
  if (old.files.empty())
    return fail(Code::not_found,
                fmt::format("nothing was set up for {}, so there is nothing to undo", client.name),
                request.state);
  for (const auto& file : old.files) TRY_VOID(plan_undo_of(file, request, plan));
  return plan;
}

Result<> carry_out(const SetupPlan& plan, const SetupRequest& request) {
  for (const auto& edit : plan.edits) {
    TRY(const auto now, standing(edit.file, request.home));
    if (now.text != edit.before)
      return fail(Code::invalid, "was changed in the meantime; nothing was written. Try again", edit.file);
  }
  // The record comes first: what is half done can be undone.
  if (!plan.undo && !plan.edits.empty())
    TRY_VOID(write_setup_record(request.state, plan.client, plan.record));
  for (const auto& edit : plan.edits) {
    if (edit.after) {
      TRY_VOID(make_folder(fs::path(edit.file).parent_path().string()));
      TRY_VOID(replace_file(edit));
    } else if (::unlink(edit.file.c_str()) != 0) {
      return fail_errno("remove the file", edit.file, errno);
    }
  }
  if (plan.undo) TRY_VOID(write_setup_record(request.state, plan.client, {}));
  return {};
}

}  // namespace ostiary::app
