#include "scan/installs.h"

#include <gtest/gtest.h>

#include "scan/impl/manifest/testing.h"

namespace ostiary::scan {
namespace {

std::string installed_by(std::string_view text) {
  Manifest manifest;
  manifest.declared = installs_in(text);
  for (const auto& one : manifest.declared) {
    EXPECT_LE(one.end, text.size()) << one.name;
    EXPECT_TRUE(normalized(one.ecosystem, text.substr(one.start, one.end - one.start)).contains(one.name))
        << one.name << " is said to be at " << text.substr(one.start, one.end - one.start);
  }
  return testing::lines_of(manifest);
}

struct Case {
  std::string_view text, installed;
};

TEST(Installs, AreFoundForEachTool) {
  const Case cases[] = {
      {"pip install openai", "pypi openai\n"},
      {"pip3.11 install -U --no-cache-dir \"openai>=1.0,<2\" 'langchain[all]==0.2.1'",
       "pypi openai >=1.0,<2\npypi langchain 0.2.1 locked\n"},
      {"pip install -r requirements.txt -e . ./wheels/x.whl anthropic", "pypi anthropic\n"},
      {"python3 -m pip install --index-url https://pypi.example.org/simple torch", "pypi torch\n"},
      {"uv pip install --system vllm==0.5.0", "pypi vllm 0.5.0 locked\n"},
      {"uv add --dev pytest", "pypi pytest development\n"},
      {"uv add openai && uv tool install llm", "pypi openai\npypi llm\n"},
      {"uvx mcp-server-git@1.0.0 --repository x", "pypi mcp-server-git 1.0.0 locked\n"},
      {"uvx --from aider-chat aider --model gpt-4o", "pypi aider-chat\n"},
      {"pipx run llm prompt", "pypi llm\n"},
      {"poetry add 'openai@^1.0' --group dev", "pypi openai ^1.0 development\n"},
      {"conda install -y -c conda-forge pytorch=2.1 transformers",
       "conda pytorch =2.1\nconda transformers\n"},
      {"mamba create -n lab python=3.11 llama-cpp-python", "conda llama-cpp-python\n"},
      {"npm i -D openai@4.20.1 @anthropic-ai/sdk",
       "npm openai 4.20.1 locked development\nnpm @anthropic-ai/sdk development\n"},
      {"npm install", ""},
      {"npm ci", ""},
      {"npm run install openai", ""},
      {"yarn add ai && pnpm add -w groq-sdk", "npm ai\n"},
      {"npm i chat@npm:cohere-ai@7.0.0 owner/repo https://x.org/y.tgz",
       "npm cohere-ai 7.0.0 (chat) locked\n"},
      {"npx -y @modelcontextprotocol/server-filesystem /data",
       "npm @modelcontextprotocol/server-filesystem\n"},
      {"npx --package=@openai/codex codex exec", "npm @openai/codex\n"},
      {"npx -p @google/gemini-cli gemini", "npm @google/gemini-cli\n"},
      {"bunx cowsay hi", "npm cowsay\n"},
      {"deno add npm:openai jsr:@std/x", "npm openai\n"},
      {"go install github.com/charmbracelet/mods@latest", "go github.com/charmbracelet/mods latest\n"},
      {"go get -u github.com/sashabaranov/go-openai@v1.20.0 ./...",
       "go github.com/sashabaranov/go-openai v1.20.0 locked\n"},
      {"cargo add async-openai --features stream", "cargo async-openai\n"},
      {"cargo install aichat --version 0.20.0", "cargo aichat 0.20.0 locked\n"},
      {"gem install ruby-openai -v 6.3.1", "gem ruby-openai 6.3.1 locked\n"},
      {"composer require --dev openai-php/client:^0.8", "composer openai-php/client ^0.8 development\n"},
      {"dotnet add src/App.csproj package OpenAI --version 2.1.0", "nuget openai 2.1.0 locked\n"},
      {"dotnet add package Azure.AI.OpenAI", "nuget azure.ai.openai\n"},
      {"apt-get install -y --no-install-recommends libonnxruntime-dev=1.17-1 ffmpeg/stable",
       "debian libonnxruntime-dev 1.17-1 locked\ndebian ffmpeg\n"},
      {"vcpkg install llama-cpp[core]:x64-linux", "vcpkg llama-cpp\n"},
  };
  for (const auto& one : cases) EXPECT_EQ(installed_by(one.text), one.installed) << one.text;
}

TEST(Installs, AreFoundBehindWhatOnlyRunsThem) {
  EXPECT_EQ(installed_by("RUN apt-get update && \\\n    DEBIAN_FRONTEND=noninteractive apt-get install -y "
                         "\\\n      ollama\n"),
            "debian ollama\n");
  EXPECT_EQ(installed_by("!pip install -q openai\n%pip install anthropic\n"),
            "pypi openai\npypi anthropic\n");
  EXPECT_EQ(installed_by("sudo -H env X=1 /usr/bin/pip install openai"), "pypi openai\n");
  EXPECT_EQ(installed_by("bash -lc 'cd x; pip install openai'; echo $(npx -y ai)"), "pypi openai\nnpm ai\n");
  EXPECT_EQ(installed_by("if x; then pip install openai; fi"), "pypi openai\n");
}

TEST(Installs, AreNotWhatNoCommandSays) {
  for (const auto* text : {"# pip install openai", "echo 'pip install openai'", "echo pip install openai",
                           "cat <<EOF > x\npip install openai\nEOF\n", "pip install $PACKAGES",
                           "pip uninstall openai", "pip install \"${NAME}==1\"", "brew-pip install openai"})
    EXPECT_EQ(installed_by(text), "") << text;
  EXPECT_EQ(installed_by("cat <<-'EOF'\n\tpip install openai\n\tEOF\npip install groq 2>&1 > log\n"),
            "pypi groq\n");
}

TEST(Installs, EndWithTheTextHoweverItIsCut) {
  const std::string text =
      "RUN bash -c \"pip install 'open\\ai' $(npx -y @a/b@1) <<X\nuvx --from=y z\nX\n` go get a.b/c@v1\\\n";
  for (std::size_t size = 0; size <= text.size(); ++size) {
    const auto part = text.substr(0, size);
    for (const auto& one : installs_in(part)) {
      EXPECT_LT(one.start, one.end);
      EXPECT_LE(one.end, part.size());
    }
  }
}

}  // namespace
}  // namespace ostiary::scan
