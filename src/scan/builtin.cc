#include "scan/prefilter.h"

extern "C" {
extern const char ostiary_scan_prefilter_begin[];
extern const char ostiary_scan_prefilter_end[];
}

namespace ostiary::scan {

Result<std::shared_ptr<const Prefilter>> Prefilter::builtin() {
  static const auto loaded = []() -> Result<std::shared_ptr<const Prefilter>> {
    const std::string_view compiled(
        ostiary_scan_prefilter_begin,
        static_cast<std::size_t>(ostiary_scan_prefilter_end - ostiary_scan_prefilter_begin));
    TRY(auto prefilter, load(compiled));
    return std::make_shared<const Prefilter>(std::move(prefilter));
  }();
  return loaded;
}

}  // namespace ostiary::scan
