#include <gtest/gtest.h>

#include "scan/impl/manifest/testing.h"

namespace ostiary::scan {
namespace {

using testing::declared_in;

TEST(CMake, ReadsPackagesFetchedContentAndModules) {
  constexpr auto text = R"x(cmake_minimum_required(VERSION 3.20)
project(desk VERSION 1.2 LANGUAGES CXX)
# find_package(TensorFlow)
#[[ find_package(Caffe)
FetchContent_Declare(ggml) ]]
find_package(Torch 2.1 REQUIRED)
find_package (OpenVINO REQUIRED COMPONENTS Runtime)
message("find_package(Nothing)")
include(FetchContent)
FetchContent_Declare(
  llama
  GIT_REPOSITORY https://github.com/ggml-org/llama.cpp.git # the engine
  GIT_TAG        b3500
)
FETCHCONTENT_DECLARE(whisper.cpp GIT_REPOSITORY "https://github.com/ggerganov/whisper.cpp" GIT_TAG v1.6.2)
pkg_check_modules(ORT REQUIRED IMPORTED_TARGET libonnxruntime>=1.17 ${OTHER})
CPMAddPackage("gh:nlohmann/json@3.11.3")
CPMAddPackage(NAME ort-builds VERSION 1.0.0 GITHUB_REPOSITORY x/y)
)x";
  EXPECT_EQ(declared_in("CMakeLists.txt", text),
            "cmake Torch 2.1\n"
            "cmake OpenVINO\n"
            "cmake llama b3500\n"
            "cmake llama.cpp b3500 (llama)\n"
            "cmake whisper.cpp v1.6.2 locked\n"
            "cmake libonnxruntime >=1.17\n"
            "cmake json 3.11.3 locked\n"
            "cmake ort-builds 1.0.0 locked\n");
  EXPECT_EQ(read_manifest("CMakeLists.txt", text).package, "desk");
  EXPECT_EQ(read_manifest("CMakeLists.txt", text).version, "1.2");
}

TEST(Meson, ReadsDependencies) {
  EXPECT_EQ(declared_in("meson.build", R"(project('desk', 'cpp', version: '0.1', license: 'MIT')
onnx = dependency('libonnxruntime', version: '>=1.17', required: false)
# dependency('tensorflow')
ggml = subproject('ggml')
x = dependency('whisper', 'whisper.cpp')
y = onnx.dependency('no')
)"),
            "cmake libonnxruntime >=1.17\ncmake ggml\ncmake whisper\ncmake whisper.cpp\n");
}

TEST(Conan, ReadsItsFiles) {
  EXPECT_EQ(
      declared_in("conanfile.txt",
                  "[requires]\nonnxruntime/1.18.1\n#libtorch/2.0\nllama-cpp/[>=b3000] # newest\n\n"
                  "[tool_requires]\ncmake/3.27.0@ours/stable\n[generators]\nCMakeDeps\n"),
      "conan onnxruntime 1.18.1 locked\nconan llama-cpp >=b3000\nconan cmake 3.27.0 locked development\n");
  EXPECT_EQ(declared_in("conanfile.py", R"(from conan import ConanFile
class Desk(ConanFile):
    name = "desk"
    version = "1.0"
    requires = "onnxruntime/1.18.1", "fmt/10.2.1"
    tool_requires = ["cmake/3.27.0"]
    # requires = "libtorch/2.0"
    def requirements(self):
        self.requires("openvino/2023.2.0", headers=True)
    def build_requirements(self):
        self.test_requires("gtest/1.14.0")
)"),
            "conan onnxruntime 1.18.1 locked\n"
            "conan fmt 10.2.1 locked\n"
            "conan cmake 3.27.0 locked development\n"
            "conan openvino 2023.2.0 locked\n"
            "conan gtest 1.14.0 locked development\n");
  EXPECT_EQ(
      declared_in(
          "conan.lock",
          R"({"version": "0.5", "requires": ["onnxruntime/1.18.1#abc%1700"], "build_requires": ["cmake/3.27.0#x"]})"),
      "conan onnxruntime 1.18.1 locked indirect\nconan cmake 3.27.0 locked development indirect\n");
}

TEST(Vcpkg, ReadsDependenciesAndFeatures) {
  EXPECT_EQ(declared_in("vcpkg.json", R"({"name": "desk", "version-string": "1.0", "license": "MIT",
    "dependencies": ["fmt", {"name": "onnxruntime-gpu", "version>=": "1.17"}, {"name": "vcpkg-cmake", "host": true}],
    "features": {"local": {"description": "x", "dependencies": ["llama-cpp"]}}})"),
            "vcpkg fmt\nvcpkg onnxruntime-gpu 1.17\nvcpkg vcpkg-cmake development\nvcpkg llama-cpp\n");
}

TEST(Debian, ReadsRelationsOfSourcesAndPackages) {
  constexpr auto text = R"(Source: desk
Section: misc
Build-Depends: debhelper-compat (= 13),
# libtorch-dev,
               libonnxruntime-dev (>= 1.17) [amd64] <!nocheck>,
               python3:any
Standards-Version: 4.6.2

Package: desk
Architecture: any
Depends: ${shlibs:Depends}, python3-openai (= 1.2.3-1) | python3-httpx
Description: talks to Recommends: nobody
 Depends: not this
)";
  EXPECT_EQ(declared_in("debian/control", text),
            "debian debhelper-compat 13 locked development\n"
            "debian libonnxruntime-dev >= 1.17 development\n"
            "debian python3 development\n"
            "debian python3-openai 1.2.3-1 locked\n"
            "debian python3-httpx\n");
  EXPECT_EQ(read_manifest("debian/control", text).package, "desk");
  EXPECT_FALSE(is_manifest("src/control"));
}

TEST(Debian, ReadsWhatIsInstalled) {
  EXPECT_EQ(declared_in(
                "var/lib/dpkg/status",
                "Package: libonnxruntime1\nStatus: install ok installed\nVersion: 1.17-1\nDepends: libc6\n\n"
                "Package: gone\nStatus: deinstall ok config-files\nVersion: 1\n\n"
                "Package: ollama\nStatus: install ok installed\nVersion: 0.3\n"),
            "debian libonnxruntime1 1.17-1 locked indirect\ndebian ollama 0.3 locked indirect\n");
}

}  // namespace
}  // namespace ostiary::scan
