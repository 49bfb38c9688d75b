// From texts to the index that the program embeds.

#include <algorithm>
#include <array>
#include <bit>
#include <fmt/format.h>
#include <map>
#include <unordered_map>
#include <zlib.h>

#include "license/impl/index.h"
#include "license/impl/words.h"

namespace ostiary::license {

namespace {

constexpr std::string_view kMagic = "OSTLIC1\n";
constexpr std::size_t kMostTokens = 65'535;

// A text without its marks, and what the marks say at which byte of it.
struct Plain {
  struct Mark {
    std::size_t at, end;  // of a variable: the bytes that may be replaced
    Token token;
  };
  std::string text;
  std::vector<Mark> marks;
};

// Marks of tools/license_texts.py: \1 optional \2, \3 words \4 original \5.
Plain plain_of(std::string_view marked) {
  Plain out;
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < marked.size(); ++i) {
    const char c = marked[i];
    if (c == '\1' || c == '\2') {
      out.marks.push_back({out.text.size(), out.text.size(), c == '\1' ? kOptionalBegins : kOptionalEnds});
    } else if (c == '\3') {
      unsigned words = 0;
      while (++i < marked.size() && marked[i] != '\4')
        words = words * 10 + static_cast<unsigned>(marked[i] - '0');
      open.push_back(out.marks.size());
      out.marks.push_back({out.text.size(), out.text.size(),
                           static_cast<Token>(kVariable + std::min<unsigned>(words, kMostVariable))});
    } else if (c == '\5') {
      if (open.empty()) continue;
      out.marks[open.back()].end = out.text.size();
      open.pop_back();
    } else {
      out.text += c;
    }
  }
  return out;
}

class Compiler {
 public:
  Result<> add(const IndexedText& text) {
    Entry entry{};
    entry.id = static_cast<std::uint32_t>(strings_.size());
    entry.id_size = static_cast<std::uint32_t>(text.id.size());
    strings_ += text.id;
    entry.kind = text.kind;
    if (entries_.size() >= kMostTokens)
      return fail(Code::too_large, "too many texts of licences for the index", text.id);
    const auto number = static_cast<std::uint16_t>(entries_.size());
    entry.tokens = static_cast<std::uint32_t>(tokens_.size());
    if (text.kind == TextKind::fingerprint) {
      entry.words = entry.shingles = static_cast<std::uint32_t>(text.shingles.size());
      for (const auto hash : text.shingles) table_[hash].push_back({number, 0});
    } else {
      const auto plain = plain_of(text.text);
      TRY_VOID(tokens(plain, text.id));
      entry.token_count = static_cast<std::uint32_t>(tokens_.size() - entry.tokens);
      count_and_index(entry, number);
      if (text.kind == TextKind::license || text.kind == TextKind::exception) pack(plain.text, entry);
    }
    entries_.push_back(entry);
    return {};
  }

  std::string finish() {
    std::vector<Posting> postings;
    const auto size = std::bit_ceil(std::max<std::size_t>(table_.size() * 2, 8));
    std::vector<Slot> slots(size);
    for (const auto& [hash, where] : table_) {
      auto at = hash & (size - 1);
      while (slots[at].count != 0) at = (at + 1) & (size - 1);
      slots[at] = {hash, static_cast<std::uint32_t>(postings.size()),
                   static_cast<std::uint32_t>(where.size())};
      postings.insert(postings.end(), where.begin(), where.end());
    }
    const std::array<std::string_view, 7> parts = {bytes_of(entries_),
                                                   bytes_of(tokens_),
                                                   bytes_of(vocabulary_),
                                                   bytes_of(slots),
                                                   bytes_of(postings),
                                                   strings_,
                                                   packed_};
    std::string out(kMagic);
    for (const auto part : parts) {
      const std::uint64_t bytes = part.size();
      out.append(reinterpret_cast<const char*>(&bytes), sizeof bytes);
    }
    for (const auto part : parts) {
      out += part;
      out.resize((out.size() + 7) & ~std::size_t{7});
    }
    return out;
  }

