// Confines a child process: Landlock (https://docs.kernel.org/userspace-api/landlock.html) for files, seccomp
// (seccomp(2)) for system calls, setrlimit(2) for what it may use up.

#include "files/impl/sandbox.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

namespace ostiary::files {

namespace {

constexpr std::size_t kMostErrors = 4096;
constexpr int kTickMs = 20;

// --- Landlock. Older headers lack some of it.

constexpr std::uint64_t kExecute = 1u << 0, kReadFile = 1u << 2, kReadFolder = 1u << 3;

struct RulesetAttributes {
  std::uint64_t files = 0, net = 0, scoped = 0;
};

struct __attribute__((packed)) PathRule {
  std::uint64_t allowed = 0;
  std::int32_t parent = -1;
};

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif

int landlock_version() {
  constexpr unsigned ask_version = 1;
  return static_cast<int>(::syscall(SYS_landlock_create_ruleset, nullptr, 0, ask_version));
}

// Every right that this kernel's Landlock can withhold, and how much of the attributes it knows.
std::pair<RulesetAttributes, std::size_t> all_of(int version) {
  RulesetAttributes all;
  all.files = (1u << 13) - 1;
  if (version >= 2) all.files |= 1u << 13;  // moving between folders
  if (version >= 3) all.files |= 1u << 14;  // truncating
  if (version >= 5) all.files |= 1u << 15;  // ioctl
  if (version >= 4) all.net = 3;
  if (version >= 6) all.scoped = 3;
  return {all, version >= 6 ? 24 : version >= 4 ? 16 : 8};
}

void allow(int ruleset, const std::string& path, std::uint64_t rights) {
  const Fd opened(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!opened) return;  // what is not there needs no right
  const PathRule rule{rights, opened.get()};
  constexpr int beneath = 1;
  ::syscall(SYS_landlock_add_rule, ruleset, beneath, &rule, 0);
}

Result<Fd> ruleset_for(const std::string& program) {
  const int version = landlock_version();
  if (version < 1)
    return fail(
        Code::unavailable,
        "this system cannot confine a program: its kernel has no Landlock (Linux 5.13, lsm=landlock)");
  const auto [attributes, size] = all_of(version);
  Fd ruleset(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, size, 0)));
  if (!ruleset) return fail_errno("confine a program with Landlock", program, errno);
  for (const char* folder : {"/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libexec", "/lib", "/lib64",
                             "/usr/bin", "/usr/local/lib"})
    allow(ruleset.get(), folder, kExecute | kReadFile | kReadFolder);
  for (const char* folder : {"/usr/share/poppler", "/usr/share/fonts", "/etc/fonts"})
    allow(ruleset.get(), folder, kReadFile | kReadFolder);
  allow(ruleset.get(), "/etc/ld.so.cache", kReadFile);
  allow(ruleset.get(), "/dev/null", kReadFile);
  allow(ruleset.get(), program, kExecute | kReadFile);
  return ruleset;
}

// --- seccomp

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
constexpr std::uint32_t kArchitecture = 0;  // none is confined
#endif

// What a reader of documents has no use for: the network, other processes, new ones, the machine, changes to
// files that older kernels' Landlock lets pass.
constexpr std::array kRefused = {
    SYS_socket,
    SYS_socketpair,
    SYS_io_uring_setup,
    SYS_io_uring_enter,
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_kill,
    SYS_tkill,
    SYS_tgkill,
    SYS_rt_sigqueueinfo,
    SYS_rt_tgsigqueueinfo,
    SYS_pidfd_open,
    SYS_pidfd_send_signal,
    SYS_unshare,
    SYS_setns,
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_chroot,
    SYS_bpf,
    SYS_perf_event_open,
    SYS_userfaultfd,
    SYS_keyctl,
    SYS_add_key,
    SYS_request_key,
    SYS_setrlimit,
    SYS_setpgid,
    SYS_setsid,
    SYS_shmget,
    SYS_msgget,
    SYS_semget,
    SYS_mq_open,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_kexec_load,
    SYS_reboot,
    SYS_swapon,
    SYS_swapoff,
    SYS_sched_setaffinity,
    SYS_truncate,
    SYS_fchmod,
    SYS_fchmodat,
    SYS_fchown,
    SYS_fchownat,
    SYS_setxattr,
    SYS_lsetxattr,
    SYS_fsetxattr,
    SYS_removexattr,
    SYS_lremovexattr,
    SYS_fremovexattr,
    SYS_utimensat,
    SYS_shmat,
#ifdef SYS_chmod
    SYS_chmod,
    SYS_chown,
    SYS_lchown,
    SYS_utime,
    SYS_utimes,
#endif
#ifdef SYS_fchmodat2
    SYS_fchmodat2,
#endif
#ifdef SYS_fork
    SYS_fork,
    SYS_vfork,
#endif
};

