#include <onnxruntime_cxx_api.h>

#include <array>
#include <iostream>
#include <opencv2/imgcodecs.hpp>

int main(int argc, char** argv) {
  Ort::Env env{ORT_LOGGING_LEVEL_WARNING, "ripeness"};
  Ort::Session session{env, argv[1], Ort::SessionOptions{}};
  cv::Mat picture = cv::imread(argc > 2 ? argv[2] : "", cv::IMREAD_COLOR);
  picture.convertTo(picture, CV_32F, 1 / 255.0);
  std::array<int64_t, 4> shape{1, picture.rows, picture.cols, 3};
  auto memory = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
  auto in = Ort::Value::CreateTensor<float>(memory, picture.ptr<float>(), picture.total() * 3, shape.data(), 4);
  const char* names[] = {"picture"};
  const char* wanted[] = {"ripe"};
  auto out = session.Run(Ort::RunOptions{}, names, &in, 1, wanted, 1);
  std::cout << out[0].GetTensorData<float>()[0] << '\n';
}
