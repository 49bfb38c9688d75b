#include "inspect/own_code.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <unordered_map>

#include "base/file.h"
#include "inspect/impl/own_code_file.h"

namespace ostiary::inspect {

namespace {

using own::Posting;
using own::View;

constexpr auto kWindow = static_cast<std::uint32_t>(lex::Fingerprints::kWindow);
constexpr std::uint32_t kMostGap = 24;      // items between windows of one span, on either side
constexpr std::uint32_t kLeastExact = 32;   // items of a span that are the same,
constexpr std::uint32_t kLeastTokens = 48;  // or the same but for names

// Windows of a text that follow on one another in a file as in the text.
struct Chain {
  std::uint32_t first = 0, end = 0;     // items of the text
  std::uint32_t in_file = 0;            // where the last window begins there
  std::uint32_t tokens = 0, exact = 0;  // covered
  std::uint32_t exact_end = 0;
  std::uint32_t first_line = 0, last_line = 0;

  // How far text and file differ in what lies between the last window and this one; nothing where they do
  // not follow on one another in both.
  std::optional<std::uint32_t> drift(std::uint32_t at, const Posting& posting) const {
    if (at > end + kMostGap || posting.item <= in_file || posting.item > in_file + kWindow + kMostGap)
      return std::nullopt;
    const auto here = std::int64_t{at} - (std::int64_t{end} - kWindow);
    const auto there = std::int64_t{posting.item} - std::int64_t{in_file};
    const auto apart = static_cast<std::uint32_t>(std::abs(here - there));
    return apart <= kMostGap ? std::optional(apart) : std::nullopt;
  }
  void take(std::uint32_t at, const Posting& posting, bool same) {
    tokens += at + kWindow - std::max(end, at);
    end = at + kWindow;
    in_file = posting.item;
    last_line = std::max(last_line, (posting.lines >> 8) + (posting.lines & 0xff));
    if (!same) return;
    exact += at + kWindow - std::max(exact_end, at);
    exact_end = at + kWindow;
  }
  bool counts() const { return exact >= kLeastExact || tokens >= kLeastTokens; }
};

class Chains {
 public:
  // Code that resembles itself stands at several places of one file: each is followed.
  void take(std::uint32_t at, const Posting& posting, bool same) {
    auto& open = open_[posting.file];
    Chain* best = nullptr;
    std::uint32_t least = kMostGap + 1;
    for (auto& chain : open) {
      if (chain.end == at + kWindow) continue;
      const auto drift = chain.drift(at, posting);
      if (!drift || *drift > least || (*drift == least && best && chain.tokens <= best->tokens)) continue;
      best = &chain, least = *drift;
    }
    if (!best) {
      best = &place_for_new(open, posting.file, at);
      *best = {.first = at, .end = at, .exact_end = at, .first_line = posting.lines >> 8};
    }
    best->take(at, posting, same);
  }
  // Those that count, by place; of what two have the longer one keeps it.
  std::vector<std::pair<std::uint32_t, Chain>> finish() {
    for (const auto& [file, open] : open_)
      for (const auto& chain : open) close(file, chain);
    std::ranges::sort(done_, [](const auto& a, const auto& b) {
      return std::tuple(b.second.tokens, b.second.exact, a.second.first, a.first) <
             std::tuple(a.second.tokens, a.second.exact, b.second.first, b.first);
    });
    std::vector<std::pair<std::uint32_t, Chain>> out;
    std::map<std::uint32_t, std::uint32_t> taken;  // begins by ends
    for (auto [file, chain] : done_) {
      if (!free_part(taken, chain)) continue;
      taken.emplace(chain.end, chain.first);
      out.emplace_back(file, chain);
      if (out.size() == kMostSpans) break;
    }
    std::ranges::sort(out, {}, [](const auto& one) { return one.second.first; });
    return out;
  }

 private:
  static constexpr std::size_t kMostSpans = 1000;
  // Cuts off a chain what a longer one has; false where no window is left.
  static bool free_part(const std::map<std::uint32_t, std::uint32_t>& taken, Chain& chain) {
    auto next = taken.upper_bound(chain.first);
    if (next != taken.end() && next->second <= chain.first) chain.first = (next++)->first;
    if (next != taken.end()) chain.end = std::min(chain.end, next->second);
    return chain.end >= chain.first + kWindow;
  }
  void close(std::uint32_t file, const Chain& chain) {
    if (chain.counts()) done_.emplace_back(file, chain);
  }
  // One that nothing can follow any more gives way, or else the shortest.
  Chain& place_for_new(std::vector<Chain>& open, std::uint32_t file, std::uint32_t at) {
    if (open.size() < kMostOpen) return open.emplace_back();
    auto& out = *std::ranges::min_element(open, {}, [&](const Chain& chain) {
      return std::tuple(chain.end + kMostGap >= at, chain.tokens, chain.end);
    });
    close(file, out);
    return out;
  }
  static constexpr std::size_t kMostOpen = 8;                   // of one file
  std::unordered_map<std::uint32_t, std::vector<Chain>> open_;  // by file
  std::vector<std::pair<std::uint32_t, Chain>> done_;
};

class FileOfOwnCode final : public OwnCode {
 public:
  FileOfOwnCode(MappedFile file, const View& view)
      : file_(std::move(file)), view_(view), prints_(view.head().key) {}

  std::vector<OwnSpan> find(std::string_view text) const override {
    const auto items = prints_.items(text);
    Chains chains;
    for (const auto& window : prints_.windows(items)) {
      if (!window.telling) continue;
      const auto [first, last] = view_.bucket(window.renamed);
      for (auto i = first; i < last; ++i) {
        const auto posting = view_.posting(i);
        if (posting.hash != window.renamed || posting.file >= view_.head().files) continue;
        const bool same = posting.exact == window.exact;
        if (same || !window.repeats) chains.take(window.first, posting, same);
      }
    }
    std::vector<OwnSpan> out;
    for (const auto& [index, chain] : chains.finish()) {
      const auto file = view_.file(index);
      out.push_back({.start = items[chain.first].start,
                     .end = items[chain.end - 1].end,
                     .tokens = chain.tokens,
                     .exact_tokens = chain.exact,
                     .repository = std::string(view_.repository(file)),
                     .path = std::string(view_.path(file)),
                     .first_line = chain.first_line,
                     .last_line = chain.last_line});
    }
    return out;
  }

 private:
  MappedFile file_;
  View view_;
  lex::Fingerprints prints_;
};

}  // namespace

Result<std::shared_ptr<const OwnCode>> open_own_code(const std::string& path) {
  TRY(auto file, MappedFile::open(path));
  TRY(const auto view, View::of(file.bytes(), path));
  return std::make_shared<const FileOfOwnCode>(std::move(file), view);
}

}  // namespace ostiary::inspect
