#include "ledger/impl/gap_note.h"

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <optional>
#include <unistd.h>
#include <vector>

#include "base/text.h"

namespace ostiary::ledger {

namespace {

constexpr std::string_view kMagic = "ostiary-gap 1";

// Always of the same length.
std::string text_of(const Gap& gap) {
  return fmt::format("{} {:020} {:020} {:020} {:020} {:020}\n", kMagic, gap.exchanges, gap.outcomes_lost,
                     gap.bytes, gap.from, gap.to);
}

std::optional<Gap> parse(std::string_view text) {
  if (!text.starts_with(kMagic) || !text.ends_with('\n')) return std::nullopt;
  const auto words = text::split(text.substr(0, text.size() - 1), ' ');
  if (words.size() != 7) return std::nullopt;
  std::vector<std::uint64_t> numbers;
  for (std::size_t i = 2; i < words.size(); ++i)
    if (const auto number = text::parse_uint(words[i])) numbers.push_back(*number);
  if (numbers.size() != 5) return std::nullopt;
  return Gap{numbers[0], numbers[1], numbers[2], static_cast<WallMs>(numbers[3]),
             static_cast<WallMs>(numbers[4])};
}

}  // namespace

Result<GapNote> GapNote::open(const std::string& ledger) {
  const auto path = ledger + "/gap";
  GapNote note;
  const auto text = read_file(path, 4096);
  const auto found = text ? parse(*text) : std::nullopt;
  if (found) note.found_ = *found;
  if (!found) TRY_VOID(write_file_atomic(path, text_of({})));
  note.fd_ = Fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!note.fd_) return fail_errno("open the file", path, errno);
  return note;
}

void GapNote::store(const Gap& gap) {
  const auto text = text_of(gap);
  if (fd_) (void)!::pwrite(fd_.get(), text.data(), text.size(), 0);
}

}  // namespace ostiary::ledger
