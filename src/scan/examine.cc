#include "scan/impl/examine.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "files/archive.h"
#include "files/content.h"
#include "scan/impl/detectors.h"
#include "scan/impl/languages.h"

namespace ostiary::scan {

namespace {

constexpr std::uint64_t kMostText = 64ULL << 20;  // of a text that is looked at

// Fills in lines and columns of signs of one file, in one pass over its bytes.
void place(const File& file, std::vector<Sign>& signs, std::vector<Placed>& out) {
  std::ranges::stable_sort(signs, {}, &Sign::start);
  std::uint64_t line = 1, column = 1, at = 0;
  for (auto& sign : signs) {
    Place place{.file = std::string(file.path), .start = sign.start, .end = sign.end, .line = 0, .column = 0};
    if (sign.end > 0) {
      for (const auto until = std::min<std::uint64_t>(sign.start, file.bytes.size()); at < until; ++at) {
        const auto byte = static_cast<unsigned char>(file.bytes[at]);
        if (byte == '\n')
          ++line, column = 1;
        else if ((byte & 0xC0U) != 0x80U)
          ++column;
      }
      place.line = line, place.column = column;
    }
    out.push_back({std::move(sign), std::move(place)});
  }
}

}  // namespace

Examiner::Examiner(std::shared_ptr<const Prefilter> prefilter, const Options& options)
    : look_(std::move(prefilter)), options_(options) {}

void Examiner::take(std::string_view path, std::string_view bytes) {
  const auto kind = files::archive_kind_of(bytes.substr(0, 512));
  if (kind == files::ArchiveKind::none) return take_plain(path, bytes);
  // Model files may be archives themselves, and are told by their name and first bytes.
  signs_ = {};
//LANE   signs_in_binary({path, bytes}, bytes.size(), signs_);
  keep({path, bytes});
  take_archive(path, bytes);
}

void Examiner::take_archive(std::string_view path, std::string_view bytes) {
  ++found_.archives;
  auto partial = files::read_archive(bytes, path, [&](const files::Member& member) {
    take_plain(member.path, member.bytes);
    return true;
  });
  std::ranges::move(partial, std::back_inserter(found_.partial));
}

void Examiner::take_plain(std::string_view path, std::string_view bytes) {
  ++found_.files;
  found_.bytes += bytes.size();
  note(path);
  const File file{path, bytes};
  signs_ = {};
  const bool manifest = is_manifest(path);
  if (manifest) {
    signs_in_manifest(file, signs_);
    if (!is_installed(path)) found_.manifests[std::string(folder_of(path))].merge(signs_.declares);
  }
  if (files::encoding_of(bytes) == files::Encoding::binary) {
//LANE     signs_in_binary(file, bytes.size(), signs_);
    return keep(file);
  }
  if (is_installed(path)) return keep(file);
  if (bytes.size() > kMostText) {
    found_.partial.push_back({std::string(path), files::Why::too_large,
                              fmt::format("only its first {} MiB were looked at", kMostText >> 20)});
  }
  const File text{path, bytes.substr(0, kMostText)};
//LANE   signs_of_assistants(text, signs_);
//LANE   signs_in_binary(text, bytes.size(), signs_);
  if (look_.any(text.bytes)) {
//LANE     signs_in_code(text, signs_);
//LANE     signs_in_configuration(text, signs_);
//LANE     signs_of_authors(text, signs_);
//LANE     signs_of_credentials(text, signs_);
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
  if (language != "python" && language != "ruby") return;
  const auto name = path.substr(folder.size());
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
  if (signs_.all.empty()) return;
  if (found_.signs.size() + signs_.all.size() > kMostSigns) {
    found_.cut = true;
    return;
  }
  place(file, signs_.all, found_.signs);
}

}  // namespace ostiary::scan
