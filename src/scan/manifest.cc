#include "scan/manifest.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.h"
#include "scan/impl/reading.h"
#include "scan/impl/to_utf8.h"

namespace ostiary::scan {

namespace {

using Reader = void (*)(Reading&);

struct Named {
  std::string_view pattern;  // of the file's name in small letters, text::glob
  Reader read;
};

constexpr std::array kNamed = {
    Named{"requirements*.txt", read_requirements},  Named{"requirements*.in", read_requirements},
    Named{"*requirements.txt", read_requirements},  Named{"*requirements.in", read_requirements},
    Named{"requirements*.lock", read_requirements}, Named{"constraints*.txt", read_requirements},
    Named{"*-constraints.txt", read_requirements},
};

Reader reader_of(std::string_view path) {
  constexpr std::size_t longest = 255;
  const auto slash = path.rfind('/');
  const auto base = slash == std::string_view::npos ? path : path.substr(slash + 1);
  if (base.size() > longest) return nullptr;
  const auto name = text::lower(base);
  for (const auto& one : kNamed)
    if (text::glob(one.pattern, name)) return one.read;
  const auto folder = slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
  const auto parent = folder.substr(folder.rfind('/') + 1);
  if (text::iequals(parent, "requirements") && (name.ends_with(".txt") || name.ends_with(".in")))
    return read_requirements;
  return nullptr;
}

}  // namespace

bool is_manifest(std::string_view path) {
  return reader_of(path) != nullptr;
}

Manifest read_manifest(std::string_view path, std::string_view bytes) {
  Manifest out;
  const auto read = reader_of(path);
  if (!read) return out;
  if (bytes.size() > kManifestBytes) {
    out.partial.push_back({std::string(path), files::Why::too_large,
                           "a manifest of more than " + text::format_bytes(kManifestBytes)});
    return out;
  }
  const Utf8 utf8(bytes);
  Reading reading(path, utf8.text(), out);
  read(reading);
  utf8.to_original(out.declared);
  return out;
}

}  // namespace ostiary::scan
