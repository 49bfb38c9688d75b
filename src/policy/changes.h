#pragma once

#include <string>
#include <vector>

#include "policy/diff.h"
#include "policy/render.h"

namespace ostiary::policy {

struct Version {
  const Policy* policy = nullptr;  // outlives the call
  std::string date;                // on which it came into force, YYYY-MM-DD; empty: as its front matter says
};

// The change log of a page from the versions that were in force, oldest first, the page's own last: newest
// first, each with what it changed in sentences, decisions before rules before words. Of the same document
// twice in a row the first one counts. At most kMostVersions, the newest ones, and kMostSentences each.
inline constexpr std::size_t kMostVersions = 20, kMostSentences = 40;
std::vector<Change> change_log(const std::vector<Version>& versions);

// Puts versions of which nothing else is known in order: by version, numbers in it as numbers, then by the
// date from which they are in force.
bool is_older(const Document& a, const Document& b);

}  // namespace ostiary::policy
