#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "policy/policy.h"

namespace ostiary::app {

// A policy document that decides. Cheap to copy.
struct PolicyInForce {
  std::shared_ptr<const policy::Policy> policy;  // null: none is in force
  std::shared_ptr<const std::string> text;       // of the document; null: none
  std::string source;                            // its path, or "built-in"
  std::size_t warnings = 0;                      // that `policy check` has about it

  std::string digest() const { return policy ? policy->document().digest : std::string(); }
};

// What the configuration's key `policy` names: "built-in", "none" or a file. A document is taken only where
// `policy check` finds no errors in it, which failing tests of its own are too. `invalid` with
// file:line:column of the first one, and the next ones behind it. `before` is used again where it is the same
// text.
Result<PolicyInForce> read_policy_in_force(const std::string& named, const PolicyInForce& before, WallMs now);

// How the rules of two documents differ, as canonical JSON: {"added":[ids],"changed":[ids],"removed":[ids]};
// "document" among the changed ones stands for the default, the modes, lists and what is assumed. Either may
// be null.
std::string differences_json(const policy::Policy* before, const policy::Policy* after);

// What changes in words, as a JSON list of sentences: first which requests are decided otherwise, then what
// the documents say otherwise; at most 50, and the last one says how many more. Empty where either is null.
std::string differences_in_words(const policy::Policy* before, const policy::Policy* after);

// The documents that have been in force, in the folder `policy` of the data folder: each as a file that its
// digest names, and which of them was the last. Belongs to the process that holds the folder.
class PolicyArchive {
 public:
  explicit PolicyArchive(const std::string& data) : folder_(data + "/policy") {}
  const std::string& folder() const { return folder_; }
  // The digest of the document that was in force last; empty: none was, or none ever.
  Result<std::string> last() const;
  // The one that was in force last, to go on with where the one that the configuration names cannot be used.
  // `not_found` where none was; `corrupt` where what is kept is not what its digest says.
  Result<PolicyInForce> last_in_force() const;
  // The text of one that was in force.
  Result<std::string> text_of(std::string_view digest) const;
  Result<> keep(const PolicyInForce& document) const;       // its text
  Result<> note_last(const PolicyInForce& document) const;  // it is in force now

 private:
  std::string folder_;
};

}  // namespace ostiary::app
