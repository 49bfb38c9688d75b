#include "inspect/tokens.h"

#include <cmath>
#include <gtest/gtest.h>
#include <string>

namespace ostiary::inspect {
namespace {

struct Sample {
  const char* name;
  std::string_view text;
  double counted;  // by o200k_base
  double within;   // of that
};

const Sample kSamples[] = {
    {"English",
     R"(A gateway stands between programs and the services that they ask. It knows who asks, how much each of them may
spend in a month, and what has been spent already. When sixty-four requests arrive at the same moment and the budget
has room for one of them, exactly one goes through: the others hear how much was used and when it is free again.
Nobody likes to be refused, which is why the refusal says what can be done. Counting afterwards is not enough, because
what was sent cannot be taken back; so the gate sets aside what an answer may cost before it asks, and gives back what
was not needed once the answer has come. Most answers are much shorter than they might have been.)",
     148, 0.15},
    {"C++",
     R"(std::uint64_t MinuteWindow::used(MonoNs now) {
  const auto second = now / kSecond;
  if (second - newest_ >= static_cast<std::int64_t>(slots_.size())) slots_.fill(0);
  for (; newest_ < second; ++newest_) {
    auto& slot = slots_[static_cast<std::size_t>((newest_ + 1) % kSlots)];
    sum_ -= slot;
    slot = 0;  // it is a minute old
  }
  return sum_;
}

// Thread-safe: each account has a lock of its own.
bool Account::admit(const Wanted& wanted, MonoNs now) {
  const std::lock_guard lock(mutex_);
  if (limits_.tokens && window_.used(now) + reserved_ + wanted.tokens > *limits_.tokens) return false;
  reserved_ += wanted.tokens;
  return true;
})",
     193, 0.15},
    {"Python",
     R"(def counted(path, encoding="utf-8"):
    """How often each word stands in a file, the most frequent first."""
    words = collections.Counter()
    with open(path, encoding=encoding) as file:
        for number, line in enumerate(file, start=1):
            if line.startswith("#"):
                continue
            for word in re.findall(r"[\w']+", line.lower()):
                words[word] += 1
    return sorted(words.items(), key=lambda item: (-item[1], item[0]))


if __name__ == "__main__":
    for word, n in counted(sys.argv[1])[:20]:
        print(f"{n:6d} {word}")
)",
     144, 0.15},
    {"German",
     R"(Wer eine Anfrage stellt, weiß selten, wie lang die Antwort wird. Deshalb legt das Tor vorher zurück, was sie höchstens
kosten darf, und gibt nachher heraus, was nicht gebraucht wurde. Überschreitet eine Gruppe ihr Budget, so hört der
nächste, der fragt, wie viel verbraucht ist, wessen Grenze es war und ab wann wieder Platz sein wird.)",
     80, 0.25},
    {"Chinese",
     R"(网关站在程序和它们所调用的服务之间。它知道是谁在提问,每个团队一个月可以花多少钱,以及已经花了多少。当六十四个请求同时到达,
而预算只够其中一个时,只有一个会通过,其余的会得知已经用了多少,以及什么时候可以再试。)",
     73, 0.25},
};

TEST(Tokens, AreEstimatedNearWhatATokenizerCounts) {
  for (const auto& sample : kSamples) {
    const auto error = static_cast<double>(estimate_tokens(sample.text)) / sample.counted - 1;
    EXPECT_LE(std::abs(error), sample.within) << sample.name << ": " << error;
  }
}

TEST(Tokens, AreTheSameHoweverTheTextIsCut) {
  for (const auto& sample : kSamples) {
    for (const std::size_t piece : {1UL, 3UL, 15UL, 16UL, 17UL, 100UL}) {
      TokenEstimate estimate;
      for (std::size_t at = 0; at < sample.text.size(); at += piece)
        estimate.feed(sample.text.substr(at, piece));
      EXPECT_EQ(estimate.tokens(), estimate_tokens(sample.text)) << sample.name << " in pieces of " << piece;
    }
  }
}

TEST(Tokens, NothingIsNoneAndSomethingIsAtLeastOne) {
  EXPECT_EQ(estimate_tokens(""), 0u);
  EXPECT_EQ(estimate_tokens("a"), 1u);
  EXPECT_EQ(estimate_tokens("Hello"), 2u);
  EXPECT_GE(estimate_tokens("\xf0\x9f\x99\x82"), 1u);
}

TEST(Tokens, ManyBytesDoNotOverflowTheSums) {
  const std::string dear(1'000'000, '\xf0');  // no text, and the dearest byte there is
  EXPECT_EQ(estimate_tokens(dear), 2'500'000u);
}

}  // namespace
}  // namespace ostiary::inspect
