#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/id.h"
#include "base/result.h"
#include "base/time.h"
#include "inventory/field.h"
#include "json/document.h"
#include "json/writer.h"

namespace ostiary::inventory {

// By what a use was seen.
enum class How : std::uint8_t { declaration, gate, log, question, scan };
std::string_view name(How how);
std::optional<How> how_named(std::string_view word);

// Something that was seen, with what is known of it; texts that are empty are unknown. Never who did it.
struct Sighting {
  static constexpr std::size_t kMostPlaces = 5, kLongestText = 500;

  How how = How::scan;
  std::string kind = {};   // a scan's word for the component; of others empty
  std::string grade = {};  // of a scan: mentioned to deployed
  std::string tool = {}, sdk = {}, provider = {}, surface = {}, service = {}, model = {}, version = {},
              license = {};
  std::string team = {}, repository = {};
  std::string question = {};  // that was answered
  std::uint64_t count = 0;    // places in code, exchanges, requests
  std::optional<WallMs> first = {}, last = {};
  std::vector<std::string> places = {};  // "src/a.py:12:3": at most kMostPlaces

  std::string key() const;   // the same for sightings of the same thing
  std::string text() const;  // one line for people: what was seen, how, how often
  bool operator==(const Sighting&) const = default;
};
void append_json(std::string& out, const Sighting& sighting);
// Texts are cleaned and cut. `invalid` where `how` is no word of above.
Result<Sighting> read_sighting(json::Value value);
// Earlier and later days, newer counts and places.
void merge(Sighting& into, const Sighting& from);

// An entry of the inventory.
struct Use {
  static constexpr std::size_t kLongestText = 32'768;  // bytes of a value
  static constexpr std::size_t kMostItems = 200, kMostSeen = 40, kMostOther = 100;

  Id id;
  std::uint64_t revision = 1;
  WallMs created = 0, changed = 0;
  // Of each field what is stated: one text, of a list any number. Nothing: unknown.
  std::array<std::vector<std::string>, kFields> values = {};
  std::array<bool, kFields> declared = {};  // by a person: what was seen never replaces it
  std::vector<Sighting> seen = {};          // by key
  // Columns of a table that are no field, in its order.
  std::vector<std::pair<std::string, std::string>> other = {};
  std::string origin = {};  // of an imported one: digest of its row

  // Empty: unknown; of a list the first.
  const std::string& operator[](F f) const;
  const std::vector<std::string>& all(F f) const { return values[static_cast<std::size_t>(f)]; }
  bool known(F f) const { return !all(f).empty(); }
  bool is_declared(F f) const { return declared[static_cast<std::size_t>(f)]; }
  void set(F f, std::string value);
  void set(F f, std::vector<std::string> list);
  // Adds what was seen, once for each key, and sets the fields that tell of it. Of one thing in one
  // repository the versions that the latest scan found stay.
  void see(const Sighting& sighting);
  std::optional<WallMs> last_seen() const;  // none: it was only declared
  std::string title() const;                // what people call it: tool, service, SDK or model
};

// Changes to a use, as people state them; a field that is not there stays.
using Edit = std::map<F, std::vector<std::string>>;

// One stated value brought to its form: texts cleaned, "unknown" and blank taken away. `invalid` says what is
// wrong with it: a word that is none, a day that is none, a number of no question, too many.
Result<std::vector<std::string>> stated(F f, std::vector<std::string> values);
// What a body of the API or a stored use states; null and "unknown" forget. `invalid` names the member.
Result<Edit> read_edit(json::Value object);
// Marks what it changes as declared. Whether anything changed.
bool apply_edit(Use& use, const Edit& edit);

// Canonical JSON: every field, unknown ones as "unknown" (lists as ["unknown"]), with id, revision, times,
// `declared`, `other` and `seen`.
void append_json(std::string& out, const Use& use);
// A use that append_json() wrote; members that are not known are passed over.
Result<Use> read_use(json::Value value);

// A value of a field as one text: items of a list behind one another with "; ", unknown as "unknown".
std::string cell_of(const Use& use, F f);

// YYYY-MM-DD of a real day.
bool is_day(std::string_view text);
std::string day_of(WallMs at);
std::optional<WallMs> parse_day(std::string_view text);  // its beginning, UTC

}  // namespace ostiary::inventory
