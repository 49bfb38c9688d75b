// Which file of configuration is read how.
#include <algorithm>

#include "base/text.h"
#include "catalog/word.h"
#include "scan/impl/configuration.h"
#include "scan/impl/detectors.h"

namespace ostiary::scan {

namespace {

using catalog::says;
using catalog::Says;
using std::string_view;

constexpr std::size_t kMostData = 1UL << 20;  // bytes; a larger JSON is data

struct Name {
  string_view path, file, ending;
};

Name name_of_file(string_view path) {
  const auto file = path.substr(path.rfind('/') + 1);
  const auto dot = file.rfind('.');
  return {path, file, dot == string_view::npos ? string_view() : file.substr(dot + 1)};
}

bool has_line(string_view text, string_view begin) {
  if (text.starts_with(begin)) return true;
  for (auto at = text.find(begin); at != string_view::npos; at = text.find(begin, at + 1))
    if (text[at - 1] == '\n') return true;
  return false;
}

bool is_ci(const Name& name) {
  return says(name.file, Says::ci_file) || name.path.contains(".github/workflows/") ||
         name.path.contains(".gitea/workflows/") || name.path.contains(".forgejo/workflows/") ||
         name.path.contains(".circleci/") || name.path.contains(".buildkite/") ||
         name.path.contains(".gitlab/ci/") || name.file.ends_with(".gitlab-ci.yml") ||
         name.path.contains(".woodpecker/") || name.path.contains(".azure-pipelines/") ||
         name.file.starts_with("azure-pipelines");
}

bool is_compose(const Name& name) {
  return name.file.starts_with("docker-compose") || name.file.starts_with("compose.") ||
         name.file.starts_with("compose-") || name.file.starts_with("podman-compose") ||
         name.file == "devcontainer.json";
}

Purpose purpose_of(const Name& name, string_view text) {
  if (is_ci(name)) return Purpose::ci;
  if (is_compose(name)) return Purpose::compose;
  if (says(name.file, Says::script_file)) return Purpose::scripts;
  if (name.ending == "service" || name.ending == "container" || name.ending == "timer") return Purpose::unit;
  if (name.ending == "tf" || name.ending == "tfvars" || name.ending == "hcl" || name.ending == "bicep" ||
      name.ending == "nomad" || name.file == "serverless.yml" || name.file == "template.yaml" ||
      name.file == "fly.toml" || name.file == "render.yaml")
    return Purpose::cloud;
  const bool yaml = name.ending == "yaml" || name.ending == "yml" || name.ending == "tpl";
  const bool json = name.ending == "json";
  if (yaml &&
      (name.file == "Chart.yaml" || name.file.starts_with("values") || name.path.contains("templates/")))
    return Purpose::helm;
  if (yaml && has_line(text, "apiVersion:") && has_line(text, "kind:")) return Purpose::kubernetes;
  if (yaml && has_line(text, "services:") && text.contains("image:")) return Purpose::compose;
  if ((yaml || json) && (text.contains("AWSTemplateFormatVersion") || text.contains("containerDefinitions") ||
                         (text.contains("AWS::") && text.contains("Resources"))))
    return Purpose::cloud;
  if (yaml && (has_line(text, "- hosts:") || name.path.contains("/tasks/") || name.path.contains("playbook")))
    return Purpose::cloud;
  if (json && text.contains("\"apiVersion\"") && text.contains("\"kind\"")) return Purpose::kubernetes;
  return Purpose::settings;
}

bool is_dockerfile(const Name& name) {
  return name.file.starts_with("Dockerfile") || name.file.starts_with("Containerfile") ||
         text::iequals(name.ending, "dockerfile");
}

bool is_makefile(const Name& name) {
  return name.file == "Makefile" || name.file == "makefile" || name.file == "GNUmakefile" ||
         name.ending == "mk" || name.file == "justfile" || name.file == "Justfile";
}

using Reader = void (*)(string_view, const OnSetting&);

Reader reader_of(const Name& name) {
  const auto ending = text::lower(name.ending);
  if (ending == "yaml" || ending == "yml" || ending == "tpl") return read_yaml;
  for (const string_view known : {"json", "jsonc", "json5", "tf", "hcl", "bicep", "nomad", "webmanifest"})
    if (ending == known) return read_braces;
  if (ending == "tfvars") return read_braces;
  for (const string_view known : {"xml", "config", "plist", "csproj", "props", "targets", "resx"})
    if (ending == known) return read_xml;
  for (const string_view known :
       {"toml", "ini", "cfg", "conf", "properties", "env", "service", "container", "desktop", "editorconfig"})
    if (ending == known) return read_lines;
  if (name.file.starts_with(".env") || name.file == "env" || name.file == ".envrc" ||
      name.file.ends_with(".env.example") || name.file.starts_with("env."))
    return read_lines;
  return nullptr;
}

// Ollama's own recipe of a model: FROM names what it is made of.
bool read_modelfile(const Name& name, string_view text, Reached& uses) {
  if (name.file != "Modelfile" && name.ending != "modelfile") return false;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    const auto line = text.substr(at, end - at);
    if (line.size() > 5 && text::iequals(line.substr(0, 5), "from ")) {
      const auto model = text::trim(line.substr(5));
      const auto start = static_cast<std::uint64_t>(model.data() - text.data());
      uses.model_surely(model, start, start + model.size(), kSetting);
    }
    at = end + 1;
  }
  return true;
}

// Settings of web servers and proxies: whatever stands before it, an address is one that they pass on to.
void read_proxies(const Name& name, string_view text, Reached& uses) {
  if (name.ending != "conf" && name.file != "Caddyfile" && name.file != "haproxy.cfg" &&
      name.ending != "nginx")
    return;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    const auto line = text.substr(at, end - at);
    const auto first = line.find_first_not_of(" \t");
    if (first != string_view::npos && line[first] != '#' && line[first] != ';')
      uses.addresses(line.substr(0, line.find(" #")), [&](std::size_t i) { return at + i; }, kSetting);
    at = end + 1;
  }
}

}  // namespace

void signs_in_configuration(const File& file, Signs& out) {
  const auto name = name_of_file(file.path);
  if (says(name.file, Says::written_file)) return;
  Reached uses(file.bytes);
  for (const auto& sign : out.all)
    if (sign.grade >= Grade::declared && !sign.weak) uses.speaks_of_ai();
  if (is_dockerfile(name)) {
    uses_in_dockerfile(file.bytes, uses);
  } else if (is_makefile(name)) {
    uses_in_makefile(file.bytes, uses);
  } else if (name.file == "Procfile") {
    uses_in_procfile(file.bytes, uses);
  } else if (!read_modelfile(name, file.bytes, uses)) {
    read_proxies(name, file.bytes, uses);
    const auto reader = name.file == "Caddyfile" ? read_lines : reader_of(name);
    if (!reader || (reader == read_braces && name.ending == "json" && file.bytes.size() > kMostData)) return;
    const auto purpose = purpose_of(name, file.bytes);
    Settings settings(purpose, uses);
    reader(file.bytes, [&](const Setting& setting) { settings.take(setting); });
    settings.finish();
    uses.finish(deploys(purpose) ? Grade::deployed : Grade::called, out);
    return;
  }
  uses.finish(is_makefile(name) ? Grade::called : Grade::deployed, out);
}

}  // namespace ostiary::scan
