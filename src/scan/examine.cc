#include "scan/impl/examine.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "base/text.h"
#include "files/archive.h"
#include "files/content.h"
#include "files/image.h"
#include "scan/impl/detectors.h"
#include "scan/impl/executables.h"
#include "scan/impl/features.h"
#include "scan/impl/formats.h"
#include "scan/impl/languages.h"

namespace ostiary::scan {

namespace {

constexpr std::uint64_t kMostText = 64ULL << 20;  // of a text that is looked at

// Lines and columns of places of one file, asked for in ascending order.
class Placer {
 public:
  explicit Placer(const File& file) : file_(file) {}
  Place at(std::uint64_t start, std::uint64_t end) {
    Place place{.file = std::string(file_.path), .start = start, .end = end, .line = 0, .column = 0};
    if (end == 0) return place;  // the whole file
    for (const auto until = std::min<std::uint64_t>(start, file_.bytes.size()); at_ < until; ++at_) {
      const auto byte = static_cast<unsigned char>(file_.bytes[at_]);
      if (byte == '\n')
        ++line_, column_ = 1;
      else if ((byte & 0xC0U) != 0x80U)
        ++column_;
    }
    place.line = line_, place.column = column_;
    return place;
  }

 private:
  const File& file_;
  std::uint64_t line_ = 1, column_ = 1, at_ = 0;
};

}  // namespace

files::ArchiveLimits archive_limits() {
  files::ArchiveLimits limits;
  limits.levels = 6;
  limits.members = 1'000'000;
  limits.member_bytes = 32ULL << 20;
  limits.total_bytes = 64ULL << 30;
  limits.head_bytes = limits.member_bytes;
  limits.give_archive = [](const files::Member& head) {
    return format_of(head.path, head.bytes, head.whole).has_value();
  };
  return limits;
}

Examiner::Examiner(const Options& options) : options_(options) {}

void Examiner::take(std::string_view path, std::string_view bytes, std::uint64_t whole) {
  const auto kind = files::archive_kind_of(bytes.substr(0, 512));
  if (kind == files::ArchiveKind::none || whole > bytes.size()) return take_plain(path, bytes, whole);
  // Model files may be archives themselves, and are told by their name and first bytes.
  signs_ = {};
  signs_in_binary({path, bytes}, bytes.size(), signs_);
  const bool model_file = !signs_.model_files.empty();
  keep({path, bytes});
  if (!model_file) return take_archive(path, bytes);
  ++found_.files;
  found_.bytes += bytes.size();
}

void Examiner::take_archive(std::string_view path, std::string_view bytes) {
  ++found_.archives;
  const auto limits = archive_limits();
  const files::OnMember on_member = [&](const files::Member& member) {
    take_plain(member.path, member.bytes, member.whole);
    return true;
  };
  auto partial = files::read_image(bytes, path, on_member, limits);
  if (!partial) partial = files::read_archive(bytes, path, on_member, limits);
  std::ranges::move(*partial, std::back_inserter(found_.partial));
}

void Examiner::take_binary(const File& file, std::uint64_t whole) {
  signs_in_binary(file, whole, signs_);
  // The table of what a program is linked with may stand anywhere.
  if (whole > file.bytes.size() && signs_.all.empty() && read_executable(file.bytes))
    signs_.partial.push_back({std::string(file.path), files::Why::too_large,
                              fmt::format("of this program only the first {} were looked at",
                                          text::format_bytes(file.bytes.size()))});
}

void Examiner::take_plain(std::string_view path, std::string_view bytes, std::uint64_t whole) {
  ++found_.files;
  found_.bytes += bytes.size();
  if (!is_installed(path)) note(path);
  const File file{path, bytes};
  signs_ = {};
  const bool manifest = is_manifest(path);
  if (manifest) {
    signs_in_manifest(file, signs_);
    if (!is_installed(path)) {
      const std::string folder(manifest_folder_of(path));
      found_.manifests[folder].merge(signs_.declares);
      if (!signs_.others.empty()) found_.others[folder].merge(signs_.others);
      if (!signs_.own.empty()) found_.own[folder].merge(signs_.own);
    }
  }
  if (files::encoding_of(bytes) == files::Encoding::binary) {
    take_binary(file, whole);
    return keep(file);
  }
  if (is_installed(path)) {
    signs_of_copies(file, signs_);
    return keep(file);
  }
  const auto most = std::min<std::uint64_t>(kMostText, bytes.size());
  if (whole > most)
    found_.partial.push_back({std::string(path), files::Why::too_large,
                              fmt::format("only its first {} were looked at", text::format_bytes(most))});
  const File text{path, bytes.substr(0, kMostText)};
  signs_of_assistants(text, signs_);
  signs_in_binary(text, whole, signs_);
  if (!options_.prefilter || prefilter_.any(text.bytes)) {
    signs_in_code(text, signs_);
    uses_in_code(text, signs_);
    signs_in_configuration(text, signs_);
    signs_of_servers(text, signs_);
    signs_of_authors(text, signs_);
    signs_of_credentials(text, signs_);
  }
  keep(file);
}

// What stands where, for the question whether an import is declared.
void Examiner::note(std::string_view path) {
  const auto folder = folder_of(path);
  const auto language = import_language_of(path);
  if (language.empty()) return;
  auto sources = found_.sources.find(std::string(folder));
  if (sources == found_.sources.end())
    sources = found_.sources.emplace(folder, std::set<std::string_view>()).first;
  sources->second.insert(language);
  const auto name = path.substr(folder.size());
  if (language == "c" && (name.ends_with(".h") || name.ends_with(".hpp"))) found_.modules.emplace(path);
  if (language != "python" && language != "ruby") return;
  const auto stem = path.substr(0, path.size() - name.size() + name.rfind('.'));
  if (name == "__init__.py" && !folder.empty())
    found_.modules.emplace(folder.substr(0, folder.size() - 1));
  else
    found_.modules.emplace(stem);
}

void Examiner::keep(const File& file) {
  for (auto& partial : signs_.partial) found_.partial.push_back(std::move(partial));
  if (signs_.cut)
    found_.partial.push_back({std::string(file.path), files::Why::too_many,
                              fmt::format("more than {} signs of AI in one file", Signs::kMost)});
  std::ranges::move(signs_.model_files, std::back_inserter(found_.model_files));
  if (signs_.all.empty()) return;
  if (found_.signs.size() + signs_.all.size() > kMostSigns) {
    found_.cut = true;
    return;
  }
  if (signs_.sources) keep_features(file);
  std::ranges::stable_sort(signs_.all, {}, &Sign::start);
  Placer placer(file);
  for (auto& sign : signs_.all) {
    auto place = placer.at(sign.start, sign.end);
    found_.signs.push_back({std::move(sign), std::move(place)});
  }
}

void Examiner::keep_features(const File& file) {
  Placer placer(file);
  for (const auto& use : features_in(*signs_.sources, signs_.all)) {
    if (found_.features.size() >= kMostSigns) {
      found_.cut = true;
      return;
    }
    found_.features.push_back({use.feature->id, placer.at(use.start, use.end)});
  }
}

}  // namespace ostiary::scan
