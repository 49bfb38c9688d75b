#include "files/impl/child.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace ostiary::files {

namespace {

constexpr std::size_t kPiece = 128u << 10;
constexpr std::size_t kMostErrors = 4096;

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (const auto& text : texts) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

// Signals as a program expects them, whatever this process ignores or blocks.
class SpawnSettings {
 public:
  SpawnSettings(int input, int output, int errors) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_adddup2(&actions_, input, STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions_, errors, STDERR_FILENO);
    ::posix_spawnattr_init(&attributes_);
    sigset_t none, defaults;
    ::sigemptyset(&none);
    ::sigemptyset(&defaults);
    ::sigaddset(&defaults, SIGPIPE);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &defaults);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

}  // namespace

Result<Child> Child::spawn(const std::vector<std::string>& arguments,
                           const std::vector<std::string>& environment, int input, int silence_ms) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno("make a pipe", arguments[0], errno);
  Child child;
  child.output_ = Fd(ends[0]);
  const Fd output(ends[1]);
  child.errors_ = Fd(::memfd_create("errors", MFD_CLOEXEC));
  if (!child.errors_) return fail_errno("make a file in memory", arguments[0], errno);
  const SpawnSettings settings(input, output.get(), child.errors_.get());
  const int failed =
      ::posix_spawnp(&child.pid_, arguments[0].c_str(), settings.actions(), settings.attributes(),
                     pointers(arguments).data(), pointers(environment).data());
  if (failed == ENOENT) {
    child.pid_ = -1;
    return fail(Code::not_found, fmt::format("{} is not installed or not on the PATH", arguments[0]));
  }
  if (failed != 0) {
    child.pid_ = -1;
    return fail_errno("start the program", arguments[0], failed);
  }
  child.silence_ms_ = silence_ms;
  return child;
}

Result<Child> Child::start(const std::vector<std::string>& arguments,
                           const std::vector<std::string>& environment, Input input, int silence_ms) {
  if (input == Input::nothing) {
    const Fd nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!nothing) return fail_errno("open the file", "/dev/null", errno);
    return spawn(arguments, environment, nothing.get(), silence_ms);
  }
  // A socket and not a pipe: writing to one whose reader is gone can be told to raise no signal.
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return fail_errno("make a pair of sockets", arguments[0], errno);
  Fd ours(ends[0]);
  const Fd theirs(ends[1]);
  TRY(auto child, spawn(arguments, environment, theirs.get(), silence_ms));
  child.input_ = std::move(ours);
  return child;
}

Result<Child> Child::start_behind(Child& previous, const std::vector<std::string>& arguments,
                                  const std::vector<std::string>& environment, int silence_ms) {
  auto child = spawn(arguments, environment, previous.output_.get(), silence_ms);
  previous.output_.reset();
  return child;
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      input_(std::move(other.input_)),
      output_(std::move(other.output_)),
      errors_(std::move(other.errors_)),
      buffer_(std::move(other.buffer_)),
      at_(other.at_),
      silence_ms_(other.silence_ms_),
      exit_(other.exit_) {}

Child& Child::operator=(Child&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(input_, other.input_);
  std::swap(output_, other.output_);
  std::swap(errors_, other.errors_);
  std::swap(buffer_, other.buffer_);
  std::swap(at_, other.at_);
  std::swap(silence_ms_, other.silence_ms_);
  std::swap(exit_, other.exit_);
  return *this;
}

Child::~Child() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  wait();
}

int Child::wait() {
  if (pid_ < 0) return exit_;
  input_.reset();
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return exit_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string Child::errors() const {
  std::string out(kMostErrors, '\0');
  const auto n = ::pread(errors_.get(), out.data(), out.size(), 0);
  out.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return out;
}

Result<> Child::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto n = ::send(input_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno("write to the child process", "", errno);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

Result<bool> Child::fill() {
  if (at_ == buffer_.size()) buffer_.clear(), at_ = 0;
  for (;;) {
    pollfd waiting{.fd = output_.get(), .events = POLLIN, .revents = 0};
    const int ready = ::poll(&waiting, 1, silence_ms_);
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0) return fail(Code::timeout, fmt::format("no answer for {} s", silence_ms_ / 1000));
    const auto before = buffer_.size();
    buffer_.resize(before + kPiece);
    const auto n = ::read(output_.get(), buffer_.data() + before, kPiece);
    const int error = errno;
    buffer_.resize(before + static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
    if (n < 0 && error == EINTR) continue;
    if (n < 0) return fail_errno("read from the child process", "", error);
    return n > 0;
  }
}

Result<bool> Child::at_end() {
  if (at_ < buffer_.size()) return false;
  TRY(const bool more, fill());
  return !more;
}

std::string Child::buffered() {
  return buffer_.substr(std::exchange(at_, buffer_.size()));
}

Result<std::string> Child::read_until(char end, std::size_t limit) {
  TRY(auto out, read_start_until(end, limit + 1));
  if (out.size() > limit) return fail(Code::too_large, fmt::format("an answer is over {} bytes", limit));
  return out;
}

Result<std::string> Child::read_start_until(char end, std::size_t keep) {
  std::string out;
  for (;;) {
    const auto have = std::string_view(buffer_).substr(at_);
    const auto found = have.find(end);
    out.append(have.substr(0, std::min({found, have.size(), keep - out.size()})));
    if (found != std::string_view::npos) {
      at_ += found + 1;
      return out;
    }
    at_ = buffer_.size();
    TRY(const bool more, fill());
    if (!more) return fail(Code::closed, "the child process ended early");
  }
}

Result<> Child::read_exactly(std::size_t size, std::string& out) {
  while (size > 0) {
    const auto have = std::string_view(buffer_).substr(at_, size);
    out.append(have);
    at_ += have.size();
    size -= have.size();
    if (size == 0) break;
    TRY(const bool more, fill());
    if (!more) return fail(Code::closed, "the child process ended early");
  }
  return {};
}

}  // namespace ostiary::files
