#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "ledger/impl/append_file.h"
#include "ledger/impl/checkpoint.h"
#include "ledger/impl/merkle.h"
#include "ledger/impl/readers.h"

namespace ostiary::ledger {

// ledger/checkpoints.log: a header line, then {"checkpoint":"<signed note>"} a line, by growing size.
inline constexpr std::string_view kCheckpointsHeader = "{\"ostiary-checkpoints\":1}\n";
std::string checkpoints_path(const std::string& ledger);
std::string newest_path(const std::string& ledger);  // ledger/checkpoint: the last of them as it is

std::string checkpoint_line(std::string_view note);  // with its newline
// The note of a line (without newline); nothing unless the line is byte for byte what checkpoint_line() makes
// of it.
std::optional<std::string> note_of_line(std::string_view line);

// Opens checkpoints.log for appending, made where absent; a torn last line is cut off.
Result<AppendFile> open_checkpoints(const std::string& ledger);

// The newest checkpoint of a ledger, from either file; nothing where none was given yet. `corrupt` where one
// is there that `key` did not sign, `newer`.
Result<std::optional<Checkpoint>> newest_checkpoint(const std::string& ledger, const VerifierKey& key);

// ledger/resume: where reading may begin at the next start, so that it costs the same however long the ledger
// is. Its tree is checked against the signed checkpoint once the records between are read, so it is trusted
// with nothing; without it reading begins at record 0.
struct Resume {
  Frontier frontier;
  std::uint64_t first = 0;       // the segment that record number frontier.size() belongs to
  std::uint64_t log_offset = 0;  // of that record in the segment's .log

  std::string text() const;
  static std::optional<Resume> parse(std::string_view text);
};
std::string resume_path(const std::string& ledger);

}  // namespace ostiary::ledger
