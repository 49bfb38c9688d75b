// Words that name a licence: "under the terms of the GNU General Public License, version 2 or later".

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <optional>

#include "base/text.h"
#include "catalog/spdx.h"
#include "license/impl/mentions.h"

namespace ostiary::license {

namespace {

constexpr std::size_t kBehind = 48;  // words in which a version may follow
constexpr std::size_t kBefore = 14;  // words in which something that grants may stand before

constexpr std::array kGrants = {word_hash("under"),    word_hash("licensed"),     word_hash("license"),
                                word_hash("terms"),    word_hash("distributed"),  word_hash("released"),
                                word_hash("governed"), word_hash("redistribute"), word_hash("covered"),
                                word_hash("available")};

struct Name {
  std::string_view words;  // small letters, one blank between
  std::string_view license;
};

// Names of licences as people write them. The longest that fits is taken.
constexpr std::array<Name, 51> kNames = {{
    {"same terms as perl itself", "Artistic-1.0-Perl OR GPL-1.0-or-later"},
    {"same terms as perl", "Artistic-1.0-Perl OR GPL-1.0-or-later"},
    {"same terms as the perl 5 programming language", "Artistic-1.0-Perl OR GPL-1.0-or-later"},
    {"same terms as the perl5 programming language", "Artistic-1.0-Perl OR GPL-1.0-or-later"},
    {"apache license version 2.0", "Apache-2.0"},
    {"apache license version 2", "Apache-2.0"},
    {"apache license 2.0", "Apache-2.0"},
    {"apache software license version 2.0", "Apache-2.0"},
    {"apache 2.0 license", "Apache-2.0"},
    {"apache 2 license", "Apache-2.0"},
    {"apache 2.0", "Apache-2.0"},
    {"apache license version 1.1", "Apache-1.1"},
    {"artistic license which comes with perl", "Artistic-1.0-Perl"},
    {"artistic license", "Artistic-1.0-Perl"},
    {"cc0 public domain dedication", "CC0-1.0"},
    {"cc0 1.0 universal", "CC0-1.0"},
    {"creative commons cc0 1.0 universal", "CC0-1.0"},
    {"creative commons zero v1.0 universal", "CC0-1.0"},
    {"libpng license", "Libpng"},
    {"mit license", "MIT"},
    {"mit x11 license", "MIT"},
    {"expat license", "MIT"},
    {"isc license", "ISC"},
    {"zlib license", "Zlib"},
    {"zlib libpng license", "Zlib"},
    {"3 clause bsd license", "BSD-3-Clause"},
    {"bsd 3 clause license", "BSD-3-Clause"},
    {"new bsd license", "BSD-3-Clause"},
    {"modified bsd license", "BSD-3-Clause"},
    {"revised bsd license", "BSD-3-Clause"},
    {"2 clause bsd license", "BSD-2-Clause"},
    {"bsd 2 clause license", "BSD-2-Clause"},
    {"simplified bsd license", "BSD-2-Clause"},
    {"mozilla public license version 2.0", "MPL-2.0"},
    {"mozilla public license 2.0", "MPL-2.0"},
    {"mozilla public license v 2.0", "MPL-2.0"},
    {"mozilla public license version 1.1", "MPL-1.1"},
    {"mozilla public license v2.0", "MPL-2.0"},
    {"boost software license version 1.0", "BSL-1.0"},
    {"boost software license 1.0", "BSL-1.0"},
    {"artistic license 2.0", "Artistic-2.0"},
    {"artistic license version 2.0", "Artistic-2.0"},
    {"eclipse public license v1.0", "EPL-1.0"},
    {"eclipse public license v 1.0", "EPL-1.0"},
    {"eclipse public license v2.0", "EPL-2.0"},
    {"eclipse public license 2.0", "EPL-2.0"},
    {"eclipse public license v 2.0", "EPL-2.0"},
    {"sil open font license version 1.1", "OFL-1.1"},
    {"creative commons attribution 4.0 international license", "CC-BY-4.0"},
    {"creative commons attribution sharealike 4.0 international license", "CC-BY-SA-4.0"},
    {"python software foundation license version 2", "PSF-2.0"},
}};

class Finder {
 public:
  Finder(std::string_view text, std::span<const Word> words, const std::vector<bool>& taken)
      : text_(text), words_(words), taken_(taken) {}

  std::vector<FoundLicense> run() {
    static constexpr auto kGeneral = word_hash("general");
    static const auto firsts = first_words();
    for (std::size_t i = 0; i < words_.size() && out_.size() < 4096; ++i) {
      if (taken_[i]) continue;
      const auto hash = words_[i].hash;
      if (hash == kGeneral && is(i + 1, "public") && is(i + 2, "license"))
        i = general_public(i);
      else if (std::ranges::binary_search(firsts, hash))
        i = others(i);
    }
    return std::move(out_);
  }

