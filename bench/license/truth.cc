// How right and how fast the identification of licence texts is over the copyright files of the installed
// system (Debian's copyright-format 1.0), whose License fields say what each text is.
//   license_truth [FOLDER [--wrong]]     /usr/share/doc; --wrong tells each text that was told wrongly
// A text counts where its name is on the SPDX list, without paragraphs that only point at
// /usr/share/common-licenses. Exits with 1 below 0.97 right or 2,000 files a second.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fmt/format.h>
#include <map>
#include <set>
#include <time.h>

#include "base/file.h"
#include "license/dep5.h"
#include "license/identify.h"

namespace {

using namespace ostiary;

double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

std::vector<std::pair<std::string, std::string>> files_in(const std::string& folder) {
  std::vector<std::pair<std::string, std::string>> out;
  std::set<std::filesystem::path> seen;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const auto path = entry.path() / "copyright";
    std::error_code none;
    if (!std::filesystem::is_regular_file(path, none) ||
        !seen.insert(std::filesystem::canonical(path, none)).second)
      continue;
    if (auto text = read_file(path.string())) out.emplace_back(path.string(), std::move(*text));
  }
  std::ranges::sort(out);
  return out;
}

// A text without the sentences that only tell where Debian keeps the whole of it.
std::string without_pointers(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto end = std::min(text.find("\n\n"), text.size());
    auto paragraph = text.substr(0, end);
    if (paragraph.contains("common-licenses")) paragraph = paragraph.substr(0, paragraph.find("On Debian"));
    out.append(paragraph).append("\n\n");
    text.remove_prefix(std::min(end + 2, text.size()));
  }
  return out;
}

// Debian's name is that of a family of which the SPDX list tells variants apart.
bool is_variant(std::string_view told, std::string_view expected) {
  return told.starts_with(expected) && !told.contains(' ') && !told.contains("GPL");
}

}  // namespace

int main(int count, char** arguments) {
  const std::string folder = count > 1 ? arguments[1] : "/usr/share/doc";
  const bool tell = count > 2;
  const auto& identifier = license::Identifier::builtin();
  if (!identifier.has_texts()) return fmt::print("this build has no texts of licences\n"), 1;
  const auto files = files_in(folder);
  std::size_t texts = 0, right = 0, variants = 0;
  std::map<std::string, std::size_t> wrong;
  for (const auto& [path, text] : files) {
    const auto fields = license::read_dep5(text);
    if (!fields) continue;
    for (const auto& field : *fields) {
      const auto expected = license::spdx_of_debian_expression(field.name);
      const auto body = without_pointers(field.text);
      if (!expected || body.size() < 60) continue;
      ++texts;
      const auto told = identifier.identify(body).expression.value_or("nothing");
      if (told == *expected) {
        ++right;
        continue;
      }
      if (is_variant(told, *expected)) {
        ++right, ++variants;
        continue;
      }
      ++wrong[*expected + " taken for " + told];
      if (tell) fmt::print("{}: {} ({}) taken for {}\n", path, *expected, field.name, told);
    }
  }
  for (const auto& [what, times] : wrong)
    if (times > 1) fmt::print("{:4} {}\n", times, what);

  std::size_t rounds = 0;
  const auto start = processor_seconds();
  while (processor_seconds() - start < 2) {
    for (const auto& [path, text] : files) identifier.identify(text);
    ++rounds;
  }
  const auto speed = static_cast<double>(rounds * files.size()) / (processor_seconds() - start);
  std::size_t bytes = 0;
  for (const auto& file : files) bytes += file.second.size();
  const auto share = texts == 0 ? 0 : static_cast<double>(right) / static_cast<double>(texts);
  fmt::print(
      "{} files, {} bytes in the mean; {} texts on the SPDX list, {} told right ({} as a variant that the "
      "list has apart): {:.3f}\n",
      files.size(), bytes / std::max<std::size_t>(files.size(), 1), texts, right, variants, share);
  fmt::print("{:.0f} files a second of one core\n", speed);
  return share >= 0.97 && speed >= 2000 ? 0 : 1;
}