 private:
  template <class T>
  static std::string_view bytes_of(const std::vector<T>& all) {
    return {reinterpret_cast<const char*>(all.data()), all.size() * sizeof(T)};
  }

  Result<> tokens(const Plain& plain, const std::string& id) {
    std::vector<Word> words;
    words_of(plain.text, words);
    if (words.size() + plain.marks.size() > kMostTokens)
      return fail(Code::too_large, "a text of a licence is too long for the index", id);
    std::size_t mark = 0, replaced = 0;
    for (const auto& word : words) {
      for (; mark < plain.marks.size() && plain.marks[mark].at <= word.start; ++mark)
        replaced = std::max(replaced, put(plain.marks[mark]));
      if (word.start < replaced) continue;
      TRY(const auto token, number_of(word.hash));
      tokens_.push_back(token);
    }
    for (; mark < plain.marks.size(); ++mark) put(plain.marks[mark]);
    return {};
  }
  std::size_t put(const Plain::Mark& mark) {
    tokens_.push_back(mark.token);
    return mark.token >= kVariable ? mark.end : 0;
  }

  Result<Token> number_of(std::uint32_t hash) {
    const auto [at, is_new] = numbers_.emplace(hash, static_cast<Token>(vocabulary_.size()));
    if (is_new && vocabulary_.size() >= kMostTokens)
      return fail(Code::too_large, "too many words for the index of licence texts");
    if (is_new) vocabulary_.push_back(hash);
    return at->second;
  }

  // Counts the words that must stand there, and puts every n-th shingle into the table: a text is found by 64
  // of them or by all it has.
  void count_and_index(Entry& entry, std::uint16_t number) {
    const auto text = std::span(tokens_).subspan(entry.tokens);
    const auto step = std::clamp<std::size_t>(text.size() / 64, 1, 8);
    std::size_t depth = 0, run = 0, since = step;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == kOptionalBegins) ++depth;
      if (text[i] == kOptionalEnds && depth > 0) --depth;
      run = is_word(text[i]) ? run + 1 : 0;
      entry.words += is_word(text[i]) && depth == 0;
      ++since;
      if (run < kShingle || since < step) continue;
      since = 0;
      const auto first = i + 1 - kShingle;
      table_[shingle([&](std::size_t k) { return vocabulary_[text[first + k]]; })].push_back(
          {number, static_cast<std::uint16_t>(first)});
      entry.shingles += 1;
    }
  }

  void pack(const std::string& text, Entry& entry) {
    uLongf size = compressBound(text.size());
    std::string out(size, '\0');
    compress2(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(text.data()),
              text.size(), 9);
    entry.packed = static_cast<std::uint32_t>(packed_.size());
    entry.packed_size = static_cast<std::uint32_t>(size);
    entry.text_size = static_cast<std::uint32_t>(text.size());
    packed_.append(out, 0, size);
  }

  std::vector<Entry> entries_;
  std::vector<Token> tokens_;
  std::vector<std::uint32_t> vocabulary_ = std::vector<std::uint32_t>(kFirstWord, 0);
  std::unordered_map<std::uint32_t, Token> numbers_;
  std::map<std::uint32_t, std::vector<Posting>> table_;
  std::string strings_, packed_;
};

}  // namespace

Result<std::string> compile_index(const std::vector<IndexedText>& texts) {
  Compiler compiler;
  for (const auto& text : texts) TRY_VOID(compiler.add(text));
  return compiler.finish();
}

std::vector<std::uint32_t> fingerprint_of(std::string_view text) {
  std::vector<Word> words;
  words_of(text, words);
  std::vector<std::uint32_t> out;
  for (std::size_t i = 0; i + kShingle <= words.size(); ++i)
    if (const auto hash = shingle([&](std::size_t k) { return words[i + k].hash; }); in_fingerprint(hash))
      out.push_back(hash);
  std::ranges::sort(out);
  out.erase(std::ranges::unique(out).begin(), out.end());
  return out;
}

}  // namespace ostiary::license
