// Works below a path, with what declares their licences.

#include "app/impl/license_found.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "app/model_output.h"
#include "base/text.h"
#include "files/tree.h"
#include "json/document.h"
#include "model/look.h"
#include "model/read.h"
#include "model/readers.h"

namespace ostiary::app {

namespace {

using license::Declaration;

constexpr std::uint64_t kMostManifest = 4U << 20;

std::string_view folder_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

std::string_view last_of(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

bool below(std::string_view path, std::string_view folder) {
  return folder.empty() ||
         (path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/'));
}

// Of package.json: a word or an object with one, or a list of those, which is a choice.
std::string npm_license(const json::Value& root) {
  const auto one = [](const json::Value& value) {
    return value.is_object() ? value["type"].string_or("") : value.string_or("");
  };
  std::string out = one(root["license"]);
  if (out.empty() && root["licenses"].is_array())
    for (const auto value : root["licenses"]) {
      const auto name = one(value);
      if (!name.empty()) out += (out.empty() ? "" : " OR ") + name;
    }
  return out.starts_with("SEE LICENSE") ? std::string() : out;
}

bool read_npm(std::string_view bytes, const std::string& path, LicensedWork& out) {
  const auto parsed = json::Document::parse(bytes);
  if (!parsed) return false;
  const auto root = parsed->root();
  out.name = root["name"].string_or("");
  if (!root.is_object() || out.name.empty()) return false;
  out.version = root["version"].string_or("");
  out.kind = "code";
  if (auto license = npm_license(root); !license.empty())
    out.declared.push_back({std::move(license), "manifest", path + ": license"});
  return true;
}

// Metadata of a Python package (PEP 566, PEP 639): fields before the first empty line.
bool read_python(std::string_view bytes, const std::string& path, const catalog::Licenses& known,
                 LicensedWork& out) {
  std::string expression, license;
  std::set<std::string> classified;
  for (const auto whole : text::split(bytes, '\n')) {
    const auto line = text::trim(whole);
    if (line.empty()) break;
    const auto colon = whole.find(':');
    if (colon == std::string_view::npos || whole.front() == ' ') continue;
    const auto field = whole.substr(0, colon);
    const auto value = std::string(text::trim(whole.substr(colon + 1)));
    if (field == "Name") out.name = value;
    if (field == "Version") out.version = value;
    if (field == "License-Expression") expression = value;
    if (field == "License") license = value;
    if (field == "Classifier" && value.starts_with("License :: ")) {
      const auto* named = known.find(text::trim(std::string_view(value).substr(value.rfind("::") + 2)));
      if (named) classified.insert(named->license);
    }
  }
  if (out.name.empty()) return false;
  out.kind = "code";
  if (expression.empty() && !license.empty() && license::strictest({{license, {}, {}}}, known))
    expression = license;
  for (const auto& one : classified)
    if (expression.empty()) out.declared.push_back({one, "manifest", path + ": Classifier"});
  if (!expression.empty())
    out.declared.push_back({expression, "manifest", path + ": License"});
  else if (!license.empty() && out.declared.empty())
    out.declared.push_back({"", "manifest", path + ": License"});
  return true;
}

class Search {
 public:
  explicit Search(const catalog::Licenses& known) : known_(known) {}

  Result<LicensedWorks> run(const std::vector<std::string>& paths) {
    TRY(auto looked, model::look(paths));
    out_.partial = std::move(looked.partial);
    models(looked.models);
    TRY_VOID(walk(paths));
    attach();
    finish();
    return std::move(out_);
  }

 private:
  void models(const std::vector<model::Model>& found) {
    auto lineages = lineages_of(found);
    for (std::size_t i = 0; i < found.size(); ++i) {
      const auto& one = found[i];
      LicensedWork work;
      work.name = one.name.empty() ? one.path : one.name;
      work.kind = "model";
      work.folder = one.format == "huggingface" ? one.path : std::string(folder_of(one.path));
      for (const auto& said : one.licenses) {
        if (work.text.empty()) work.text = said.whole;
        auto name = said.expression.empty() && said.whole.empty() ? said.text : said.expression;
        if (name.empty()) name = license_of_text(said.whole, known_);
        work.declared.push_back({std::move(name), said.source, said.place.file});
      }
      work.lineage = std::move(lineages[i]);
      out_.works.push_back(std::move(work));
    }
    of_models_ = out_.works.size();
  }

  Result<> walk(const std::vector<std::string>& paths) {
    files::TreeOptions options;
    options.ignore_rules = false;
    TRY(auto tree, files::Tree::open(paths, options));
    while (const auto* file = tree.next()) {
      const auto path = file->shown;
      if (path.contains("/.git/") || path.starts_with(".git/")) continue;
      ++out_.files;
      seen_.push_back(path);
      if (file->size > kMostManifest || !wanted(path)) continue;
      auto content = tree.read();
      if (content) read(path, content->bytes());
    }
    for (const auto& one : tree.partial()) out_.partial.push_back(one);
    return {};
  }

  static bool wanted(std::string_view path) {
    const auto name = last_of(path);
    return name == "package.json" || is_metadata(path) || model::is_card(name) ||
           model::is_license_file(name);
  }

  static bool is_metadata(std::string_view path) {
    const auto name = last_of(path);
    const auto folder = folder_of(path);
    return (name == "METADATA" && folder.ends_with(".dist-info")) ||
           (name == "PKG-INFO" && folder.ends_with(".egg-info"));
  }

  void read(const std::string& path, std::string_view bytes) {
    LicensedWork work;
    work.folder = folder_of(path);
    const auto name = last_of(path);
    if (name == "package.json") {
      if (read_npm(bytes, path, work)) out_.works.push_back(std::move(work));
    } else if (is_metadata(path)) {
      if (read_python(bytes, path, known_, work)) out_.works.push_back(std::move(work));
    } else if (model::is_card(name)) {
      card(path, bytes, std::move(work));
    } else if (text::lower(name).starts_with("notice")) {
      notices_[std::string(work.folder)] += bytes;
    } else {
      texts_[std::string(work.folder)].push_back({path, std::string(bytes)});
    }
  }

  // A card of data; one of a model counts with the model, if there is one.
  void card(const std::string& path, std::string_view bytes, LicensedWork work) {
    const auto facts = model::read({.path = path, .bytes = bytes, .whole = bytes.size()});
    if (facts.licenses.empty()) return;
    const bool of_model = std::any_of(out_.works.begin(), out_.works.begin() + static_cast<long>(of_models_),
                                      [&](const auto& one) { return below(one.folder, work.folder); });
    if (of_model && facts.format != "dataset-card") return;
    work.name = !facts.name.empty() ? facts.name : std::string(last_of(work.folder));
    if (work.name.empty()) work.name = path;
    work.kind = "data";
    for (const auto& said : facts.licenses)
      work.declared.push_back({said.expression.empty() ? said.text : said.expression, "card", path});
    out_.works.push_back(std::move(work));
  }

  // Licence texts go to the works of their folder, or of the one above of a folder of licences; where there
  // is none the folder is a work of its own.
  void attach() {
    for (const auto& [folder, all] : texts_) {
      auto here = works_in(folder);
      if (here.empty() && text::lower(last_of(folder)).starts_with("licen"))
        here = works_in(std::string(folder_of(folder)));
      if (here.empty()) {
        out_.works.push_back({.name = folder.empty() ? "." : folder, .kind = "files", .folder = folder});
        here.push_back(&out_.works.back());
      }
      for (auto* work : here)
        if (work->kind != "model") add_texts(*work, all);  // a model's were read with it
    }
    for (const auto& [folder, text] : notices_)
      for (auto* work : works_in(folder)) work->notice = text;
  }

  void add_texts(LicensedWork& work, const std::vector<std::pair<std::string, std::string>>& all) const {
    for (const auto& [path, text] : all) {
      work.declared.push_back({license_of_text(text, known_), "license-file", path});
      work.text += (work.text.empty() ? "" : "\n") + text;
    }
  }

  std::vector<LicensedWork*> works_in(const std::string& folder) {
    std::vector<LicensedWork*> out;
    for (auto& one : out_.works)
      if (one.folder == folder) out.push_back(&one);
    return out;
  }

  license::Lineage declarations_of(const LicensedWork& one) const {
    license::Work work;
    work.name = one.name;
    work.data = one.kind == "data";
    work.licenses = one.declared;
    return license::examine(work, license::catalogued, known_);
  }

  void finish() {
    std::set<std::string, std::less<>> folders;
    for (auto& one : out_.works) {
      if (one.kind != "model") one.lineage = declarations_of(one);
      if (!one.declared.empty()) folders.insert(one.folder);
    }
    std::ranges::sort(seen_);
    for (const auto& path : seen_) {
      if (covered(path, folders)) continue;
      if (out_.bare.size() < kMostBare) out_.bare.push_back(path);
      ++out_.bare_all;
    }
    std::ranges::sort(out_.works, {},
                      [](const auto& one) { return std::tie(one.folder, one.name, one.version, one.kind); });
  }

  static bool covered(std::string_view path, const std::set<std::string, std::less<>>& folders) {
    for (auto folder = folder_of(path);; folder = folder_of(folder)) {
      if (folders.contains(folder)) return true;
      if (folder.empty()) return false;
    }
  }

  const catalog::Licenses& known_;
  LicensedWorks out_;
  std::size_t of_models_ = 0;
  std::vector<std::string> seen_;
  std::map<std::string, std::vector<std::pair<std::string, std::string>>> texts_;  // by folder
  std::map<std::string, std::string> notices_;                                     // by folder
};

}  // namespace

Result<LicensedWorks> licensed_works(const std::vector<std::string>& paths, const catalog::Licenses& known) {
  return Search(known).run(paths);
}

}  // namespace ostiary::app
