#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "inspect/allow.h"
#include "inspect/decode.h"
#include "inspect/detector_set.h"
#include "inspect/finding.h"
#include "inspect/own_code.h"
#include "inspect/scanner.h"
#include "json/document.h"

namespace ostiary::inspect {

// The detectors of the catalogue, which were compiled when the program was built; some milliseconds. Needs
// the library ostiary_inspect_builtin.
Result<DetectorSet> builtin_detectors();
// The same, loaded once for all of the program; from any thread.
Result<std::shared_ptr<const DetectorSet>> shared_builtin_detectors();

// Inspects texts with one set of detectors. Immutable, for any number of threads.
class Engine {
 public:
  // With shared_builtin_detectors().
  static Result<std::shared_ptr<const Engine>> builtin();
  explicit Engine(DetectorSet detectors)
      : Engine(std::make_shared<const DetectorSet>(std::move(detectors)),
               std::make_shared<const AllowRules>()) {}
  // What the rules accept is no finding. Both may be shared with other engines.
  Engine(std::shared_ptr<const DetectorSet> detectors, std::shared_ptr<const AllowRules> allow)
      : detectors_(std::move(detectors)), allow_(std::move(allow)) {}

  const DetectorSet& detectors() const { return *detectors_; }
  const AllowRules& allow() const { return *allow_; }
  // The organisation's own code, looked for too; nullptr: it is not.
  const OwnCode* own_code() const { return own_code_.get(); }
  // Before the engine is shared.
  void look_for(std::shared_ptr<const OwnCode> own_code) { own_code_ = std::move(own_code); }

 private:
  std::shared_ptr<const DetectorSet> detectors_;
  std::shared_ptr<const AllowRules> allow_;
  std::shared_ptr<const OwnCode> own_code_;
};

// A finding that a rule of the organisation accepts; `rule` belongs to the engine.
struct Allowed {
  Finding finding;
  const catalog::AllowRule* rule = nullptr;
};

// What became of a place where a detector's keyword or trigger stands. Holds no value.
struct Explained {
  enum class Outcome : std::uint8_t {
    none,     // `trace.step` says why
    finding,  // the only one, or the surest, at that place
    surer,    // another finding stands there: `surer`
    allowed   // a rule accepts it: `rule`
  };
  const Detector* detector = nullptr;  // of the engine, as is `rule`
  Trace trace;
  Location location;
  Outcome outcome = Outcome::none;
  std::string surer;  // id of a detector
  const catalog::AllowRule* rule = nullptr;
};

// What one thread needs to inspect texts one after the other; the engine must outlive it.
class Inspecting {
 public:
  static constexpr std::size_t kMostInBody = 2000;  // findings of a JSON body; with more it is partial
  static constexpr int kDepth = 2;                  // encodings within one another that are undone

  explicit Inspecting(const Engine& engine);

  // The findings of a whole text, by location, no two of which overlap but for those of own code; lines and
  // columns are filled in, `file` and `pointer` are not. `file`: what rules that name a path are held to;
  // empty: none.
  Inspection inspect(std::string_view text, std::string_view file = {});
  // The same of a body: what its strings, numbers and members' names hold. Each finding stands within one of
  // them, which `pointer` names, and cuts no escape; there are no lines and columns. Findings of different
  // data classes may overlap. In a pointer a member's name that is long, unusual or holds something itself is
  // "…".
  Inspection inspect(const json::Document& body);
  // Appends what a run of base64 or of hexadecimal digits holds that begins at `at` of a text which is itself
  // within `depth` encodings. False: it is built to cost too much.
  bool look_into_run(std::string_view run, std::uint64_t at, int depth, std::vector<Candidate>& found);
  // Why each place of a text is a finding or none, by location, those of encoded texts too; with at most
  // Scanner::kMostTraces places of each encoding. Costs more than inspect().
  std::vector<Explained> explain(std::string_view text, std::string_view file = {});
  // What rules accepted in the last text or body, by location.
  const std::vector<Allowed>& allowed() const { return allowed_; }

 private:
  std::vector<Candidate> look_at_all(std::string_view text);
  std::vector<Candidate> look(std::string_view text, int depth);
  void look_into_encoded(std::string_view text, int depth, std::vector<Candidate>& found);
  void look_into_quoted_printable(std::string_view text, int depth, std::vector<Candidate>& found);
  void look_into_escapes(std::string_view part, std::uint64_t base, const std::vector<std::uint64_t>& escapes,
                         int depth, std::vector<Candidate>& found);
  std::vector<Candidate> look_into_body(const json::Document& body);
  void begin(std::size_t bytes);
  void add_own_code(std::string_view text, Inspection& inspection) const;
  const Detector& detector_of(const Candidate& candidate) const;
  AllowRules::Place place_of(const Candidate& candidate, std::string_view text) const;
  // Those that a rule accepts wherever they stand so leave the candidates.
  std::vector<Candidate> take_allowed(std::vector<Candidate>& candidates, std::string_view text);
  void allow(const Candidate& candidate, std::string_view text, Finding finding);
  std::vector<std::string> classes_of(const std::vector<Candidate>& candidates) const;
  void explain(const Inspection& found, Explained& place) const;
  bool is_allowed(const Candidate& candidate, std::string_view text, const Finding& finding);
  Scanner& scan(std::string_view text, int depth);
  Inspection inspection_of(std::vector<Finding> findings) const;
  void look_behind(const Decoded& decoded, std::uint64_t at, int depth, std::vector<Candidate>& found);

  const Engine& engine_;
  std::vector<std::unique_ptr<Scanner>> scanners_;  // by depth
  std::uint64_t steps_left_ = 0;                    // of the inspection's budget
  WallMs now_ = 0;                                  // of the inspection, where there are rules
  std::string_view file_;
  std::function<std::string_view(std::uint64_t)> member_at_;  // name of the JSON value at an offset
  std::vector<Allowed> allowed_;
  bool explaining_ = false;
  std::vector<Trace> traces_;
  bool gave_up_ = false;
};

// What is told of a candidate; its offsets are those of `text`.
Finding finding_of(const Engine& engine, const Candidate& candidate, std::string_view text);

// Lines of base64 that are at least so long may go on in the next one.
inline constexpr std::size_t kLongLine = 60;

// Of candidates that overlap the surest stays, then the longest, then the first, then an organisation's; by
// location.
void resolve(std::vector<Candidate>& candidates);

// A text for people in which a value cannot be read: a few first characters of a long one, and how long it
// is.
std::string masked(std::string_view value);

}  // namespace ostiary::inspect
