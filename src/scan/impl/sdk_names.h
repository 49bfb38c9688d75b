#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catalog/catalog.h"

namespace ostiary::scan {

// SDKs that share a name, in the catalogue's order.
using SdkList = std::vector<const catalog::Sdk*>;

// What an import names: the SDKs, and how much of the module is the catalogue's name.
struct Named {
  const SdkList* sdks = nullptr;
  std::string_view name;
  explicit operator bool() const { return sdks != nullptr; }
};

// The SDKs whose import name is `module` or begins it and ends where a part of it does; the longest counts.
// Of C, an included path, whose first folders may be missing. Some hash lookups; for any number of threads.
Named sdks_of_import(std::string_view language, std::string_view module);
// Whether a catalogued import of the language begins with this part.
bool begins_import(std::string_view language, std::string_view first);
// The SDK of a library as a linker knows it ("onnxruntime"), and that of a program.
const SdkList* sdks_of_library(std::string_view name);
const SdkList* sdks_of_command(std::string_view name);
// The SDKs that a package manager of the language knows by this name; nullptr: none.
const SdkList* sdks_of_package_name(std::string_view language, std::string_view name);

// The first parts of an SDK's imports in a language, each with the language.
std::set<std::pair<std::string_view, std::string>> modules_of(const catalog::Sdk& sdk,
                                                              std::string_view language);

// A call of the catalogue as the parts of its path. `Ort::Session` is {"Ort", "Session"}.
struct CallName {
  const catalog::Sdk* sdk = nullptr;
  std::vector<std::string_view> parts;
};
// All calls of an SDK, and the strings among them (`bedrock-runtime`), which are none a path could be.
const std::vector<CallName>& calls_of(const catalog::Sdk& sdk);
// The calls that begin with a constant and go on (`OpenAI::Client`, `RubyLLM.chat`), by that constant, of
// SDKs that have an import of the language: what a program calls whose framework loads packages by itself.
const std::vector<CallName>* calls_by_constant(std::string_view language, std::string_view constant);

// Whether a name of a package is a word of other trades, so that it tells nothing where it is only mentioned.
bool is_common_word(std::string_view name);
// Whether a module of this name is often another package's, so that its import alone tells nothing.
bool is_common_module(std::string_view name);

// What separates the parts of a module in a language.
std::string_view separator_of(std::string_view language);
std::vector<std::string_view> parts_of(std::string_view path);

}  // namespace ostiary::scan
