#pragma once

#include <stop_token>
#include <vector>

#include "gateway/attachments.h"
#include "inspect/engine.h"
#include "inspect/finding.h"
#include "json/document.h"

namespace ostiary::gateway {

// Whether looking into them takes longer than a millisecond, as reading a document may.
bool takes_long(const std::vector<Attachment>& attachments);

// Adds to what was found in a request's own strings what its attachments hold: their texts' findings, whose
// location has the part's pointer and, as `within`, the place in the document; and a finding of the class
// `opaque` for whatever of them is not read. What was found in the bytes of an attachment itself is taken
// out.
void inspect_attachments(inspect::Inspecting& inspecting, const json::Document& request,
                         const std::vector<Attachment>& attachments, inspect::Inspection& found,
                         const std::stop_token& stop);

}  // namespace ostiary::gateway
