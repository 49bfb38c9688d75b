#include "catalog/catalog.h"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>

#include "base/text.h"

namespace ostiary::catalog {
namespace {

using testing::AnyOf;
using testing::Contains;
using testing::StartsWith;

TEST(Catalog, HoldsTheServicesThatPeopleConfigureByName) {
  for (const auto* id :
       {"openai",    "azure-openai", "mistral",  "together",      "groq",      "openrouter", "deepseek",
        "fireworks", "xai",          "cohere",   "google-gemini", "anthropic", "nvidia",     "perplexity",
        "cerebras",  "huggingface",  "scaleway", "ovhcloud",      "vllm",      "ollama",     "llama-server",
        "lm-studio", "localai",      "tgi",      "sglang",        "replay"})
    EXPECT_TRUE(find_service(id)) << id;
  EXPECT_EQ(find_service("no-such-service"), nullptr);
  EXPECT_EQ(find_provider("no-such-provider"), nullptr);
}

TEST(Catalog, ReadsEveryFieldOfAService) {
  const auto* service = find_service("azure-openai");
  ASSERT_TRUE(service);
  EXPECT_EQ(service->name, "Azure OpenAI");
  EXPECT_EQ(service->provider, "microsoft");
  EXPECT_EQ(service->surface, "via-cloud");
  EXPECT_EQ(service->protocol, "openai");
  EXPECT_EQ(service->base_url, "https://{resource}.openai.azure.com/openai/v1");
  EXPECT_EQ(service->credential_env, "AZURE_OPENAI_API_KEY");
  EXPECT_EQ(service->credential_header, "api-key");
  EXPECT_THAT(service->endpoints, Contains("chat/completions"));
  EXPECT_THAT(service->origin.source, StartsWith("https://"));
  EXPECT_EQ(find_service("ollama")->local_port, 11434);
  EXPECT_EQ(find_service("openai")->local_port, 0);
  EXPECT_THAT(find_service("openai")->models, Contains("gpt-*"));
  EXPECT_EQ(find_provider("mistral")->name, "Mistral AI");
  EXPECT_THAT(find_provider("self")->surfaces, Contains("self-hosted"));
}

TEST(Catalog, IsSortedByIdAndHasNoneTwice) {
  std::set<std::string> seen;
  std::string last;
  for (const auto& service : services()) {
    EXPECT_LT(last, service.id);
    last = service.id;
  }
  last.clear();
  for (const auto& provider : providers()) {
    EXPECT_LT(last, provider.id);
    last = provider.id;
  }
}

TEST(Catalog, EveryServiceIsOnASurfaceOfItsProvider) {
  for (const auto& service : services()) {
    const auto* provider = find_provider(service.provider);
    ASSERT_TRUE(provider) << service.id;
    EXPECT_THAT(provider->surfaces, Contains(service.surface)) << service.id;
  }
}

TEST(Catalog, OnlyServicesOfOurOwnMachinesGoWithoutTlsOrKey) {
  for (const auto& service : services()) {
    if (service.protocol == "replay") continue;
    if (service.surface == "self-hosted") {
      EXPECT_EQ(service.base_url, "http://127.0.0.1:" + std::to_string(service.local_port) + "/v1")
          << service.id;
      EXPECT_TRUE(service.credential_env.empty()) << service.id;
    } else {
      EXPECT_THAT(service.base_url, StartsWith("https://")) << service.id;
      EXPECT_FALSE(service.credential_env.empty()) << service.id;
      EXPECT_THAT(service.credential_header, AnyOf("authorization", "api-key", "x-api-key")) << service.id;
    }
  }
}

TEST(Catalog, NoTwoServicesAreFoundByTheSameVariable) {
  std::set<std::string> seen;
  for (const auto& service : services())
    if (!service.credential_env.empty())
      EXPECT_TRUE(seen.insert(service.credential_env).second) << service.id;
}

TEST(Catalog, PricesAreExactNanoDollarsForAMillionTokens) {
  const auto list = std::ranges::find(prices(), "openai-api", &PriceList::id);
  ASSERT_NE(list, prices().end());
  EXPECT_EQ(list->provider, "openai");
  EXPECT_EQ(list->surface, "api");
  const auto mini = std::ranges::find_if(
      list->lines, [](const auto& line) { return line.models.front() == "gpt-4o-mini"; });
  ASSERT_NE(mini, list->lines.end());
  EXPECT_EQ(mini->input, 150'000'000);
  EXPECT_EQ(mini->output, 600'000'000);
  EXPECT_EQ(mini->cached, 75'000'000);
  const auto embedding = std::ranges::find_if(
      list->lines, [](const auto& line) { return line.models.front() == "text-embedding-3-small"; });
  ASSERT_NE(embedding, list->lines.end());
  EXPECT_EQ(embedding->cached, embedding->input)
      << "cached tokens cost as much as others where nothing is said";
}

TEST(Catalog, EveryPriceIsOfASurfaceOfItsProviderAndCachedTokensCostNoMore) {
  for (const auto& list : prices()) {
    if (!list.surface.empty())
      EXPECT_THAT(find_provider(list.provider)->surfaces, Contains(list.surface)) << list.id;
    EXPECT_THAT(list.origin.source, StartsWith("https://")) << list.id;
    for (const auto& line : list.lines) {
      EXPECT_GT(line.input, 0) << list.id << line.models.front();
      EXPECT_LE(line.cached, line.input) << list.id << line.models.front();
    }
  }
}

TEST(Catalog, DollarsAreReadExactly) {
  EXPECT_EQ(parse_dollars("0"), 0);
  EXPECT_EQ(parse_dollars("2.5"), 2'500'000'000);
  EXPECT_EQ(parse_dollars("999999.000000001"), 999'999'000'000'001);
  for (const auto* wrong : {"", ".", "1.", ".5", "-1", "1e3", "1,5", "1234567", "0.0000000001", "+1", " 1"})
    EXPECT_EQ(parse_dollars(wrong), std::nullopt) << wrong;
}

TEST(Catalog, TheVersionIsTwelveHexDigits) {
  EXPECT_EQ(version().size(), 12u);
  EXPECT_EQ(version().find_first_not_of("0123456789abcdef"), std::string_view::npos);
}

TEST(Catalog, ReadsWhatTheScannerKnows) {
  const auto* sdk = find_sdk("openai");
  ASSERT_TRUE(sdk);
  EXPECT_EQ(sdk->kind, "sdk");
  EXPECT_EQ(sdk->provider, "openai");
  EXPECT_EQ(sdk->surface, "api");
  EXPECT_EQ(sdk->license, "Apache-2.0");
  EXPECT_TRUE(std::ranges::any_of(sdk->packages, [](const auto& p) {
    return p.ecosystem == "maven" && p.name == "com.openai:openai-java";
  }));
  EXPECT_TRUE(std::ranges::any_of(
      sdk->imports, [](const auto& i) { return i.language == "csharp" && i.name == "OpenAI"; }));
  EXPECT_THAT(sdk->calls, Contains("chat.completions.create"));
  const auto* server = find_server("ollama");
  ASSERT_TRUE(server);
  EXPECT_THAT(server->ports, Contains(11434));
  EXPECT_THAT(server->images, Contains("ollama/ollama"));
  EXPECT_THAT(server->variables, Contains("OLLAMA_HOST"));
  const auto* tool = find_tool("claude-code");
  ASSERT_TRUE(tool);
  EXPECT_EQ(tool->maker, "Anthropic");
  EXPECT_TRUE(std::ranges::any_of(
      tool->files, [](const auto& f) { return f.path == "CLAUDE.md" && f.kind == "assistant-config"; }));
  EXPECT_THAT(tool->authors, Contains("noreply@anthropic.com"));
  const auto* model = find_model("gpt-4o");
  ASSERT_TRUE(model);
  EXPECT_THAT(model->names, Contains("gpt-4o-*"));
  EXPECT_FALSE(model->open_weights);
  const auto* format = find_format("gguf");
  ASSERT_TRUE(format);
  ASSERT_FALSE(format->magic.empty());
  EXPECT_EQ(format->magic[0].bytes, "GGUF");
  const auto* feature = find_feature("openai-assistants");
  ASSERT_TRUE(feature);
  EXPECT_EQ(feature->provider, "openai");
  EXPECT_THAT(feature->calls, Contains("beta.threads"));
  EXPECT_EQ(find_sdk("no-such-sdk"), nullptr);
}

}  // namespace
}  // namespace ostiary::catalog
