#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "policy/policy.h"

namespace ostiary::policy {

// A version that came into force, for the page's change log.
struct Change {
  std::string version;                 // of its front matter
  std::string date;                    // YYYY-MM-DD; empty: not known
  std::string digest;                  // "sha256:…"
  std::vector<std::string> sentences;  // what it changed (Diff); empty: the first version that is known
};

struct RenderOptions {
  WallMs on = 0;  // the day for which the table "What may I do?" is made; 0: none, and dates are unknown
  std::vector<Change> changes;  // newest first
};

// The document as one HTML page that needs nothing else: no script, no request, its own styles (screen, dark,
// print, phone). It has what the Markdown has, with each heading's anchor as `Heading` has it, rules as
// sentences with their source, lists, tests, the table "What may I do?" computed from the rules, and the
// changes. Whatever the document holds is shown as text: HTML in it is not HTML, links go to http, https,
// mailto and the page itself, pictures are links. `text` is what `policy` was read from. The same input gives
// the same bytes. Linear in the text, but for the table (may.h).
std::string render(std::string_view text, const Policy& policy, const RenderOptions& options = {});

// The Content-Security-Policy that such a page needs and no more.
const std::string& content_security_policy();

}  // namespace ostiary::policy
