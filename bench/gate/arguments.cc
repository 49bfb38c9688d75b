#include "arguments.h"

#include <cstdio>
#include <cstdlib>

namespace ostiary::bench {

Arguments::Arguments(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    std::string name = argv[i];
    if (!name.starts_with("--")) {
      std::fprintf(stderr, "%s: expected --name, found %s\n", argv[0], argv[i]);
      std::exit(2);
    }
    name.erase(0, 2);
    std::string value = "1";
    const std::size_t equals = name.find('=');
    if (equals != std::string::npos) {
      value = name.substr(equals + 1);
      name.erase(equals);
    } else if (i + 1 < argc && !std::string_view(argv[i + 1]).starts_with("--")) {
      value = argv[++i];
    }
    pairs_.push_back({.name = std::move(name), .value = std::move(value)});
  }
}

std::vector<std::string> Arguments::all(std::string_view name) const {
  std::vector<std::string> out;
  for (const Pair& pair : pairs_) {
    if (pair.name == name) out.push_back(pair.value);
  }
  return out;
}

std::string Arguments::text(std::string_view name, std::string_view fallback) const {
  const std::vector<std::string> values = all(name);
  return values.empty() ? std::string(fallback) : values.back();
}

long Arguments::number(std::string_view name, long fallback) const {
  const std::string value = text(name);
  if (value.empty()) return fallback;
  char* end = nullptr;
  const long number = std::strtol(value.c_str(), &end, 10);
  if (*end != '\0') {
    std::fprintf(stderr, "--%.*s: %s is not a number\n", static_cast<int>(name.size()), name.data(),
                 value.c_str());
    std::exit(2);
  }
  return number;
}

}  // namespace ostiary::bench
