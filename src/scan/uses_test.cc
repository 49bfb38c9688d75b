#include <fmt/format.h>
#include <gtest/gtest.h>
#include <set>

#include "scan/impl/command_line.h"
#include "scan/impl/detectors.h"
#include "scan/impl/endpoints.h"
#include "scan/impl/models.h"

namespace ostiary::scan {
namespace {

std::string joined(const std::set<std::string>& lines) {
  std::string out;
  for (const auto& line : lines) out += line + "\n";
  return out;
}

// A line for each sign, with `?` behind a weak one.
std::string uses(std::string_view path, std::string_view bytes, bool configuration) {
  Signs signs;
  const File file{path, bytes};
  if (configuration)
    signs_in_configuration(file, signs);
  else
    uses_in_code(file, signs);
  std::set<std::string> lines;
  for (const auto& sign : signs.all) {
    EXPECT_LE(sign.start, sign.end);
    EXPECT_LE(sign.end, bytes.size());
    lines.insert(
        fmt::format("{} {} {}{}", name(sign.kind), sign.name, name(sign.grade), sign.weak ? "?" : ""));
  }
  return joined(lines);
}
std::string code(std::string_view path, std::string_view bytes) {
  return uses(path, bytes, false);
}
std::string settings(std::string_view path, std::string_view bytes) {
  return uses(path, bytes, true);
}

std::string model(std::string_view text) {
  const auto known = model_named(text);
  return !known ? "none" : known->sure ? "sure" : "unsure";
}

TEST(ModelNames, AreKnownWithOwnersRoutersRegionsAndTags) {
  for (const auto* text :
       {"gpt-4o-mini", "claude-3-5-sonnet-20241022", "openrouter/anthropic/claude-3-opus-20240229",
        "anthropic.claude-3-sonnet-20240229-v1:0", "eu.anthropic.claude-3-5-sonnet-20240620-v1:0",
        "claude-3-5-sonnet@20240620", "models/gemini-1.5-pro", "meta-llama/Llama-3.1-8B-Instruct",
        "llama3.2:3b", "google/gemini-2.0-flash-exp:free", "ft:gpt-4o-mini-2024-07-18:acme::abc",
        "Xenova/all-MiniLM-L6-v2", "openai:gpt-4o", "anthropic:claude-3-5-haiku-latest",
        "anthropic:messages:claude-3-5-haiku-20241022", "google-gla:gemini-1.5-flash",
        "openai:chat:gpt-4o-mini", "bedrock:us.anthropic.claude-3-5-sonnet-20241022-v2:0"})
    EXPECT_EQ(model(text), "sure") << text;
}

// Makers' names that are models of Ollama's, too.
TEST(ModelNames, KeepTheirTagsWhereTheModelIsNamedAsItsMaker) {
  for (const auto* text : {"mistral:7b-instruct", "qwen:7b-chat"}) EXPECT_NE(model(text), "none") << text;
}

TEST(ModelNames, AreNotFilesWordsPathsOrLabels) {
  for (const auto* text : {"gpt-4o.json", "gpt", "GPT-4o", "docs/gpt-4o", "falcon-7", "dalle-3",
                           "mistral-van", "", "o", "https://example.org/gpt-4o", "../gpt-4o", "gemini-office",
                           "a b gpt-4o", "llama3:8080", "pkg:huggingface/meta-llama/Llama-3.1-8B"})
    EXPECT_EQ(model(text), "none") << text;
  EXPECT_EQ(model("o1"), "unsure");
}

std::string address(std::string_view text) {
  std::string out;
  for (const auto& one : addresses_in(text)) {
    EXPECT_LE(one.end, text.size());
    out += one.provider ? one.provider->id + " " : "";
    for (const auto& guess : one.guesses)
      if (guess.needs == Address::Needs::nothing) out += guess.server->id + " ";
  }
  return out;
}

TEST(Addresses, OfProvidersAreFoundWholeAsHostsAndWithPlaceholders) {
  EXPECT_EQ(address("https://api.openai.com/v1/chat"), "openai ");
  EXPECT_EQ(address("api.mistral.ai"), "mistral ");
  EXPECT_EQ(address("see https://api.anthropic.com."), "anthropic ");
  EXPECT_EQ(address("https://{resource}.openai.azure.com/openai"), "microsoft ");
  EXPECT_EQ(address("https://${REGION}-aiplatform.googleapis.com/v1"), "google ");
  EXPECT_EQ(address("https://<name>.openai.azure.com"), "microsoft ");
  EXPECT_EQ(address("HTTPS://API.OPENAI.COM"), "openai ");
  EXPECT_EQ(address("wss://api.openai.com:443/v1/realtime"), "openai ");
  EXPECT_EQ(address("a\\napi.openai.com"), "openai ");
}

TEST(Addresses, ThatOnlyLookSoAreNone) {
  EXPECT_EQ(address("https://api.openai.com.example.org/v1"), "");
  EXPECT_EQ(address("https://notapi.openai.com/v1"), "");
  EXPECT_EQ(address("https://github.com/x/api.openai.com"), "");
  EXPECT_EQ(address("someone@api.openai.com"), "");
  EXPECT_EQ(address("https://openrouter.ai/docs"), "");
  EXPECT_EQ(address("https://openai.example.org/logo.svg"), "");
  EXPECT_EQ(address("api.openai.com_old"), "");
}

TEST(Addresses, OfServersNeedTheirNameOrTheirOwnPort) {
  EXPECT_EQ(address("http://localhost:11434/v1"), "ollama ");
  EXPECT_EQ(address("gpu-box:11434"), "ollama ");
  EXPECT_EQ(address("http://${HOST}:11434"), "ollama ");
  EXPECT_EQ(address("http://[::1]:11434"), "ollama ");
  EXPECT_EQ(address("http://vllm:8000/v1"), "vllm ");
  EXPECT_EQ(address("http://my-vllm.models.svc.cluster.local:8000/v1"), "vllm ");
  EXPECT_EQ(address("http://localhost:8000/v1/messages"), "");
  EXPECT_EQ(address("http://localhost:8080/api/generate"), "");
  EXPECT_EQ(address("https://vllm.ai/"), "");
  EXPECT_EQ(address("http://triton:8000/v1/boats"), "");
}

TEST(UsesInCode, AreCalledWhereTheFileSendsRequests) {
  EXPECT_EQ(code("a.py",
                 "import requests\nURL = 'https://api.openai.com/v1'\nrequests.post(URL, json={'model': "
                 "'gpt-4o'})\n"),
            "endpoint openai called\nmodel gpt-4o called\n");
  EXPECT_EQ(code("a.py", "URL = 'https://api.openai.com/v1'\nMODEL = 'gpt-4o'\n"),
            "endpoint openai declared\nmodel gpt-4o declared\n");
  EXPECT_EQ(code("a.py", "# https://api.openai.com/v1 with gpt-4o-mini\n"),
            "endpoint openai mentioned\nmodel gpt-4o-mini mentioned\n");
}

TEST(UsesInCode, BodiesInStringsCount) {
  EXPECT_EQ(
      code("a.go", "const b = `{\"model\": \"gpt-4o\", \"x\": 1}`\nvar r, _ = http.Post(u, \"\", nil)\n"),
      "model gpt-4o called\n");
  EXPECT_EQ(code("A.java", "String b = \"{\\\"model\\\": \\\"gpt-4o\\\"}\"; HttpClient.newHttpClient();"),
            "model gpt-4o called\n");
}

TEST(UsesInCode, AServerOnACommonPortIsToldByAWordOfTheFile) {
  EXPECT_EQ(code("a.py", "# vLLM\nimport httpx\nhttpx.get('http://localhost:8000/v1/models')\n"),
            "endpoint vllm called\n");
  EXPECT_EQ(code("a.py", "import httpx\nhttpx.get('http://localhost:8000/v1/models')\n"), "");
}

TEST(UsesInCode, AmbiguousModelsNeedASecondSign) {
  EXPECT_EQ(code("a.py", "import httpx\nhttpx.post(u, json={'model': 'o1'})\n"), "");
  EXPECT_EQ(code("a.py", "import httpx\nhttpx.post('https://api.openai.com/v1', json={'model': 'o1'})\n"),
            "endpoint openai called\nmodel o1 called\n");
}

// With the libraries that the imports and calls of a file bring.
std::string code_of_library(std::string_view path, std::string_view bytes) {
  Signs signs;
  const File file{path, bytes};
  signs_in_code(file, signs);
  uses_in_code(file, signs);
  std::set<std::string> lines;
  for (const auto& sign : signs.all)
    if (sign.kind == Kind::model) lines.insert(fmt::format("{} {}", sign.name, name(sign.grade)));
  return joined(lines);
}

TEST(UsesInCode, ACallThatTakesAModelNamesOneThatNobodyKnows) {
  EXPECT_EQ(code_of_library("a.py", "import replicate\nreplicate.run(\"acme/painter\", input={})\n"),
            "acme/painter called\n");
  EXPECT_EQ(code_of_library("a.ts",
                            "import { fal } from '@fal-ai/client';\n"
                            "export const d = (p) => fal.subscribe('fal-ai/flux/dev', { input: p });\n"),
            "fal-ai/flux/dev called\n");
  EXPECT_EQ(code_of_library("a.py",
                            "from transformers import AutoModel, pipeline\n"
                            "m = AutoModel.from_pretrained(\"acme/our-own-model\")\n"
                            "p = pipeline(\"summarization\", model=\"acme/writer\")\n"
                            "n = AutoModel.from_pretrained(\"checkpoints/best\")\n"),
            "acme/our-own-model called\nacme/writer called\n");
  EXPECT_EQ(code_of_library("a.py",
                            "from faster_whisper import WhisperModel\n"
                            "m = WhisperModel(\"large-v3\", device=\"cpu\")\n"),
            "large-v3 called\n");
}

TEST(UsesInCode, TheSameCallWithoutTheLibraryNamesNone) {
  EXPECT_EQ(code_of_library("a.py", "import runner\nrunner.run(\"acme/painter\", input={})\n"), "");
  EXPECT_EQ(code_of_library("a.py", "class WhisperModel:\n  pass\nm = WhisperModel(\"large-v3\")\n"), "");
}

TEST(UsesInCode, ProgramsThatAreStartedAreServices) {
  EXPECT_EQ(code("a.py", "import subprocess\nsubprocess.run(['ollama', 'pull', 'llama3.2:1b'])\n"),
            "model llama3.2:1b called\nservice ollama called\n");
}

TEST(UsesInShell, CommandsAreCalledAndPrintedTextIsMentioned) {
  EXPECT_EQ(code("a.sh", "#!/bin/sh\nollama run llama3.2:1b hi\n"),
            "model llama3.2:1b called\nservice ollama called\n");
  EXPECT_EQ(code("a.sh", "#!/bin/sh\necho 'try ollama serve'\ncat <<EOF\nollama serve\nEOF\n"),
            "service ollama mentioned\n");
  EXPECT_EQ(code("a.sh", "#!/bin/sh\nx=\"$(curl -d '{\"model\":\"gpt-4o\"}' https://api.openai.com/v1)\"\n"),
            "endpoint openai called\nmodel gpt-4o called\n");
  EXPECT_EQ(code("a.sh", "#!/bin/sh\ncurl -d @- https://api.openai.com/v1 <<E\n{\"model\": \"gpt-4o\"}\nE\n"),
            "endpoint openai called\nmodel gpt-4o called\n");
}

TEST(UsesInShell, ADocumentThatAVariableTakesIsAValue) {
  EXPECT_EQ(code("a.sh",
                 "body=$(cat <<JSON\n{\"model\": \"deepseek-chat\", \"n\": 1}\nJSON\n)\n"
                 "curl https://api.deepseek.com/chat/completions --data \"$body\"\n"),
            "endpoint deepseek called\nmodel deepseek-chat called\n");
}

TEST(UsesInCode, AConstantOfAClassIsItsNames) {
  EXPECT_EQ(code("a.py",
                 "import httpx\nclass A:\n    model = \"mistral-small-latest\"\n"
                 "httpx.post('https://api.mistral.ai/v1', json={})\n"),
            "endpoint mistral called\nmodel mistral-small-latest called\n");
}

TEST(UsesInShell, AValuesTailIsNoModelOfItsOwn) {
  EXPECT_EQ(code("a.sh",
                 "http POST https://api.fireworks.ai/inference/v1/chat/completions "
                 "model=accounts/fireworks/models/llama-v3p1-8b-instruct\n"),
            "endpoint fireworks called\nmodel accounts/fireworks/models/llama-v3p1-8b-instruct called\n");
}

TEST(UsesInCode, RubysPercentLiteralsAreValues) {
  EXPECT_EQ(code("a.rb",
                 "M = { chat: %q(command-r7b-12-2024), all: %w[gpt-4o-mini text-embedding-3-small] }\n"
                 "x = 10 %q - 1\n"),
            "model command-r7b-12-2024 declared\nmodel gpt-4o-mini declared\n"
            "model text-embedding-3-small declared\n");
}

TEST(UsesInShell, FunctionsAndListsOfThatNameAreNone) {
  EXPECT_EQ(code("a.sh", "#!/bin/sh\nclaude() { echo \"$1\"; }\nclaude -p x\nnames=(claude -p gemini -p)\n"),
            "");
  EXPECT_EQ(code("a.sh", "#!/bin/sh\nclaude -p x\n"), "agent-config claude-code called\n");
}

TEST(UsesInShell, ProgramsOfLibrariesAreCalledWhateverStandsBeforeThem) {
  const auto* called = "sdk aichat called\n";
  EXPECT_EQ(code("a.sh", "FOO=1 sudo /usr/bin/aichat -m x < y\n"), called);
  EXPECT_EQ(code("a.sh", "if aichat x; then y | aichat; fi\n"), called);
  EXPECT_EQ(code("a.sh", "command -v aichat\n"), "");
  EXPECT_EQ(code("a.sh", "echo 'aichat x' # aichat\ncat <<E\naichat\nE\n"), "");
  EXPECT_EQ(code("a.sh", "ssh host-aichat; x=aichat\n"), "");
}

TEST(UsesInShell, AProgramOfACommonNameIsWeakWithoutAModel) {
  EXPECT_EQ(code("a.sh", "llm -m x\n"), "framework llm called?\n");
  EXPECT_EQ(code("a.sh", "llm -m gpt-4o-mini hi\n"), "framework llm called\nmodel gpt-4o-mini called\n");
  EXPECT_EQ(code("a.sh", "llm() { echo; }\nllm x\n"), "");
}

TEST(UsesInShell, AModuleThatPythonRunsIsItsLibrarys) {
  EXPECT_EQ(code("a.sh", "python3.11 -W ignore -m openai api models.list\n"), "sdk openai called\n");
  EXPECT_EQ(code("a.sh", "python train.py -m openai\n"), "");
}

TEST(Configuration, ValuesAreDeclared) {
  EXPECT_EQ(settings("a.yaml", "llm:\n  base-url: http://gpu:11434\n  model: mistral-nemo\n"),
            "endpoint ollama declared\nmodel mistral-nemo declared\n");
  EXPECT_EQ(settings(".env", "export OPENAI_BASE_URL=\"http://vllm:8000/v1\"\nM=gpt-4o # x\n"),
            "endpoint vllm declared\nmodel gpt-4o declared\n");
  EXPECT_EQ(settings("a.toml", "[a]\nmodels = [\n \"gpt-4o\",\n \"gpt-4o-mini\"]\n"),
            "model gpt-4o declared\nmodel gpt-4o-mini declared\n");
  EXPECT_EQ(settings("a.json", "{\"a\": {\"Endpoint\": \"https:\\/\\/api.openai.com\\/v1\"}}"),
            "endpoint openai declared\n");
  EXPECT_EQ(settings("app.config", "<add key=\"Model\" value=\"gpt-4o\"/>"), "model gpt-4o declared\n");
}

TEST(Configuration, ComposeRunsImagesAndCommands) {
  EXPECT_EQ(settings("compose.yaml",
                     "services:\n  a:\n    image: docker.io/vllm/vllm-openai:v0.6@sha256:00\n"
                     "    command: [\"--model\", \"acme/own-7b\"]\n    environment:\n      - M=gpt-4o\n"),
            "model acme/own-7b deployed\nmodel gpt-4o declared\nservice vllm deployed\n");
}

TEST(Configuration, KubernetesNamesValuesApart) {
  EXPECT_EQ(
      settings(
          "a.yaml",
          "apiVersion: v1\nkind: Deployment\nspec:\n  containers:\n    - image: ollama/ollama\n      env:\n"
          "        - name: CHAT_MODEL\n          value: mistral\n        - name: X\n          value: "
          "llama\n"),
      "model mistral declared\nservice ollama deployed\n");
}

TEST(Configuration, CiRunsScriptsAndAgents) {
  EXPECT_EQ(
      settings(".github/workflows/a.yml",
               "jobs:\n  a:\n    steps:\n      - uses: anthropics/claude-code-action@v1\n"
               "      - run: |\n          curl https://api.openai.com/v1 -d '{\"model\": \"gpt-4o\"}'\n"),
      "agent-config claude-code deployed\nendpoint openai deployed\nmodel gpt-4o deployed\n");
}

TEST(Configuration, DockerfilesRunWhatTheyStart) {
  EXPECT_EQ(settings("Dockerfile",
                     "FROM --platform=x ollama/ollama:0.4 AS a\nRUN ollama serve & \\\n # why\n  ollama pull "
                     "llama3.2:1b\n"
                     "ENV MODEL=gpt-4o\n"),
            "model gpt-4o declared\nmodel llama3.2:1b deployed\nservice ollama deployed\n");
}

TEST(Configuration, TerraformDeploysTheModelsOfItsResources) {
  EXPECT_EQ(
      settings("a.tf",
               "resource \"azurerm_cognitive_deployment\" \"m\" {\n  model {\n    name = \"gpt-4o\"\n  }\n}\n"
               "variable \"m\" {\n  default = \"gpt-4o-mini\"\n}\n"),
      "model gpt-4o deployed\nmodel gpt-4o-mini declared\n");
}

TEST(Configuration, DefaultsChartsAndProxiesCount) {
  EXPECT_EQ(settings("compose.yaml",
                     "services:\n  a:\n    image: vllm/vllm-openai:${TAG:-latest}\n"
                     "    command: --model ${M:-acme/own-7b}\n"),
            "model acme/own-7b deployed\nservice vllm deployed\n");
  EXPECT_EQ(settings("Chart.yaml", "name: x\ndependencies:\n  - name: ollama\n"),
            "service ollama deployed\n");
  EXPECT_EQ(settings("Chart.yaml", "name: ollama\n"), "");
  EXPECT_EQ(settings("nginx.conf", "location / { proxy_pass http://ollama:11434; }\n"),
            "endpoint ollama declared\n");
}

TEST(UsesInCode, NamesThatTheCatalogueLacksCountWhereAModelIsMeant) {
  EXPECT_EQ(code("a.py", "import httpx\nhttpx.post('https://api.x.ai/v1', json={'model': 'newest-9'})\n"),
            "endpoint xai called\nmodel newest-9 called\n");
  EXPECT_EQ(code("a.py", "import httpx\nhttpx.post('https://cars.example', json={'model': 'newest-9'})\n"),
            "");
}

TEST(UsesInShell, ProgramsInHereDocumentsAreRead) {
  EXPECT_EQ(code("a.sh",
                 "#!/bin/sh\npython3 - <<'PY'\nOpenAI(base_url=\"https://api.openai.com/v1\", "
                 "model=\"gpt-4o\")\nPY\n"),
            "endpoint openai called\nmodel gpt-4o called\n");
}

TEST(Configuration, OptionsWithinAValueNameModels) {
  EXPECT_EQ(settings(".github/workflows/a.yml",
                     "jobs:\n  a:\n    steps:\n      - uses: acme/agent@v1\n"
                     "        with:\n"
                     "          claude_args: --model claude-sonnet-4-5 --max-turns 5\n"),
            "model claude-sonnet-4-5 deployed\n");
}

TEST(Configuration, CommandsInstallWhereverTheyStand) {
  EXPECT_EQ(settings(".devcontainer/devcontainer.json",
                     "{\"postCreateCommand\": \"pip install openai && ollama pull llama3.2\"}\n"),
            "model llama3.2 deployed\nsdk openai declared\nservice ollama deployed\n");
}

TEST(Configuration, APortMappingIsNoAddress) {
  EXPECT_EQ(settings("playbook.yml",
                     "- hosts: gpu\n  tasks:\n    - x:\n"
                     "        ports: [\"127.0.0.1:11434:11434\", \"11434:11434/tcp\"]\n"),
            "");
}

TEST(Configuration, HostileTextsAreReadInLinearTime) {
  for (const auto* path : {"a.yaml", "a.json", "a.toml", "a.xml", "a.tf", "Dockerfile", "a.service",
                           "compose.yaml", "Makefile"}) {
    for (const auto* part : {"{", "[", "- ", "a: {", "a: [", "'", "\"", "<", "$(", "\"$(", "<<a ", "a: |\n",
                             "a = [", "&", "\\\n"}) {
      std::string text = "apiVersion: a\n";
      while (text.size() < 300'000) text += part;
      settings(path, text);
      settings(path, "a: " + text + "\nkind: b\n");
    }
  }
  for (const auto* part :
       {"\"$(", "<<a\n", "'", "\"model\": ", "http://", "a.", "models/", "$(", "(", "x=("}) {
    std::string text = "#!/bin/sh\n";
    while (text.size() < 300'000) text += part;
    code("a.sh", text);
    code("a.py", text);
    code("a.md", text);
  }
}

}  // namespace
}  // namespace ostiary::scan
