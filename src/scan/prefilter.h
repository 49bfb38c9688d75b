#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "inspect/literals.h"

namespace ostiary::scan {

// The texts of the catalogue by which a use of AI can show in a file: a file that holds none of them is
// passed over after one pass. Immutable, for any number of threads.
class Prefilter {
 public:
  // What was compiled when the program was built, loaded once; a millisecond. Needs ostiary_scan_builtin.
  static Result<std::shared_ptr<const Prefilter>> builtin();
  // From what compiled() gave; `newer` or `corrupt` otherwise.
  static Result<Prefilter> load(std::string_view compiled);
  static Result<std::string> compiled();
  // All of them, sorted, each once; ASCII case counts but where it says otherwise.
  static std::vector<inspect::Literals::Literal> texts();

  // For one thread at a time.
  class Look {
   public:
    explicit Look(std::shared_ptr<const Prefilter> prefilter);
    // Whether a text of the catalogue stands in `bytes`, not within a longer word.
    bool any(std::string_view bytes);

   private:
    bool stands_alone(std::string_view bytes, const inspect::Literals::Hit& hit, std::uint64_t base) const;
    std::shared_ptr<const Prefilter> prefilter_;
    inspect::Literals::Scratch scratch_;
    std::vector<inspect::Literals::Hit> hits_;
  };

 private:
  explicit Prefilter(inspect::Literals literals);
  inspect::Literals literals_;
  std::vector<std::uint16_t> sizes_;          // of each text
  std::vector<bool> open_front_, open_back_;  // it may go on before or behind
  std::vector<bool> keys_, named_;            // it counts where a key or the name of one goes on behind it
};

}  // namespace ostiary::scan
