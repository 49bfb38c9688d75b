#include <algorithm>
#include <gtest/gtest.h>
#include <set>

#include "scan/impl/detectors.h"
#include "scan/impl/found.h"
#include "scan/impl/uses.h"

namespace ostiary::scan {
namespace {

// What a file shows: `id grade`, with `?` behind a weak sign; each once, sorted, with ", " between.
std::string found_in(std::string_view path, std::string_view bytes) {
  Signs signs;
  signs_in_code({path, bytes}, signs);
  std::set<std::string> all;
  for (const auto& sign : signs.all) {
    EXPECT_LE(sign.start, sign.end);
    EXPECT_LE(sign.end, bytes.size());
    if (sign.kind == Kind::sdk || sign.kind == Kind::framework)
      all.insert(sign.name + " " + std::string(name(sign.grade)) + (sign.weak ? "?" : ""));
  }
  std::string out;
  for (const auto& one : all) out += (out.empty() ? "" : ", ") + one;
  return out;
}

struct Case {
  std::string_view text, found;
};

void expect_all(std::string_view path, std::initializer_list<Case> cases) {
  for (const auto& one : cases) EXPECT_EQ(found_in(path, one.text), one.found) << one.text;
}

TEST(Code, KnowsImportsOfPython) {
  expect_all("a.py",
             {
                 {"import os, openai as oa\n", "openai imported"},
                 {"import openai.types.chat\n", "openai imported"},
                 {"from anthropic import (\n  Anthropic,  # x\n  APIError)\n", "anthropic imported"},
                 {"try:\n  import ollama\nexcept ImportError: pass\n", "ollama imported"},
                 {"from .openai import x\nfrom . import ollama\n", ""},
                 {"import openaix\nfrom xopenai import openai\n", ""},
                 {"m = importlib.import_module('openai')\nm.OpenAI()\n", "openai called, openai imported"},
                 {"def f():\n  yield from openai\n", ""},
                 {"from google import generativeai\n", "google-generativeai imported"},
                 {"x = 1; import openai", "openai imported"},
             });
}

TEST(Code, FollowsNamesThatAnImportOfPythonBinds) {
  expect_all(
      "a.py",
      {
          {"import openai as oa\nc = oa.OpenAI()\n", "openai called, openai imported"},
          {"from openai import OpenAI as Client\nClient()\n", "openai called, openai imported"},
          {"from openai import OpenAIError\nraise OpenAIError()\n", "openai imported"},
          {"from openai import *\nx = client.chat.completions.create()\n", "openai called, openai imported"},
          {"import openai\n# openai.OpenAI()\nx = 'openai.OpenAI()'\n", "openai imported"},
          {"import torch.nn as nn\nclass A(nn.Module): pass\n", "pytorch called, pytorch imported"},
          {"import ollama\nollama.chat(model='x')\n", "ollama called, ollama imported"},
          {"def OpenAI(): pass\n", ""},
      });
}

TEST(Code, NeedsMoreThanAnAmbiguousImport) {
  expect_all(
      "a.py",
      {
          {"import whisper\nwhisper.create('x')\n", "openai-whisper called?, openai-whisper imported?"},
          {"import whisper\nwhisper.load_model('x')\n", "openai-whisper called, openai-whisper imported?"},
          {"import whisper as w\nw.load_model('x')\n", "openai-whisper called, openai-whisper imported?"},
          {"import boto3\nboto3.client('s3')\n", "boto3 called?, boto3 imported?"},
          {"import boto3\nc = boto3.client('bedrock-runtime')\n",
           "boto3 called, boto3 called?, boto3 imported?"},
      });
}

TEST(Code, KnowsImportsOfJavaScript) {
  expect_all(
      "a.ts",
      {
          {"import OpenAI from 'openai';\nnew OpenAI();", "openai called, openai imported"},
          {"import OpenAI, { toFile as t } from \"openai\";", "openai imported"},
          {"import type { OpenAI } from 'openai';\nOpenAI();", "openai imported"},
          {"import { type OpenAI } from 'openai'", "openai imported"},
          {"import * as oa from 'openai/index.mjs'; new oa.OpenAI()", "openai called, openai imported"},
          {"import 'openai/shims/node';", "openai imported"},
          {"export { OpenAI } from 'openai'; export * from '@anthropic-ai/sdk'",
           "anthropic imported, openai imported"},
          {"const { OpenAI: C } = require('openai'); new C()", "openai called, openai imported"},
          {"const C = require('openai').OpenAI; new C()", "openai called, openai imported"},
          {"const { default: C } = await import('openai'); new C()", "openai called, openai imported"},
          {"import O = require('openai')", "openai imported"},
          {"import O from 'npm:openai@4'; import A from 'https://esm.sh/@anthropic-ai/sdk@0.30/x'",
           "anthropic imported, openai imported"},
          {"import a from './openai'; import b from 'openai-x'; x.require('openai')", "openai mentioned"},
          {"export const openai = 3; export default 'x y'", ""},
          {"f(`import OpenAI from 'openai'`)", "openai mentioned"},
          {"let a = client.chat?.completions.create({})", ""},
      });
}

TEST(Code, KnowsScriptsOfDeliveryNetworks) {
  expect_all(
      "a.html",
      {
          {"<script src=\"https://cdn.jsdelivr.net/npm/@tensorflow/tfjs@4.0.0/dist/tf.min.js\"></script>",
           "tensorflow-js imported"},
          {"<!-- <script src='https://unpkg.com/@tensorflow/tfjs'></script> --><script src='/x.js'></script>",
           ""},
          {"<script>import a from 'https://esm.sh/openai@4'; new a()</script>",
           "openai called, openai imported"},
      });
}

TEST(Code, KnowsImportsOfGo) {
  expect_all(
      "a.go",
      {
          {"import \"github.com/sashabaranov/go-openai\"\nfunc f() { openai.NewClient(k) }",
           "go-openai called, go-openai imported"},
          {"import (\n\t\"os\"\n\toai \"github.com/sashabaranov/go-openai\"\n)\nvar c = oai.NewClient(k)",
           "go-openai called, go-openai imported"},
          {"import _ \"github.com/openai/openai-go/option\"", "openai imported"},
          {"import (\n// \"github.com/sashabaranov/go-openai\"\n)", "go-openai mentioned"},
          {"import \"github.com/sashabaranov/go-openai-x\"", ""},
      });
}

TEST(Code, KnowsImportsOfTheJvm) {
  expect_all("a.java",
             {
                 {"import com.openai.client.OpenAIClient;\nclass A {}", "openai imported"},
                 {"import static com.openai.x.Y.*;", "openai imported"},
                 {"import com.openai.client.okhttp.OpenAIOkHttpClient;\nvar c = "
                  "OpenAIOkHttpClient.builder().build();",
                  "openai called, openai imported"},
                 {"Object c = com.openai.client.okhttp.OpenAIOkHttpClient.fromEnv();",
                  "openai called, openai imported"},
                 {"import com.openaix.Y;", ""},
                 {"import org.springframework.ai.chat.client.ChatClient;\nclass A { ChatClient chat;\n"
                  "void f() { this.chat.prompt().call(); } }",
                  "spring-ai called, spring-ai imported"},
             });
  expect_all("a.kt",
             {
                 {"import dev.langchain4j.model.chat.ChatLanguageModel as M\n", "langchain4j imported"},
                 {"/* /* import dev.langchain4j.x.Y */ */", "langchain4j mentioned"},
             });
  expect_all("a.scala", {
                            {"import sttp.openai.{OpenAISyncClient => C, OpenAI}\nval c = C(key)",
                             "sttp-openai called, sttp-openai imported"},
                            {"import sttp.openai._\n", "sttp-openai imported"},
                        });
}

TEST(Code, KnowsImportsOfDotNet) {
  expect_all("a.cs", {
                         {"using OpenAI.Chat;\nChatClient c = new(model);\nawait c.CompleteChatAsync(x);",
                          "openai called, openai imported"},
                         {"global using static OpenAI.X;", "openai imported"},
                         {"using C = Microsoft.SemanticKernel.Kernel;\nC.CreateBuilder();",
                          "semantic-kernel called, semantic-kernel imported"},
                         {"var c = new OpenAI.Chat.ChatClient(\"x\");", "openai called, openai imported"},
                         {"using (var openAI = Open()) {}\nusing var x = OpenAI;", ""},
                         {"using OpenAIx;", ""},
                     });
  expect_all("a.fs", {{"open OpenAI.Chat\n", "openai imported"}});
}

TEST(Code, KnowsImportsOfRuby) {
  expect_all("a.rb",
             {
                 {"require 'anthropic'\nAnthropic::Client.new", "anthropic called, anthropic imported"},
                 {"require(\"openai\")\n", "openai imported, ruby-openai imported"},
                 {"=begin\nrequire 'anthropic'\n=end\n", "anthropic mentioned"},
                 {"c = RubyLLM.chat", "ruby-llm called?"},
                 {"x = 1\n__END__\nrequire 'anthropic'\n", "anthropic mentioned"},
             });
}

TEST(Code, KnowsImportsOfRust) {
  expect_all(
      "a.rs",
      {
          {"use async_openai::{config::OpenAIConfig, Client as C};\nlet c = C::new();",
           "async-openai called, async-openai imported"},
          {"use {std::fs, async_openai::types::*};", "async-openai imported"},
          {"extern crate async_openai as oa;\nlet c = oa::Client::new();",
           "async-openai called, async-openai imported"},
          {"let c = async_openai::Client::new();", "async-openai called, async-openai imported"},
          {"mod async_openai;\nuse async_openai::X;", ""},
          {"use crate::async_openai::X; use async_openai_x::Y;", ""},
          {"/* /* use async_openai::X; */ */ let a = r#\"use async_openai::X;\"#;", "async-openai mentioned"},
      });
}

TEST(Code, KnowsImportsOfPhp) {
  expect_all(
      "a.php",
      {
          {"<?php use OpenAI\\Client; $c = new Client();", "openai-php called, openai-php imported"},
          {"<?php use OpenAI\\{Client as C, Factory}; $c = C::make();",
           "openai-php called, openai-php imported"},
          {"<?php $c = \\OpenAI::client($k);", "openai-php called, openai-php imported"},
          {"<p>Now use OpenAI\\Client;</p><?php $f = function () use ($openai) {};", "openai-php mentioned"},
          {"<?php use OpenApi\\Client; new Client();", ""},
      });
}

TEST(Code, KnowsIncludesAndImportsOfC) {
  expect_all("a.cpp",
             {
                 {"#include <onnxruntime/core/session/onnxruntime_cxx_api.h>\nOrt::Session s(env, p, o);",
                  "onnxruntime called, onnxruntime imported"},
                 {"#include \"onnxruntime_cxx_api.h\"\nvoid f(Ort::Session& s);", "onnxruntime imported"},
                 {"#include <llama.h>\nint r = llama_decode(c, b);", "llama-cpp called, llama-cpp imported"},
                 {"#include \"../third/llama.cpp/include/llama.h\"\n", "llama-cpp imported"},
                 {"#if 0\n#include <llama.h>\n#else\n#include <math.h>\n#endif\n", ""},
                 {"// x \\\n#include <llama.h>\n", ""},
                 {"auto s = R\"x(\n#include <llama.h>\n)x\";", "llama-cpp mentioned"},
                 {"#include <libtorch/llama.hpp>\n", ""},
             });
  expect_all("a.m", {{"@import CoreML;\nid m = [MLModel modelWithContentsOfURL:u error:nil];",
                      "core-ml called, core-ml imported"}});
}

TEST(Code, KnowsImportsOfSwift) {
  expect_all("a.swift",
             {
                 {"import CoreML\nlet m = try MLModel(contentsOf: u)", "core-ml called, core-ml imported"},
                 {"@testable import struct CoreML.MLModel", "core-ml imported"},
                 {"/* /* import CoreML */ */", "core-ml mentioned"},
             });
}

TEST(Code, KnowsPackagesThatAreInstalled) {
  expect_all("a.sh", {{"pip install llm\nllm -m x\n", "llm declared"},
                      {"# pip install openai\n", "openai mentioned"}});
  expect_all("Dockerfile", {{"FROM x\nRUN pip install openai\n", "openai declared"}});
  expect_all("a.ipynb", {{R"({"cells": [{"cell_type": "code", "source": ["%pip install -q openai"]}]})",
                          "openai declared"}});
}

TEST(Code, KnowsLibrariesThatAreLinked) {
  expect_all("Makefile", {{"LDLIBS = -L/x -lllama -lm\n", "llama-cpp imported"}, {"# -lllama\n", ""}});
  expect_all("CMakeLists.txt", {{"target_link_libraries(app PRIVATE llama onnxruntime::onnxruntime)",
                                 "llama-cpp imported, onnxruntime imported"},
                                {"target_link_libraries(llama PRIVATE m)", ""}});
  expect_all("meson.build", {{"d = dependency('onnxruntime')", "onnxruntime imported"}});
  expect_all("build.rs", {{"println!(\"cargo:rustc-link-lib=dylib=onnxruntime\");", "onnxruntime imported"}});
  expect_all("a.go", {{"// #cgo LDFLAGS: -lllama\nimport \"C\"", "llama-cpp imported"}});
  expect_all("a.cs", {{"[DllImport(\"onnxruntime\")] static extern int F();", "onnxruntime imported"}});
}

TEST(Code, KnowsCopiesOfLibraries) {
  for (const std::string_view path : {"third_party/llama.cpp/include/llama.h", "a/vendor/llama/llama.h"}) {
    Signs signs;
    signs_of_copies({path, ""}, signs);
    ASSERT_EQ(signs.all.size(), 1U) << path;
    EXPECT_EQ(signs.all.front().name, "llama-cpp");
    EXPECT_TRUE(is_installed(path));
  }
  Signs signs;
  signs_of_copies({"third_party/zlib/zlib.h", ""}, signs);
  signs_of_copies({"third_party/llama.cpp/llama.cpp", ""}, signs);
  EXPECT_TRUE(signs.all.empty());
  EXPECT_FALSE(is_installed("shop/vendor/views.py"));
  EXPECT_FALSE(is_installed("my_vendor/x/views.py"));
}

TEST(Code, TakesWhatIsSpokenOfForMentions) {
  expect_all("a.md", {
                         {"Run `pip install openai==1.2 pandas` or `npm i -D @anthropic-ai/sdk@1`.",
                          "anthropic mentioned, openai mentioned"},
                         {"We asked OpenAI, Mistral and Claude; parts cohere. openai is a name.", ""},
                         {"```python\nfrom openai import OpenAI\n```\n", "openai mentioned"},
                         {"go get github.com/sashabaranov/go-openai@v1", "go-openai mentioned"},
                         {"We import openai models.", ""},
                         {"pip install whisper cohere", ""},
                     });
  expect_all("a.py",
             {
                 {"x = ['openai', 'my_openai', 'openai-like', 'cohere', 'torch']", "openai mentioned"},
                 {"\"\"\"\n    import anthropic\n\"\"\"", "anthropic mentioned"},
                 {"# client = ollama.Client()\n# pip install ollama\n", "ollama mentioned"},
             });
  expect_all("package.jsonc", {{"// \"openai\": \"^4.0\"\n", "openai mentioned"}});
  expect_all("requirements.txt", {{"# openai==1.0\nanthropic==1.0\n", "openai mentioned"}});
  expect_all("Cargo.toml", {{"# async-openai = \"0.25\"\n", "async-openai mentioned"}});
}

TEST(Code, ReadsNotebooks) {
  EXPECT_EQ(
      found_in(
          "a.ipynb",
          R"x({"cells": [{"cell_type": "code", "source": ["from openai import OpenAI\n", "c = OpenAI()"]},
    {"cell_type": "markdown", "source": "`import anthropic`"}], "metadata": {
  "language_info" : {"name" : "python"}
}
})x"),
      "anthropic mentioned, openai called, openai imported");
}

