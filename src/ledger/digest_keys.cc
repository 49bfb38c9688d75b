#include "ledger/impl/digest_keys.h"

#include <algorithm>

#include "base/file.h"
#include "ledger/impl/segment.h"
#include "ledger/ledger.h"

namespace ostiary::ledger {

namespace {

std::uint64_t entries_in(std::uint64_t size) {
  return (size - std::min<std::uint64_t>(size, kKeysHeader.size())) / kKeyEntry;
}

}  // namespace

std::string keys_path(const std::string& folder, std::uint64_t first) {
  return folder + "/" + numbered_name(first, ".keys");
}

Result<KeysFile> KeysFile::create(const std::string& folder, std::uint64_t first) {
  TRY(auto file, AppendFile::create(keys_path(folder, first), kKeysHeader));
  return KeysFile{first, std::move(file)};
}

Result<KeysFile> KeysFile::open_newest(const std::string& folder) {
  TRY(const auto files, list_numbered(folder, ".keys"));
  if (files.empty()) return create(folder, 0);
  const auto path = keys_path(folder, files.back());
  TRY(const auto header, check_header(path, kKeysHeader));
  if (header == Header::torn) return create(folder, files.back());
  if (header != Header::good) return header_error(header, path);
  TRY(const auto size, file_size(path));
  TRY(auto file, AppendFile::open(path, kKeysHeader.size() + entries_in(size) * kKeyEntry));
  return KeysFile{files.back(), std::move(file)};
}

std::uint64_t KeysFile::end() const {
  return first + entries_in(file.size());
}

Result<Key256> digest_key(const std::string& data_folder, const Id& exchange) {
  const auto folder = keys_folder(data_folder);
  TRY(const auto files, list_numbered(folder, ".keys"));
  const std::string_view id(reinterpret_cast<const char*>(exchange.bytes.data()), exchange.bytes.size());
  for (auto file = files.rbegin(); file != files.rend(); ++file) {
    const auto path = keys_path(folder, *file);
    TRY(const auto header, check_header(path, kKeysHeader));
    if (header == Header::torn) continue;
    if (header != Header::good) return header_error(header, path);
    TRY(const auto whole, MappedFile::open(path));
    auto rest = whole.bytes().substr(kKeysHeader.size());
    for (; rest.size() >= kKeyEntry; rest.remove_prefix(kKeyEntry)) {
      if (!rest.starts_with(id)) continue;
      Key256 key;
      std::ranges::copy(rest.substr(id.size(), key.size()), key.begin());
      if (key != Key256{}) return key;
    }
  }
  return fail(Code::not_found,
              "there is no digest key of exchange " + exchange.text() + ": it never was, or was erased",
              folder);
}

}  // namespace ostiary::ledger
