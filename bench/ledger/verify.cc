// How fast a ledger is verified, beside what this machine needs to read and to hash the same bytes.
//
//   ledger_verify [RECORDS [RECORDS-PER-CHECKPOINT]]      default: 1,000,000 and 1,000
//
// Exit status 1 where it verifies less than a million records a second or finds a problem.

#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <functional>
#include <string>
#include <time.h>
#include <unistd.h>
#include <vector>

#include "base/hash.h"
#include "base/log.h"
#include "base/testing.h"
#include "base/text.h"
#include "ledger/ledger.h"
#include "ledger/proof.h"
#include "made.h"

namespace {

using namespace ostiary;
namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr double kLimit = 1e6;  // records a second
constexpr int kRounds = 5;

void need(const Result<>& done) {
  if (done) return;
  fmt::print(stderr, "{}\n", done.error().text());
  std::exit(3);
}

// The best of some rounds, in seconds: on the clock, and of processor time over all threads.
struct Took {
  double wall = 1e9, processor = 1e9;
};

double processor_now() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

Took best(const std::function<void()>& work) {
  Took least;
  for (int i = 0; i < kRounds; ++i) {
    const auto before = Clock::now();
    const double processor = processor_now();
    work();
    least.processor = std::min(least.processor, processor_now() - processor);
    least.wall = std::min(least.wall, std::chrono::duration<double>(Clock::now() - before).count());
  }
  return least;
}

void write_ledger(const std::string& data, std::uint64_t records, std::uint64_t per_checkpoint) {
  ledger::Options options;
  options.sync = ledger::Sync::os;
  options.checkpoint_interval_ms = 3'600'000;
  auto opened = ledger::Ledger::open(data, options);
  if (!opened) need(std::unexpected(opened.error()));
  auto& book = **opened;
  for (std::uint64_t n = 0; n < records;) {
    ledger::Batch batch;
    for (std::uint64_t i = 0; i < per_checkpoint && n < records; i += 2, n += 2)
      bench::add(batch, bench::exchange_record(n, sha256(std::to_string(n))));
    need(book.append(batch));
    need(book.checkpoint_now());
  }
}

std::vector<std::string> files_of(const std::string& data) {
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(data + "/ledger"))
    if (const auto name = entry.path().extension(); name == ".log" || name == ".leaf")
      files.push_back(entry.path().string());
  return files;
}

std::uint64_t read_files(const std::vector<std::string>& files,
                         const std::function<void(std::string_view)>& take) {
  static std::vector<char> buffer(4U << 20);
  std::uint64_t bytes = 0;
  for (const auto& file : files) {
    const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    for (ssize_t n = 0; (n = ::read(fd, buffer.data(), buffer.size())) > 0;
         bytes += static_cast<std::uint64_t>(n))
      take({buffer.data(), static_cast<std::size_t>(n)});
    ::close(fd);
  }
  return bytes;
}

void line(std::string_view what, const Took& took, std::uint64_t records, std::uint64_t bytes) {
  fmt::print("{:<44} {:>8.3f} s {:>12.0f} records/s {:>6.2f} GB/s {:>8.3f} s of processor time\n", what,
             took.wall, static_cast<double>(records) / took.wall,
             static_cast<double>(bytes) / took.wall / 1e9, took.processor);
}

int measure(const std::string& data, std::uint64_t records, std::uint64_t per_checkpoint) {
  write_ledger(data, records, per_checkpoint);
  const auto files = files_of(data);
  const auto bytes = read_files(files, [](std::string_view) {});
  fmt::print("{} records, {:.0f} bytes each with its leaf hash, a checkpoint every {} records\n\n", records,
             static_cast<double>(bytes) / static_cast<double>(records), per_checkpoint);
  const auto reading = best([&] { read_files(files, [](std::string_view) {}); });
  line("reading the files", reading, records, bytes);
  const auto hashing = best([&] {
    Sha256 hash;
    read_files(files, [&](std::string_view some) { hash.update(some); });
    (void)hash.finish();
  });
  line("SHA-256 of the files (OpenSSL, one thread)", hashing, records, bytes);
  bool fine = true;
  const auto verifying = best([&] {
    const auto report = ledger::verify(data);
    fine &= report && report->ok && report->records == records && report->covered == records;
  });
  line("ledger verify", verifying, records, bytes);
  const auto proving = best([&] { fine &= ledger::prove_inclusion(data, records / 3).has_value(); });
  fmt::print("{:<44} {:>8.3f} s\n", "a proof of inclusion", proving.wall);
  const double speed = static_cast<double>(records) / verifying.wall;
  fmt::print(
      "\nverify takes {:.2f} of the time and {:.2f} of the processor time of SHA-256 over the same bytes; "
      "{:.2f} "
      "million records/s, limit {:.0f}\n",
      verifying.wall / hashing.wall, verifying.processor / hashing.processor, speed / 1e6, kLimit / 1e6);
  if (!fine) fmt::print(stderr, "verify found a problem\n");
  return fine && speed >= kLimit ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const auto number = [&](int i, std::uint64_t otherwise) {
    return argc > i ? text::parse_uint(argv[i]).value_or(otherwise) : otherwise;
  };
  log::set_level(log::Level::error);
  const testing::TempFolder folder;
  return measure(folder / "data", number(1, 1'000'000) / 2 * 2, std::max<std::uint64_t>(number(2, 1'000), 2));
}
