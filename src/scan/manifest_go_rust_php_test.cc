#include <gtest/gtest.h>

#include "scan/impl/manifest/testing.h"

namespace ostiary::scan {
namespace {

using testing::declared_in;

TEST(GoMod, ReadsRequirementsAndReplacements) {
  constexpr auto text = R"(module git.example.org/desk // import "x"

go 1.22

require github.com/sashabaranov/go-openai v1.20.0

require (
	github.com/ollama/ollama v0.3.0
	// github.com/cohere-ai/cohere-go/v2 v2.7.0
	"google.golang.org/api" v0.170.0 // indirect
)

exclude github.com/tmc/langchaingo v0.1.0

replace (
	github.com/ollama/ollama => github.com/ours/ollama v0.3.1
	example.org/local => ../local
)
)";
  EXPECT_EQ(declared_in("go.mod", text),
            "go github.com/sashabaranov/go-openai v1.20.0 locked\n"
            "go github.com/ollama/ollama v0.3.0 locked\n"
            "go google.golang.org/api v0.170.0 locked indirect\n"
            "go github.com/ours/ollama v0.3.1 (github.com/ollama/ollama) locked\n");
  EXPECT_EQ(read_manifest("go.mod", text).package, "git.example.org/desk");
}

TEST(GoVendor, TellsWhatIsExplicit) {
  EXPECT_EQ(declared_in("vendor/modules.txt",
                        "# github.com/openai/openai-go v0.1.0\n## explicit; go 1.21\n"
                        "github.com/openai/openai-go\n# golang.org/x/net v0.2.0\n"
                        "# a.org/b v1.0.0 => c.org/d v1.0.1\n## explicit\n"
                        "# a.org/e v1.0.0 => ./e\n"),
            "go github.com/openai/openai-go v0.1.0 locked\n"
            "go golang.org/x/net v0.2.0 locked indirect\n"
            "go c.org/d v1.0.1 (a.org/b) locked\n"
            "go a.org/e v1.0.0 locked indirect\n");
  EXPECT_FALSE(is_manifest("docs/modules.txt"));
}

TEST(CargoToml, ReadsEveryTableAndRenames) {
  constexpr auto text = R"([package]
name = "desk"
version = "0.2.0"
license = "MIT OR Apache-2.0"

[dependencies]
async-openai = "0.23"
llm = { package = "ollama_rs", version = "=0.2.1", features = ["stream"] }
# candle-core = "0.6"
serde = { workspace = true }
tokio.workspace = true
text = """
[dependencies]
tch = "0.17"
"""

[dependencies.tokenizers]
version = "0.19"

[dev-dependencies]
insta = "1"

[build-dependencies]
cc = "1"

[target.'cfg(unix)'.dependencies]
ort = "2.0.0-rc.4"

[workspace.dependencies]
candle-nn = "0.6"
)";
  EXPECT_EQ(declared_in("Cargo.toml", text),
            "cargo async-openai 0.23\n"
            "cargo ollama-rs 0.2.1 (llm) locked\n"
            "cargo serde\n"
            "cargo tokio\n"
            "cargo text [dependencies]\n"
            "cargo tokenizers 0.19\n"
            "cargo insta 1 development\n"
            "cargo cc 1 development\n"
            "cargo candle-nn 0.6 indirect\n"
            "cargo ort 2.0.0-rc.4\n");
  EXPECT_EQ(read_manifest("Cargo.toml", text).license, "MIT OR Apache-2.0");
}

TEST(CargoToml, KnowsFoldersOfTheTree) {
  EXPECT_EQ(declared_in("Cargo.toml", R"([dependencies]
burn = { path = "../burn" }
ort = { path = "../ort", version = "2.0" }
tch = { path = "third_party/tch" }
)"),
            "cargo burn own\ncargo ort 2.0\ncargo tch\n");
}

TEST(CargoLock, TellsWhatIsOursAndWhatWeAskFor) {
  EXPECT_EQ(declared_in("Cargo.lock", R"(version = 3

[[package]]
name = "async-openai"
version = "0.23.4"
source = "registry+https://github.com/rust-lang/crates.io-index"
dependencies = [
 "reqwest",
]

[[package]]
name = "desk"
version = "0.2.0"
dependencies = [
 "async-openai",
 "reqwest 0.11.0",
]

[[package]]
name = "hyper"
version = "1.0.0"
source = "registry+https://github.com/rust-lang/crates.io-index"
)"),
            "cargo async-openai 0.23.4 locked\ncargo hyper 1.0.0 locked indirect\n");
}

TEST(Composer, ReadsRequirementsAndLocks) {
  EXPECT_EQ(declared_in("composer.json", R"({"name": "ours/desk", "license": ["MIT"],
    "require": {"php": ">=8.1", "ext-json": "*", "OpenAI-php/client": "^0.8", "guzzlehttp/guzzle": "7.8.1"},
    "require-dev": {"phpunit/phpunit": "^10"}, "suggest": {"cohere/x": "*"}})"),
            "composer openai-php/client ^0.8\n"
            "composer guzzlehttp/guzzle 7.8.1 locked\n"
            "composer phpunit/phpunit ^10 development\n");
  EXPECT_EQ(declared_in("composer.lock", R"({"packages": [{"name": "openai-php/client", "version": "v0.8.4",
    "require": {"x/y": "1"}}], "packages-dev": [{"name": "phpunit/phpunit", "version": "10.0.0"}]})"),
            "composer openai-php/client v0.8.4 locked indirect\n"
            "composer phpunit/phpunit 10.0.0 locked development indirect\n");
}

}  // namespace
}  // namespace ostiary::scan
