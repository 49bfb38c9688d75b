#include "ledger/impl/checkpoint_log.h"

#include <algorithm>
#include <filesystem>

#include "base/file.h"
#include "base/text.h"
#include "json/document.h"
#include "json/writer.h"
#include "ledger/impl/segment.h"

namespace ostiary::ledger {

namespace {

constexpr std::string_view kResumeMagic = "ostiary-resume 1";

std::unexpected<Error> untrusted(const Error& why, const std::string& path) {
  return fail(Code::corrupt,
              "the checkpoint is not one of this ledger (" + why.message +
                  "); look into how that came about, and restore the file from a copy",
              path);
}

}  // namespace

std::string checkpoints_path(const std::string& ledger) {
  return ledger + "/checkpoints.log";
}
std::string newest_path(const std::string& ledger) {
  return ledger + "/checkpoint";
}
std::string resume_path(const std::string& ledger) {
  return ledger + "/resume";
}

std::string checkpoint_line(std::string_view note) {
  std::string line = "{\"checkpoint\":";
  json::append_string(line, note);
  line += "}\n";
  return line;
}

std::optional<std::string> note_of_line(std::string_view line) {
  const auto document = json::Document::parse(line);
  if (!document) return std::nullopt;
  auto note = document->root()["checkpoint"].as_string();
  if (!note) return std::nullopt;
  const auto again = checkpoint_line(*note);
  if (std::string_view(again).substr(0, again.size() - 1) != line) return std::nullopt;
  return note;
}

Result<AppendFile> open_checkpoints(const std::string& ledger) {
  const auto path = checkpoints_path(ledger);
  if (!std::filesystem::exists(path)) return AppendFile::create(path, kCheckpointsHeader);
  TRY(const auto header, check_header(path, kCheckpointsHeader));
  if (header == Header::torn) return AppendFile::create(path, kCheckpointsHeader);
  if (header != Header::good) return header_error(header, path);
  TRY(const auto last, last_lines(path, kCheckpointsHeader.size(), 1));
  return AppendFile::open(path, last.end);
}

Result<std::optional<Checkpoint>> newest_checkpoint(const std::string& ledger, const VerifierKey& key) {
  std::optional<Checkpoint> newest;
  const auto take = [&](std::string_view note, const std::string& path) -> Result<> {
    auto checkpoint = open_note(note, key);
    if (!checkpoint) return untrusted(checkpoint.error(), path);
    if (!newest || checkpoint->size > newest->size) newest = std::move(*checkpoint);
    return {};
  };
  if (auto note = read_file(newest_path(ledger), 1U << 20)) {
    TRY_VOID(take(*note, newest_path(ledger)));
  } else if (note.error().code != Code::not_found) {
    return std::unexpected(note.error());
  }
  const auto path = checkpoints_path(ledger);
  if (!std::filesystem::exists(path)) return newest;
  TRY(const auto header, check_header(path, kCheckpointsHeader));
  if (header == Header::torn) return newest;
  if (header != Header::good) return header_error(header, path);
  TRY(const auto last, last_lines(path, kCheckpointsHeader.size(), 1));
  if (last.lines.empty()) return newest;
  const auto note = note_of_line(last.lines.front());
  if (!note) return fail(Code::corrupt, "the last line is damaged; restore the file from a copy", path);
  TRY_VOID(take(*note, path));
  return newest;
}

std::string Resume::text() const {
  std::string text(kResumeMagic);
  text += "\n" + std::to_string(frontier.size()) + " " + std::to_string(first) + " " +
          std::to_string(log_offset) + "\n";
  for (const auto& node : frontier.nodes()) text += hex(node) + "\n";
  text += hex(sha256(text)) + "\n";
  return text;
}

std::optional<Resume> Resume::parse(std::string_view text) {
  const auto lines = text::split(text, '\n');
  if (lines.size() < 4 || lines[0] != kResumeMagic || !lines.back().empty()) return std::nullopt;
  const auto check = lines[lines.size() - 2];
  if (check.size() != 64 || hex(sha256(text.substr(0, text.size() - 65))) != check) return std::nullopt;
  const auto numbers = text::split(lines[1], ' ');
  if (numbers.size() != 3) return std::nullopt;
  const auto size = text::parse_uint(numbers[0]), first = text::parse_uint(numbers[1]),
             offset = text::parse_uint(numbers[2]);
  std::vector<Digest> nodes(lines.size() - 4);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const auto node = unhex(lines[2 + i]);
    if (!node || node->size() != nodes[i].size()) return std::nullopt;
    std::ranges::copy(*node, nodes[i].begin());
  }
  if (!size || !first || !offset) return std::nullopt;
  const auto frontier = Frontier::restore(*size, nodes);
  if (!frontier) return std::nullopt;
  return Resume{*frontier, *first, *offset};
}

}  // namespace ostiary::ledger
