#include <torch/script.h>

#include <iostream>
#include <vector>

int main(int argc, const char* argv[]) {
  if (argc != 2) return 2;
  torch::jit::script::Module module;
  try {
    module = torch::jit::load(argv[1]);
  } catch (const c10::Error& e) {
    std::cerr << e.what() << '\n';
    return 1;
  }
  std::vector<torch::jit::IValue> in{torch::zeros({1, 1, 128, 128})};
  at::Tensor out = module.forward(in).toTensor();
  std::cout << out.mean().item<float>() << '\n';
}
