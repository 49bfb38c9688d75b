#include <gtest/gtest.h>

#include "scan/impl/manifest/testing.h"

namespace ostiary::scan {
namespace {

using testing::declared_in;

TEST(Gemfile, ReadsGemsGroupsAndOptions) {
  EXPECT_EQ(declared_in("Gemfile", R"(source "https://rubygems.org"
ruby "3.3.0"

gem "ruby-openai", "~> 6.3", ">= 6.3.1"
gem 'anthropic', '0.3.0', require: false
# gem "cohere-ruby"
=begin
=end
gem "langchainrb" if ENV["AI"]
gem("mistral-ai", git: "https://git.example.org/mistral-ai")
gem "rubocop", group: :development
gem "both", groups: [:test, :production]

group :development, :test do
  gem "rspec"
  if RUBY_VERSION > "3"
    gem "debug"
  end
end

gem "ollama-ai"
gem "#{name}-x"
)"),
            "gem ruby-openai ~> 6.3, >= 6.3.1\n"
            "gem anthropic 0.3.0 locked\n"
            "gem langchainrb\n"
            "gem mistral-ai\n"
            "gem rubocop development\n"
            "gem both\n"
            "gem rspec development\n"
            "gem debug development\n"
            "gem ollama-ai\n");
}

TEST(Gemspec, ReadsDependenciesByKind) {
  constexpr auto text = R"(Gem::Specification.new do |spec|
  spec.name = "desk"
  spec.version = "0.2.0"
  spec.license = "MIT"
  spec.add_dependency "anthropic", "~> 1.0"
  spec.add_runtime_dependency("faraday", ">= 1", "< 3")
  spec.add_development_dependency 'rake'
  # spec.add_dependency "cohere"
end
)";
  EXPECT_EQ(declared_in("desk.gemspec", text),
            "gem anthropic ~> 1.0\ngem faraday >= 1, < 3\ngem rake development\n");
  EXPECT_EQ(read_manifest("desk.gemspec", text).license, "MIT");
}

TEST(GemfileLock, TellsWhatIsAskedFor) {
  EXPECT_EQ(declared_in("Gemfile.lock", R"(PATH
  remote: .
  specs:
    desk (0.2.0)
      ruby-openai

GEM
  remote: https://rubygems.org/
  specs:
    faraday (2.9.0)
      logger
    ruby-openai (6.3.1)
      faraday (>= 1)
    onnxruntime (0.9.0-x86_64-linux)

PLATFORMS
  ruby

DEPENDENCIES
  desk!
  onnxruntime
  ruby-openai (~> 6.3)
)"),
            "gem faraday 2.9.0 locked indirect\n"
            "gem ruby-openai 6.3.1 locked\n"
            "gem onnxruntime 0.9.0-x86_64-linux locked\n");
}

TEST(CocoaPods, ReadsPodsSpecsAndLocks) {
  EXPECT_EQ(declared_in("ios/Podfile", R"(platform :ios, '15.0'
target 'Desk' do
  use_frameworks!
  pod 'OpenAISwift', '~> 1.2'
  # pod 'Cohere'
  pod 'TensorFlowLiteSwift/Metal', '2.14.0'
  target 'DeskTests' do
    pod 'Quick'
  end
end
)"),
            "cocoapods OpenAISwift ~> 1.2\n"
            "cocoapods TensorFlowLiteSwift 2.14.0 locked\n"
            "cocoapods Quick development\n");
  EXPECT_EQ(declared_in("Podfile.lock", R"(PODS:
  - OpenAISwift (1.2.0)
  - TensorFlowLiteSwift/Core (2.14.0):
    - TensorFlowLiteC (= 2.14.0)
  - TensorFlowLiteSwift/Metal (2.14.0)
  - TensorFlowLiteC (2.14.0)

DEPENDENCIES:
  - OpenAISwift (~> 1.2)
  - TensorFlowLiteSwift/Metal (= 2.14.0)

SPEC CHECKSUMS:
  OpenAISwift: abc
)"),
            "cocoapods OpenAISwift 1.2.0 locked\n"
            "cocoapods TensorFlowLiteSwift 2.14.0 locked\n"
            "cocoapods TensorFlowLiteC 2.14.0 locked indirect\n");
  EXPECT_EQ(
      declared_in("Desk.podspec",
                  "Pod::Spec.new do |s|\n  s.name = 'Desk'\n  s.dependency 'OpenAISwift', '~> 1'\nend\n"),
      "cocoapods OpenAISwift ~> 1\n");
}

TEST(SwiftPackage, ReadsAddressesAndConstraints) {
  EXPECT_EQ(declared_in("Package.swift", R"(// swift-tools-version:5.9
import PackageDescription
let package = Package(
    name: "Desk",
    dependencies: [
        .package(url: "https://github.com/MacPaw/OpenAI.git", from: "0.2.4"),
        .package(url: "https://github.com/huggingface/swift-transformers", exact: "0.1.8"),
        // .package(url: "https://github.com/x/cohere", from: "1.0.0"),
        .package(url: "git@github.com:ml-explore/mlx-swift.git", branch: "main"),
        .package(url: "https://github.com/a/b", .upToNextMajor(from: "1.0.0")),
        .package(url: "https://github.com/a/c", "1.0.0"..<"2.0.0"),
        .package(path: "../Local"),
    ],
    targets: [.target(name: "Desk", dependencies: [.product(name: "OpenAI", package: "OpenAI")])]
)
)"),
            "swift github.com/macpaw/openai from: 0.2.4\n"
            "swift github.com/huggingface/swift-transformers 0.1.8 locked\n"
            "swift github.com/ml-explore/mlx-swift branch: main\n"
            "swift github.com/a/b from: 1.0.0\n"
            "swift github.com/a/c 1.0.0..<2.0.0\n");
}

TEST(SwiftPackage, ReadsResolvedVersions) {
  EXPECT_EQ(declared_in("Package.resolved", R"({"object": {"pins": [{"package": "OpenAI",
    "repositoryURL": "https://github.com/MacPaw/OpenAI.git", "state": {"branch": null, "revision": "ab", "version": "0.2.4"}}]},
    "version": 1})"),
            "swift github.com/macpaw/openai 0.2.4 locked indirect\n");
  EXPECT_EQ(declared_in("Package.resolved", R"({"pins": [{"identity": "openai", "kind": "remoteSourceControl",
    "location": "https://github.com/MacPaw/OpenAI.git", "state": {"revision": "abc"}}], "version": 3})"),
            "swift github.com/macpaw/openai abc locked indirect\n");
  EXPECT_EQ(
      declared_in(
          "Cartfile",
          "github \"MacPaw/OpenAI\" ~> 0.2\n# github \"x/y\"\ngit \"https://example.org/z.git\" \"main\"\n"),
      "swift github.com/macpaw/openai ~> 0.2\nswift example.org/z main\n");
}

}  // namespace
}  // namespace ostiary::scan
