#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ostiary::catalog {

// Where an entry's facts are from, and when somebody looked.
struct Origin {
  std::string source;  // URL or the name of a document
  std::string date;    // YYYY-MM-DD
};

// catalog/provider/<id>.yaml: the organisation behind services.
struct Provider {
  struct Endpoint {
    std::string host;  // `*`: one label or a part of one; "*." at the beginning: any labels
    std::string path;  // how the path of models begins; empty: all of the host
    std::string surface;
  };
  std::string id, name, homepage;
  std::vector<std::string> surfaces;  // words of house.md
  std::vector<Endpoint> endpoints;
  std::vector<std::string> variables;  // of the environment, that hold its key or address
  std::vector<std::string> headers;    // of requests, small letters
  std::vector<std::string> resources;  // of Terraform, CloudFormation or Bicep
  Origin origin;
};

// catalog/service/<id>.yaml: a way to reach models that many people use, so that configuration can be short
// and services can be found without any.
struct Service {
  std::string id, name, provider, surface;
  std::string protocol;                // "openai"
  std::string base_url;                // may hold {model} or {resource}, which configuration must fill
  std::string credential_env;          // environment variable that usually holds the key; empty: none needed
  std::string credential_header;       // "authorization" (Bearer), "api-key" or "x-api-key"
  std::vector<std::string> models;     // globs of model names it serves; empty: ask it
  std::vector<std::string> endpoints;  // "chat/completions", "embeddings", …
  std::uint16_t local_port = 0;  // usual port on loopback, to look for without configuration; 0: not local
  Origin origin;
};

// catalog/price/<id>.yaml: what a provider asks for tokens on one surface. Prices are in nano-dollars (1e-9
// USD) for a million tokens: exact, as the files hold at most six decimals.
struct PriceList {
  struct Line {
    std::vector<std::string> models;  // names or globs
    std::string valid_from;           // YYYY-MM-DD, UTC
    std::int64_t input = 0, output = 0, cached = 0;
  };
  std::string id, provider;
  std::string surface;  // empty: all of them
  std::vector<Line> lines;
  Origin origin;
};

// catalog/detector/<id>.yaml: how one kind of secret, personal data or marking is recognised.
// catalog/schema/detector.yaml says what each field means and what holds where one is left out: here texts
// that are left out are empty.
struct Detector {
  struct Check {
    std::string kind;  // empty: nothing can be computed
    std::string weights, result, table, ten, argument;
    std::uint32_t modulus = 0;
  };
  std::string id, name, klass, data_class, type, opens, standard;
  std::string models_provider;             // of the key of a service of models: whose, or "several"
  std::vector<std::string> models_beside;  // empty: it opens nothing else
  std::vector<std::string> countries;
  std::vector<std::string> keywords, words;
  std::string trigger, where, start, before, pattern, after;
  std::uint32_t within = 64;
  bool any_case = false, inside_words = false, damped = true;
  double entropy = 0, rarity = 0;
  Check check;
  std::string check_failed, confidence, with_words;
  std::vector<std::string> reject, fires, silent;
  Origin origin;
  // Of detectors that are made of an organisation's list, which no file says. `literal`: a keyword that
  // stands as a whole word is the value, and `pattern` takes any byte. `rule` (inspect/members.h): which
  // values of the pattern count, by `members`.
  bool literal = false;
  std::string rule;
  std::vector<std::string> members;
};

// catalog/damper/<id>.yaml: values that look like a secret or a personal number and are none.
struct Damper {
  std::string id, name, effect;
  std::vector<std::string> contains, words, values, patterns, behind, named;
  bool spares_high = false;
  Origin origin;
};

// catalog/sdk/<id>.yaml: a library or framework through which programs use models.
struct Sdk {
  struct Package {
    std::string ecosystem, name;  // name may end in "/*" or ".": all that begin so
  };
  struct Import {
    std::string language, name;  // java stands for Kotlin and Scala too, javascript for TypeScript, c for C++
  };
  std::string id, name;
  std::string kind;      // "sdk", "framework" or "runtime"
  std::string provider;  // empty: several or none
  std::string surface, homepage;
  std::string base_url;  // how its address is set, in words
  std::string license;   // SPDX expression or "unknown"
  std::vector<Package> packages;
  std::vector<Import> imports;
  std::vector<std::string> calls;      // last names of a path
  std::vector<std::string> libraries;  // as a linker knows them
  std::vector<std::string> commands;
  bool ambiguous = false;
  Origin origin;
};

