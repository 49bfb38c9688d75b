#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "scan/impl/code.h"
#include "scan/impl/sdk_names.h"

namespace ostiary::scan {

// What one import takes, in the words of its language.
struct Taken {
  std::string module = {};           // with the language's separator
  std::string member = {};           // what is taken from it; empty: the module itself
  std::string local = {};            // the name it gets; empty: the last part of what is taken
  std::string stands_for = {};       // what of the module that name is, where `member` is no part of its path
  std::uint64_t start = 0, end = 0;  // in the source's text
  bool types = false;                // only types are taken, which nothing calls
  bool versioned = false;            // it says which version itself, so that no manifest need declare it
  bool full = false;                 // the name is written in full where it is used
  bool binds = true;                 // a name is bound
};

// The uses of SDKs in one source: what it imports, the names that are bound to it, what it calls.
class Uses {
 public:
  Uses(const Source& source, Signs& out) : source_(&source), language_(source.language), out_(&out) {}

  // An import; adds a sign where the catalogue knows it. False: it does not.
  bool take(const Taken& taken);
  // A path of code that ends in a name that is called.
  void call(const std::vector<std::string_view>& path, std::uint64_t start, std::uint64_t end);
  // A string that is an argument.
  void argument(std::string_view value, std::uint64_t start, std::uint64_t end);
  // A module of the source itself hides a package of the same name.
  void hide(std::string_view module) { hidden_.emplace(module); }
  bool any() const { return !imported_.empty(); }
  std::string_view language() const { return language_; }
  bool is_bound(std::string_view name) const { return bound_.contains(name); }
  // A variable whose type is a name that an import brought: what is called on it is called on the SDK.
  void declare(std::string_view type, std::string_view variable);

 private:
  struct Bound {
    std::vector<std::string> path;  // how it is called: where more than one part, code must write them all
    std::vector<std::string> stands_for;
    const SdkList* sdks = nullptr;
    std::string module;
  };
  void bind(const Taken& taken, const Named& named);
  void watch(const catalog::Sdk& sdk, std::string_view module);
  void add(const catalog::Sdk& sdk, const SdkList* sharing, Grade grade, std::string_view detector,
           std::uint64_t start, std::uint64_t end, std::string_view module, bool weak);
  bool matches(const std::vector<std::string_view>& path, bool bound, std::uint64_t start, std::uint64_t end);
  void call_unbound(const std::vector<std::string_view>& path, std::uint64_t start, std::uint64_t end);
  bool may_call(const catalog::Sdk& sdk);

  const Source* source_;
  std::string_view language_;
  Signs* out_;
  std::map<std::string, std::vector<Bound>, std::less<>> bound_;  // by the first part
  std::map<const catalog::Sdk*, std::string> imported_;           // with its first module
  std::map<const catalog::Sdk*, const SdkList*> sharing_;
  std::map<std::string_view, std::vector<const CallName*>> watched_;  // by the last part
  std::map<const catalog::Sdk*, std::size_t> calls_;
  std::set<std::string, std::less<>> hidden_;
  std::set<const catalog::Sdk*> declared_;    // that an import brings without a version of its own
  std::set<std::string, std::less<>> types_;  // names of what only types are
  std::deque<SdkList> lists_;                 // of variables
};

// Finds the imports of a source, by its language, and then its calls.
void read_imports(const Code& code, Uses& uses);
void read_calls(const Code& code, Uses& uses);
// What is imported by being named in full: `async_openai::Client::new()`, `new OpenAI.Chat.ChatClient(…)`.
void read_full_names(const Code& code, Uses& uses);

// Parsers by language.
void python_imports(const Code& code, Uses& uses);
void javascript_imports(const Code& code, Uses& uses);
void go_imports(const Code& code, Uses& uses);
void java_imports(const Code& code, Uses& uses);
void csharp_imports(const Code& code, Uses& uses);
void ruby_imports(const Code& code, Uses& uses);
void rust_imports(const Code& code, Uses& uses);
void php_imports(const Code& code, Uses& uses);
void c_imports(const Code& code, Uses& uses);
void swift_imports(const Code& code, Uses& uses);

// Names of packages that unmistakably stand in texts: comments, strings, documentation.
void read_mentions(const Source& source, Signs& out);
// Libraries that build files link.
void read_links(const Source& source, Signs& out);

// A package of npm as modules name it: without `npm:`, the address of a delivery network, and version.
struct NpmModule {
  std::string name;  // with its subpath
  bool versioned = false;
};
NpmModule npm_name_of(std::string_view specifier);

}  // namespace ostiary::scan
