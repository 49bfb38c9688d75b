#include "desk/similar.h"

#include <algorithm>
#include <array>
#include <functional>

#include "base/hash.h"
#include "base/utf8.h"
#include "json/writer.h"
#include "policy/fact_table.h"

namespace ostiary::desk {

namespace {

// Words that a question has whatever it asks. None of them says yes or no.
constexpr auto kFunctionWords = std::to_array<std::string_view>({
    "a",     "about",  "all",   "allowed", "am",     "an",   "and",  "any",   "are",  "as",        "at",
    "be",    "by",     "can",   "could",   "do",     "does", "for",  "from",  "give", "given",     "have",
    "hello", "hi",     "how",   "i",       "if",     "in",   "into", "is",    "it",   "its",       "let",
    "may",   "me",     "might", "my",      "of",     "ok",   "okay", "on",    "our",  "permitted", "please",
    "shall", "should", "so",    "some",    "thanks", "that", "the",  "their", "them", "there",     "this",
    "to",    "us",     "use",   "used",    "using",  "want", "we",   "what",  "when", "where",     "which",
    "will",  "with",   "would", "you",     "your",
});

constexpr double kFunctionWeight = 0.1;

std::uint64_t hash_of(std::string_view text) {
  std::uint64_t h = 0xcbf29ce484222325U;  // FNV-1a: the same on every machine
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return h;
}

char32_t small(char32_t c) {
  if (c >= 'A' && c <= 'Z') return c + 0x20;
  if (c >= 0xc0 && c <= 0xde && c != 0xd7) return c + 0x20;
  if ((c >= 0x391 && c <= 0x3a9) || (c >= 0x410 && c <= 0x42f)) return c + 0x20;
  return c >= 0x400 && c <= 0x40f ? c + 0x50 : c;
}

bool in_word(char32_t c) {
  if (c < 0x80) return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '#';
  return c >= 0xaa && c != 0xab && c != 0xbb && !(c >= 0x2000 && c <= 0x206f) &&
         !(c >= 0x3000 && c <= 0x303f) && c != 0xfffd;
}

// Words in small letters. An apostrophe within one is left out (don't, dont); '.' and '-' between digits or
// letters and digits hold together what is one name (gpt-4.1).
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  const auto end_word = [&] {
    while (!word.empty() && (word.back() == '.' || word.back() == '-')) word.pop_back();
    if (!word.empty()) words.push_back(std::move(word));
    word.clear();
  };
  const auto is_digit = [](std::string_view rest) {
    return !rest.empty() && rest[0] >= '0' && rest[0] <= '9';
  };
  while (!text.empty() && words.size() < Wording::kMostWords) {
    const auto c = small(text::take_code_point(text));
    if (in_word(c))
      text::append_code_point(word, c);
    else if (!word.empty() && (c == '.' || c == '-') && is_digit(text))
      text::append_code_point(word, c);
    else if (word.empty() || (c != '\'' && c != 0x2019))
      end_word();
  }
  end_word();
  if (words.size() > Wording::kMostWords) words.resize(Wording::kMostWords);
  return words;
}

bool has_digit(std::string_view word) {
  return std::ranges::any_of(word, [](char c) { return c >= '0' && c <= '9'; });
}

// Off with the endings that make a word plural or another tense. Names with digits stay.
std::string stem(std::string_view word) {
  if (has_digit(word)) return std::string(word);
  const auto without = [&](std::string_view ending, std::size_t least) {
    return word.size() >= least + ending.size() && word.ends_with(ending);
  };
  if (without("ing", 4))
    word.remove_suffix(3);
  else if (without("ies", 3))
    return std::string(word.substr(0, word.size() - 3)) + "y";
  else if (without("ed", 4))
    word.remove_suffix(2);
  else if (without("es", 4) && !word.ends_with("ses"))
    word.remove_suffix(1);
  else if (without("s", 3) && !word.ends_with("ss") && !word.ends_with("us") && !word.ends_with("is"))
    word.remove_suffix(1);
  if (word.size() > 4 && word.ends_with('e')) word.remove_suffix(1);
  return std::string(word);
}

void sort_once(std::vector<std::uint64_t>& all) {
  std::ranges::sort(all);
  all.erase(std::ranges::unique(all).begin(), all.end());
}

double jaccard(const std::vector<std::uint64_t>& a, const std::vector<std::uint64_t>& b) {
  if (a.empty() && b.empty()) return 1;
  std::size_t both = 0;
  for (auto i = a.begin(), j = b.begin(); i != a.end() && j != b.end();) {
    if (*i == *j)
      ++both, ++i, ++j;
    else if (*i < *j)
      ++i;
    else
      ++j;
  }
  return static_cast<double>(both) / static_cast<double>(a.size() + b.size() - both);
}

double weighted_jaccard(const Wording& a, const Wording& b) {
  if (a.words.empty() && b.words.empty()) return 1;
  double both = 0;
  for (std::size_t i = 0, j = 0; i < a.words.size() && j < b.words.size();) {
    if (a.words[i] == b.words[j])
      both += a.weights[i], ++i, ++j;
    else if (a.words[i] < b.words[j])
      ++i;
    else
      ++j;
  }
  return both / (a.weight + b.weight - both);
}

}  // namespace

