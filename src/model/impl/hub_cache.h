#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ostiary::model {

// A cache of Hugging Face (huggingface_hub, "Understand caching") holds files under their digests in
// models--owner--name/blobs, and links to them under their own names in snapshots/<revision>.
class HubCache {
 public:
  // The names in all snapshots of a blob at that path, as paths; empty where it is none. Bounded.
  std::vector<std::string> names_of(std::string_view blob);
  // What is to be read where a snapshot itself was named: its links, as paths; empty where `folder` is none.
  static std::vector<std::string> files_of_snapshot(const std::string& folder);

 private:
  using Names = std::multimap<std::string, std::string>;  // digest -> path
  static Names read_names(const std::string& repository);

  std::map<std::string, Names> known_;  // by the repository's folder
};

}  // namespace ostiary::model
