#include <gtest/gtest.h>

#include "scan/impl/manifest/testing.h"

namespace ostiary::scan {
namespace {

using testing::declared_in;

TEST(Pyproject, ReadsDependenciesExtrasGroupsAndTheBuildSystem) {
  constexpr auto text = R"([build-system]
requires = ["hatchling >= 1.20"] # "torch"

[project]
name = "desk"
version = "0.3.1"
license = {text = "MIT"}
dependencies = [
  "OpenAI>=1.40,<2",
  # "anthropic",
  'langchain_core[tracing] ; python_version > "3.9"',
  "local @ file:///srv/local",
]

[project.optional-dependencies]
local = ["llama-cpp-python==0.2.90"]
test = ["pytest>=8"]

[dependency-groups]
dev = ["ruff", {include-group = "docs"}]
inference = ["vllm"]
docs = ["sphinx"]

[tool.uv]
dev-dependencies = ["mypy"]

[tool.hatch.envs.default]
dependencies = ["coverage"]
)";
  EXPECT_EQ(declared_in("svc/pyproject.toml", text),
            "pypi openai >=1.40,<2\n"
            "pypi langchain-core\n"
            "pypi local\n"
            "pypi llama-cpp-python 0.2.90 locked\n"
            "pypi pytest >=8 development\n"
            "pypi ruff development\n"
            "pypi vllm\n"
            "pypi sphinx development\n"
            "pypi hatchling >= 1.20 development\n"
            "pypi mypy development\n"
            "pypi coverage development\n");
  const auto read = read_manifest("pyproject.toml", text);
  EXPECT_EQ(read.package, "desk");
  EXPECT_EQ(read.version, "0.3.1");
  EXPECT_EQ(read.license, "MIT");
}

TEST(Pyproject, ReadsTheTablesOfPoetryPdmAndPixi) {
  EXPECT_EQ(declared_in("pyproject.toml",
                        "[tool.poetry]\r\nname = 'x'\r\n\r\n"
                        "[tool.poetry.dependencies]\r\n"
                        "python = '^3.11'\r\n"
                        "openai = \"^1.0\"\r\n"
                        "cohere = {version = \"5.3.4\", extras = ['a'], optional = true}\r\n"
                        "ours = {path = '../ours'}\r\n"
                        "groq = '*'\r\n"
                        "#mistralai = '*'\r\n"
                        "[tool.poetry.dependencies.ollama]\r\nversion = '>=0.3'\r\n"
                        "[tool.poetry.group.dev.dependencies]\r\npytest = '*'\r\n"
                        "[tool.pdm.dev-dependencies]\r\nlint = ['ruff']\r\n"
                        "[tool.pixi.dependencies]\r\npytorch = '>=2'\r\n"
                        "[tool.pixi.pypi-dependencies]\r\nlitellm = '*'\r\n"),
            "pypi openai ^1.0\n"
            "pypi cohere 5.3.4 locked\n"
            "pypi ours\n"
            "pypi groq\n"
            "pypi ollama >=0.3\n"
            "pypi pytest development\n"
            "conda pytorch >=2\n"
            "pypi litellm\n"
            "pypi ruff development\n");
}

TEST(SetupCfg, ReadsOptionsAndExtras) {
  EXPECT_EQ(declared_in("setup.cfg", R"([metadata]
name = desk
license = Apache-2.0

[options]
python_requires = >=3.9
install_requires =
    openai>=1.0
    # anthropic
    tiktoken ; python_version > "3.8"
tests_require = pytest

[options.extras_require]
local = transformers>=4
dev =
    black

[flake8]
install_requires = nothing
)"),
            "pypi openai >=1.0\npypi tiktoken\npypi pytest development\npypi transformers >=4\npypi black "
            "development\n");
}

TEST(SetupPy, ReadsListsThatStandWrittenOut) {
  EXPECT_EQ(declared_in("setup.py", R"(from setuptools import setup
# install_requires=["anthropic"]
"""
install_requires=["cohere"]
"""
BASE = [
    "openai>=1.0",
    # "mistralai",
]
setup(
    name="desk",
    version="1.2",
    install_requires=BASE + ["tiktoken", f"torch=={V}"],
    extras_require={"dev": ["pytest", "mypy"], "local": ("vllm",)},
    setup_requires=["wheel"],
)
)"),
            "pypi openai >=1.0\n"
            "pypi tiktoken\n"
            "pypi pytest development\n"
            "pypi mypy development\n"
            "pypi vllm\n"
            "pypi wheel development\n");
  EXPECT_EQ(
      declared_in("setup.py",
                  "kwargs = {'install_requires': ['openai']}\nkwargs['extras_require'] = {'x': ['groq']}\n"),
      "pypi openai\npypi groq\n");
}

TEST(Pipenv, ReadsPipfileAndItsLock) {
  EXPECT_EQ(declared_in("Pipfile",
                        "[[source]]\nurl = 'https://pypi.org/simple'\nname = 'pypi'\n\n"
                        "[packages]\nopenai = '*'\nlangchain = {version = '==0.2.1', extras = ['x']}\n\n"
                        "[dev-packages]\npytest = '>=8'\n\n[requires]\npython_version = '3.11'\n"),
            "pypi openai\npypi langchain 0.2.1 locked\npypi pytest >=8 development\n");
  EXPECT_EQ(
      declared_in("Pipfile.lock", R"({"_meta": {"hash": {"sha256": "x"}},
 "default": {"openai": {"hashes": ["sha256:a"], "index": "pypi", "version": "==1.3.0"}, "anyio": {"version": "==4.0"}},
 "develop": {"pytest": {"index": "pypi", "version": "==8.0.0"}}})"),
      "pypi openai 1.3.0 locked\npypi anyio 4.0 locked indirect\npypi pytest 8.0.0 locked development\n");
}

