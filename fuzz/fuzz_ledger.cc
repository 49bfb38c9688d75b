#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdlib.h>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/log.h"
#include "ledger/ledger.h"
#include "ledger/record.h"

// Damages an honest ledger as the input says, verifies it and opens it. Neither may crash, and they must
// agree: what verify calls good can be opened, and is good afterwards with no record less.
namespace {

using namespace ostiary;
using namespace ostiary::ledger;
namespace fs = std::filesystem;

constexpr const char* kFiles[] = {"00000000000000000000.log",
                                  "00000000000000000000.leaf",
                                  "00000000000000000005.log",
                                  "00000000000000000005.leaf",
                                  "checkpoint",
                                  "checkpoints.log",
                                  "resume"};
using Files = std::vector<std::pair<std::string, std::string>>;  // name, content

void require(bool holds) {
  if (!holds) std::abort();
}

Options quiet(std::uint64_t segment_bytes) {
  Options options;
  options.sync = Sync::os;
  options.sync_interval_ms = options.checkpoint_interval_ms = 3'600'000;
  options.segment_bytes = segment_bytes;
  return options;
}

void append(Ledger& ledger, int from, int to) {
  for (int n = from; n < to; ++n) {
    std::string line;
    append_change(line, n, "fuzz", std::to_string(n));
    Batch batch;
    batch.add(line);
    require(ledger.append(batch).has_value());
  }
}

std::string read(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return out.str();
}

struct Setting {
  std::string data;
  Files honest;

  // Five records in a first segment; more in a second one: five under the last checkpoint, three behind it.
  Setting() {
    log::set_level(log::Level::error);
    std::string pattern =
        (fs::exists("/dev/shm") ? "/dev/shm" : fs::temp_directory_path().string()) + "/ostiary-fuzz-XXXXXX";
    data = ::mkdtemp(pattern.data());
    std::vector<std::pair<std::string, std::string>> early;
    {
      auto opened = Ledger::open(data, quiet(450));
      require(opened.has_value());
      append(**opened, 0, 4);
      require((*opened)->checkpoint_now().has_value());
      append(**opened, 4, 6);
    }
    {
      auto opened = Ledger::open(data, quiet(450));
      append(**opened, 6, 10);
    }
    for (const auto* name : {"checkpoint", "checkpoints.log", "resume"})
      early.emplace_back(name, read(path(name)));
    {
      auto opened = Ledger::open(data, quiet(1 << 20));
      append(**opened, 10, 13);
    }
    for (const auto& [name, content] : early) write(name, content);
    for (const auto* name : kFiles) {
      require(fs::exists(path(name)));
      honest.emplace_back(name, read(path(name)));
    }
  }
  ~Setting() { fs::remove_all(data); }

  std::string path(const std::string& name) const { return data + "/ledger/" + name; }
  void write(const std::string& name, const std::string& content) const {
    std::ofstream(path(name), std::ios::binary | std::ios::trunc) << content;
  }
};

// The input as a list of edits: file, what to do, where (16 bits), how much, bytes.
class Edits {
 public:
  Edits(const std::uint8_t* data, std::size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}

  void apply(Files& files) {
    while (rest_.size() >= 5) {
      auto& content = files[byte() % files.size()].second;
      const auto what = byte() % 8;
      const std::size_t place = byte() | static_cast<std::size_t>(byte()) << 8;
      const auto at = content.empty() ? 0 : place % (content.size() + 1);
      const std::size_t length = byte();
      const auto bytes = std::string(rest_.substr(0, length));
      if (what >= 4) rest_.remove_prefix(bytes.size());
      switch (what) {
        case 0:
          content.resize(at);
          break;
        case 1:
          content.resize(content.size() - std::min(content.size(), length));
          break;
        case 2:
          content.erase(at, length);
          break;
        case 3:
          if (at < content.size()) content[at] = static_cast<char>(content[at] ^ (1 << length % 8));
          break;
        case 4:
          content.insert(at, bytes);
          break;
        case 5:
          content.replace(at, bytes.size(), bytes);
          break;
        case 6:
          content += bytes;
          break;
        default:
          content = std::exchange(rest_, {});
          break;
      }
    }
  }

 private:
  std::uint8_t byte() {
    const auto value = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return value;
  }
  std::string_view rest_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Setting setting;
  for (const auto& entry : fs::directory_iterator(setting.data + "/ledger")) {
    const auto name = entry.path().filename().string();
    if (name != "signing-key" && name != "verify-key" && name != "reserve") fs::remove(entry.path());
  }
  auto files = setting.honest;
  Edits(data, size).apply(files);
  for (const auto& [name, content] : files) setting.write(name, content);

  const auto before = verify(setting.data);
  (void)tail(setting.data, 3);
  std::uint64_t records = 0;
  {
    const auto opened = Ledger::open(setting.data, quiet(450));
    const bool good = before && before->ok;
    require(!good || opened.has_value());
    if (!opened) return 0;
    records = (*opened)->size();
    if (good) require(records >= before->records);
    append(**opened, 13, 15);
  }
  const auto after = verify(setting.data);
  if (!before || !before->ok) return 0;
  require(after && after->ok && after->problems.empty() && after->records == records + 2);
  return 0;
}
