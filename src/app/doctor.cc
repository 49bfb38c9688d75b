// Checks of the machine and of the data folder.

#include "app/doctor.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include "app/control_client.h"
#include "app/impl/terminal.h"
#include "app/own_rules.h"
#include "app/verbs.h"
#include "base/file.h"
#include "files/documents.h"
#include "json/document.h"
#include "ledger/ledger.h"
#include "net/bind.h"
#include "store/data_folder.h"

namespace ostiary::app {

namespace {

using State = Check::State;
namespace fs = std::filesystem;

constexpr WallMs kMinute = 60'000;
constexpr WallMs kBuilt = 1'764'000'000'000;  // 2025-11-24: no gate of this version ran before

void add(std::vector<Check>& out, std::string name, State state, std::string message, std::string fix = {}) {
  out.push_back({std::move(name), state, std::move(message), std::move(fix)});
}

// The time of the newest record, or 0.
WallMs newest_record(const std::string& data) {
  const auto lines = ledger::tail(data, 1);
  if (!lines || lines->empty()) return 0;
  const auto record = json::Document::parse(lines->back());
  const auto at = record ? parse_rfc3339(record->root()["at"].string_or("")) : std::nullopt;
  return at.value_or(0);
}

// A running gate's answer to a GET, or nothing.
std::optional<json::Document> ask_gate(const Patient& patient, std::string_view path, std::string& body) {
  auto gate = ControlClient::find(patient.config.data);
  if (!gate || !*gate) return std::nullopt;
  auto answer = (*gate)->call("GET", path);
  if (!answer) return std::nullopt;
  body = std::move(*answer);
  auto document = json::Document::parse(body);
  return document ? std::optional(std::move(*document)) : std::nullopt;
}

bool gate_runs(const Patient& patient) {
  const auto gate = ControlClient::find(patient.config.data);
  return gate && *gate;
}

}  // namespace

const char* name(State state) {
  constexpr const char* names[] = {"ok", "skipped", "warning", "problem"};
  return names[static_cast<int>(state)];
}

void check_clock(const Patient& patient, std::vector<Check>& out) {
  if (patient.now < kBuilt)
    return add(out, "clock", State::problem,
               "the clock says " + rfc3339(patient.now) + ", before this program was made",
               "set it, and keep it right with chrony or systemd-timesyncd");
  if (const WallMs last = newest_record(patient.config.data); last > patient.now + kMinute)
    return add(out, "clock", State::problem,
               fmt::format("the ledger's newest record is of {}, {} s ahead of the clock", rfc3339(last),
                           (last - patient.now) / 1000),
               "the clock went back: set it right, and keep it right with chrony or systemd-timesyncd");
  timex state{};
  if (::adjtimex(&state) >= 0 && (state.status & STA_UNSYNC))
    return add(
        out, "clock", State::warning, "nothing keeps the clock in time",
        "run chrony or systemd-timesyncd: months of budgets and times in the ledger follow this clock");
  add(out, "clock", State::ok, "in time");
}

void check_permissions(const Patient& patient, std::vector<Check>& out) {
  const auto& data = patient.config.data;
  struct stat info{};
  const auto look = [&](const std::string& path) { return ::stat(path.c_str(), &info) == 0; };
  const auto before = out.size();
  if (look(data)) {
    if (info.st_uid != ::geteuid() && ::geteuid() != 0)
      add(out, "permissions", State::problem, fmt::format("{} belongs to another user", data),
          "run this, and the gate, as that user");
    else if (::access(data.c_str(), R_OK | W_OK | X_OK) != 0)
      add(out, "permissions", State::problem, fmt::format("{} may not be written", data), "chmod u+rwx it");
    if (info.st_mode & 077)
      add(out, "permissions", State::warning, fmt::format("others may look into {}", data),
          "chmod 0700 it: names of users stand there");
  }
  for (const char* secret : {"/ledger/signing-key", "/store.sqlite"})
    if (look(data + secret) && (info.st_mode & 077))
      add(out, "permissions", State::problem, fmt::format("others may read {}{}", data, secret),
          "chmod 0600 it");
  if (!patient.config_file.empty() && look(patient.config_file) && (info.st_mode & 022))
    add(out, "permissions", State::problem, fmt::format("others may change {}", patient.config_file),
        "chmod go-w it: it says where prompts go");
  if (out.size() == before)
    add(out, "permissions", State::ok,
        look(data) ? "only its owner reads the data folder" : "the data folder is not made yet");
}

void check_port(const Patient& patient, std::vector<Check>& out) {
  if (gate_runs(patient)) return add(out, "port", State::ok, "a gate runs on this data folder");
  const auto before = out.size();
  for (const auto& text : patient.config.gate.listen) {
    const auto address = net::parse_address(text);
    if (!address || address->is_unix || address->port == 0) continue;
    if (const auto bound = net::Bound::open(*address, {}); !bound)
      add(out, "port", State::problem, bound.error().text(),
          "stop what listens there ('ss -ltnp' names it), or choose another address with 'listen'");
  }
  if (out.size() == before) add(out, "port", State::ok, "free");
}

void check_disk(const Patient& patient, std::vector<Check>& out) {
  fs::path folder = fs::absolute(patient.config.data);
  while (!fs::exists(folder) && folder.has_relative_path()) folder = folder.parent_path();
  struct statvfs info{};
  if (::statvfs(folder.c_str(), &info) != 0)
    return add(out, "disk", State::problem, fmt::format("cannot look at the disk of {}", folder.string()),
               "mend it");
  const std::uint64_t free = static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize,
                      all = static_cast<std::uint64_t>(info.f_blocks) * info.f_frsize;
  if (info.f_flag & ST_RDONLY)
    return add(out, "disk", State::problem, "the disk of the data folder is read-only",
               "mount it for writing");
  constexpr std::uint64_t kLow = 1u << 30;
  const bool few_inodes = info.f_files > 0 && info.f_favail < 1000;
  if (free < kLow / 8 || few_inodes)
    return add(out, "disk", State::problem,
               few_inodes ? "the disk has room for few further files"
                          : fmt::format("{} are left", human_bytes(free)),
               "make room: a full disk closes the gate");
  if (free < kLow || free * 20 < all)
    return add(out, "disk", State::warning,
               fmt::format("{} of {} are left", human_bytes(free), human_bytes(all)),
               "make room, or let old records go with ledger.retention");
  add(out, "disk", State::ok, fmt::format("{} of {} are left", human_bytes(free), human_bytes(all)));
}

void check_limits(const Patient& patient, std::vector<Check>& out) {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return add(out, "limits", State::skipped, "cannot be read");
  const std::uint64_t wanted = 2ULL * patient.config.gate.max_connections + 128;
  if (files.rlim_max == RLIM_INFINITY || files.rlim_max >= wanted)
    return add(out, "limits", State::ok, "descriptors suffice");
  add(out, "limits", State::warning,
      fmt::format("{} descriptors allow about {} connections, not the {} of gate.max_connections",
                  files.rlim_max, files.rlim_max > 128 ? (files.rlim_max - 128) / 2 : 0,
                  patient.config.gate.max_connections),
      "raise the limit (LimitNOFILE= in the unit, 'ulimit -Hn' in a shell), or lower gate.max_connections");
}

void check_documents(const Patient& patient, std::vector<Check>& out) {
  if (!patient.config.gate.inspect)
    return add(out, "documents", State::skipped, "requests are not inspected");
  const auto can = files::can_read_pdf();
  if (can) return add(out, "documents", State::ok, "PDFs are read, in a sandbox");
  add(out, "documents", State::warning, can.error().message,
      "until then every PDF in a request has the data class 'opaque'");
}

void check_rules(const Patient& patient, std::vector<Check>& out) {
  if (!patient.config.gate.inspect)
    return add(out, "inspection", State::skipped, "requests are not inspected");
  const auto rules = load_rules(patient.config.inspection, "");
  const auto known =
      rules ? check_classes(patient.config.class_names, *rules->detectors) : std::unexpected(rules.error());
  if (!known) return add(out, "inspection", State::problem, known.error().text(), "mend it there");
  for (const auto& line : rules->told)
    add(out, "inspection", State::warning, line, "take the rule out, or give it another day");
  if (rules->told.empty())
    add(out, "inspection", State::ok,
        fmt::format("{} detectors, {} allow-rules", rules->detectors->detectors().size(),
                    rules->allow.size()));
}

void check_drift(const Patient& patient, std::vector<Check>& out) {
  if (patient.config_file.empty())
    return add(out, "drift", State::skipped, "no configuration file was named; give it with -c");
  std::string body;
  const auto told = ask_gate(patient, "/api/v1/configuration", body);
  if (!told) return add(out, "drift", State::skipped, "no gate runs on this data folder");
  const auto loaded = parse_rfc3339(told->root()["loaded"].string_or(""));
  struct stat info{};
  if (!loaded || ::stat(patient.config_file.c_str(), &info) != 0)
    return add(out, "drift", State::skipped, "the gate does not say when it read its configuration");
  const WallMs changed = static_cast<WallMs>(info.st_mtim.tv_sec) * 1000 + info.st_mtim.tv_nsec / 1'000'000;
  if (changed > *loaded)
    return add(out, "drift", State::warning,
               fmt::format("{} was changed at {}, after the gate read it at {}", patient.config_file,
                           rfc3339(changed), rfc3339(*loaded)),
               "put it in force with 'systemctl reload ostiary' or SIGHUP");
  add(out, "drift", State::ok, "what runs is what the file says");
}

void check_version(const Patient& patient, std::vector<Check>& out) {
  if (const auto folder = store::check_data_folder(patient.config.data);
      !folder && folder.error().code == Code::newer)
    return add(out, "version", State::problem, folder.error().text(), "use the newer ostiary");
  std::string body;
  const auto told = ask_gate(patient, "/api/v1/version", body);
  if (!told)
    return add(out, "version", State::ok, fmt::format("ostiary {}; no gate runs to compare with", version()));
  const auto running = told->root()["version"].string_or("");
  const auto built = told->root()["commit"].string_or("");
  if (running != version() || built != commit())
    return add(out, "version", State::warning,
               fmt::format("the gate that runs is ostiary {} ({}), this program is {} ({})", running, built,
                           version(), commit()),
               "restart the gate to bring the new program in");
  add(out, "version", State::ok, fmt::format("ostiary {}, like the gate that runs", version()));
}

std::vector<Check> examine(const Patient& patient) {
  std::vector<Check> out;
  for (auto* check :
       {check_clock, check_permissions, check_names, check_certificates, check_credentials, check_port,
        check_disk, check_limits, check_documents, check_rules, check_drift, check_version})
    check(patient, out);
  return out;
}

}  // namespace ostiary::app
