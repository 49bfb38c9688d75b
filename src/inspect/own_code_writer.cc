// Learning the organisation's code.

#include <algorithm>
#include <bit>
#include <filesystem>
#include <limits>
#include <map>
#include <set>
#include <tuple>

#include "base/file.h"
#include "inspect/impl/own_code_file.h"
#include "inspect/own_code.h"

namespace ostiary::inspect {

using namespace own;

namespace {

using FileDigest = std::array<std::uint8_t, 16>;

template <class T>
void append(std::string& out, const T& value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof(T));
}

}  // namespace

struct OwnCodeWriter::Impl {
  struct Known {
    std::string repository, path;
    FileDigest digest{};
    bool stays = true;
  };

  Impl(std::string path, const Key256& key) : path(std::move(path)), key(key), prints(key) {}

  void read(const View& view);
  FileDigest digest_of(std::string_view bytes) const;
  void index(std::string_view bytes, std::uint32_t file);
  std::vector<std::uint32_t> sort_files();
  void sort_postings(const std::vector<std::uint32_t>& places);
  void keep_of(std::vector<Posting>& same, std::vector<Posting>& out) const;
  std::string written(Head& head) const;

  std::string path;
  Key256 key;
  lex::Fingerprints prints;
  std::vector<Known> files;
  std::map<FileDigest, std::uint32_t> by_digest;                     // of those that stay
  std::map<std::pair<std::string, std::string>, std::uint32_t> old;  // of the repository that is learned
  std::vector<Posting> postings;
  std::string repository;
  Summary summary;
};

void OwnCodeWriter::Impl::read(const View& view) {
  for (std::size_t i = 0; i < view.head().files; ++i) {
    const auto file = view.file(i);
    files.push_back({std::string(view.repository(file)), std::string(view.path(file)), file.digest, true});
    by_digest.emplace(file.digest, static_cast<std::uint32_t>(i));
  }
  for (std::size_t i = 0; i < view.head().postings; ++i) {
    const auto posting = view.posting(i);
    if (posting.file == kCommon || posting.file < files.size()) postings.push_back(posting);
  }
}

FileDigest OwnCodeWriter::Impl::digest_of(std::string_view bytes) const {
  const auto whole = hmac_sha256(key, bytes);
  FileDigest out;
  std::copy_n(whole.begin(), out.size(), out.begin());
  return out;
}

void OwnCodeWriter::Impl::index(std::string_view bytes, std::uint32_t file) {
  constexpr std::uint32_t most_lines = 255;
  const auto items = prints.items(bytes);
  auto windows = prints.windows(items);
  // One that tells nothing is chosen only where no other is near.
  for (auto& window : windows)
    if (!window.telling) window.renamed = std::numeric_limits<std::uint64_t>::max();
  for (const auto at : lex::winnowed(windows, kWinnow)) {
    const auto& window = windows[at];
    if (!window.telling) continue;
    const auto line = std::min(items[window.first].line, kMostLine);
    const auto last = items[window.first + lex::Fingerprints::kWindow - 1].line;
    postings.push_back(
        {window.renamed, file, window.first, line << 8 | std::min(last - line, most_lines), window.exact});
  }
}

// Where each file goes, by repository and path; kCommon: nowhere.
std::vector<std::uint32_t> OwnCodeWriter::Impl::sort_files() {
  std::vector<std::uint32_t> order, places(files.size(), kCommon);
  for (std::uint32_t i = 0; i < files.size(); ++i)
    if (files[i].stays) order.push_back(i);
  std::ranges::sort(order, {}, [&](std::uint32_t i) { return std::tie(files[i].repository, files[i].path); });
  std::vector<Known> sorted;
  for (const auto i : order) {
    places[i] = static_cast<std::uint32_t>(sorted.size());
    sorted.push_back(files[i]);
  }
  files = std::move(sorted);
  return places;
}

// What of the postings of one hash is kept: of code that stands in files of many names only that it does.
void OwnCodeWriter::Impl::keep_of(std::vector<Posting>& same, std::vector<Posting>& out) const {
  std::set<std::string_view> names;
  bool common = false;
  for (const auto& posting : same) {
    common = common || posting.file == kCommon;
    if (common) break;
    const std::string_view file = files[posting.file].path;
    names.insert(file.substr(file.rfind('/') + 1));
  }
  if (common || names.size() > kMostNames) {
    out.push_back({same.front().hash, kCommon, 0, 0, 0});
    return;
  }
  if (same.size() > kMostPostings) {
    // Those that differ in their names go first.
    std::set<std::uint32_t> seen;
    std::ranges::stable_partition(same, [&](const Posting& p) { return seen.insert(p.exact).second; });
    same.resize(kMostPostings);
    std::ranges::sort(same, {}, [](const Posting& p) { return std::tuple(p.file, p.item); });
  }
  out.insert(out.end(), same.begin(), same.end());
}

