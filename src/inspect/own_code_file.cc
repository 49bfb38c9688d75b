#include "inspect/impl/own_code_file.h"

#include <algorithm>
#include <utility>

namespace ostiary::inspect::own {

Digest digest_of(Head head, std::string_view body) {
  head.digest = {};
  Sha256 sum;
  sum.update({reinterpret_cast<const char*>(&head), sizeof(Head)});
  sum.update(body);
  return sum.finish();
}

Result<View> View::of(std::string_view bytes, const std::string& where) {
  View out;
  if (bytes.size() < sizeof(Head) || !bytes.starts_with(std::string_view(kMagic.data(), kMagic.size())))
    return fail(Code::invalid, "no file of own code; 'ostiary inspect --learn' makes one", where);
  std::memcpy(&out.head_, bytes.data(), sizeof(Head));
  const auto& head = out.head_;
  if (head.version > kVersion)
    return fail(Code::newer, "written by a newer version of ostiary; upgrade this one", where);
  if (head.version < kVersion)
    return fail(
        Code::invalid,
        "written by an older version of ostiary, whose fingerprints are others; remove it and learn all "
        "repositories again",
        where);
  auto rest = bytes.substr(sizeof(Head));
  const auto damaged = fail(Code::invalid, "damaged; make it anew with 'ostiary inspect --learn'", where);
  if (head.window != lex::Fingerprints::kWindow || head.bucket_bits > 32) return damaged;
  const auto take = [&](std::uint64_t count, std::size_t size, std::string_view& part) {
    if (count > rest.size() / size) return false;
    part = rest.substr(0, count * size);
    rest.remove_prefix(part.size());
    return true;
  };
  if (!take(head.files, sizeof(File), out.files_) || !take(head.name_bytes, 1, out.names_) ||
      !take((1ULL << head.bucket_bits) + 1, sizeof(std::uint32_t), out.buckets_) ||
      !take(head.postings, sizeof(Posting), out.postings_) || !rest.empty() ||
      digest_of(head, bytes.substr(sizeof(Head))) != head.digest)
    return damaged;
  return out;
}

std::string_view View::repository(const File& file) const {
  return file.name <= names_.size() ? names_.substr(file.name, file.repository_size) : std::string_view();
}

std::string_view View::path(const File& file) const {
  const auto from = file.name + file.repository_size;
  return from <= names_.size() ? names_.substr(from, file.path_size) : std::string_view();
}

std::pair<std::size_t, std::size_t> View::bucket(std::uint64_t hash) const {
  const auto index = head_.bucket_bits == 0 ? 0 : hash >> (64 - head_.bucket_bits);
  const std::size_t last = head_.postings;
  const auto first = std::min<std::size_t>(at<std::uint32_t>(buckets_, index), last);
  return {first, std::clamp<std::size_t>(at<std::uint32_t>(buckets_, index + 1), first, last)};
}

}  // namespace ostiary::inspect::own
