#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "base/file.h"
#include "model/impl/pickle_machine.h"
#include "model/read.h"

namespace ostiary::model {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
namespace fs = std::filesystem;

const std::string kCorpus = OSTIARY_SOURCE_DIR "/tests/corpus/pickle/";

// The worst severity that the reader tells of a file of the corpus; -1: nothing above low.
int worst(const fs::path& path, std::string& told) {
  const auto bytes = read_file(path.string());
  EXPECT_TRUE(bytes);
  auto name = path.filename().string();
  if (const auto at = name.find("--"); at != std::string::npos) name = name.substr(at + 2);
  const auto facts = read({name, *bytes, bytes->size()});
  int out = -1;
  for (const auto& one : facts.hazards) {
    told += "\n  " + one.id + ": " + one.detail;
    if (one.severity > Severity::low) out = std::max(out, static_cast<int>(one.severity));
  }
  return out;
}

// The labelled files that are archives of archives belong to tests/model, which runs the program over all.
bool is_nested(const fs::path& path) {
  const auto name = path.filename().string();
  return name.ends_with(".zip") || name.ends_with(".txt");
}

TEST(Pickle, every_hostile_one_of_the_corpus_is_told) {
  std::size_t seen = 0;
  for (const auto& entry : fs::directory_iterator(kCorpus + "hostile")) {
    if (is_nested(entry.path())) continue;
    std::string told;
    ++seen;
    EXPECT_GE(worst(entry.path(), told), 0) << entry.path() << told;
  }
  EXPECT_GE(seen, 100U);
}

TEST(Pickle, every_harmless_one_of_the_corpus_passes) {
  std::size_t seen = 0;
  for (const auto& entry : fs::directory_iterator(kCorpus + "harmless")) {
    if (is_nested(entry.path())) continue;
    std::string told;
    ++seen;
    EXPECT_EQ(worst(entry.path(), told), -1) << entry.path() << told;
  }
  EXPECT_GE(seen, 50U);
}

TEST(Pickle, hostile_ones_are_still_told_when_they_are_cut_behind_the_call) {
  for (const auto* name :
       {"os-system.pkl", "stack-global.pkl", "inst.pkl", "obj.pkl", "names-from-the-memo.pkl"}) {
    const auto bytes = read_file(kCorpus + "hostile/" + name);
    ASSERT_TRUE(bytes);
    const auto facts =
        read({"x.pkl", std::string_view(*bytes).substr(0, bytes->size() - 1), bytes->size() - 1});
    EXPECT_TRUE(std::ranges::any_of(facts.hazards, [](const auto& one) { return one.id == "pickle-runs"; }))
        << name;
    EXPECT_FALSE(facts.partial.empty()) << name;
  }
}

TEST(Pickle, a_hazard_stands_where_its_opcode_does) {
  const auto bytes = read_file(kCorpus + "hostile/zip--model.pt");
  ASSERT_TRUE(bytes);
  const auto facts = read({"model.pt", *bytes, bytes->size()});
  const auto at = std::ranges::find(facts.hazards, "pickle-runs", &Hazard::id);
  ASSERT_NE(at, facts.hazards.end());
  EXPECT_EQ(bytes->substr(at->start, at->end - at->start), "cos\nsystem\n");
  EXPECT_THAT(at->detail, HasSubstr("archive/data.pkl: calls os.system"));
}

TEST(Pickle, lists_of_paths_of_python_are_none) {
  const std::string_view text = "import os; os.environ.get('A')\n/usr/lib/x\n";
  EXPECT_EQ(read({"x.pth", text, text.size()}).role, Role::none);
  const std::string_view old = "cos\nsystem\n(S'x'\ntR.";
  EXPECT_EQ(read({"x.pth", old, old.size()}).hazards.size(), 1U);
}

TEST(Pickle, tensors_of_torch_are_counted) {
  const auto bytes = read_file(kCorpus + "harmless/torch-bfloat16--pytorch_model.bin");
  ASSERT_TRUE(bytes);
  const auto facts = read({"pytorch_model.bin", *bytes, bytes->size()});
  EXPECT_EQ(facts.format, "pytorch");
  EXPECT_EQ(facts.parameters, 4);
  EXPECT_EQ(facts.quantization, "BF16");
}

TEST(Pickle, stack_memo_and_nesting_are_bounded) {
  using std::string_view_literals::operator""sv;
  const auto broken = [](std::string bytes) { return follow_pickle(bytes, 0).broken; };
  EXPECT_THAT(broken("\x80\x04" + std::string(5'000'000, 'N')), HasSubstr("more values at once"));
  EXPECT_THAT(broken("\x80\x04" + std::string(5'000'000, '(')), HasSubstr("more marks"));
  std::string memos = "\x80\x04N";
  for (std::uint32_t i = 0; i < 4'200'000; ++i) {
    memos += 'r';
    for (unsigned b = 0; b < 4; ++b) memos.push_back(static_cast<char>(((i * 997) >> (8 * b)) & 0xff));
  }
  EXPECT_THAT(broken(memos + "."), HasSubstr("more memos"));
  // A text that claims to be longer than anything.
  EXPECT_THAT(broken("\x80\x04\x8d" + std::string("\xff\xff\xff\xff\xff\xff\xff\x7f") + "x"),
              HasSubstr("within an opcode"));
}

TEST(Pickle, bytes_that_are_loaded_again_and_again_are_judged_once) {
  std::string inner = "cos\nsystem\n(V\ntR.";
  for (int level = 0; level < 6; ++level) {
    std::string outer =
        "\x80\x02"
        "B";
    for (unsigned b = 0; b < 4; ++b) outer.push_back(static_cast<char>((inner.size() >> (8 * b)) & 0xff));
    outer += inner + "q" + '\0' + "0";
    for (int i = 0; i < 90; ++i) outer += std::string("ctorch.storage\n_load_from_bytes\n(h\0tR0", 38);
    inner = outer + "N.";
  }
  const auto facts = read({"x.pkl", inner, inner.size()});
  EXPECT_TRUE(
      std::ranges::any_of(facts.hazards, [](const auto& one) { return one.detail.contains("os.system"); }));
}

TEST(Pickle, every_opcode_of_the_protocols_is_followed) {
  // As CPython's pickletools lists them.
  constexpr std::string_view all =
      "()0122FGIJKLMNPQRSTUVX]abcdeghijlopqrstu}\x80\x81\x82\x83\x84\x85\x86\x87\x88\x89\x8a\x8b"
      "BC\x8c\x8d\x8e\x8f\x90\x91\x92\x93\x94\x95\x96\x97\x98.";
  for (const char op : all) {
    const auto trace = follow_pickle(std::string(1, op) + std::string(64, '\0'), 0);
    EXPECT_THAT(trace.broken, ::testing::Not(HasSubstr(fmt::format("opcode {:#04x} at byte 0 is none",
                                                                   static_cast<unsigned char>(op)))));
  }
}

}  // namespace
}  // namespace ostiary::model
