#include "app/audit.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "base/time.h"

namespace ostiary::app {

namespace {

constexpr std::string_view kHeader = "ostiary-audit 1\n";
constexpr std::uint64_t kAtOnce = 1000;  // records
constexpr std::chrono::milliseconds kBetween{250}, kAfterFailure{2000};
constexpr MonoNs kLast = 2'000'000'000;  // what is not handed on by then is, at the next start
constexpr int kFacility = 13;            // RFC 5424 table 1: log audit

std::string position_path(const std::string& data_folder) {
  return data_folder + "/audit";
}

bool is_refusal(std::string_view record) {
  return record.find(R"("outcome":"refused")") != std::string_view::npos;
}

bool is_exchange(std::string_view record) {
  return record.find(R"("kind":"outcome")") != std::string_view::npos ||
         record.find(R"("kind":"intent")") != std::string_view::npos;
}

// Nothing where no run has kept one.
Result<std::optional<std::uint64_t>> read_position(const std::string& data_folder) {
  const auto path = position_path(data_folder);
  const auto text = read_file(path, 4096);
  if (!text && text.error().code == Code::not_found) return std::nullopt;
  if (!text) return std::unexpected(text.error());
  const auto number = text->starts_with(kHeader)
                          ? text::parse_uint(text::trim(std::string_view(*text).substr(kHeader.size())))
                          : std::nullopt;
  if (!number)
    return fail(Code::corrupt, "is not what the program writes; remove it to begin with new records", path);
  return number;
}

}  // namespace

std::string syslog_message(std::string_view record, std::string_view at, std::string_view host) {
  const int severity = is_refusal(record) ? 4 : is_exchange(record) ? 6 : 5;
  return fmt::format("<{}>1 {} {} ostiary {} audit - {}", kFacility * 8 + severity, at, host, ::getpid(),
                     record);
}

Audit::Audit(std::string data_folder, AuditSettings settings, const ledger::Ledger& ledger)
    : data_folder_(std::move(data_folder)), settings_(std::move(settings)), ledger_(ledger) {
  char name[256] = "-";
  if (::gethostname(name, sizeof name - 1) == 0) host_ = name;
  if (host_.empty() || host_.find_first_of(" \t") != std::string::npos) host_ = "-";
}

Result<std::unique_ptr<Audit>> Audit::start(const std::string& data_folder, const AuditSettings& settings,
                                            const ledger::Ledger& ledger) {
  std::unique_ptr<Audit> audit(new Audit(data_folder, settings, ledger));
  TRY(const auto kept, read_position(data_folder));
  audit->at_.index = std::min(kept.value_or(ledger.size()), ledger.size());
  if (settings.to == AuditSettings::To::file) TRY_VOID(audit->open_target());
  audit->thread_ = std::thread([a = audit.get()] { a->run(); });
  ::pthread_setname_np(audit->thread_.native_handle(), "audit");
  return audit;
}

Audit::~Audit() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

Result<> Audit::open_target() {
  if (settings_.to == AuditSettings::To::file) {
    target_ = Fd(::open(settings_.file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640));
    if (!target_) return fail_errno("open the audit file", settings_.file, errno);
    return {};
  }
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (settings_.socket.size() >= sizeof address.sun_path)
    return fail(Code::invalid, "the socket's path is too long", settings_.socket);
  std::memcpy(address.sun_path, settings_.socket.c_str(), settings_.socket.size() + 1);
  Fd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd || ::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    return fail_errno("reach syslog", settings_.socket, errno);
  target_ = std::move(fd);
  return {};
}

bool Audit::wants(std::string_view record) const {
  if (!is_exchange(record)) return settings_.changes;
  if (is_refusal(record)) return settings_.refusals || settings_.exchanges;
  return settings_.exchanges && record.find(R"("kind":"outcome")") != std::string_view::npos;
}

Result<> Audit::send(std::string_view record) {
  if (settings_.to == AuditSettings::To::file) {
    batch_ += record;
    batch_ += '\n';
    return {};
  }
  const auto message = syslog_message(record, rfc3339(wall_now()), host_);
  if (::send(target_.get(), message.data(), message.size(), MSG_NOSIGNAL) < 0)
    return fail_errno("write to syslog", settings_.socket, errno);
  return {};
}

// All lines or, where the disk is full, none.
Result<> Audit::append_batch() {
  const auto before = ::lseek(target_.get(), 0, SEEK_END);
  const auto written = ::write(target_.get(), batch_.data(), batch_.size());
  if (written == static_cast<ssize_t>(batch_.size())) return {};
  const int error = written < 0 ? errno : ENOSPC;
  if (before >= 0 && ::ftruncate(target_.get(), before) != 0)
    log::warn("the audit file ends in the middle of a record: " + settings_.file);
  return fail_errno("write to the audit file", settings_.file, error);
}

// Hands on what there is, at most kAtOnce records. False: nothing was there.
Result<bool> Audit::hand_on() {
  if (settings_.to == AuditSettings::To::file && reopen_.exchange(false)) target_.reset();
  const auto until = ledger_.size();
  if (at_.index >= until) return false;
  if (!target_) TRY_VOID(open_target());
  ledger::Cursor cursor(data_folder_, at_);
  Result<> sent;
  std::uint64_t done = at_.index;
  batch_.clear();
  TRY(const auto read, cursor.read(until, kAtOnce, [&](std::uint64_t index, std::string_view record) {
    if (!sent) return;
    if (wants(record)) sent = send(record);
    if (sent) done = index + 1;
  }));
  if (read == 0) done = cursor.place().index;
  if (!batch_.empty()) TRY_VOID(append_batch());
  const bool moved = done != at_.index;
  if (moved) {
    TRY_VOID(write_file_atomic(position_path(data_folder_), fmt::format("{}{}\n", kHeader, done)));
    at_ = sent ? cursor.place() : ledger::Place{.index = done};
  }
  if (!sent) return std::unexpected(sent.error());
  return moved;
}

void Audit::run() {
  bool complained = false;
  MonoNs stopping = 0;
  for (;;) {
    const auto handed = hand_on();
    if (!handed) {
      target_.reset();
      if (!std::exchange(complained, true))
        log::error("the audit stream stands still and is tried again: " + handed.error().text());
    } else if (*handed && std::exchange(complained, false)) {
      log::info("the audit stream goes on");
    }
    std::unique_lock lock(mutex_);
    if (stop_ && stopping == 0) stopping = mono_now();
    if (stop_ && (!handed || !*handed || mono_now() - stopping > kLast)) return;
    if (handed && *handed) continue;
    wake_.wait_for(lock, handed ? kBetween : kAfterFailure, [this] { return stop_; });
  }
}

}  // namespace ostiary::app
