#include "license/impl/align.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace ostiary::license {

namespace {

constexpr std::size_t kMostCells = 10'000;  // of one stretch without anchors

// Words that make another licence of a text where they come in or fall out.
constexpr std::array kVetoes = {
    word_hash("affero"),      word_hash("lesser"),        word_hash("library"),
    word_hash("commercial"),  word_hash("commercially"),  word_hash("noncommercial"),
    word_hash("derivatives"), word_hash("noderivatives"), word_hash("sharealike"),
    word_hash("prohibited"),  word_hash("forbidden"),     word_hash("not"),
    word_hash("evil"),        word_hash("military"),      word_hash("nuclear"),
    word_hash("research"),    word_hash("academic"),      word_hash("sell"),
    word_hash("advertising"), word_hash("later"),
};

bool is_veto(std::uint32_t hash) {
  return std::ranges::find(kVetoes, hash) != kVetoes.end();
}

// Numbers of versions, as hashes: N, N.0 and N.M, so that a change of one for another is seen.
struct Version {
  std::uint32_t hash;
  int tenths;
};
const auto& versions() {
  static const auto all = [] {
    std::vector<Version> out;
    for (int n = 0; n < 10; ++n) {
      const auto digit = static_cast<char>('0' + n);
      out.push_back({word_hash(std::string_view(&digit, 1)), n * 10});
      for (int m = 0; m < 10; ++m) {
        const char text[3] = {digit, '.', static_cast<char>('0' + m)};
        out.push_back({word_hash({text, 3}), n * 10 + m});
      }
    }
    std::ranges::sort(out, {}, &Version::hash);
    return out;
  }();
  return all;
}
int version_of(std::uint32_t hash) {  // in tenths; -1: none
  const auto found = std::ranges::lower_bound(versions(), hash, {}, &Version::hash);
  return found != versions().end() && found->hash == hash ? found->tenths : -1;
}

enum class Where : std::uint8_t { head, inner, tail };
enum class Step : std::uint8_t { match, missing, inserted, skip, pass, fill };

class Aligner {
 public:
  Aligner(const Index& index, const Entry& entry, std::span<const Word> words)
      : index_(index),
        text_(index.tokens(entry)),
        words_(words),
        most_(entry.words / 8 + 4),
        is_notice_(entry.kind == TextKind::header) {}

  Alignment run(std::span<const Anchor> anchors) {
    std::size_t i = anchors.front().position, j = anchors.front().at;
    extend_back(i, j, 0, 0);
    const auto reach = std::min(j, i + 16);
    head_ = j;
    gap(0, i, j - reach, j, Where::head);
    out_.first = head_;
    auto next = anchors.begin();
    while (out_.cost() <= most_) {
      for (; i < text_.size() && j < words_.size() && equal(i, j); ++i, ++j) ++out_.matched;
      while (next != anchors.end() && (next->position < i || next->at < j)) ++next;
      if (next == anchors.end()) break;
      std::size_t p = next->position, q = next->at;
      extend_back(p, q, i, j);
      gap(i, p, j, q, Where::inner);
      i = p, j = q;
    }
    tail_ = j;
    if (out_.cost() <= most_)
      gap(i, text_.size(), j, std::min(words_.size(), j + (text_.size() - i) + 24), Where::tail);
    out_.end = tail_;
    if (out_.cost() <= most_ && !out_.vetoed && has_other_title()) out_.vetoed = true;
    return out_;
  }

 private:
  // Titles may be left out, but one that tells another version is another licence's.
  bool has_other_title() const {
    static constexpr auto kVersionWord = word_hash("version");
    int own = -1, read = -1;
    for (std::size_t i = 0; i + 1 < std::min<std::size_t>(text_.size(), 24) && own < 0; ++i)
      if (is_word(text_[i]) && index_.word(text_[i]) == kVersionWord && is_word(text_[i + 1]))
        own = version_of(index_.word(text_[i + 1]));
    for (auto j = out_.first; own >= 0 && j > 1 && j + 48 > out_.first && read < 0; --j)
      if (words_[j - 2].hash == kVersionWord) read = version_of(words_[j - 1].hash);
    return own >= 0 && read >= 0 && own != read;
  }

  bool equal(std::size_t i, std::size_t j) const {
    return is_word(text_[i]) && index_.word(text_[i]) == words_[j].hash;
  }

  void extend_back(std::size_t& i, std::size_t& j, std::size_t first_i, std::size_t first_j) const {
    while (i > first_i && j > first_j && equal(i - 1, j - 1)) --i, --j;
  }

  // The token behind the end of the optional part that begins at `i`; `end` where it ends beyond.
  std::size_t behind_optional(std::size_t i, std::size_t end) const {
    std::size_t depth = 0;
    for (auto k = i; k < end; ++k) {
      if (text_[k] == kOptionalBegins) ++depth;
      if (text_[k] == kOptionalEnds && --depth == 0) return k + 1;
    }
    return end;
  }

  // Compares tokens [i, end) with words [j, stop).
  void gap(std::size_t i, std::size_t end, std::size_t j, std::size_t stop, Where where) {
    if (i == end) {
      if (where == Where::inner) {
        for (auto k = j; k < stop; ++k) inserted(k);
        judge();
      }
      return;
    }
    if ((end - i + 1) * (stop - j + 1) > kMostCells || is_hopeless(i, end, stop - j))
      return far_apart(i, end, j, stop, where);
    table(i, end, j, stop, where);
    trace(i, end, j, stop, where);
    judge();
  }

