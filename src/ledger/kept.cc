#include "ledger/kept.h"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <limits>
#include <unistd.h>

#include "base/file.h"
#include "ledger/impl/append_file.h"
#include "ledger/impl/checkpoint_log.h"
#include "ledger/impl/readers.h"
#include "ledger/impl/segment.h"

namespace ostiary::ledger {

namespace {

constexpr std::uint64_t kMaxNote = 1U << 20;  // bytes

std::string log_of(const std::string& path) {
  return path + ".log";
}

Result<> append_line(const std::string& path, std::string_view line) {
  if (!std::filesystem::exists(path)) {
    TRY(auto made, AppendFile::create(path, kCheckpointsHeader));
    TRY_VOID(made.append(line));
    return made.sync();
  }
  TRY(const auto header, check_header(path, kCheckpointsHeader));
  if (header != Header::good) return header_error(header, path);
  TRY(const auto last, last_lines(path, kCheckpointsHeader.size(), 1));
  TRY(auto file, AppendFile::open(path, last.end));
  TRY_VOID(file.append(line));
  return file.sync();
}

Result<> read_log(const std::string& path, std::vector<std::string>& notes) {
  TRY(const auto header, check_header(path, kCheckpointsHeader));
  if (header != Header::good) return header_error(header, path);
  TRY(auto lines,
      LineReader::open(path, kCheckpointsHeader.size(), std::numeric_limits<std::uint64_t>::max()));
  for (std::string_view line;;) {
    TRY(const bool more, lines.next(line));
    if (!more) return {};
    auto note = note_of_line(line);
    if (!note)
      return fail(Code::corrupt,
                  fmt::format("line {} is damaged; restore the file from a copy", notes.size() + 2), path);
    notes.push_back(std::move(*note));
  }
}

}  // namespace

Result<> keep_checkpoint(const std::string& path, std::string_view note) {
  if (const auto has = read_file(path, kMaxNote); has && *has == note) return {};
  // The log first: what the newer file says is in it then.
  TRY_VOID(append_line(log_of(path), checkpoint_line(note)));
  return write_file_atomic(path, note, 0644);
}

Result<std::vector<std::string>> kept_checkpoints(const std::string& path) {
  std::vector<std::string> notes;
  TRY(const auto header, check_header(path, kCheckpointsHeader));
  if (header == Header::newer) return header_error(header, path);
  if (header == Header::good) {
    TRY_VOID(read_log(path, notes));
  } else {
    if (std::filesystem::exists(log_of(path))) TRY_VOID(read_log(log_of(path), notes));
    TRY(auto newest, read_file(path, kMaxNote));
    if (!newest.empty() && (notes.empty() || notes.back() != newest)) notes.push_back(std::move(newest));
  }
  if (notes.empty()) return fail(Code::invalid, "holds no checkpoint", path);
  return notes;
}

}  // namespace ostiary::ledger
