#include <fstream>
#include <string_view>

constexpr std::string_view kStub = R"cc(
#include <onnxruntime_cxx_api.h>
Ort::Session open(Ort::Env& env) { return {env, "a.onnx", {}}; }  // ")"
)cc";

// #include <onnxruntime_c_api.h>

struct Session {
  int phi = 1, o1 = 0;
  int Run(int gemini) { return phi += gemini - o1; }
};

int main(int argc, char** argv) {
  if (argc < 2) return Session{}.Run(argc);
  std::ofstream(argv[1]) << kStub;
}
