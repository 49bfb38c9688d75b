#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "base/time.h"

// A bill of materials of software, models, data and services, as cyclonedx.h and spdx.h write it. Texts may
// hold any bytes; an empty one says that nothing is known, and is left out or written as the format's "no
// assertion". A writer never fills in what is not here.
namespace ostiary::report {

enum class BomKind : std::uint8_t {
  application,
  framework,
  library,
  container,  // an image
  file,
  model,    // of machine learning
  dataset,  // data that models learn from or are tested on
  data,     // other data: prompts, rules of an assistant
  configuration,
  service  // reached over a network
};

enum class Known : std::uint8_t { unknown, no, yes };

// A licence, as an expression of SPDX (annex B of 3.0.1; LicenseRef- among it) or, where there is none, by
// its name. Neither: unknown. What is no well-formed expression is taken for a name.
struct BomLicense {
  std::string expression;
  std::string name;
  std::string url;  // of its text
  bool known() const { return !expression.empty() || !name.empty(); }
};

// What a LicenseRef- of the expressions stands for. `text` and `url` may be empty.
struct BomLicenseText {
  std::string ref;  // "LicenseRef-Llama-3.1"
  std::string name, text, url;
};

enum class BomHashKind : std::uint8_t { md5, sha1, sha256, sha384, sha512, sha3_256, sha3_512, blake3 };

struct BomHash {
  BomHashKind kind = BomHashKind::sha256;
  std::string value;  // hexadecimal; one that has not the length of its kind is left out
};

struct BomProperty {
  std::string name;  // with a name space before it: "ostiary:grade"
  std::string value;
};

// Where a component was seen.
struct BomOccurrence {
  std::string file;                     // as shown to people, any bytes
  std::uint64_t line = 0;               // from 1; 0: unknown
  std::optional<std::uint64_t> offset;  // in bytes, from 0
  std::string symbol;                   // what stands there: a name, never a secret
  std::string context;                  // how it is used there: "imported"
};

enum class BomReferenceKind : std::uint8_t {
  website,
  documentation,
  source,    // of version control
  download,  // where the thing itself can be had
  license,
  model_card,
  terms,  // of use of a service
  other
};

struct BomReference {
  BomReferenceKind kind = BomReferenceKind::website;
  std::string url;
  std::string comment;
};

struct BomMetric {
  std::string name, value;
  std::string slice;      // of the data that it was measured on
  std::string threshold;  // of decisions
};

// What is known of a model.
struct BomModel {
  std::string task;          // "text-generation"
  std::string family;        // of the architecture: "transformer"
  std::string architecture;  // "LlamaForCausalLM"
  std::string learning;      // supervised, unsupervised, reinforcement-learning, semi-supervised or
                             // self-supervised; anything else is left out
  std::vector<std::string> inputs, outputs;  // formats: "text"
  std::vector<std::string> domains;          // "medicine"
  std::vector<std::string> uses;             // what it is meant for, or used for
  std::vector<std::string> users;            // who is meant to use it
  std::vector<std::string> limitations;
  std::vector<std::string> data_classes;  // that go into it: "personal"
  std::vector<std::string> standards;     // that it complies with
  std::vector<BomMetric> metrics;
  std::vector<BomProperty> hyperparameters;
  std::string training;  // how it was trained
  std::string explainability;
  std::string safety_risk;                // serious, high, medium or low; anything else is left out
  Known personal_data = Known::unknown;   // sensitive personal information in training or use
  Known autonomy = Known::unknown;        // decides without a person
  std::optional<double> training_kwh;     // energy; absent: unknown
  std::optional<double> fine_tuning_kwh;  // likewise
  std::optional<double> inference_kwh;    // likewise
};

// What is known of a dataset.
struct BomDataset {
  std::vector<std::string> types;  // of SPDX: audio, categorical, graph, image, numeric, sensor, structured,
                                   // syntactic, text, timeseries, timestamp, video; others are "other"
  std::string classification;      // the house's own word: "internal"
  std::vector<std::string> sensitive;  // what of it is sensitive, in words
  std::string confidentiality;         // red, amber, green or clear (TLP); anything else is left out
  std::string collection;              // how it came about
  std::string availability;  // clickthrough, direct-download, query, registration or scraping-script;
                             // anything else is left out
  std::string intended_use;
  std::vector<std::string> known_bias, preprocessing, anonymization;
  std::string updates;                   // how it is updated
  std::optional<std::uint64_t> bytes;    // its size
  Known personal_data = Known::unknown;  // sensitive personal information in it
  std::vector<std::string> owners;       // organisations or teams that answer for it
};

enum class BomFlow : std::uint8_t { unknown, inbound, outbound, both };  // seen from the service

struct BomServiceData {
  std::string data_class;
  BomFlow flow = BomFlow::unknown;
  std::string description;
};

struct BomService {
  std::vector<std::string> endpoints;  // URLs without credentials; what is no URI reference is left out
  std::vector<BomServiceData> data;
  Known authenticated = Known::unknown;
  Known crosses_boundary = Known::unknown;  // of trust: data leaves the organisation
  std::string trust_zone;
};

struct BomComponent {
  std::string ref;  // names the component in this document; unique, not empty
  BomKind kind = BomKind::library;
  std::string group;  // name space: "@openai"
  std::string name;   // not empty
  std::string version;
  std::string purl;      // "pkg:pypi/openai@1.2.3"; what does not begin with "pkg:" is left out
  std::string supplier;  // the organisation behind it; of a service, its provider
  std::string description;
  BomLicense declared;   // by who made it
  BomLicense concluded;  // by who looked at it
  std::string copyright;
  std::optional<WallMs> released, built;
  std::vector<BomHash> hashes;
  std::vector<BomReference> references;
  std::vector<BomProperty> properties;
  std::vector<BomOccurrence> occurrences;
  std::optional<BomModel> model;      // of kind model
  std::optional<BomDataset> dataset;  // of kinds dataset and data
  std::optional<BomService> service;  // of kind service
};

enum class BomLink : std::uint8_t {
  uses,         // calls it, sends data to it
  depends_on,   // does not work without it
  contains,     // has it in itself
  trained_on,   // a model and a dataset …
  tested_on,    // … likewise
  derived_from  // a model fine-tuned of another, a quantised file of its original
};

struct BomDependency {
  std::string from, to;  // refs of components or of the subject; a link to something else is left out
  BomLink kind = BomLink::depends_on;
};

struct Bom {
  std::string name;            // of the document
  Id id;                       // names the document; the caller makes it, so that the output is deterministic
  std::uint32_t revision = 1;  // of the same document, from 1
  WallMs time = 0;             // when it was made; SPDX knows whole seconds
  std::string tool = "ostiary", tool_version;
  std::string author;  // the organisation that states all this; empty: only the tool does
  // What all this is of: the organisation's product, repository or whole inventory. Its ref is unique too.
  BomComponent subject;
  std::vector<BomComponent> components;
  std::vector<BomDependency> dependencies;
  std::vector<BomLicenseText> license_texts;
  std::vector<BomProperty> properties;
  // What was not read, in a sentence each: without any, the list of components is complete as far as the tool
  // looks.
  std::vector<std::string> partial;
};

// An id that is the same for the same content: version 8 of a UUID (RFC 9562), made of the content's SHA-256.
Id id_of_content(std::string_view content);

}  // namespace ostiary::report
