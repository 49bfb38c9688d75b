// setup: shows what changes in a tool's configuration, asks, and writes it.

#include <cstdlib>
#include <fmt/format.h>
#include <iostream>
#include <string>
#include <unistd.h>

#include "app/impl/terminal.h"
#include "app/setup.h"
#include "app/verbs.h"
#include "base/text.h"
#include "json/writer.h"

namespace ostiary::app {

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

Result<SetupRequest> request_of(const SetupOptions& options, const SetupClient& client) {
  SetupRequest request;
  if (!options.gate.empty()) request.gate = options.gate;
  request.key = options.key.empty() ? variable("OSTIARY_KEY") : options.key;
  request.key_is_exported = options.key.empty() && !request.key.empty();
  request.model = options.model;
  request.file = options.file;
  request.keep_login = options.keep_login;
  request.home = options.home.empty() ? variable("HOME") : options.home;
  if (request.home.empty())
    return fail(Code::invalid, "HOME is not set; --home names the folder whose configuration it is");
  while (request.home.size() > 1 && request.home.ends_with('/')) request.home.pop_back();
  const auto state = options.home.empty() ? variable("XDG_STATE_HOME") : "";
  request.state = (state.starts_with('/') ? state : request.home + "/.local/state") + "/ostiary/setup";
  if (options.home.empty() && *client.folder_variable) request.own = variable(client.folder_variable);
  TRY_VOID(request.check());
  return request;
}

std::string coloured(std::string_view diff, const Style& style) {
  std::string out;
  for (const auto line : text::split(diff, '\n')) {
    if (line.starts_with("+++") || line.starts_with("---"))
      out += style.bold(line);
    else if (line.starts_with('@'))
      out += style.faint(line);
    else if (line.starts_with('+'))
      out += style.green(line);
    else if (line.starts_with('-'))
      out += style.red(line);
    else
      out += line;
    out += '\n';
  }
  if (out.ends_with("\n\n")) out.pop_back();
  return out;
}

void add_list(std::string& out, std::string_view heading, const std::vector<std::string>& items) {
  if (items.empty()) return;
  out += fmt::format("\n{}\n", heading);
  for (const auto& item : items) out += fmt::format("  - {}\n", item);
}

std::string text_of(const SetupPlan& plan, const SetupRequest& request, const SetupOptions& options) {
  std::string out;
  const auto style = style_of(options.common);
  for (const auto& edit : plan.edits) out += coloured(setup_diff(edit, request), style);
  if (options.common.quiet) return out;
  add_list(out, style.bold("To do by hand:"), plan.advice.by_hand);
  add_list(out, style.bold("Not redirected, even so:"), plan.advice.not_redirected);
  add_list(out, style.bold("Note:"), plan.advice.notes);
  return out.starts_with('\n') ? out.substr(1) : out;
}

void write_list(json::Writer& w, std::string_view name, const std::vector<std::string>& items) {
  w.key(name);
  w.begin_array();
  for (const auto& item : items) w.string(item);
  w.end_array();
}

std::string json_of(const SetupPlan& plan, const SetupRequest& request, bool written) {
  std::string out;
  json::Writer w(out);
  w.begin_object();
  write_list(w, "by_hand", plan.advice.by_hand);
  w.key("changes");
  w.begin_array();
  for (const auto& edit : plan.edits) {
    w.begin_object();
    w.member("before_exists", edit.before.has_value());
    w.member("diff", setup_diff(edit, request));
    w.member("file", edit.file);
    w.end_object();
  }
  w.end_array();
  w.member("client", plan.client);
  w.member("kind", "setup");
  write_list(w, "not_redirected", plan.advice.not_redirected);
  write_list(w, "notes", plan.advice.notes);
  w.member("ostiary", std::uint64_t{1});
  write_list(w, "partial", {});
  w.member("written", written);
  w.end_object();
  return out + '\n';
}

bool agreed() {
  fmt::print(stderr, "Write this? [y/N] ");
  std::string answer;
  std::getline(std::cin, answer);
  answer = text::lower(text::trim(answer));
  return answer == "y" || answer == "yes";
}

// Whether to write; says why not.
bool is_wanted(const SetupOptions& options, bool changes) {
  if (!changes) return options.undo && !options.dry_run && options.yes;
  if (options.dry_run) return false;
  if (options.yes) return true;
  const bool terminal = ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1;
  if (terminal && options.common.format == Format::text) return agreed();
  hint(options.common, "Nothing was written: this is not a terminal to ask on. --yes writes it.");
  return false;
}

}  // namespace

Result<int> run_setup(const SetupOptions& options) {
  const auto* client = find_setup_client(options.client);
  if (!client) return fail(Code::invalid, "is not a client that setup knows", options.client);
  TRY(const auto request, request_of(options, *client));
  TRY(const auto plan, options.undo ? plan_undo(*client, request) : plan_setup(*client, request));
  const bool json = options.common.format == Format::json;
  if (!json) TRY_VOID(put(options.common, text_of(plan, request, options)));
  const bool changes = !plan.edits.empty();
  const bool write = is_wanted(options, changes);
  if (write) TRY_VOID(carry_out(plan, request));
  if (json) {
    TRY_VOID(put(options.common, json_of(plan, request, write && changes)));
    return 0;
  }
  if (write && changes)
    hint(options.common, options.undo
                             ? "Undone."
                             : fmt::format("Written. 'ostiary setup {} --undo' takes it back.", plan.client));
  else if (!changes && (options.undo || !plan.record.files.empty()))
    hint(options.common,
         options.undo ? "Nothing of it stands any more." : "It is set up so already; nothing to change.");
  return 0;
}

}  // namespace ostiary::app
