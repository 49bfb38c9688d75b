#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "model/readers.h"

// One reader of model files, named by the build, over any bytes: what it says is bounded, fit to be shown,
// and points into the file.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ostiary::model;
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  constexpr std::string_view names[] = {"config.json", "adapter_config.json", "tokenizer_config.json",
                                        "model.pt",    "model_index.json",    "m.safetensors.index.json",
                                        "README.md",   "chat_template.jinja"};
  const auto name = names[bytes.size() % std::size(names)];
  for (const bool cut : {false, true}) {
    Facts facts;
    facts.path = name;
    OSTIARY_READER({name, bytes, bytes.size() + (cut ? 1000 : 0)}, facts);
    const auto line = [](std::string_view text, std::size_t most) {
      if (text.size() > most || text.contains('\n') || text.contains('\0')) std::abort();
    };
    if (facts.licenses.size() > Facts::kMost || facts.hazards.size() > Facts::kMost) std::abort();
    for (const auto& one : facts.licenses) line(one.text, kMostDeclared);
    for (const auto& one : facts.base_models) line(one.name, 500);
    for (const auto& one : facts.hazards) {
      line(one.detail, 300);
      if (one.start > one.end || one.end > size) std::abort();
    }
  }
  return 0;
}
