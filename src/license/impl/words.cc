#include "license/impl/words.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <utility>

namespace ostiary::license {

namespace {

// Spellings that count as one (SPDX 3.0.1, annex C.11, and forms of addresses).
constexpr std::array<std::pair<std::string_view, std::string_view>, 33> kSpellings = {{
    {"acknowledgement", "acknowledgment"},
    {"analogue", "analog"},
    {"analyse", "analyze"},
    {"artefact", "artifact"},
    {"authorisation", "authorization"},
    {"authorised", "authorized"},
    {"calibre", "caliber"},
    {"cancelled", "canceled"},
    {"capitalisations", "capitalizations"},
    {"catalogue", "catalog"},
    {"categorise", "categorize"},
    {"centre", "center"},
    {"emphasised", "emphasized"},
    {"favour", "favor"},
    {"favourite", "favorite"},
    {"fulfil", "fulfill"},
    {"fulfilment", "fulfillment"},
    {"https", "http"},
    {"initialise", "initialize"},
    {"judgement", "judgment"},
    {"labelling", "labeling"},
    {"labour", "labor"},
    {"licence", "license"},
    {"licences", "licenses"},
    {"maximise", "maximize"},
    {"modelled", "modeled"},
    {"modelling", "modeling"},
    {"offence", "offense"},
    {"optimise", "optimize"},
    {"organisation", "organization"},
    {"organise", "organize"},
    {"owner", "holder"},
    {"owners", "holders"},
}};

// Hashes of other spellings, behind a small filter that most words do not pass.
class Spellings {
 public:
  Spellings() {
    for (std::size_t i = 0; i < kSpellings.size(); ++i) {
      all_[i] = {word_hash(kSpellings[i].first), word_hash(kSpellings[i].second)};
      mark_[all_[i].first >> 24U] = true;
    }
  }
  std::uint32_t level(std::uint32_t hash) const {
    if (!mark_[hash >> 24U]) return hash;
    for (const auto& [from, to] : all_)
      if (from == hash) return to;
    return hash;
  }

 private:
  std::array<std::pair<std::uint32_t, std::uint32_t>, kSpellings.size()> all_{};
  std::array<bool, 256> mark_{};
};

enum Class : std::uint8_t { other, letter, digit, high };

constexpr auto kClasses = [] {
  std::array<std::uint8_t, 256> out{};
  for (int c = 'a'; c <= 'z'; ++c)
    out[static_cast<std::size_t>(c)] = out[static_cast<std::size_t>(c - 32)] = letter;
  for (int c = '0'; c <= '9'; ++c) out[static_cast<std::size_t>(c)] = digit;
  for (std::size_t c = 0x80; c < 0x100; ++c) out[c] = high;
  return out;
}();

constexpr auto kCopyright = word_hash("copyright"), kVersion = word_hash("version");

bool is_year(std::string_view line, std::size_t at) {
  const auto is = [&](std::size_t i) { return i < line.size() && line[i] >= '0' && line[i] <= '9'; };
  return ((line[at] == '1' && at + 1 < line.size() && line[at + 1] == '9') ||
          (line[at] == '2' && at + 1 < line.size() && line[at + 1] == '0')) &&
         is(at + 2) && is(at + 3) && !is(at + 4);
}

// Whether the rest of a line that begins with "copyright" is a notice, and not a part of a sentence.
bool is_notice(std::string_view rest) {
  rest = rest.substr(0, 300);
  for (std::size_t i = 0; i < rest.size(); ++i)
    if (rest[i] == '<' || rest[i] == '[' || rest[i] == '{' || is_year(rest, i)) return true;
  return rest.contains("(c)") || rest.contains("(C)") || rest.contains("\xc2\xa9") || rest.contains("yyyy") ||
         rest.contains("YEAR");
}

class Reader {
 public:
  Reader(std::string_view text, std::vector<Word>& out) : text_(text), out_(out) {}

  void run() {
    while (at_ < text_.size()) {
      const auto c = static_cast<unsigned char>(text_[at_]);
      switch (kClasses[c]) {
        case letter:
        case digit:
          word();
          break;
        case high:
          beyond_ascii();
          break;
        default:
          if (c == '\n' || (c == '\r' && (at_ + 1 == text_.size() || text_[at_ + 1] != '\n'))) line_begins();
          if (c == '(' && is_sign()) {
            copyright(at_, at_ + 3);
            continue;
          }
          ++at_;
      }
    }
    line_begins();
  }

 private:
  void line_begins() {
    static constexpr std::array kReserved = {word_hash("all"), word_hash("rights"), word_hash("reserved")};
    if (out_.size() - line_ == 3 &&
        std::ranges::equal(out_.end() - 3, out_.end(), kReserved.begin(), kReserved.end(), {}, &Word::hash))
      out_.resize(line_);
    line_ = out_.size();
  }

