#include "report/impl/samples.h"

#include <limits>

namespace ostiary::report::samples {

namespace {

using std::string_literals::operator""s;

constexpr WallMs kTime = 1'795'680'123'456;  // 2026-11-26T08:02:03.456Z

Bom begun(const char* name, const char* id) {
  Bom bom;
  bom.name = name;
  bom.id = Id::parse(id).value();
  bom.time = kTime;
  bom.tool_version = "0.1.0";
  bom.subject.ref = "subject";
  bom.subject.kind = BomKind::application;
  bom.subject.name = "Shop";
  return bom;
}

BomComponent library() {
  BomComponent one;
  one.ref = "sdk/openai-python";
  one.kind = BomKind::library;
  one.name = "openai";
  one.version = "1.54.0";
  one.purl = "pkg:pypi/openai@1.54.0";
  one.supplier = "OpenAI";
  one.description = "Client of the API";
  one.declared.expression = "Apache-2.0";
  one.concluded.expression = "Apache-2.0 OR (MIT AND LicenseRef-Own)";
  one.copyright = "Copyright OpenAI";
  one.released = kTime - 86'400'000;
  one.hashes = {{BomHashKind::sha256, std::string(64, 'A')}, {BomHashKind::sha1, "too short"}};
  one.references = {{BomReferenceKind::website, "https://github.com/openai/openai-python", ""},
                    {BomReferenceKind::source, "git+https://github.com/openai/openai-python.git", ""}};
  one.properties = {{"ostiary:grade", "called"}};
  one.occurrences = {{"src/a.py", 3, 40, "openai.OpenAI", "called"}, {"requirements.txt", 1, 0, "", ""}};
  return one;
}

BomComponent model() {
  BomComponent one;
  one.ref = "model/llama";
  one.kind = BomKind::model;
  one.group = "meta-llama";
  one.name = "Llama-3.1-8B";
  one.version = "3.1";
  one.purl = "pkg:huggingface/meta-llama/Llama-3.1-8B";
  one.supplier = "Meta";
  one.declared.expression = "LicenseRef-Llama-3.1";
  one.concluded.name = "Llama 3.1 Community License";
  one.concluded.url = "https://llama.meta.com/llama3_1/license";
  one.references = {{BomReferenceKind::model_card, "https://huggingface.co/meta-llama/Llama-3.1-8B", ""},
                    {BomReferenceKind::download, "https://huggingface.co/meta-llama/Llama-3.1-8B", ""}};
  BomModel& card = one.model.emplace();
  card.task = "text-generation";
  card.family = "transformer";
  card.architecture = "LlamaForCausalLM";
  card.learning = "self-supervised";
  card.inputs = card.outputs = {"text"};
  card.domains = {"general"};
  card.uses = {"Answers questions of customers", "Sorts mail"};
  card.users = {"Support"};
  card.limitations = {"Knows nothing after 2023", "English first"};
  card.data_classes = {"personal", "internal"};
  card.standards = {"ISO/IEC 42001"};
  card.metrics = {{"accuracy", "0.91", "German mails", "0.5"}};
  card.hyperparameters = {{"context", "8192"}};
  card.training = "15 T tokens";
  card.explainability = "none";
  card.safety_risk = "medium";
  card.personal_data = Known::yes;
  card.autonomy = Known::no;
  card.training_kwh = 1460000;
  card.inference_kwh = 0.25;
  return one;
}

BomComponent dataset() {
  BomComponent one;
  one.ref = "dataset/mails";
  one.kind = BomKind::dataset;
  one.name = "mails-2025";
  one.declared.expression = "CC-BY-4.0";
  one.references = {{BomReferenceKind::download, "https://data.example.com/mails.parquet", ""}};
  BomDataset& facts = one.dataset.emplace();
  facts.types = {"text", "spreadsheets"};
  facts.classification = "confidential";
  facts.sensitive = {"names", "addresses"};
  facts.confidentiality = "amber";
  facts.collection = "Mails of two years, with consent";
  facts.availability = "direct-download";
  facts.intended_use = "Fine-tuning";
  facts.known_bias = {"mostly German"};
  facts.preprocessing = {"signatures cut"};
  facts.anonymization = {"names replaced"};
  facts.updates = "yearly";
  facts.bytes = 12'345'678'901;
  facts.personal_data = Known::yes;
  facts.owners = {"Support"};
  return one;
}

BomComponent service() {
  BomComponent one;
  one.ref = "service/openai-api";
  one.kind = BomKind::service;
  one.name = "OpenAI API";
  one.version = "v1";
  one.supplier = "OpenAI";
  one.declared.name = "OpenAI Services Agreement";
  one.declared.url = "https://openai.com/policies/services-agreement/";
  one.references = {{BomReferenceKind::terms, "https://openai.com/policies/", ""}};
  one.occurrences = {{"src/a.py", 12, std::nullopt, "", "called"}};
  BomService& facts = one.service.emplace();
  facts.endpoints = {"https://api.openai.com/v1/chat/completions", "localhost:11434"};
  facts.data = {{"personal", BomFlow::both, "mails of customers"}, {"internal", BomFlow::inbound, ""}};
  facts.authenticated = Known::yes;
  facts.crosses_boundary = Known::yes;
  facts.trust_zone = "processors";
  return one;
}

Bom full() {
  auto bom = begun("Shop's use of AI", "019ac0de-0000-7000-8000-000000000001");
  bom.author = "Example AG";
  bom.subject.version = "7";
  bom.components = {service(), model(), library(), dataset()};
  for (const auto kind : {BomKind::application, BomKind::framework, BomKind::container, BomKind::file,
                          BomKind::data, BomKind::configuration}) {
    BomComponent one;
    one.ref = "kind/" + std::to_string(static_cast<int>(kind));
    one.kind = kind;
    one.name = "of kind " + std::to_string(static_cast<int>(kind));
    one.purl = "pkg:generic/x@1";
    one.declared.expression = kind == BomKind::file ? "NONE" : "MIT";
    bom.components.push_back(one);
  }
  auto tuned = model();
  tuned.ref = "model/tuned";
  tuned.name = "mail-sorter";
  tuned.purl.clear();
  bom.components.push_back(tuned);
  bom.dependencies = {{"subject", "sdk/openai-python", BomLink::depends_on},
                      {"sdk/openai-python", "service/openai-api", BomLink::uses},
                      {"subject", "model/tuned", BomLink::contains},
                      {"model/tuned", "model/llama", BomLink::derived_from},
                      {"model/tuned", "dataset/mails", BomLink::trained_on},
                      {"model/tuned", "dataset/mails", BomLink::tested_on},
                      {"model/tuned", "nothing of the document", BomLink::uses}};
  bom.license_texts = {
      {"LicenseRef-Llama-3.1", "Llama 3.1 Community License", "", "https://llama.meta.com/llama3_1/license"},
      {"LicenseRef-Own", "Our own", "All rights reserved.", ""}};
  bom.properties = {{"ostiary:revision", "abc123"}};
  bom.partial = {"archive.zip!/b: the member is encrypted"};
  return bom;
}

Bom unknown() {
  auto bom = begun("", "019ac0de-0000-7000-8000-000000000002");
  for (int kind = 0; kind <= static_cast<int>(BomKind::service); ++kind) {
    BomComponent one;
    one.ref = "c" + std::to_string(kind);
    one.kind = static_cast<BomKind>(kind);
    one.name = "c";
    bom.components.push_back(one);
  }
  return bom;
}

// Names that are markup, other people's refs, bytes that are no text, numbers at their ends, and a licence
// that is a sentence.
Bom hostile() {
  auto bom = begun("\"},{\"evil\": [\x01\xff\xfe\n", "019ac0de-0000-7000-8000-000000000003");
  bom.tool_version = "1\\\"";
  const std::string nul("a\0b", 3);
  const std::vector<std::string> names{"\"}]}",
                                       "</script><script>alert(1)</script>",
                                       "=HYPERLINK(1)",
                                       nul,
                                       "\xc3\x28",
                                       "\xed\xa0\x80",
                                       "\u202e\u2066",
                                       "urn:cdx:a/1#b",
                                       "_:creation",
                                       "https://example.com/#x y",
                                       "",
                                       std::string(2'000, 'x')};
  for (const auto& name : names) {
    auto one = bom.components.size() % 2 == 0 ? model() : service();
    one.ref = one.name = one.group = one.version = one.description = one.supplier = one.copyright = name;
    one.purl = "pkg:" + name;
    one.declared = {name, name, name};
    one.concluded = {"MIT AND ((" + name, "", ""};
    one.references = {{BomReferenceKind::website, "https://" + name, name},
                      {BomReferenceKind::other, "javascript:alert(1)", name}};
    one.hashes = {{BomHashKind::md5, name}};
    one.properties = {{name, name}};
    one.occurrences = {{name, std::numeric_limits<std::uint64_t>::max(), 0, name, name},
                       {name, 0, 7, "", ""},
                       {name, 0, std::nullopt, "", ""}};
    if (one.model) one.model->learning = one.model->safety_risk = one.model->task = name;
    if (one.model) one.model->metrics = {{name, name, name, name}};
    if (one.model) one.model->training_kwh = std::numeric_limits<double>::quiet_NaN();
    if (one.service)
      one.service->endpoints = {name, "https://user:secret@h/" + name, "http://[::1]:8080/" + name};
    if (one.service) one.service->data = {{name, BomFlow::outbound, name}};
    bom.components.push_back(one);
  }
  auto same = dataset();
  same.ref = names[0];
  same.dataset->types = names;
  same.dataset->availability = same.dataset->confidentiality = names[1];
  bom.components.push_back(same);
  bom.dependencies = {{names[0], names[1], BomLink::trained_on}, {names[4], names[4], BomLink::contains}};
  bom.license_texts = {{"LicenseRef-\"", names[0], names[0], names[0]}};
  bom.properties = {{names[0], names[4]}};
  bom.partial = names;
  return bom;
}

}  // namespace

std::vector<NamedBom> boms() {
  return {{"empty", begun("Nothing", "019ac0de-0000-7000-8000-000000000000")},
          {"full", full()},
          {"unknown", unknown()},
          {"hostile", hostile()}};
}

std::vector<XlsxSheet> sheets() {
  XlsxSheet uses;
  uses.name = "Uses";
  uses.header = {"Name", "Count", "Seen", "Approved", "Where"};
  uses.rows = {
      {"openai"s, 3.0, XlsxDate{kTime}, true, XlsxLink{"the page", "https://example.com/?a=1&b=\"2\""}},
      {"=1+1"s, -12.5, XlsxDate{-86'400'000LL * 40'000}, false, XlsxLink{"script", "javascript:alert(1)"}},
      {" blanks \tand\nlines "s, std::numeric_limits<double>::infinity(), std::monostate{}, true,
       "@SUM(A1)"s},
      {std::string(40'000, 'y'), 0.1, XlsxDate{0}, false, "<b>&amp;\x01\xff</b>_x000D_"s}};
  XlsxSheet other;
  other.name = "Uses";
  other.rows = {{"without a header"s}};
  XlsxSheet odd;
  odd.name = "[a]:*?/\\'" + std::string(40, 'z');
  return {uses, other, odd, {}};
}

}  // namespace ostiary::report::samples
