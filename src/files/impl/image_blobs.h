#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/file.h"
#include "files/impl/unpacking.h"

namespace ostiary::files {

// The files that an image consists of, by name ("blobs/sha256/…").
class Blobs {
 public:
  static constexpr std::size_t kMostSmall = 4UL << 20;  // of a manifest or configuration

  Blobs() = default;
  Blobs(const Blobs&) = delete;
  Blobs& operator=(const Blobs&) = delete;
  virtual ~Blobs() = default;

  // A manifest or configuration; nullopt: it is not there, too large or cannot be read.
  virtual std::optional<std::string> small(const std::string& name) = 0;
  // Unpacks a layer; false: it is not there.
  virtual bool layer(const std::string& name, const std::string& shown,
                     const Unpacking::OnEntry& on_entry) = 0;
  // Gives a blob that is no layer, as `path`, its beginning where it is over the limit; false: not there.
  virtual bool give(const std::string& name, const std::string& path) = 0;
};

// Those in a tar, packed or not. Each layer costs a pass over the tar, which is quick unless it is packed.
class TarBlobs : public Blobs {
 public:
  // nullptr: no image. What is packed is one only if it begins with a name that images begin with.
  static std::unique_ptr<TarBlobs> open(std::string_view bytes, const std::string& shown,
                                        Unpacking& unpacking, const ArchiveLimits& limits);
  std::optional<std::string> small(const std::string& name) override;
  bool layer(const std::string& name, const std::string& shown, const Unpacking::OnEntry& on_entry) override;
  bool give(const std::string& name, const std::string& path) override;

 private:
  TarBlobs(std::string_view bytes, std::string shown, Unpacking& unpacking, const ArchiveLimits& limits)
      : bytes_(bytes), shown_(std::move(shown)), unpacking_(unpacking), limits_(limits) {}
  bool index();
  // Stands the reader at the member; null: it is not there.
  Reader find(const std::string& name, std::uint64_t& size);
  static constexpr std::size_t kMostHeld = 16UL << 20;

  std::string_view bytes_;
  std::string shown_;
  Unpacking& unpacking_;
  const ArchiveLimits& limits_;
  std::map<std::string, std::string> small_;  // those of a few KiB, read while the names were
  std::map<std::string, std::string> links_;  // where symbolic links lead
  std::set<std::string, std::less<>> names_;
};

// Those in a folder.
class FolderBlobs : public Blobs {
 public:
  FolderBlobs(const Fd& folder, std::string shown, Unpacking& unpacking)
      : folder_(folder), shown_(std::move(shown)), unpacking_(unpacking) {}
  std::optional<std::string> small(const std::string& name) override;
  bool layer(const std::string& name, const std::string& shown, const Unpacking::OnEntry& on_entry) override;
  bool give(const std::string& name, const std::string& path) override;

 private:
  Fd open(const std::string& name, std::uint64_t& size) const;
  const Fd& folder_;
  std::string shown_;
  Unpacking& unpacking_;
};

}  // namespace ostiary::files