void OwnCodeWriter::Impl::sort_postings(const std::vector<std::uint32_t>& places) {
  std::erase_if(postings, [&](const Posting& p) { return p.file != kCommon && places[p.file] == kCommon; });
  for (auto& posting : postings)
    if (posting.file != kCommon) posting.file = places[posting.file];
  std::ranges::sort(postings, {}, [](const Posting& p) { return std::tuple(p.hash, p.file, p.item); });
  std::vector<Posting> kept, same;
  for (const auto& posting : postings) {
    if (!same.empty() && same.front().hash != posting.hash) {
      keep_of(same, kept);
      same.clear();
    }
    same.push_back(posting);
  }
  if (!same.empty()) keep_of(same, kept);
  postings = std::move(kept);
}

std::string OwnCodeWriter::Impl::written(Head& head) const {
  std::string body, names;
  for (const auto& file : files) {
    append(body, File{.name = names.size(),
                      .repository_size = static_cast<std::uint32_t>(file.repository.size()),
                      .path_size = static_cast<std::uint32_t>(file.path.size()),
                      .digest = file.digest});
    names += file.repository;
    names += file.path;
  }
  constexpr unsigned least_bits = 8, most_bits = 28;
  head.key = key;
  head.files = files.size();
  head.name_bytes = names.size();
  head.postings = postings.size();
  head.bucket_bits =
      std::clamp(static_cast<unsigned>(std::bit_width(postings.size())) + 1, least_bits, most_bits);
  body += names;
  std::uint32_t next = 0;
  for (std::uint64_t bucket = 0; bucket <= 1ULL << head.bucket_bits; ++bucket) {
    while (next < postings.size() && postings[next].hash >> (64 - head.bucket_bits) < bucket) ++next;
    append(body, next);
  }
  for (const auto& posting : postings) append(body, posting);
  head.digest = own::digest_of(head, body);
  return body;
}

OwnCodeWriter::OwnCodeWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
OwnCodeWriter::OwnCodeWriter(OwnCodeWriter&&) noexcept = default;
OwnCodeWriter::~OwnCodeWriter() = default;

Result<OwnCodeWriter> OwnCodeWriter::open(const std::string& path) {
  if (!std::filesystem::exists(path)) return OwnCodeWriter(std::make_unique<Impl>(path, random_key()));
  TRY(const auto file, MappedFile::open(path));
  TRY(const auto view, View::of(file.bytes(), path));
  auto impl = std::make_unique<Impl>(path, view.head().key);
  impl->read(view);
  return OwnCodeWriter(std::move(impl));
}

void OwnCodeWriter::begin(std::string_view repository) {
  impl_->repository = repository;
  impl_->old.clear();
  for (std::uint32_t i = 0; i < impl_->files.size(); ++i) {
    auto& file = impl_->files[i];
    if (file.repository != repository || !file.stays) continue;
    file.stays = false;
    impl_->by_digest.erase(file.digest);
    impl_->old.emplace(std::pair(file.repository, file.path), i);
    ++impl_->summary.dropped;
  }
}

void OwnCodeWriter::learn(std::string_view path, std::string_view bytes) {
  const auto digest = impl_->digest_of(bytes);
  if (impl_->by_digest.contains(digest)) return;
  const auto known = impl_->old.find(std::pair(impl_->repository, std::string(path)));
  if (known != impl_->old.end()) --impl_->summary.dropped;
  if (known != impl_->old.end() && impl_->files[known->second].digest == digest) {
    impl_->files[known->second].stays = true;
    impl_->by_digest.emplace(digest, known->second);
    ++impl_->summary.kept;
    return;
  }
  const auto file = static_cast<std::uint32_t>(impl_->files.size());
  impl_->files.push_back({impl_->repository, std::string(path), digest, true});
  impl_->by_digest.emplace(digest, file);
  impl_->index(bytes, file);
  ++impl_->summary.learned;
}

Result<OwnCodeWriter::Summary> OwnCodeWriter::finish() {
  constexpr std::uint64_t most = 0xfffffffe;
  if (impl_->files.size() > most || impl_->postings.size() > most)
    return fail(Code::too_large, "that is more code than one file takes; write several", impl_->path);
  const auto places = impl_->sort_files();
  impl_->sort_postings(places);
  Head head;
  const auto body = impl_->written(head);
  std::string bytes;
  bytes.reserve(sizeof(Head) + body.size());
  append(bytes, head);
  bytes += body;
  TRY_VOID(write_file_atomic(impl_->path, bytes));
  impl_->summary.files = impl_->files.size();
  impl_->summary.fingerprints = impl_->postings.size();
  return impl_->summary;
}

}  // namespace ostiary::inspect
