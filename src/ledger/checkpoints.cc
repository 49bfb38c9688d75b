#include "ledger/checkpoints.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>

#include "base/text.h"
#include "ledger/impl/checkpoint_log.h"

namespace ostiary::ledger {

namespace {

constexpr std::uint64_t kLongestLine = 2048;  // names of origin and key have 200 characters at most

std::optional<GivenCheckpoint> read_line(std::string_view line) {
  auto note = note_of_line(line);
  if (!note) return std::nullopt;
  const auto lines = text::split(*note, '\n');
  if (lines.size() < 3) return std::nullopt;
  const auto size = text::parse_uint(lines[1]);
  if (!size) return std::nullopt;
  GivenCheckpoint given{*size, std::string(lines[2]), {}};
  given.note = std::move(*note);
  return given;
}

std::unexpected<Error> damaged(const std::string& path) {
  return fail(Code::corrupt, "a line is damaged; 'ostiary ledger verify' tells more", path);
}

// Where the first line begins whose checkpoint covers `below` records or more; `end`: there is none. Lines
// stand by growing size.
Result<std::uint64_t> find_end(std::ifstream& in, const std::string& path, std::uint64_t begin,
                               std::uint64_t end, std::uint64_t below) {
  std::uint64_t low = begin, high = end;
  std::string line;
  while (low < high) {
    const auto middle = low + (high - low) / 2;
    auto start = middle;
    in.clear();
    in.seekg(static_cast<std::streamoff>(middle == begin ? begin : middle - 1));
    if (middle > begin) {
      std::getline(in, line);  // the rest of the line before
      start = middle + line.size();
    }
    if (start >= high || !std::getline(in, line)) {
      high = middle;
      continue;
    }
    const auto given = read_line(line);
    if (!given) return damaged(path);
    if (given->size >= below)
      high = middle;
    else
      low = start + line.size() + 1;
  }
  return low;
}

}  // namespace

Result<std::vector<GivenCheckpoint>> given_checkpoints(const std::string& data_folder, std::size_t n,
                                                       std::uint64_t below) {
  const auto path = checkpoints_path(data_folder + "/ledger");
  std::vector<GivenCheckpoint> found;
  std::error_code missing;
  const auto size = std::filesystem::file_size(path, missing);
  if (missing || size <= kCheckpointsHeader.size()) return found;
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(Code::io, "cannot open the file", path);
  const auto begin = kCheckpointsHeader.size();
  // What is being written has no newline yet.
  const auto newest = last_lines(path, begin, 1);
  if (!newest) return std::unexpected(newest.error());
  TRY(const auto end, find_end(in, path, begin, std::max<std::uint64_t>(newest->end, begin), below));
  const auto start = std::max<std::uint64_t>(begin, end - std::min(end, (n + 1) * kLongestLine));
  std::string bytes(end - start, '\0');
  in.clear();
  in.seekg(static_cast<std::streamoff>(start));
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (static_cast<std::size_t>(in.gcount()) != bytes.size())
    return fail(Code::io, "cannot read the file", path);
  const auto lines = text::split(bytes, '\n');  // behind the last newline: nothing
  const std::size_t first = start > begin ? 1 : 0;
  for (std::size_t i = lines.size() - 1; i-- > first && found.size() < n;) {
    auto given = read_line(lines[i]);
    if (!given) return damaged(path);
    found.push_back(std::move(*given));
  }
  return found;
}

}  // namespace ostiary::ledger
