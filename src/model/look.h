#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/facts.h"

namespace ostiary::model {

struct Options {
  bool digests = false;  // SHA-256 of every part
  bool beside = true;    // of files that are named: cards, configurations and licences in their folders too
};

struct Summary {
  std::uint64_t files = 0, bytes = 0;  // looked at, members of archives among them
};

struct Report {
  std::vector<Model> models;            // by path
  std::vector<files::Partial> partial;  // what was not read, by path
  Summary summary;
};

// Called now and then with the bytes that were passed; from the calling thread.
using OnProgress = std::function<void(std::uint64_t bytes)>;

// Looks for models in files and folders, archives and container images among them, without ignore rules:
// weights seldom are in git. Of large files only what is looked at is read. Nothing is run, fetched or
// followed, but for the links by which a cache of Hugging Face names its blobs. Errors: as files::Tree::open.
Result<Report> look(const std::vector<std::string>& paths, const Options& options = {},
                    const OnProgress& on_progress = {});

}  // namespace ostiary::model
