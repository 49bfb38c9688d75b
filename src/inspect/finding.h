#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ostiary::inspect {

enum class Class : std::uint8_t { secret, personal, marker, own_code, opaque, size };
enum class Confidence : std::uint8_t { low, medium, high };
enum class Checksum : std::uint8_t { none, valid, invalid };

// Where a finding stands: bytes [start, end) from 0 of the original; line and column (code points) from 1; in
// a request body `pointer` (RFC 6901) names the part and `file` is empty.
struct Location {
  std::string file;
  std::string pointer;
  std::string within;  // the place in an attachment, which [start, end) then is: "pdf!/page 3"; empty: none
  std::uint64_t start = 0, end = 0;
  std::uint32_t line = 0, column = 0;
};

// Something noticed in a text. Holds no secret: `preview` is masked where the finding is made.
struct Finding {
  std::string fingerprint;  // stable over runs, for baselines and dispositions
  std::string detector;
  std::string type;        // what a placeholder calls it: "github-token"
  std::string data_class;  // that the text has through it
  Class klass = Class::secret;
  Confidence confidence = Confidence::low;
  Checksum checksum = Checksum::none;
  Location location;
  std::string preview;
};

// How large a request is: its bytes as they came, the lines of its texts, about how many tokens a model makes
// of it, and how many pictures, sounds and documents it has.
struct Size {
  std::uint64_t bytes = 0, lines = 0, tokens = 0, attachments = 0;
};

// What a text holds: its findings in order of location, and the data classes of the whole (`secret`,
// `personal`, `internal`, `code`, …: words of house.md, open for an organisation's own), sorted.
struct Inspection {
  std::vector<Finding> findings;
  std::vector<std::string> classes;
  std::vector<std::string>
      partial;               // what was not read and why; not empty means: treat as the strictest class
  std::optional<Size> size;  // where it was measured
};

const char* name(Class c);
const char* name(Confidence c);
const char* name(Checksum c);
void append_json(std::string& out, const Finding& finding);  // canonical

}  // namespace ostiary::inspect
