#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ostiary::inspect {

// Finds many literal texts in one pass (Vectorscan). Immutable; scanning from several threads at once needs a
// Scratch for each.
class Literals {
 public:
  struct Literal {
    std::string text;       // at most 255 bytes, not empty
    bool any_case = false;  // ASCII
  };
  struct Hit {
    std::uint32_t literal = 0;  // its number in the list
    std::uint32_t end = 0;      // offset behind its last byte
  };

  Literals() = default;  // finds nothing
  // Takes some hundred milliseconds for a thousand literals.
  static Result<Literals> compile(const std::vector<Literal>& literals);
  // What serialise() gave (nothing where there are no literals), from the same version of Vectorscan on any
  // processor of the architecture; `newer` or `corrupt` otherwise. Takes about a millisecond.
  static Result<Literals> load(std::string_view serialised);
  Result<std::string> serialise() const;

  Literals(Literals&&) noexcept;
  Literals& operator=(Literals&&) noexcept;
  ~Literals();

  class Scratch {
   public:
    explicit Scratch(const Literals& literals);
    Scratch(Scratch&&) noexcept;
    Scratch& operator=(Scratch&&) noexcept;
    ~Scratch();

   private:
    friend class Literals;
    void* scratch_ = nullptr;
  };
  // Appends all occurrences in `text` (below 4 GiB), by their end.
  void scan(std::string_view text, Scratch& scratch, std::vector<Hit>& hits) const;

 private:
  void* database_ = nullptr;  // none: there are no literals
};

}  // namespace ostiary::inspect
