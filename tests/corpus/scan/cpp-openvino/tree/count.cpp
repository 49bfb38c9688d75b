#include <openvino/openvino.hpp>
#include <spdlog/spdlog.h>

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  ov::Core core;
  auto compiled = core.compile_model(core.read_model(argv[1]), "CPU");
  auto request = compiled.create_infer_request();
  auto input = request.get_input_tensor();
  std::fill_n(input.data<float>(), input.get_size(), 0.5f);
  request.infer();
  const auto output = request.get_output_tensor();
  spdlog::info("{} people", static_cast<int>(output.data<const float>()[0]));
}
