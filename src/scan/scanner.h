#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "files/partial.h"
#include "scan/component.h"
#include "scan/model_seen.h"

namespace ostiary::scan {

struct Options {
  bool ignore_rules = true;               // .gitignore and .ostiaryignore
  unsigned threads = 0;                   // 0: one for each processor
  std::uint64_t file_bytes = 2ULL << 30;  // of one file; a larger one is told of and only its beginning read
  bool history = true;    // of a repository whose top is named: which tools had a part in its commits
  bool prefilter = true;  // pass over files that hold no text of the catalogue; false finds no more, slowly
};

struct Summary {
  std::uint64_t files = 0, bytes = 0;  // read, members of archives among them
  std::uint64_t archives = 0;          // opened, container images and packages among them
  std::uint64_t ignored = 0;           // files and folders that a rule leaves out
  std::uint64_t links = 0;             // symbolic links passed over
  std::uint64_t commits = 0;           // of histories, looked through
  std::string history_not_read;        // why a repository's history was not; it is not partial for that
};

// What a scan found. The same bytes give the same report whatever the number of threads.
struct Report {
  // A place where a feature of the catalogue is used, by its id.
  struct FeaturePlace {
    std::string feature;
    Place place;
  };
  std::vector<Component> components;  // by kind and name
  Summary summary;
  std::vector<FeaturePlace> features;      // that only one provider has; by place
  std::vector<files::Partial> partial;     // what was not read, by path
  std::vector<ModelFileSeen> model_files;  // by path; what is in them is module model's to say
};

// Called now and then with the bytes that were read; from the calling thread.
using OnProgress = std::function<void(std::uint64_t bytes)>;

// Looks for uses of AI in files and folders: archives, packages and container images among them are opened.
// Nothing that was found is run, fetched or followed. Errors: as files::Tree::open. Memory is bounded: some
// files at a time and the signs found, kMostSigns at most. Needs ostiary_scan_builtin.
Result<Report> scan(const std::vector<std::string>& paths, const Options& options = {},
                    const OnProgress& on_progress = {});
// The same over a revision of the git repository that `folder` is in, without a checkout. `revision` as git
// rev-parse takes it. Errors: as files::Repository.
Result<Report> scan_revision(const std::string& folder, const std::string& revision,
                             const Options& options = {}, const OnProgress& on_progress = {});

constexpr std::size_t kMostSigns = 1'000'000;  // of one scan; what goes beyond is partial

}  // namespace ostiary::scan
