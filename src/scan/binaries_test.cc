#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scan/impl/detectors.h"
#include "scan/impl/executables.h"
#include "scan/impl/formats.h"

namespace ostiary::scan {
namespace {

using std::string_view_literals::operator""sv;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

// What is found in a file, as "kind name grade".
std::vector<std::string> found(std::string_view path, std::string_view bytes) {
  Signs signs;
  signs_in_binary({path, bytes}, bytes.size(), signs);
  std::vector<std::string> out;
  for (const auto& sign : signs.all)
    out.push_back(fmt::format("{} {} {}{}{}", name(sign.kind), sign.name, name(sign.grade),
                              sign.version.empty() ? "" : " ", sign.version));
  return out;
}

std::string with_size(std::string_view json) {
  std::string out(8, '\0');
  out[0] = static_cast<char>(json.size());
  return out.append(json);
}

// A little ELF file: header, PT_LOAD over all of it, PT_DYNAMIC, and the strings of what it needs.
class ElfFile {
 public:
  ElfFile(bool wide, bool big) : wide_(wide), big_(big) {}
  std::string made(const std::vector<std::string>& needed, const std::string& soname = {},
                   bool with_sections = false) {
    std::string strings(1, '\0');
    const auto add = [&](const std::string& name) {
      const auto at = strings.size();
      strings += name + '\0';
      return at;
    };
    std::vector<std::pair<std::uint64_t, std::uint64_t>> entries;
    for (const auto& name : needed) entries.emplace_back(1, add(name));
    if (!soname.empty()) entries.emplace_back(14, add(soname));
    const std::uint64_t header = wide_ ? 64 : 52, segment = wide_ ? 56 : 32;
    const std::uint64_t dynamic = header + 2 * segment;
    const std::uint64_t dynamic_size = (entries.size() + 2) * (wide_ ? 16 : 8);
    const std::uint64_t strings_at = dynamic + dynamic_size;
    constexpr std::uint64_t base = 0x400000;
    entries.emplace_back(5, base + strings_at);
    entries.emplace_back(0, 0);
    const auto sections = strings_at + strings.size();

    out_ =
        "\x7f"
        "ELF";
    out_ += static_cast<char>(wide_ ? 2 : 1);
    out_ += static_cast<char>(big_ ? 2 : 1);
    out_.resize(16);
    put(3, 2), put(62, 2), put(1, 4);
    word(0), word(with_sections ? 0 : header), word(with_sections ? sections : 0);
    put(0, 4), put(header, 2), put(segment, 2), put(with_sections ? 0 : 2, 2);
    put(wide_ ? 64 : 40, 2), put(with_sections ? 2 : 0, 2), put(0, 2);
    program_header(1, 0, base, sections);
    program_header(2, dynamic, base + dynamic, dynamic_size);
    for (const auto& [tag, value] : entries) word(tag), word(value);
    out_ += strings;
    if (with_sections) {
      section(6, dynamic, dynamic_size, 1);
      section(3, strings_at, strings.size(), 0);
    }
    return out_;
  }