TEST(Code, NamesPackagesOfNpm) {
  EXPECT_EQ(npm_name_of("npm:@a/b@1.2/c").name, "@a/b/c");
  EXPECT_EQ(npm_name_of("https://cdn.jsdelivr.net/npm/@a/b@2.17.2/+esm").name, "@a/b/+esm");
  EXPECT_TRUE(npm_name_of("https://esm.sh/openai@4?bundle").versioned);
  EXPECT_EQ(npm_name_of("./openai").name, "");
  EXPECT_EQ(npm_name_of("https://example.org/openai").name, "");
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

TEST(Code, EndsWithWhateverComes) {
  constexpr std::size_t many = 40'000;
  const std::initializer_list<std::string> texts = {
      repeated("\"", many * 10),
      std::string(many * 10, '\0'),
      repeated("import openai;", many),
      repeated("(", many * 4) + "openai.x",
      repeated("use a::{", many),
      "import openai\n" + repeated("a.", many) + "chat.completions.create()",
      "import openai\n" + repeated("a().", many) + "create()",
      "import openai\n" + repeated("a<", many) + repeated(">(", many),
      repeated("<a>", many),
      repeated("import {", many),
      repeated("pip install openai ", many),
      repeated("from openai import (", many),
      repeated("<?php ?>", many),
      repeated("<script>", many),
      repeated("=begin\n", many),
      repeated("#if 0\n", many),
      repeated("$(", many),
      "{\"cells\": [" + repeated("[", many),
      "\xff\xfe\x80 import openai",
  };
  for (const auto* path :
       {"a.py", "a.jsx",  "a.ts",   "a.go",  "a.java",         "a.kt",    "a.scala", "a.cs",
        "a.rb", "a.rs",   "a.php",  "a.cpp", "a.swift",        "a.sh",    "a.ipynb", "a.vue",
        "a.md", "a.yaml", "a.json", "a.xml", "CMakeLists.txt", "Makefile"})
    for (const auto& text : texts) {
      Signs signs;
      signs_in_code({path, text}, signs);
      EXPECT_LE(signs.all.size(), Signs::kMost);
    }
}

}  // namespace
}  // namespace ostiary::scan
