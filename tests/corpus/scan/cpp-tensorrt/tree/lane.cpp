#include <NvInfer.h>
#include <cuda_runtime_api.h>

#include <fstream>
#include <iostream>
#include <iterator>
#include <vector>

class Log : public nvinfer1::ILogger {
  void log(Severity severity, const char* text) noexcept override {
    if (severity <= Severity::kWARNING) std::cerr << text << '\n';
  }
};

int main(int, char** argv) {
  Log log;
  std::ifstream in(argv[1], std::ios::binary);
  std::vector<char> plan{std::istreambuf_iterator<char>(in), {}};
  auto* runtime = nvinfer1::createInferRuntime(log);
  auto* engine = runtime->deserializeCudaEngine(plan.data(), plan.size());
  auto* context = engine->createExecutionContext();
  void* picture = nullptr;
  cudaMalloc(&picture, 3 * 640 * 640 * sizeof(float));
  context->setTensorAddress("picture", picture);
  std::cout << context->enqueueV3(nullptr) << '\n';
}
