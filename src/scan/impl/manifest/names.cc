#include <algorithm>
#include <array>
#include <cstddef>

#include "base/text.h"
#include "scan/manifest.h"

namespace ostiary::scan {

namespace {

constexpr std::array<std::string_view, 15> kNames = {
    "pypi",  "npm",       "go",    "maven", "nuget", "gem",   "cargo",  "composer",
    "swift", "cocoapods", "conan", "vcpkg", "cmake", "conda", "debian",
};

// PEP 503: runs of `-`, `_` and `.` are one `-`.
std::string pypi_name(std::string_view name) {
  std::string out;
  out.reserve(name.size());
  bool in_run = false;
  for (const char c : name) {
    const bool mark = c == '-' || c == '_' || c == '.';
    if (!mark)
      out += c;
    else if (!in_run)
      out += '-';
    in_run = mark;
  }
  return text::lower(out);
}

// `https://user@host/path.git`, `git@host:path.git` and `host/path` are `host/path`.
std::string swift_name(std::string_view name) {
  if (const auto scheme = name.rfind("://"); scheme != std::string_view::npos) name.remove_prefix(scheme + 3);
  const auto slash = name.find('/');
  if (const auto user = name.substr(0, slash).rfind('@'); user != std::string_view::npos)
    name.remove_prefix(user + 1);
  while (name.ends_with('/') || name.ends_with(".git")) name.remove_suffix(name.ends_with('/') ? 1 : 4);
  auto out = text::lower(name);
  const auto host = out.find_first_of(":/");
  if (host == std::string::npos || out[host] == '/') return out;
  const auto behind = std::string_view(out).substr(host + 1);
  const bool port =
      behind.substr(0, behind.find('/')).find_first_not_of("0123456789") == std::string_view::npos;
  if (!port) out[host] = '/';
  return out;
}

}  // namespace

std::string_view name_of(Ecosystem ecosystem) {
  const auto i = static_cast<std::size_t>(ecosystem);
  return i < kNames.size() ? kNames[i] : std::string_view();
}

std::string normalized(Ecosystem ecosystem, std::string_view name) {
  switch (ecosystem) {
    case Ecosystem::pypi:
      return pypi_name(name);
    case Ecosystem::swift:
      return swift_name(name);
    case Ecosystem::cargo: {
      auto out = text::lower(name);
      std::ranges::replace(out, '_', '-');
      return out;
    }
    case Ecosystem::nuget:
    case Ecosystem::composer:
    case Ecosystem::conan:
    case Ecosystem::vcpkg:
    case Ecosystem::conda:
    case Ecosystem::debian:
      return text::lower(name);
    case Ecosystem::cocoapods:
      return std::string(name.substr(0, name.find('/')));
    case Ecosystem::npm:
    case Ecosystem::go:
    case Ecosystem::maven:
    case Ecosystem::gem:
    case Ecosystem::cmake:
      break;
  }
  return std::string(name);
}

}  // namespace ostiary::scan
