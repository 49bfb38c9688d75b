#include <fmt/format.h>

#include "app/impl/terminal.h"
#include "app/verbs.h"
#include "catalog/catalog.h"
#include "json/writer.h"

namespace ostiary::app {

namespace {

#if defined(__clang__)
constexpr std::string_view kCompiler = "clang " __clang_version__;
#elif defined(__GNUC__)
constexpr std::string_view kCompiler = "gcc " __VERSION__;
#else
constexpr std::string_view kCompiler = "unknown";
#endif

}  // namespace

std::string_view compiler() {
  return kCompiler;
}

Result<int> run_version(const CommonOptions& options) {
  std::string out;
  if (options.format == Format::json) {
    json::Writer w(out);
    w.begin_object();
    w.member("catalog", catalog::version());
    w.member("commit", commit());
    w.member("compiler", kCompiler);
    w.member("kind", "version");
    w.member("ostiary", std::uint64_t{1});
    w.key("partial");
    w.begin_array();
    w.end_array();
    w.member("version", version());
    w.end_object();
    out += '\n';
  } else {
    out = fmt::format("ostiary {}{}\n", version(), commit().empty() ? "" : fmt::format(" ({})", commit()));
    if (!options.quiet)
      out +=
          table({{"  catalogue", std::string(catalog::version())}, {"  compiler", std::string(kCompiler)}});
  }
  TRY_VOID(put(options, out));
  return 0;
}

}  // namespace ostiary::app
