// scan as a bill of materials.

#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>

#include "app/scan_output.h"
#include "base/text.h"
#include "report/cyclonedx.h"
#include "report/spdx.h"
#include "scan/bom.h"

namespace ostiary::app {

namespace {

std::string name_of(const ScanOptions& options) {
  if (options.paths.size() > 1) return fmt::format("{} paths", options.paths.size());
  std::error_code wrong;
  const auto path =
      std::filesystem::weakly_canonical(options.paths.empty() ? "." : options.paths.front(), wrong);
  auto name = path.filename().string();
  if (!options.revision.empty()) name += "@" + options.revision;
  return name;
}

}  // namespace

WallMs time_of_document() {
  const char* epoch = std::getenv("SOURCE_DATE_EPOCH");
  const auto seconds = epoch ? text::parse_uint(epoch) : std::nullopt;
  return seconds && *seconds < (1ULL << 40) ? static_cast<WallMs>(*seconds) * 1000 : wall_now();
}

std::string scan_bom(const Scanned& scanned, const ScanOptions& options, std::string_view form) {
  scan::BomAbout about{.name = name_of(options), .tool_version = std::string(version()), .partial = {}};
  for (const auto& one : scanned.report.partial)
    about.partial.push_back(fmt::format("{}: {}", one.path, one.text));
  auto bom = scan::bom_of(scanned.report.components, about);
  bom.time = time_of_document();
  if (form == "spdx") return report::spdx(bom) + '\n';
  return report::cyclonedx(
             bom, form == "cyclonedx-1.7" ? report::CycloneDxVersion::v1_7 : report::CycloneDxVersion::v1_6) +
         '\n';
}

}  // namespace ostiary::app
