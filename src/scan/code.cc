// Uses of SDKs in source code, build files, notebooks and documentation.
#include "scan/impl/detectors.h"
#include "scan/impl/found.h"
#include "scan/impl/uses.h"

namespace ostiary::scan {

namespace {

void read_source(const Source& source, Signs& out) {
  if (source.form == Form::code && !source.language.empty()) {
    const Code code(source);
    Uses uses(source, out);
    read_imports(code, uses);
    read_full_names(code, uses);
    read_calls(code, uses);
    read_commands(source, out);
  }
  if (source.form == Form::code || source.form == Form::build) read_links(source, out);
  read_mentions(source, out);
}

}  // namespace

void signs_in_code(const File& file, Signs& out) {
  const auto& sources = sources_of(file, out);
  out.partial.insert(out.partial.end(), sources.partial.begin(), sources.partial.end());
  for (const auto& source : sources.all) read_source(source, out);
}

}  // namespace ostiary::scan
