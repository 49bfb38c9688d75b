// Uses of SDKs in source code, build files, notebooks and documentation.
#include <algorithm>
#include <fmt/format.h>

#include "base/text.h"
#include "scan/impl/detectors.h"
#include "scan/impl/found.h"
#include "scan/impl/installing.h"
#include "scan/impl/uses.h"
#include "scan/installs.h"

namespace ostiary::scan {

namespace {

// What shell texts install: of a script, a notebook's lines, recipes of make, a Dockerfile. Within a notebook
// it declares the package, too.
void read_installs(const File& file, const Source& source, Signs& out) {
  const auto name = file.path.substr(file.path.rfind('/') + 1);
  const bool docker =
      name.starts_with("Dockerfile") || name.ends_with(".dockerfile") || name.starts_with("Containerfile");
  if (source.language != "shell" && source.language != "make" && !docker) return;
  const bool notebook = file.path.ends_with(".ipynb");
  signs_of_installs(
      source.text, [&](std::size_t i) { return source.place(i); },
      [&](Sign sign) {
        if (!notebook) sign.ecosystem.reset();
        out.add(std::move(sign));
      });
}

// <script src="https://cdn.jsdelivr.net/npm/…"> in a page.
void read_scripts(const File& file, Signs& out) {
  const auto text = file.bytes;
  constexpr std::size_t longest = 2000;  // of a tag
  std::size_t comment = text.find("<!--"), comment_end = text.find("-->", comment);
  for (auto at = text.find("<script"); at != std::string_view::npos; at = text.find("<script", at + 1)) {
    while (comment_end < at) {
      comment = text.find("<!--", comment_end);
      comment_end = text.find("-->", comment);
    }
    if (comment < at) continue;
    auto tag = text.substr(at, longest);
    tag = tag.substr(0, tag.find('>'));
    const auto source = tag.find("src=");
    if (source == std::string_view::npos || source + 5 >= tag.size()) continue;
    const auto start = source + 5;
    const auto address = tag.substr(start, tag.find(tag[start - 1], start) - start);
    const auto named = npm_name_of(address);
    if (!named.versioned) continue;
    const auto found = sdks_of_import("javascript", named.name);
    if (!found) continue;
    const auto* sdk = found.sdks->front();
    auto sign = sign_of(*sdk, Grade::imported, "import", at + start, at + start + address.size());
    sign.weak = sdk->ambiguous;
    out.add(std::move(sign));
  }
}

bool is_page(std::string_view path) {
  const auto ending = text::lower(path.substr(std::min(path.rfind('.'), path.size())));
  return ending == ".html" || ending == ".htm" || ending == ".vue" || ending == ".svelte" ||
         ending == ".astro" || ending == ".xhtml" || ending == ".php";
}

void read_source(const Source& source, Signs& out) {
  if (source.form == Form::code && !source.language.empty()) {
    const Code code(source);
    Uses uses(source, out);
    read_imports(code, uses);
    read_full_names(code, uses);
    read_calls(code, uses);
  }
  if (source.form == Form::code || source.form == Form::build) read_links(source, out);
  read_mentions(source, out);
}

}  // namespace

void signs_of_installs(std::string_view shell, const std::function<std::uint64_t(std::size_t)>& at,
                       const std::function<void(Sign)>& add) {
  for (const auto& one : installs_in(shell)) {
    const auto* sdk = sdk_of_package(one.ecosystem, one.name);
    if (sdk == nullptr) continue;
    auto sign = sign_of(*sdk, Grade::declared, "install", at(one.start), at(one.end));
    sign.weak = sdk->ambiguous && sdk->surface == "via-cloud";
    sign.version = one.version;
    sign.note = fmt::format("installs {} {}", name_of(one.ecosystem), one.name);
    sign.ecosystem = one.ecosystem;
    add(std::move(sign));
  }
}

void signs_in_code(const File& file, Signs& out) {
  const auto& sources = sources_of(file, out);
  out.partial.insert(out.partial.end(), sources.partial.begin(), sources.partial.end());
  if (is_page(file.path)) read_scripts(file, out);
  for (const auto& source : sources.all) {
    read_installs(file, source, out);
    read_source(source, out);
  }
}

void signs_of_copies(const File& file, Signs& out) {
  const auto name = file.path.substr(file.path.rfind('/') + 1);
  if (!name.ends_with(".h") && !name.ends_with(".hpp")) return;
  const auto named = sdks_of_import("c", file.path);
  if (!named || !named.name.ends_with(name)) return;
  const auto* sdk = named.sdks->front();
  auto sign = sign_of(*sdk, Grade::declared, "copy", 0, 0);
  sign.weak = sdk->ambiguous;
  sign.note = "a copy of the library";
  out.add(std::move(sign));
}

}  // namespace ostiary::scan
