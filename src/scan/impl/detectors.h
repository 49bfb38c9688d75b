#pragma once

#include "catalog/catalog.h"
#include "scan/sign.h"

namespace ostiary::scan {

// Each finds one sort of thing in one file and appends what it noticed; total over all bytes, linear in
// them, from any number of threads. scanner.cc says which file is given to which.

// What a sign of a catalogued SDK says for itself.
Sign sign_of(const catalog::Sdk& sdk, Grade grade, std::string_view detector, std::uint64_t start,
             std::uint64_t end);
// The SDK that a package belongs to, its name normalized(); nullptr: none.
const catalog::Sdk* sdk_of_package(Ecosystem ecosystem, std::string_view name);

// Manifests and lock files of package managers (is_manifest()).
void signs_in_manifest(const File& file, Signs& out);
// Source code of every language of lex, notebooks, and texts (README, documentation), in which a name is
// `mentioned` at most.
void signs_in_code(const File& file, Signs& out);
// Endpoints, models and servers in the same; after it, since what it found says whether the file calls
// something.
void uses_in_code(const File& file, Signs& out);
// A header by which a library of C or C++ is known that others' code was copied with (is_installed()).
void signs_of_copies(const File& file, Signs& out);
// Configuration and deployment: YAML, JSON, TOML, INI, env files, Dockerfiles, Compose, Kubernetes, Helm,
// Terraform, CI.
void signs_in_configuration(const File& file, Signs& out);
// Files of assistants and agents, rules, prompts, skills, MCP servers; by their path, content where it says
// what may run and be reached.
void signs_of_assistants(const File& file, Signs& out);
// Servers of the Model Context Protocol in configuration that is no file of a known tool.
void signs_of_servers(const File& file, Signs& out);
// Generator marks in files.
void signs_of_authors(const File& file, Signs& out);
// Keys of model services.
void signs_of_credentials(const File& file, Signs& out);
// Model files and datasets by name and first bytes, ELF binaries by what they are linked with. The bytes may
// be the beginning only, with `whole` their full number.
void signs_in_binary(const File& file, std::uint64_t whole, Signs& out);

}  // namespace ostiary::scan
