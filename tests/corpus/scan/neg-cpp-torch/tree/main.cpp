#include "torch/torch.hpp"

#include <iostream>
#include <map>

enum class Transformers { step_up, step_down };

int main() {
  torch::Torch torch;
  std::map<std::string, Transformers> grid{{"gemini", Transformers::step_up}, {"falcon", Transformers::step_down}};
  for (const auto& [model, kind] : grid) {
    torch.burn(kind == Transformers::step_up ? 30 : 60);
    std::cout << model << ' ' << torch::describe(torch) << '\n';
  }
}
