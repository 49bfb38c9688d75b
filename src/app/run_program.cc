#include "app/impl/run_program.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>

#include "base/file.h"

namespace ostiary::app {

namespace {

constexpr int kLookMs = 50;  // how soon a nearer `until` is noticed
constexpr std::size_t kMostErr = 64U << 10;

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (const auto& text : texts) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

// A file in memory at its start: unlike a pipe it takes everything at once.
Result<Fd> input_of(std::string_view input) {
  Fd file(::memfd_create("input", MFD_CLOEXEC));
  if (!file) return fail_errno("make a file in memory", "", errno);
  TRY_VOID(write_all(file.get(), input, "a file in memory"));
  if (::lseek(file.get(), 0, SEEK_SET) != 0) return fail_errno("rewind a file in memory", "", errno);
  return file;
}

struct Pipe {
  Fd read, write;
  static Result<Pipe> make() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return fail_errno("make a pipe", "", errno);
    return Pipe{Fd(ends[0]), Fd(ends[1])};
  }
};

// Starts it as the leader of a process group of its own, with no signal blocked or ignored.
Result<pid_t> start(const std::vector<std::string>& arguments, const std::vector<std::string>& environment,
                    int in, int out, int err) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, in, 0);
  ::posix_spawn_file_actions_adddup2(&actions, out, 1);
  ::posix_spawn_file_actions_adddup2(&actions, err, 2);
  ::posix_spawnattr_init(&attributes);
  sigset_t none, all;
  ::sigemptyset(&none);
  ::sigfillset(&all);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  ::posix_spawnattr_setpgroup(&attributes, 0);
  ::posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  auto argv = pointers(arguments), envp = pointers(environment);
  pid_t pid = -1;
  const int error = ::posix_spawnp(&pid, argv[0], &actions, &attributes, argv.data(), envp.data());
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  if (error == ENOENT) return fail(Code::not_found, "there is no program '" + arguments[0] + "'; install it");
  if (error != 0) return fail_errno("start the program", arguments[0], error);
  return pid;
}

// Takes what is there; false at its end.
bool take(const Fd& from, std::string& to, std::size_t most) {
  char buffer[16384];
  const auto n = ::read(from.get(), buffer, sizeof buffer);
  if (n < 0) return errno == EINTR || errno == EAGAIN;
  to.append(buffer, std::min(static_cast<std::size_t>(n), most - std::min(most, to.size())));
  return n > 0;
}

// Reads both until their ends; false when time is up.
bool listen(const Fd& out, const Fd& err, Ran& ran, const std::atomic<MonoNs>& until) {
  bool out_open = true, err_open = true;
  while (out_open || err_open) {
    if (mono_now() >= until) return false;
    pollfd waiting[2] = {{out_open ? out.get() : -1, POLLIN, 0}, {err_open ? err.get() : -1, POLLIN, 0}};
    if (::poll(waiting, 2, kLookMs) <= 0) continue;
    if (waiting[0].revents) out_open = take(out, ran.out, kMostOutput);
    if (waiting[1].revents) err_open = take(err, ran.err, kMostErr);
  }
  return true;
}

// How it ended; nothing where it was killed because time was up.
std::optional<int> await_end(pid_t pid, bool in_time, const std::atomic<MonoNs>& until) {
  int status = 0;
  for (; in_time; std::this_thread::sleep_for(std::chrono::milliseconds(1))) {
    if (::waitpid(pid, &status, WNOHANG) == pid) return status;
    in_time = mono_now() < until;
  }
  ::kill(-pid, SIGKILL);
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return std::nullopt;
}

}  // namespace

Result<Ran> run_program(const std::vector<std::string>& arguments,
                        const std::vector<std::string>& environment, std::string_view input,
                        const std::atomic<MonoNs>& until) {
  TRY(const auto in, input_of(input));
  TRY(auto out, Pipe::make());
  TRY(auto err, Pipe::make());
  TRY(const auto pid, start(arguments, environment, in.get(), out.write.get(), err.write.get()));
  out.write.reset();
  err.write.reset();
  Ran ran;
  const bool in_time = listen(out.read, err.read, ran, until);
  const auto status = await_end(pid, in_time, until);
  if (!status) return fail(Code::timeout, "'" + arguments[0] + "' took too long and was ended");
  ran.code = WIFEXITED(*status) ? WEXITSTATUS(*status) : 128 + WTERMSIG(*status);
  return ran;
}

}  // namespace ostiary::app
