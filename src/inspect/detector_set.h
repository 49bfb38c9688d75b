#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"
#include "inspect/checks.h"
#include "inspect/damping.h"
#include "inspect/finding.h"
#include "inspect/keywords.h"
#include "inspect/members.h"
#include "inspect/pattern.h"

namespace ostiary::inspect {

// Expressions that many detectors have in common, each compiled and kept once.
using SharedPatterns = std::map<std::string, std::shared_ptr<const Pattern>, std::less<>>;

// A detector ready to run: the expressions of a catalogue entry (catalog/schema/detector.yaml) as automata.
struct Detector {
  static Result<Detector> compile(const catalog::Detector& spec, SharedPatterns& shared);
  // The same with expressions that were compiled before, taken off the front of `compiled`; those in `shared`
  // stand there only once.
  static Result<Detector> load(const catalog::Detector& spec, std::string_view& compiled,
                               SharedPatterns& shared, Pattern::Unpack unpack);
  void append_compiled(std::string& out, std::set<const Pattern*>& written) const;

  catalog::Detector spec;
  Class klass = Class::secret;
  bool near = false;
  bool own = false;  // of an organisation
  Pattern value;
  std::optional<Pattern> before;
  bool within_keyword = false;  // it may match less than all of a keyword
  std::optional<ByteSet> start;
  std::shared_ptr<const Pattern> after;  // may be absent
  std::vector<std::shared_ptr<const Pattern>> reject;
  Check check;
  std::optional<Members> members;
  // Nothing: no finding.
  std::optional<Confidence> confidence, with_words, check_failed;

  Result<> finish();  // what is left once the expressions are there
};

// Detectors that run together over a text, and the literals that the first pass looks for. Immutable.
class DetectorSet {
 public:
  // The error names the detector that is wrong. Some seconds for some hundred detectors.
  static Result<DetectorSet> make(std::span<const catalog::Detector> specs,
                                  std::span<const catalog::Damper> dampers);
  // The same from what compiled() of the same detectors and dampers gave; some milliseconds. `corrupt` where
  // it is damaged or of others, `newer` where another version of Vectorscan wrote it.
  static Result<DetectorSet> load(std::span<const catalog::Detector> specs,
                                  std::span<const catalog::Damper> dampers, std::string_view compiled,
                                  Pattern::Unpack unpack = Pattern::Unpack::now);
  Result<std::string> compiled() const;
  // Adds the detectors of a set that was not joined itself, behind the own ones; the damping stays that of
  // this set. `too_large` where they are more than can be numbered; then nothing was added.
  Result<> join(DetectorSet other);
  // From now on only values that the members take count for a detector; nothing where there is none of that
  // id.
  void narrow(std::string_view id, const Members& members);

  // What a literal is for. Of one literal, ascending by detector.
  struct Use {
    std::uint16_t detector = 0;
    bool keyword = false;  // begins a match, or with `near` opens a window
    bool word = false;     // says, as a whole word, what follows
  };

  const std::vector<Detector>& detectors() const { return detectors_; }
  // Finds the keywords of some of the detectors.
  struct Pass {
    Keywords keywords;
    std::vector<std::vector<Use>> uses;  // by keyword; none of the last one, which is kQuotedPrintable
    static constexpr std::string_view kQuotedPrintable = "quoted-printable";
  };
  std::span<const Pass> passes() const { return passes_; }
  const Damping& damping() const { return damping_; }
  // Detectors that step back from their keyword over the same bytes.
  struct AlikeStarts {
    ByteSet start;
    std::size_t longest = 0;                            // bytes of their keywords
    std::vector<std::vector<std::uint16_t>> detectors;  // those with the same expression before the value
  };
  std::span<const AlikeStarts> alike_starts() const { return alike_starts_; }
  std::span<const std::uint16_t> of_digits() const { return digits_; }
  std::span<const std::uint16_t> of_at_sign() const { return at_sign_; }
  std::span<const std::uint16_t> of_long_words() const { return long_words_; }

 private:
  DetectorSet() = default;
  void add(Detector detector);
  // The keywords of all detectors and what each is for.
  std::pair<std::vector<Keywords::Keyword>, std::vector<std::vector<Use>>> keywords() const;

  std::vector<Detector> detectors_;
  Damping damping_;
  std::vector<Pass> passes_;
  std::vector<std::uint16_t> digits_, at_sign_, long_words_;
  std::vector<AlikeStarts> alike_starts_;
};

}  // namespace ostiary::inspect