TEST(PythonLocks, TellDevelopmentAndWhatTheProjectAsksFor) {
  EXPECT_EQ(declared_in("poetry.lock", R"(# generated
[[package]]
name = "openai"
version = "1.40.0"
optional = false
groups = ["main"]

[package.dependencies]
anyio = ">=3.5.0,<5"

[[package]]
name = "pytest"
version = "8.3.2"
groups = ["dev"]

[[package]]
name = "black"
version = "24.1"
category = "dev"

[metadata]
content-hash = "x"
)"),
            "pypi openai 1.40.0 locked indirect\n"
            "pypi pytest 8.3.2 locked development indirect\n"
            "pypi black 24.1 locked development indirect\n");
  constexpr auto uv = R"(version = 1

[[package]]
name = "desk"
version = "0.1.0"
source = { editable = "." }
dependencies = [
    { name = "openai" },
]

[package.dev-dependencies]
dev = [{ name = "pytest" }]

[[package]]
name = "openai"
version = "1.54.3"
source = { registry = "https://pypi.org/simple" }
dependencies = [{ name = "httpx" }]

[[package]]
name = "httpx"
version = "0.27.2"
source = { registry = "https://pypi.org/simple" }

[[package]]
name = "pytest"
version = "8.3.3"
source = { registry = "https://pypi.org/simple" }
)";
  EXPECT_EQ(declared_in("uv.lock", uv),
            "pypi openai 1.54.3 locked\n"
            "pypi httpx 0.27.2 locked indirect\n"
            "pypi pytest 8.3.3 locked development\n");
  EXPECT_EQ(read_manifest("uv.lock", uv).package, "desk");
  EXPECT_EQ(declared_in("pdm.lock",
                        "[[package]]\nname = \"groq\"\nversion = \"0.9.0\"\ngroups = [\"default\"]\n"
                        "[[package]]\nname = \"ruff\"\nversion = \"0.5\"\ngroups = [\"lint\"]\n"),
            "pypi groq 0.9.0 locked indirect\npypi ruff 0.5 locked development indirect\n");
  EXPECT_EQ(
      declared_in("pylock.toml", "lock-version = '1.0'\n[[packages]]\nname = 'openai'\nversion = '1.2.3'\n"),
      "pypi openai 1.2.3 locked indirect\n");
}

TEST(Conda, ReadsSpecificationsAndThePartOfPip) {
  EXPECT_EQ(declared_in("environment.yml", R"(name: lab
channels:
  - conda-forge
dependencies:
  - python=3.11
  - pytorch::pytorch>=2.0
  - numpy=1.26.4=py311h1
  # - tensorflow
  - conda-forge::Transformers ==4.40.0
  - pip
  - pip:
    - openai==1.0.0
    - "langchain>=0.1"
    # - cohere
)"),
            "conda pytorch >=2.0\n"
            "conda numpy 1.26.4 locked\n"
            "conda transformers 4.40.0 locked\n"
            "pypi openai 1.0.0 locked\n"
            "pypi langchain >=0.1\n");
  EXPECT_EQ(declared_in("conda-lock.yml",
                        "version: 1\npackage:\n- name: pytorch\n  version: 2.1.0\n  manager: conda\n"
                        "  category: main\n- name: openai\n  version: 1.2.3\n  manager: pip\n"
                        "  category: dev\n"),
            "conda pytorch 2.1.0 locked indirect\npypi openai 1.2.3 locked development indirect\n");
}

TEST(CoreMetadata, ReadsTheHeadersAndNotTheDescription) {
  constexpr auto text = R"(Metadata-Version: 2.1
Name: langchain-openai
Version: 0.1.7
License: MIT
Requires-Dist: openai<2.0.0,>=1.24.0
Requires-Dist: pytest ; extra == 'test'
Requires-Dist: cohere (>=5) ; extra == "cohere"

Requires-Dist: anthropic
)";
  EXPECT_EQ(declared_in("lib/langchain_openai-0.1.7.dist-info/METADATA", text),
            "pypi openai <2.0.0,>=1.24.0\npypi pytest development\npypi cohere >=5\n");
  const auto read = read_manifest("x-1.dist-info/METADATA", text);
  EXPECT_EQ(read.package, "langchain-openai");
  EXPECT_EQ(read.license, "MIT");
  EXPECT_FALSE(is_manifest("docs/METADATA"));
  EXPECT_EQ(declared_in("x.egg-info/requires.txt",
                        "openai>=1\n\n[dev]\npytest\n\n[local:python_version<'3.9']\nvllm\n"),
            "pypi openai >=1\npypi pytest development\npypi vllm\n");
}

}  // namespace
}  // namespace ostiary::scan