Wording wording_of(std::string_view text) {
  static_assert(std::ranges::is_sorted(kFunctionWords));
  Wording out;
  std::vector<std::pair<std::uint64_t, double>> weighted;
  for (const auto& word : words_of(text)) {
    if (!out.plain.empty()) out.plain += ' ';
    out.plain += word;
    const bool function = std::ranges::binary_search(kFunctionWords, std::string_view(word));
    auto root = stem(word);
    weighted.emplace_back(hash_of(root), function ? kFunctionWeight : 1.0);
    if (!function) out.content.push_back(std::move(root));
  }
  std::ranges::sort(weighted);
  weighted.erase(std::ranges::unique(weighted, {}, &std::pair<std::uint64_t, double>::first).begin(),
                 weighted.end());
  for (const auto& [hash, weight] : weighted) {
    out.words.push_back(hash);
    out.weights.push_back(weight);
    out.weight += weight;
  }
  for (std::size_t i = 0; i + 3 <= out.plain.size(); ++i)
    out.trigrams.push_back(hash_of(std::string_view(out.plain).substr(i, 3)));
  for (std::size_t i = 1; i < out.content.size(); ++i)
    out.pairs.push_back(hash_of(out.content[i - 1] + ' ' + out.content[i]));
  sort_once(out.trigrams);
  sort_once(out.pairs);
  return out;
}

double likeness(const Wording& a, const Wording& b) {
  return 0.6 * weighted_jaccard(a, b) + 0.4 * jaccard(a.trigrams, b.trigrams);
}

bool asks_the_same(const Wording& a, const Wording& b) {
  if (a.content.empty() || b.content.empty()) return false;
  auto left = a.content, right = b.content;
  std::ranges::sort(left);
  std::ranges::sort(right);
  left.erase(std::ranges::unique(left).begin(), left.end());
  right.erase(std::ranges::unique(right).begin(), right.end());
  return left == right && jaccard(a.pairs, b.pairs) >= kSameOrder;
}

std::string facts_of_question(const policy::Facts& facts) {
  std::string out = "{";
  for (const auto& fact : facts.all()) {
    const auto index = policy::fact_index(fact.name);
    if (!index || fact.name == "subject.id" || fact.name == "subject.key" || fact.name.starts_with("time."))
      continue;
    const auto type = policy::fact_table()[*index].type;
    if (type == policy::FactType::count || type == policy::FactType::bytes ||
        type == policy::FactType::moment)
      continue;
    auto plain = fact;
    plain.source.clear();
    if (auto* words = std::get_if<std::vector<std::string>>(&plain.value)) {
      std::ranges::sort(*words);
      words->erase(std::ranges::unique(*words).begin(), words->end());
    }
    if (out.size() > 1) out += ',';
    policy::append_json(out, plain);
  }
  return out + "}";
}

std::string fingerprint_of(std::string_view text, const policy::Facts& facts,
                           const std::vector<policy::RuleRef>& rules) {
  std::vector<std::string> ids;
  for (const auto& rule : rules) ids.push_back(rule.id);
  std::ranges::sort(ids);
  std::string all = "ostiary-question 1\n" + wording_of(text).plain + "\n" + facts_of_question(facts) + "\n";
  for (const auto& id : ids) all += json::quoted(id) + "\n";
  const auto digest = sha256(all);
  return hex(std::span(digest).first(16));
}

}  // namespace ostiary::desk
