#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "catalog/license.h"
#include "license/profile.h"

namespace ostiary::license {

using catalog::Says;

// One statement of a text that the answer stands on.
struct Reason {
  Says says = Says::unknown;
  std::string about;  // "commercial use", "monthly users", …
  std::string text;   // for people, one line
  std::string license, clause;
  std::string source, date;  // where and when it was read; empty: nobody read it
  std::string reviewed_by;   // of the organisation; empty: as it was shipped
};

// What the text asks of whoever does what the profile tells.
struct Obligation {
  std::string duty;  // of catalog/schema/license.yaml, "keep-to-restrictions" or "share-alike"
  std::string text;  // for people, one line
  std::string license, clause;
};

// What the text of a licence, or of several, says of one use. Not legal advice.
struct Verdict {
  Says says = Says::unknown;  // the strictest of the reasons
  std::string taken;          // the licence, or those that were taken of an expression
  std::string category;       // the strictest of those
  std::vector<Reason> reasons;
  std::vector<Obligation> obligations;
  std::vector<std::string> remarks;  // what is worth knowing besides, a line each
};

constexpr std::string_view kNoAdvice = "This tells what a text says and where. It is not legal advice.";

// One licence by any of its names. What was not read, and a licence that nobody knows, is `unknown`.
// Takes microseconds.
Verdict check_one(std::string_view name, const catalog::Licenses& known, const Profile& profile);

// An expression (SPDX 3.0.1, annex B), or one licence by any of its names: of AND the strictest, of OR the
// best. An exception was not read by anybody: the licence is judged without it, and a remark says so. What is
// no expression (expression.h) is `unknown`. Linear in its length.
Verdict check(std::string_view expression, const catalog::Licenses& known, const Profile& profile);

// Of all of several (SPDX: AND): the strictest. Of a choice (OR): the one that permits most, of equals the
// one that asks least, and of those the first; the others stand in `remarks`. Neither may be empty.
Verdict all_of(std::vector<Verdict> parts);
Verdict best_of(std::vector<Verdict> choices);

// What a duty asks for, as one sentence with its clause.
std::string duty_line(const catalog::License::Duty& duty);
// "permits", "permits under a condition", … as a sentence about `what` begins.
std::string_view phrase(Says says);
// The stricter of two categories (interfaces.md); `unknown` is the strictest.
std::string_view stricter(std::string_view one, std::string_view other);

}  // namespace ostiary::license