  // More words must stand there than can.
  bool is_hopeless(std::size_t i, std::size_t end, std::size_t columns) const {
    std::size_t needed = 0;
    for (; i < end; ++i) {
      if (text_[i] == kOptionalBegins)
        i = behind_optional(i, end) - 1;
      else
        needed += is_word(text_[i]);
    }
    return needed > columns + most_;
  }

  void far_apart(std::size_t i, std::size_t end, std::size_t j, std::size_t stop, Where where) {
    while (i < end) {
      if (text_[i] == kOptionalBegins) {
        i = behind_optional(i, end);
        continue;
      }
      out_.missing += is_word(text_[i]);
      ++i;
    }
    if (where == Where::inner) out_.inserted += stop - j;
  }

  // costs_[a][b]: the least cost of tokens [i+a, end) against words [j+b, stop).
  void table(std::size_t i, std::size_t end, std::size_t j, std::size_t stop, Where where) {
    const auto rows = end - i, columns = stop - j;
    width_ = columns + 1;
    costs_.assign((rows + 1) * width_, 0);
    steps_.assign((rows + 1) * width_, Step::inserted);
    for (std::size_t b = 0; b <= columns; ++b)
      costs_[rows * width_ + b] = where == Where::tail ? 0 : static_cast<std::uint16_t>(columns - b);
    for (auto a = rows; a-- > 0;) {
      const auto token = text_[i + a];
      const auto behind = token == kOptionalBegins ? behind_optional(i + a, end) - i : 0;
      for (auto b = columns + 1; b-- > 0;) {
        const auto cost = [&](std::size_t x, std::size_t y) { return costs_[x * width_ + y]; };
        auto& best = costs_[a * width_ + b];
        auto& step = steps_[a * width_ + b];
        const auto offer = [&](unsigned price, Step how) {
          if (price < best) best = static_cast<std::uint16_t>(price), step = how;
        };
        best = 0xffff;
        if (is_word(token)) {
          if (b < columns && equal(i + a, j + b)) offer(cost(a + 1, b + 1), Step::match);
          offer(cost(a + 1, b) + 1U, Step::missing);
        } else {
          offer(cost(a + 1, b), Step::pass);
          if (behind != 0) offer(cost(behind, b), Step::skip);
          if (token > kVariable && b < columns) offer(cost(a, b + 1), Step::fill);
        }
        if (b < columns) offer(cost(a, b + 1) + 1U, Step::inserted);
      }
    }
  }

  void trace(std::size_t i, std::size_t end, std::size_t j, std::size_t stop, Where where) {
    const auto rows = end - i, columns = stop - j;
    std::size_t a = 0, b = 0, filled = 0;
    if (where == Where::head) {  // what stands before costs nothing
      for (std::size_t k = 0; k <= columns; ++k)
        if (costs_[k] <= costs_[b]) b = k;
      head_ = j + b;
    }
    while (a < rows) {
      switch (steps_[a * width_ + b]) {
        case Step::match:
          ++out_.matched, ++a, ++b;
          break;
        case Step::missing:
          missing(text_[i + a]), ++a;
          break;
        case Step::inserted:
          inserted(j + b), ++b;
          break;
        case Step::skip:
          a = behind_optional(i + a, end) - i;
          break;
        case Step::pass:
          ++a, filled = 0;
          break;
        case Step::fill:
          // What is longer than the pattern lets be is something else.
          if (++filled > static_cast<std::size_t>(text_[i + a] - kVariable)) inserted(j + b);
          ++b;
          break;
      }
    }
    if (where == Where::tail) {
      tail_ = j + b;
      return;
    }
    for (; b < columns; ++b) inserted(j + b);
  }

  void missing(Token token) {
    ++out_.missing;
    const auto hash = index_.word(token);
    if (is_veto(hash)) lost_.push_back(hash);
    if (const auto version = version_of(hash); version >= 0) {
      versions_[0] = version;
      if (is_notice_) out_.vetoed = true;
    }
  }
  void inserted(std::size_t j) {
    ++out_.inserted;
    const auto hash = words_[j].hash;
    if (is_veto(hash)) gained_.push_back(hash);
    if (const auto version = version_of(hash); version >= 0) versions_[1] = version;
  }

  // Of the stretch that was just compared: a word that only moved is no difference.
  void judge() {
    std::ranges::sort(lost_), std::ranges::sort(gained_);
    if (lost_ != gained_) out_.vetoed = true;
    if (versions_[0] >= 0 && versions_[1] >= 0 && versions_[0] != versions_[1]) out_.vetoed = true;
    lost_.clear(), gained_.clear();
    versions_ = {-1, -1};
  }

  const Index& index_;
  std::span<const Token> text_;
  std::span<const Word> words_;
  std::size_t most_;
  bool is_notice_;  // a version that it names is what it grants
  Alignment out_;
  std::size_t head_ = 0, tail_ = 0, width_ = 0;
  std::vector<std::uint16_t> costs_;
  std::vector<Step> steps_;
  std::vector<std::uint32_t> lost_, gained_;
  std::array<int, 2> versions_ = {-1, -1};  // in the text, and in what is read
};

}  // namespace

Alignment align(const Index& index, const Entry& entry, std::span<const Word> words,
                std::span<const Anchor> anchors) {
  return Aligner(index, entry, words).run(anchors);
}

}  // namespace ostiary::license