  bool is_sign() const {
    return at_ + 2 < text_.size() && (text_[at_ + 1] == 'c' || text_[at_ + 1] == 'C') &&
           text_[at_ + 2] == ')' && copyrights();
  }
  // "(c)" is an item of a list unless a year or a name's sign is near.
  bool copyrights() const {
    if (!out_.empty() && out_.back().hash == kCopyright) return true;
    return is_notice(text_.substr(at_ + 3, std::min<std::size_t>(12, text_.find('\n', at_) - at_)));
  }

  void copyright(std::size_t start, std::size_t end) {
    at_ = end;
    if (out_.size() == line_ && skip_notice(start)) return;
    if (!out_.empty() && out_.back().hash == kCopyright) return;
    add(kCopyright, start, end);
  }

  // At the beginning of a line: passes over the line where it is a notice.
  bool skip_notice(std::size_t from) {
    const auto end = std::min(text_.find('\n', from), text_.size());
    if (!is_notice(text_.substr(from, end - from))) return false;
    at_ = end;
    return true;
  }

  void beyond_ascii() {
    const auto byte = [&](std::size_t i) {
      return at_ + i < text_.size() ? static_cast<unsigned char>(text_[at_ + i]) : std::uint8_t{0};
    };
    const auto c = byte(0);
    const bool pair = c >= 0xc2 && c < 0xe0 && (byte(1) & 0xc0U) == 0x80U;
    if (pair && c == 0xc2) {  // U+0080 to U+00BF: signs
      if (byte(1) == 0xa9) return copyright(at_, at_ + 2);
      at_ += 2;
    } else if (c == 0xe2 && (byte(1) == 0x80 || byte(1) == 0x81)) {  // U+2000 to U+207F: punctuation
      at_ += 3;
    } else if (c == 0xef && byte(1) == 0xbb && byte(2) == 0xbf) {  // byte order mark
      at_ += 3;
    } else if (c == 0xe3 && byte(1) == 0x80) {  // U+3000 to U+303F: punctuation of CJK
      at_ += 3;
    } else if (!pair && c < 0xc0) {  // CP1252 and Latin-1: quotes, dashes, signs
      if (c == 0xa9) return copyright(at_, at_ + 1);
      ++at_;
    } else {
      word();
    }
    at_ = std::min(at_, text_.size());
  }

  void word() {
    const auto start = at_;
    auto hash = kNoWord;
    bool digits = true;
    for (; at_ < text_.size(); ++at_) {
      const auto c = static_cast<unsigned char>(text_[at_]);
      const auto kind = kClasses[c];
      if (kind == digit || kind == letter) {
        digits = digits && kind == digit;
        hash = add_to_word(hash, c | (kind == letter ? 0x20U : 0U));
      } else if (c == '.' && digits && at_ + 1 < text_.size() &&
                 kClasses[static_cast<unsigned char>(text_[at_ + 1])] == digit) {
        hash = add_to_word(hash, c);
      } else if (kind == high &&
                 (c >= 0xc3 && !(c == 0xe2 && at_ + 1 < text_.size() && (text_[at_ + 1] & 0x7e) == 0x00))) {
        hash = add_to_word(hash, c);
        digits = false;
        while (at_ + 1 < text_.size() && (static_cast<unsigned char>(text_[at_ + 1]) & 0xc0U) == 0x80U)
          hash = add_to_word(hash, static_cast<unsigned char>(text_[++at_]));
      } else {
        break;
      }
    }
    if (at_ == start) return void(++at_);
    if (out_.size() == line_ && (is_item(start, digits) || (hash == kCopyright && skip_notice(start))))
      return;
    static const Spellings spellings;
    hash = spellings.level(hash);
    if (hash == kCopyright && !out_.empty() && out_.back().hash == kCopyright) return;
    add(hash, start, at_);
  }

  // "1.", "a)", "(iv)", "2.1." at the beginning of a line.
  bool is_item(std::size_t start, bool digits) const {
    const auto size = at_ - start;
    if (size > 5 || at_ == text_.size()) return false;
    const char next = text_[at_];
    if (next != '.' && next != ')' && next != ':') return false;
    if (next == ':' && !digits) return false;
    if (next == '.' && at_ + 1 < text_.size() &&
        kClasses[static_cast<unsigned char>(text_[at_ + 1])] != other)
      return false;
    if (digits) return out_.empty() || out_.back().hash != kVersion;
    if (size == 1) return true;
    return std::ranges::all_of(text_.substr(start, size),
                               [](char c) { return std::strchr("ivxIVX", c) != nullptr; });
  }

  void add(std::uint32_t hash, std::size_t start, std::size_t end) {
    out_.push_back({hash, static_cast<std::uint32_t>(start), static_cast<std::uint32_t>(end)});
  }

  std::string_view text_;
  std::vector<Word>& out_;
  std::size_t at_ = 0;
  std::size_t line_ = 0;  // how many words there were when the line began
};

}  // namespace

void words_of(std::string_view text, std::vector<Word>& out) {
  out.clear();
  out.reserve(text.size() / 6);
  Reader(text, out).run();
}

}  // namespace ostiary::license