constexpr auto kLow32 = 0u;  // of a 64-bit argument, on the machines above
constexpr std::uint32_t argument(unsigned index) {
  return static_cast<std::uint32_t>(offsetof(seccomp_data, args) + index * 8 + kLow32);
}

// The filter's program. Jumps are counted from the instruction behind.
std::vector<sock_filter> filter() {
  const auto load = [](std::size_t offset) {
    return sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
  };
  const auto give = [](std::uint32_t verdict) { return sock_filter BPF_STMT(BPF_RET | BPF_K, verdict); };
  const auto unless = [](std::uint16_t test, std::uint32_t value, std::uint8_t skip) {
    return sock_filter BPF_JUMP(static_cast<std::uint16_t>(BPF_JMP | test | BPF_K), value, 0, skip);
  };
  const std::uint32_t refused = SECCOMP_RET_ERRNO | EPERM;
  // Of another architecture: no.
  std::vector<sock_filter> out = {load(offsetof(seccomp_data, arch)),
                                  sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 1, 0),
                                  give(SECCOMP_RET_KILL_PROCESS), load(offsetof(seccomp_data, nr))};
#if defined(__x86_64__)
  constexpr std::uint32_t x32 = 0x40000000;
  out.insert(out.end(), {unless(BPF_JGE, x32, 1), give(SECCOMP_RET_KILL_PROCESS)});
#endif
  for (const auto call : kRefused)
    out.insert(out.end(), {unless(BPF_JEQ, static_cast<std::uint32_t>(call), 1), give(refused)});
  // clone3 cannot be looked into; who finds it missing takes clone, which may make threads only.
  out.insert(out.end(), {unless(BPF_JEQ, SYS_clone3, 1), give(SECCOMP_RET_ERRNO | ENOSYS)});
  out.insert(out.end(), {unless(BPF_JEQ, SYS_clone, 4), load(argument(0)), unless(BPF_JSET, CLONE_THREAD, 1),
                         give(SECCOMP_RET_ALLOW), give(refused)});
  // Limits may be read and not set.
  out.insert(out.end(),
             {unless(BPF_JEQ, SYS_prlimit64, 6), load(argument(2)), unless(BPF_JEQ, 0, 3),
              load(argument(2) + 4), unless(BPF_JEQ, 0, 1), give(SECCOMP_RET_ALLOW), give(refused)});
  out.push_back(give(SECCOMP_RET_ALLOW));
  return out;
}

// --- The child

// All that the child needs, made before it begins: it shares our memory until it has become the program, so
// that it calls the system and nothing else.
struct Plan {
  const char* program = nullptr;
  char* const* arguments = nullptr;
  char* const* environment = nullptr;
  int input = -1, output = -1, errors = -1, ruleset = -1;
  sock_fprog filter{};
  std::array<std::pair<int, rlimit>, 6> limits{};
  volatile int failed = 0;  // errno
};

// Of the child only.
[[noreturn]] void become(Plan& plan) {
  const auto must = [&](long result) {
    if (result >= 0) return;
    plan.failed = errno;
    ::_exit(127);
  };
  must(::setpgid(0, 0));
  must(::dup2(plan.input, STDIN_FILENO));
  must(::dup2(plan.output, STDOUT_FILENO));
  must(::dup2(plan.errors, STDERR_FILENO));
  ::syscall(SYS_close_range, 3u, ~0u, 4u);  // closes at exec; what is open says so itself
  must(::chdir("/"));
  ::signal(SIGPIPE, SIG_DFL);
  for (const auto& [what, limit] : plan.limits)
    must(::setrlimit(static_cast<__rlimit_resource_t>(what), &limit));
  must(::prctl(PR_SET_PDEATHSIG, SIGKILL));
  must(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
  must(::syscall(SYS_landlock_restrict_self, plan.ruleset, 0));
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  const __user_cap_data_struct none[2] = {};
  ::syscall(SYS_capset, &header, none);  // of a service that has none it may be refused
  sigset_t nothing;
  ::sigemptyset(&nothing);
  ::sigprocmask(SIG_SETMASK, &nothing, nullptr);
  must(::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &plan.filter));
  ::execve(plan.program, plan.arguments, plan.environment);
  plan.failed = errno;
  ::_exit(127);
}

// With every signal held back, so that none of our handlers runs in the child.
__attribute__((noinline)) pid_t start(Plan& plan) {
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t child = ::vfork();
  if (child == 0) become(plan);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return child;
}

class Running {
 public:
  explicit Running(pid_t pid) : pid_(pid) {}
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
  }
  // True once it has ended.
  bool ended(int& exit) {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) != pid_) return false;
    pid_ = -1;
    exit = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return true;
  }

 private:
  pid_t pid_;
};