 private:
  static std::vector<std::uint32_t> first_words() {
    std::vector<std::uint32_t> out;
    for (const auto& name : kNames) out.push_back(word_hash(name.words.substr(0, name.words.find(' '))));
    std::ranges::sort(out);
    return out;
  }

  bool is(std::size_t i, std::string_view word) const {
    return i < words_.size() && words_[i].hash == word_hash(word);
  }
  std::string word(std::size_t i) const {
    return text::lower(text_.substr(words_[i].start, words_[i].end - words_[i].start));
  }
  bool granted(std::size_t i) const {
    for (auto k = i; k-- > (i > kBefore ? i - kBefore : 0);)
      if (std::ranges::find(kGrants, words_[k].hash) != kGrants.end()) return true;
    return false;
  }

  // "general" of the name of a GNU licence is word `i`. Gives the last word that was used.
  std::size_t general_public(std::size_t i) {
    std::string_view family = "GPL";
    std::size_t first = i;
    if (i > 0 && (is(i - 1, "lesser") || is(i - 1, "library"))) family = "LGPL", first = i - 1;
    if (i > 0 && is(i - 1, "affero")) family = "AGPL", first = i - 1;
    if (first > 0 && is(first - 1, "gnu")) --first;
    auto last = i + 2;
    const auto end = std::min(words_.size(), last + kBehind);
    std::string version;
    bool later = false;
    for (auto k = last + 1; k < end; ++k) {
      if (is(k, "general") || taken_[k]) break;  // the next name of one
      if (version.empty() && is(k, "version") && k + 1 < end && std::isdigit(word(k + 1)[0]))
        version = word(k + 1), last = ++k;
      else if (version.empty() && is_version(word(k)) && (k <= last + 2 || is(k - 1, "either")))
        version = word(k).substr(word(k)[0] == 'v'), last = k;
      else if (!later && is(k, "later") && (is(k - 1, "any") || is(k - 1, "or") || is(k + 1, "version")))
        later = true, last = k;
      else if (!later && is(k, "newer") && is(k - 1, "or"))
        later = true, last = k;
      if (later && !version.empty()) break;
    }
    if (version.empty() && first > 2 && is(first - 1, "the") && is(first - 2, "of") && first > 3 &&
        is_version(word(first - 3)))
      version = word(first - 3);
    if (granted(first)) add(family, is_pointer(first, last) ? "" : version, later, first, last);
    return last;
  }

  // "the full text of … can be found in /usr/share/common-licenses": where a text stands, and no grant.
  bool is_pointer(std::size_t first, std::size_t last) const {
    for (auto k = first; k-- > (first > 5 ? first - 5 : 0);)
      if (is(k, "text") || is(k, "copy")) return true;
    for (auto k = last; k < std::min(last + 16, words_.size()); ++k)
      if (is(k, "common") && is(k + 1, "licenses")) return true;
    return false;
  }

  static bool is_version(std::string_view word) {
    if (word.starts_with('v')) word.remove_prefix(1);
    return !word.empty() && word.size() <= 3 && word[0] >= '1' && word[0] <= '3' &&
           (word.size() == 1 || word[1] == '.');
  }

  void add(std::string_view family, std::string version, bool later, std::size_t first, std::size_t last) {
    const bool vague = version.empty();
    if (vague) {
      // Any version that was ever published, as section 9 of the texts says.
      version = family == "AGPL" ? "3.0" : family == "LGPL" ? "2.0" : "1.0";
      later = true;
    }
    if (!version.contains('.')) version += ".0";
    const auto* found =
        catalog::spdx_list().find(fmt::format("{}-{}-{}", family, version, later ? "or-later" : "only"));
    if (found)
      out_.push_back({.expression = found->id,
                      .start = words_[first].start,
                      .end = words_[last].end,
                      .method = Method::reference,
                      .score = vague ? kVague : 1});
  }

  // A name whose first word is word `i`. Gives the last word that was used.
  std::size_t others(std::size_t i) {
    const Name* best = nullptr;
    std::size_t most = 0;
    for (const auto& name : kNames) {
      const auto words = text::split(name.words, ' ');
      bool same = i + words.size() <= words_.size();
      for (std::size_t k = 0; same && k < words.size(); ++k) same = is(i + k, words[k]);
      if (same && words.size() > most) best = &name, most = words.size();
    }
    if (!best || !(granted(i) || best->words.starts_with("same") || best->words.starts_with("cc0"))) return i;
    out_.push_back({.expression = std::string(best->license),
                    .start = words_[i].start,
                    .end = words_[i + most - 1].end,
                    .method = Method::reference});
    return i + most - 1;
  }

  std::string_view text_;
  std::span<const Word> words_;
  const std::vector<bool>& taken_;
  std::vector<FoundLicense> out_;
};

}  // namespace

std::vector<FoundLicense> references_in(std::string_view text, std::span<const Word> words,
                                        const std::vector<bool>& taken) {
  return Finder(text, words, taken).run();
}

}  // namespace ostiary::license
