#pragma once
#include <string>

namespace torch {
struct Torch {
  double oil = 1.0;
  void burn(double seconds) { oil -= seconds / 600; }
};
inline std::string describe(const Torch& t) { return t.oil > 0 ? "bright" : "dark"; }
}  // namespace torch