 private:
  void put(std::uint64_t value, unsigned size) {
    for (unsigned i = 0; i < size; ++i)
      out_ += static_cast<char>(value >> (8 * (big_ ? size - 1 - i : i)) & 0xff);
  }
  void word(std::uint64_t value) { put(value, wide_ ? 8 : 4); }
  void program_header(std::uint64_t type, std::uint64_t at, std::uint64_t address, std::uint64_t size) {
    put(type, 4);
    if (wide_) put(4, 4);
    word(at), word(address), word(address), word(size), word(size);
    if (!wide_) put(4, 4);
    word(8);
  }
  void section(std::uint64_t type, std::uint64_t at, std::uint64_t size, std::uint64_t link) {
    put(0, 4), put(type, 4), word(0), word(0), word(at), word(size), put(link, 4), put(0, 4), word(8),
        word(0);
  }
  bool wide_, big_;
  std::string out_;
};

TEST(Formats, model_files_are_told_by_first_bytes_whatever_they_are_called) {
  EXPECT_THAT(found("a/thing.dat", "GGUF\3\0\0\0\0\0\0\0"sv), ElementsAre("model-file thing.dat declared"));
  EXPECT_THAT(found("w/old-ggml.bin", "tjgg\3\0\0\0\0\0"sv), ElementsAre("model-file old-ggml.bin declared"));
  EXPECT_THAT(found("x.bin", "\x1c\0\0\0TFL3\0\0\0\0"sv), ElementsAre("model-file x.bin declared"));
  EXPECT_THAT(found("blob", with_size(R"({"w": {"dtype": "F32"}})")),
              ElementsAre("model-file blob declared"));
  EXPECT_THAT(found("t", "PAR1\x15\0\x15\x02PAR1"sv), ElementsAre("dataset t declared"));
}

TEST(Formats, bytes_that_other_files_begin_with_need_the_name_too) {
  EXPECT_THAT(found("a.zip", "PK\3\4\x14\0\0\0\0\0"sv), IsEmpty());
  EXPECT_THAT(found("net.pt", "PK\3\4\x14\0\0\0\0\0"sv), ElementsAre("model-file net.pt declared"));
  EXPECT_THAT(found("a.bin", "\xff\xff\xff\xff\x10\0\0\0"sv), IsEmpty());
  EXPECT_THAT(found("data-00000-of-00001.arrow", "\xff\xff\xff\xff\x10\0\0\0"sv),
              ElementsAre("dataset data-00000-of-00001.arrow declared"));
  EXPECT_THAT(found("x.json", "\1\0\0\0\0\0\0\0{\"a"sv), IsEmpty());
  EXPECT_THAT(found("x.safetensors", "\1\0\0\0\0\0\0\0{\"a"sv), IsEmpty())
      << "the header is longer than it says";
  EXPECT_THAT(found("notes.txt", "GGUF is a format\n"), IsEmpty());
  EXPECT_THAT(found("notes.txt", "PAR1 begins a file\nPAR1"), IsEmpty());
}

TEST(Formats, names_that_other_files_have_need_the_bytes_too) {
  EXPECT_THAT(found("locale/site.pt", "Bem-vindo ao porto\n"), IsEmpty());
  EXPECT_THAT(found("parts/list.onnx", "not a net: a list of onyx beads\n"), IsEmpty());
  EXPECT_THAT(found("m/model.onnx", "\x08\x08\x12\x07pytorch"),
              ElementsAre("model-file model.onnx declared"));
  EXPECT_THAT(found("layout.xml", "<?xml version=\"1.0\"?>\n<net name=\"m\" version=\"11\">"),
              ElementsAre("model-file layout.xml declared"));
  EXPECT_THAT(found("pom.xml", "<?xml version=\"1.0\"?>\n<project>"), IsEmpty());
}

TEST(Formats, what_carries_many_things_needs_a_second_sign) {
  const auto pickle = "\x80\x04\x95\x10\0\0\0\0\0\0\0}"sv;
  EXPECT_THAT(found("cache/session.pkl", pickle), IsEmpty());
  EXPECT_THAT(found("out/spam_classifier.pkl", pickle),
              ElementsAre("model-file spam_classifier.pkl declared"));
  EXPECT_THAT(found("out/a.pkl", std::string(pickle) + "\x8c\x1bsklearn.linear_model._base\x94"),
              ElementsAre("model-file a.pkl declared"));
  EXPECT_THAT(found("sim/heat.npy", "\x93NUMPY\1\0"sv), IsEmpty());
  EXPECT_THAT(found("sim/X_train.npy", "\x93NUMPY\1\0"sv), ElementsAre("dataset X_train.npy declared"));
  EXPECT_THAT(found("train.csv", "train,station,departure\n1,Bern,08:00\n"), IsEmpty());
  EXPECT_THAT(found("train.csv", "\"id\",\"text\",\"label\"\n"), ElementsAre("dataset train.csv declared"));
}

TEST(Formats, json_lines_of_chats_are_a_dataset_and_logs_are_none) {
  EXPECT_THAT(found("ferry.jsonl", "{\"messages\": [{\"role\": \"user\", \"content\": \"When?\"}]}\n"),
              ElementsAre("dataset ferry.jsonl declared"));
  EXPECT_THAT(found("logs/access.jsonl", "{\"time\": 1, \"message\": \"ok\", \"messages\": [\"a\"]}\n"),
              IsEmpty());
  EXPECT_THAT(found("train.jsonl", "{\"text\": \"a\", \"label\": 1}\n"),
              ElementsAre("dataset train.jsonl declared"));
  EXPECT_THAT(found("train.jsonl", "{\"number\": 7, \"stops\": [1]}\n"), IsEmpty());
  EXPECT_THAT(found("train.jsonl", std::string(100, '[') + "\n"), IsEmpty());
}

TEST(Formats, a_folder_that_is_one_model_is_one_component) {
  EXPECT_THAT(found("app/Bird.mlpackage/Manifest.json", "{}"),
              ElementsAre("model-file Bird.mlpackage declared"));
  EXPECT_THAT(found("app/Bird.mlmodelc/coremldata.bin", "x"),
              ElementsAre("model-file Bird.mlmodelc declared"));
  EXPECT_THAT(found("m/1/variables/variables.data-00000-of-00001", "\0\1"sv),
              ElementsAre("model-file saved_model.pb declared"));
}

TEST(Formats, shards_share_a_name_without_their_number) {
  EXPECT_EQ(without_shard("model-00002-of-00005.safetensors"),
            without_shard("model-00001-of-00005.safetensors"));
  EXPECT_NE(without_shard("model-00002-of-00005.safetensors"),
            without_shard("model-00002-of-00006.safetensors"));
  EXPECT_EQ(without_shard("state-of-the-art.bin"), "state-of-the-art.bin");
}

TEST(Formats, a_pointer_of_git_lfs_stands_for_the_file) {
  const auto pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 4976698672\n";
  Signs signs;
  signs_in_binary({"m/model.safetensors", pointer}, std::string_view(pointer).size(), signs);
  ASSERT_EQ(signs.all.size(), 1U);
  EXPECT_THAT(signs.all[0].note, HasSubstr("Git LFS"));
  EXPECT_THAT(found("video.mp4", pointer), IsEmpty());
}

TEST(Caches, tell_the_model_that_a_file_is_of) {
  const std::string hub = "home/.cache/huggingface/hub/";
  EXPECT_THAT(found(hub + "models--intfloat--e5-small-v2/refs/main", "ffdcc22a"),
              ElementsAre("model intfloat/e5-small-v2 declared"));
  EXPECT_THAT(found(hub + "models--gpt2/blobs/0f1e", with_size(R"({"w": {"dtype": "F32"}})")),
              ElementsAre("model gpt2 declared", "model-file 0f1e declared"));
  EXPECT_THAT(found(hub + "datasets--stanfordnlp--imdb/snapshots/e6/README.md", "# imdb\n"),
              ElementsAre("dataset stanfordnlp/imdb declared"));
  EXPECT_THAT(found("src/models--old/readme", "x"), IsEmpty());
  const std::string ollama = ".ollama/models/manifests/registry.ollama.ai/";
  const auto manifest =
      R"({"layers": [{"mediaType": "application/vnd.ollama.image.model", "digest": "sha256:3f"}]})";
  EXPECT_THAT(found(ollama + "library/qwen2.5/0.5b", manifest), ElementsAre("model qwen2.5:0.5b declared"));
  EXPECT_THAT(found(ollama + "someone/tuned/latest", manifest),
              ElementsAre("model someone/tuned:latest declared"));
  EXPECT_THAT(found("k8s/models/manifests/a/b/c/d", "kind: Model\n"), IsEmpty());
}

TEST(Linked, every_width_and_byte_order_of_elf_is_read) {
  for (const bool wide : {true, false})
    for (const bool big : {true, false}) {
      const auto bytes = ElfFile(wide, big).made({"libonnxruntime.so.1", "libc.so.6"}, "libmine.so.2");
      const auto linked = read_elf(bytes);
      ASSERT_TRUE(linked) << wide << big;
      EXPECT_EQ(linked->itself, "libmine.so.2");
      EXPECT_THAT(linked->needed, ElementsAre("libonnxruntime.so.1", "libc.so.6"));
      EXPECT_FALSE(linked->cut);
      EXPECT_EQ(read_elf(ElfFile(wide, big).made({"liba.so"}, "", true))->needed.size(), 1U) << "by sections";
    }
}

TEST(Linked, a_program_imports_what_it_is_linked_with_and_a_library_is_itself) {
  ElfFile file(true, false);
  EXPECT_THAT(found("bin/serve", file.made({"libonnxruntime.so.1.17", "libm.so.6"})),
              ElementsAre("framework onnxruntime imported"));
  EXPECT_THAT(found("lib/libonnxruntime.so.1.17.0", file.made({"libc.so.6"}, "libonnxruntime.so.1")),
              ElementsAre("framework onnxruntime declared 1.17.0"));
  EXPECT_THAT(found("app.libs/libllama-1a2b3c4d.so", file.made({})),
              ElementsAre("framework llama-cpp declared"));
  EXPECT_THAT(found("v/lib/python3/site-packages/x/_c.so", file.made({"libtorch.so"})), IsEmpty())
      << "what was installed is not the program's own use";
  EXPECT_THAT(found("bin/plain", file.made({"libwhisperer.so", "libtorchlight.so"})), IsEmpty());
}

TEST(Linked, hostile_headers_lead_nowhere) {
  const auto whole = ElfFile(true, false).made({"libonnxruntime.so.1", "libtorch.so"}, "libx.so");
  for (std::size_t size = 0; size < whole.size(); ++size)
    read_executable(std::string_view(whole).substr(0, size));
  for (std::size_t at = 4; at < whole.size(); ++at)
    for (const char value : {'\0', '\x7f', '\xff'}) {
      auto bytes = whole;
      bytes[at] = value;
      if (at + 8 < bytes.size()) bytes[at + 7] = value;
      const auto linked = read_executable(bytes);
      if (linked) EXPECT_LE(linked->needed.size(), Linked::kMost);
    }
  EXPECT_TRUE(read_elf(std::string_view(whole).substr(0, whole.size() - 20))->cut);
}

TEST(Linked, windows_and_mac_programs_are_read) {
  // PE32+ with one section at address 0x1000, which is the file's bytes from 0x200.
  std::string pe(0x300, '\0');
  const auto put = [](std::string& out, std::size_t at, std::uint64_t value, unsigned size) {
    for (unsigned i = 0; i < size; ++i) out[at + i] = static_cast<char>(value >> (8 * i) & 0xff);
  };
  pe.replace(0, 2, "MZ");
  put(pe, 0x3c, 0x40, 4);
  pe.replace(0x40, 2, "PE");
  put(pe, 0x46, 1, 2), put(pe, 0x54, 240, 2), put(pe, 0x58, 0x20b, 2);
  put(pe, 0x58 + 108, 16, 4), put(pe, 0x58 + 120, 0x1000, 4);
  const std::size_t section = 0x58 + 240;
  put(pe, section + 8, 0x100, 4), put(pe, section + 12, 0x1000, 4), put(pe, section + 16, 0x100, 4);
  put(pe, section + 20, 0x200, 4);
  put(pe, 0x200 + 12, 0x1080, 4);
  pe.replace(0x280, 15, "ONNXRUNTIME.dll");
  EXPECT_THAT(found("app.exe", pe), ElementsAre("framework onnxruntime imported"));

  std::string macho(32, '\0');
  put(macho, 0, 0xfeedfacf, 4), put(macho, 16, 1, 4);
  const std::string name = "/System/Library/Frameworks/CoreML.framework/Versions/A/CoreML";
  std::string command(24, '\0');
  put(command, 0, 0xc, 4), put(command, 4, 24 + name.size() + 1, 4), put(command, 8, 24, 4);
  macho += command + name + '\0';
  EXPECT_THAT(found("Birds", macho), ElementsAre("framework core-ml imported"));
  EXPECT_FALSE(read_macho("\xca\xfe\xba\xbe\0\0\0\x41 a class file of Java ............"sv));
}

}  // namespace
}  // namespace ostiary::scan
