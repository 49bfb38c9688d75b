#include "gateway/credential.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <spawn.h>
#include <string_view>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "base/file.h"
#include "base/text.h"
#include "base/time.h"

namespace ostiary::gateway {

namespace {

constexpr std::size_t kMostOutput = 65'536;
constexpr MonoNs kLookNs = 50'000'000;  // how soon a wish to stop is noticed

// How long a command may take.
struct Patience {
  MonoNs until;
  const std::stop_token& stop;
  MonoNs left() const { return stop.stop_requested() ? 0 : until - mono_now(); }
};

// A command under way, in a process group of its own; ended with that when this goes.
class Command {
 public:
  static Result<Command> start(const std::string& line, const std::string& where);
  Command(Command&& other) noexcept : pid_(std::exchange(other.pid_, 0)), output_(std::move(other.output_)) {}
  Command& operator=(Command&&) = delete;
  ~Command() {
    if (pid_ <= 0) return;
    ::kill(-pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  // All that it prints, up to a limit. False: not within the time.
  bool read(std::string& into, const Patience& patience);
  // Its status as of waitpid, once it has ended. Nothing: not within the time.
  std::optional<int> status(const Patience& patience);

 private:
  Command(pid_t pid, Fd output) : pid_(pid), output_(std::move(output)) {}
  pid_t pid_ = 0;
  Fd output_;
};

std::vector<char*> environment_of_commands() {
  std::vector<char*> kept;
  for (char** entry = environ; *entry; ++entry)
    if (!std::string_view(*entry).starts_with("OSTIARY_")) kept.push_back(*entry);
  kept.push_back(nullptr);
  return kept;
}

Result<Command> Command::start(const std::string& line, const std::string& where) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    return fail_errno("make a pipe for the credential command", where, errno);
  Fd output(ends[0]), input(ends[1]);
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&files, input.get(), 1);
  posix_spawnattr_t how;
  ::posix_spawnattr_init(&how);
  sigset_t none, usual;
  ::sigemptyset(&none);
  ::sigfillset(&usual);
  ::posix_spawnattr_setsigmask(&how, &none);
  ::posix_spawnattr_setsigdefault(&how, &usual);
  ::posix_spawnattr_setpgroup(&how, 0);
  ::posix_spawnattr_setflags(
      &how, static_cast<short>(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF));
  std::string copy = line;
  char shell[] = "sh", dash_c[] = "-c";
  char* arguments[] = {shell, dash_c, copy.data(), nullptr};
  auto environment = environment_of_commands();
  pid_t pid = 0;
  const int error = ::posix_spawn(&pid, "/bin/sh", &files, &how, arguments, environment.data());
  ::posix_spawnattr_destroy(&how);
  ::posix_spawn_file_actions_destroy(&files);
  if (error != 0) return fail_errno("run the credential command", where, error);
  return Command(pid, std::move(output));
}

bool Command::read(std::string& into, const Patience& patience) {
  std::array<char, 4096> buffer;
  while (into.size() <= kMostOutput) {
    const MonoNs left = std::min(patience.left(), kLookNs);
    if (left <= 0) return false;
    pollfd wait{output_.get(), POLLIN, 0};
    const int ready = ::poll(&wait, 1, static_cast<int>(left / 1'000'000) + 1);
    if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
    const auto got = ::read(output_.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return true;
    into.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return true;
}

std::optional<int> Command::status(const Patience& patience) {
  output_.reset();
  for (;;) {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = 0;
      return status;
    }
    if (patience.left() <= 0) return std::nullopt;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

// First line of what a command prints.
Result<std::string> run_command(const std::string& line, const std::string& where, std::uint64_t limit_ms,
                                const std::stop_token& stop) {
  const auto ended = [&] {
    return fail(Code::closed, "the credential command is ended: the gate closes", where);
  };
  if (stop.stop_requested()) return ended();
  const Patience patience{mono_now() + static_cast<MonoNs>(limit_ms) * 1'000'000, stop};
  TRY(auto command, Command::start(line, where));
  std::string output;
  const bool read = command.read(output, patience);
  const auto status = read ? command.status(patience) : std::nullopt;
  if (!status && stop.stop_requested()) return ended();
  if (!status)
    return fail(Code::timeout,
                "the credential command took longer than " + text::format_duration_ms(limit_ms) +
                    " and was ended: run it by hand to see what it waits for",
                where);
  if (!WIFEXITED(*status) || WEXITSTATUS(*status) != 0)
    return fail(Code::invalid, "the credential command failed: run it by hand to see why", where);
  return output.substr(0, output.find_first_of("\r\n"));
}

Result<std::string> read_source(const CredentialSource& source, const std::string& where,
                                std::uint64_t limit_ms, const std::stop_token& stop) {
  switch (source.kind) {
    case CredentialSource::Kind::environment: {
      const char* found = std::getenv(source.value.c_str());
      if (!found || !*found)
        return fail(Code::invalid,
                    "the environment variable " + source.value + " that holds its credential is not set",
                    where);
      return std::string(found);
    }
    case CredentialSource::Kind::file: {
      TRY(const std::string text, read_file(source.value, kMostOutput));
      return text.substr(0, text.find_first_of("\r\n"));
    }
    case CredentialSource::Kind::command:
      return run_command(source.value, where, limit_ms, stop);
    case CredentialSource::Kind::none:
    case CredentialSource::Kind::client:
      break;
  }
  return std::string();
}

}  // namespace

Result<std::string> read_credential(const CredentialSource& source, const std::string& where,
                                    std::uint64_t command_limit_ms, const std::stop_token& stop) {
  if (source.kind == CredentialSource::Kind::none || source.kind == CredentialSource::Kind::client)
    return std::string();
  TRY(std::string value, read_source(source, where, command_limit_ms, stop));
  value = std::string(text::trim(value));
  if (value.empty()) return fail(Code::invalid, "its credential is empty", where);
  for (const char c : value)
    if (static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7f)
      return fail(Code::invalid, "its credential holds a character that cannot stand in a header", where);
  return value;
}

FileStamp FileStamp::of(const std::string& path) {
  struct stat found{};
  if (::stat(path.c_str(), &found) != 0) return {};
  return {static_cast<std::uint64_t>(found.st_dev), static_cast<std::uint64_t>(found.st_ino),
          static_cast<std::int64_t>(found.st_mtim.tv_sec) * 1'000'000'000 + found.st_mtim.tv_nsec,
          static_cast<std::int64_t>(found.st_size)};
}

}  // namespace ostiary::gateway
