#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ostiary::license {

// How a licence was told: by a tag (SPDX-License-Identifier), by a text that has the same words, by one that
// differs in few, by the fingerprint of a text that the SPDX list lacks, by words that name it ("under the
// GPL, version 2 or later"), or by a field of a package's metadata or of Debian's copyright file.
enum class Method : std::uint8_t { tag, exact, diff, fingerprint, reference, metadata };
std::string_view name(Method method);

// The score of a GNU licence that words name without a version, or only to tell where its text stands.
constexpr double kVague = 0.5;

struct FoundLicense {
  std::string expression;          // SPDX, canonical
  std::size_t start = 0, end = 0;  // bytes of the original, half open
  Method method = Method::exact;
  double score = 1;        // how much of the words is the text's, 0 to 1; 1 for what is declared
  bool whole = false;      // the text of the licence itself, and not a notice that grants it
  bool exception = false;  // `expression` is the id of an exception, which adds to a licence
};

struct Identified {
  std::optional<std::string> expression;  // of the whole; nothing where no licence was found
  std::vector<FoundLicense> licenses;     // by place
  std::vector<std::string> partial;       // what was not looked at, and why
};

// Tells which licences a text is or names. Read-only when built, thread-safe.
class Identifier {
 public:
  // `corrupt` or `newer` as Index::load (impl/index.h). `blob` is aligned to 8 bytes and outlives this.
  static Result<Identifier> load(std::string_view blob);
  // With the texts and fingerprints that this program was built with (ostiary_license_builtin).
  static const Identifier& builtin();

  Identifier(Identifier&&) noexcept;
  ~Identifier();

  // A text in UTF-8, UTF-16 with a byte order mark, Latin-1 or CP1252. Looks at the first 4 MiB. About 100
  // MB/s.
  Identified identify(std::string_view text) const;

  // Whether the build had the texts of the SPDX list; without them only tags, names and fingerprints are
  // told.
  bool has_texts() const;
  // The text of a licence or exception, of notices for instance; nothing where the build has none.
  std::optional<std::string> text_of(std::string_view id) const;

 private:
  struct State;
  explicit Identifier(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// The expression that all findings of one file make: joined by AND, exceptions with the licence before them;
// the bare text of a GNU licence yields to a notice that grants it "or later".
std::optional<std::string> joined(const std::vector<FoundLicense>& found);

// The same for expressions, sorted and each once.
std::string all_of_expressions(std::vector<std::string> expressions);

}  // namespace ostiary::license