std::string on_path(const std::string& name) {
  if (name.contains('/')) return ::access(name.c_str(), X_OK) == 0 ? name : "";
  const char* path = ::getenv("PATH");
  for (const auto folder : text::split(path ? path : "/usr/bin:/bin", ':')) {
    const auto full = std::string(folder.empty() ? "." : folder) + "/" + name;
    if (::access(full.c_str(), X_OK) == 0) return full;
  }
  return {};
}

Result<Fd> input_of(std::string_view bytes) {
  Fd file(::memfd_create("input", MFD_CLOEXEC));
  if (!file) return fail_errno("make a file in memory", "", errno);
  TRY_VOID(write_all(file.get(), bytes, "a file in memory"));
  if (::lseek(file.get(), 0, SEEK_SET) != 0) return fail_errno("rewind a file in memory", "", errno);
  return file;
}

// The reading end of one of the child's outputs.
struct Pipe {
  Fd read, write;
  static Result<Pipe> make() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno("make a pipe", "", errno);
    return Pipe{Fd(ends[0]), Fd(ends[1])};
  }
};

// Appends what has come, of which `most` bytes are kept. False: the end.
bool take(Fd& from, std::string& into, std::size_t most) {
  std::array<char, 65536> piece;
  const auto n = ::read(from.get(), piece.data(), piece.size());
  if (n < 0 && (errno == EINTR || errno == EAGAIN)) return true;
  if (n <= 0) {
    from.reset();
    return false;
  }
  into.append(piece.data(), std::min(static_cast<std::size_t>(n), most - std::min(most, into.size())));
  return true;
}

Result<SandboxRun> attend(Running& child, Fd output, Fd errors, const SandboxLimits& limits,
                          const std::stop_token& stop) {
  using Clock = std::chrono::steady_clock;
  const auto until = Clock::now() + std::chrono::milliseconds(limits.deadline_ms);
  SandboxRun run;
  for (bool open = true; open || !child.ended(run.exit);) {
    if (stop.stop_requested()) return fail(Code::closed, "it was stopped");
    if (Clock::now() >= until)
      return fail(Code::timeout, fmt::format("it took longer than {} s", limits.deadline_ms / 1000));
    if (!open) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      continue;
    }
    std::array<pollfd, 2> waiting{pollfd{output.get(), POLLIN, 0}, pollfd{errors.get(), POLLIN, 0}};
    if (::poll(waiting.data(), waiting.size(), kTickMs) <= 0) continue;
    if (waiting[0].revents) take(output, run.output, limits.output_bytes + 1);
    if (waiting[1].revents) take(errors, run.errors, kMostErrors);
    if (run.output.size() > limits.output_bytes)
      return fail(Code::too_large, "its output is over " + text::format_bytes(limits.output_bytes));
    open = output || errors;
  }
  return run;
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (const auto& text : texts) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

}  // namespace

Result<SandboxRun> run_in_sandbox(const std::vector<std::string>& arguments, std::string_view input,
                                  const SandboxLimits& limits, const std::stop_token& stop) {
  if (kArchitecture == 0) return fail(Code::unavailable, "programs are confined on x86-64 and arm64 only");
  const auto program = on_path(arguments[0]);
  if (program.empty())
    return fail(Code::not_found, fmt::format("{} is not installed or not on the PATH", arguments[0]));
  TRY(const auto ruleset, ruleset_for(program));
  TRY(const auto given, input_of(input));
  TRY(auto output, Pipe::make());
  TRY(auto errors, Pipe::make());
  const std::vector<std::string> environment = {"LC_ALL=C.UTF-8", "PATH=/usr/bin", "HOME=/nonexistent"};
  const auto argument_list = pointers(arguments), environment_list = pointers(environment);
  auto code = filter();
  Plan plan;
  plan.program = program.c_str();
  plan.arguments = argument_list.data();
  plan.environment = environment_list.data();
  plan.input = given.get();
  plan.output = output.write.get();
  plan.errors = errors.write.get();
  plan.ruleset = ruleset.get();
  plan.filter = {static_cast<unsigned short>(code.size()), code.data()};
  const auto same = [](std::uint64_t n) { return rlimit{n, n}; };
  plan.limits = {{{RLIMIT_CPU, same(limits.cpu_seconds)},
                  {RLIMIT_AS, same(limits.memory_bytes)},
                  {RLIMIT_FSIZE, same(0)},
                  {RLIMIT_CORE, same(0)},
                  {RLIMIT_NOFILE, same(32)},
                  {RLIMIT_MEMLOCK, same(0)}}};
  const pid_t pid = start(plan);
  if (pid < 0) return fail_errno("start the program", program, errno);
  Running child(pid);
  output.write.reset();
  errors.write.reset();
  if (plan.failed != 0)
    return fail(Code::unavailable,
                fmt::format("{} cannot be run confined: {}", program,
                            std::error_code(plan.failed, std::generic_category()).message()));
  return attend(child, std::move(output.read), std::move(errors.read), limits, stop);
}

}  // namespace ostiary::files