// catalog/server/<id>.yaml: a program that serves models where somebody runs it.
struct Server {
  std::string id, name, homepage, license;
  std::vector<std::uint16_t> ports;
  std::vector<std::string> images;  // without docker.io, tag and digest
  std::vector<std::string> commands, paths, variables, charts;
  bool ambiguous = false;
  Origin origin;
};

// catalog/tool/<id>.yaml: what people use that has AI in it.
struct Tool {
  struct Domain {
    std::string name, surface;  // what stands before the name with a dot counts too
  };
  struct File {
    std::string path, kind;  // path as in gitignore
  };
  std::string id, name, kind, maker, provider, homepage;
  std::vector<Domain> domains;
  std::vector<File> files;
  std::vector<std::string> authors, marks, actions, commands, extensions;
  bool ambiguous = false;
  Origin origin;
};

// catalog/model/<id>.yaml: a family of models.
struct ModelFamily {
  std::string id, name, maker, provider;
  std::vector<std::string> names;         // small letters, `*` any of a-z, 0-9 and ._:-
  std::vector<std::string> repositories;  // "owner/name", `*` too
  std::string license;                    // SPDX expression, LicenseRef-…, "proprietary" or "unknown"
  std::string kind;
  bool open_weights = false, ambiguous = false;
  Origin origin;
};

// catalog/format/<id>.yaml: a format of model files or datasets.
struct Format {
  struct Magic {
    std::uint32_t offset = 0;
    std::string bytes;
  };
  std::string id, name, kind, homepage;
  std::vector<std::string> extensions;  // with their dot, small letters
  std::vector<std::string> names;       // as in gitignore
  std::vector<Magic> magic;             // one of them is enough
  bool needs_magic = false;
  Origin origin;
};

// catalog/feature/<id>.yaml: what only one provider's interface has.
struct Feature {
  std::string id, name, provider;
  std::vector<std::string> calls;  // last names of a path
  std::vector<std::string> texts;  // whole strings and names of members; `*` at the end stands for digits
  std::string instead;
  Origin origin;
};

// catalog/pickle/<id>.yaml: globals that pickles ask for, and what importing and calling them comes to.
struct PickleNames {
  struct Module {
    std::string module;
    std::vector<std::string> names;  // empty: all of it, and of modules below
  };
  std::string id, name;
  bool runs = false;  // code or programs, or reaches out; else it rebuilds values and nothing more
  std::vector<Module> modules;
  Origin origin;
};

// A price in US dollars, such as "0.075", as nano-dollars; at most 6 digits before the point and 9 behind it.
std::optional<std::int64_t> parse_dollars(std::string_view text);

// The knowledge compiled into the program: one blob, checked against catalog/schema/<kind>.yaml when it was
// built. Built on first use, read-only, thread-safe.
const std::vector<Provider>& providers();        // sorted by id
const std::vector<Service>& services();          // sorted by id
const std::vector<PriceList>& prices();          // sorted by id
const std::vector<Detector>& detectors();        // sorted by id
const std::vector<Damper>& dampers();            // sorted by id
const std::vector<Sdk>& sdks();                  // sorted by id
const std::vector<Server>& servers();            // sorted by id
const std::vector<Tool>& tools();                // sorted by id
const std::vector<ModelFamily>& models();        // sorted by id
const std::vector<Format>& formats();            // sorted by id
const std::vector<Feature>& features();          // sorted by id
const std::vector<PickleNames>& pickle_names();  // sorted by id
const Sdk* find_sdk(std::string_view id);
const Server* find_server(std::string_view id);
const Tool* find_tool(std::string_view id);
const ModelFamily* find_model(std::string_view id);
const Format* find_format(std::string_view id);
const Feature* find_feature(std::string_view id);
const Provider* find_provider(std::string_view id);
const Service* find_service(std::string_view id);
std::string_view version();  // first 12 hex digits of the blob's SHA-256

}  // namespace ostiary::catalog
