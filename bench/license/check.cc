// How long it takes to judge a licence, an expression and the lineage of a model, held to the target of
// docs/licenses.md. Every licence of the catalogue is judged in turn.
//   license_check [ROUNDS]
#include "license/check.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fmt/format.h>
#include <string>
#include <vector>

#include "license/conflicts.h"

namespace {

using namespace ostiary;
using Clock = std::chrono::steady_clock;

constexpr double kTarget = 50;  // microseconds

license::Profile ours() {
  license::Profile out;
  out.revenue = 40'000'000;
  out.monthly_users = 200'000;
  out.territories = {"DE", "US"};
  out.purpose = license::Purpose::product;
  out.distributes = out.modifies = out.hosts = true;
  out.trains = out.trains_on_outputs = false;
  return out;
}

struct Times {
  double median = 0, worst = 0;
};

// In microseconds, of each of `of` over `rounds`: the least of the rounds counts for one of them.
template <class Run>
Times measured(std::size_t of, int rounds, Run run) {
  std::vector<double> least(of, 1e9);
  for (int round = 0; round < rounds; ++round)
    for (std::size_t i = 0; i < of; ++i) {
      const auto from = Clock::now();
      run(i);
      least[i] = std::min(least[i], std::chrono::duration<double, std::micro>(Clock::now() - from).count());
    }
  std::ranges::sort(least);
  return {least[of / 2], least.back()};
}

void tell(std::string_view what, std::size_t of, const Times& times, bool& missed, double target) {
  const bool over = target > 0 && times.worst > target;
  missed = missed || over;
  fmt::print("{:40} {:5} of them: median {:7.1f} us, worst {:7.1f} us{}\n", what, of, times.median,
             times.worst, target == 0 ? "" : (over ? ", over the target" : ", within the target"));
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::max(1, std::atoi(argv[1])) : 200;
  const auto& known = catalog::licenses();
  const auto profile = ours();
  std::size_t sink = 0;
  bool missed = false;

  const auto& all = known.all();
  tell(
      "a licence of the catalogue", all.size(),
      measured(all.size(), rounds,
               [&](std::size_t i) { sink += license::check(all[i].license, known, profile).reasons.size(); }),
      missed, kTarget);
  const std::vector<std::string> expressions = {"MIT OR Apache-2.0", "(MIT OR GPL-3.0-only) AND BSD-3-Clause",
                                                "GPL-2.0-only WITH Classpath-exception-2.0",
                                                "LicenseRef-Llama-3.1-Community AND CC-BY-NC-4.0"};
  tell(
      "an expression", expressions.size(),
      measured(expressions.size(), rounds,
               [&](std::size_t i) { sink += license::check(expressions[i], known, profile).reasons.size(); }),
      missed, kTarget);
  const std::vector<std::string> models = {
      "databricks/dolly-v1-6b", "deepseek-ai/DeepSeek-R1-Distill-Llama-70B",
      "togethercomputer/RedPajama-INCITE-7B-Base", "cagliostrolab/animagine-xl-3.1"};
  tell("the lineage of a model", models.size(),
       measured(models.size(), rounds,
                [&](std::size_t i) {
                  if (const auto work = license::catalogued(models[i]))
                    sink += license::examine(*work, license::catalogued, known).duties.size();
                }),
       missed, 0);
  return missed || sink == 0 ? 1 : 0;
}
