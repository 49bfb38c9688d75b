// license explain of a model or dataset.

#include "app/impl/license_work.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "catalog/lineage.h"
#include "json/writer.h"
#include "license/check.h"
#include "license/conflicts.h"
#include "license/json.h"

namespace ostiary::app {

namespace {

using catalog::Dataset;
using catalog::LicenseStatement;
using catalog::ModelVersion;

// What a model and a dataset have in common.
struct Known {
  const ModelVersion* model = nullptr;
  const Dataset* data = nullptr;
  explicit operator bool() const { return model || data; }
  const std::string& license() const { return model ? model->license : data->license; }
  const std::string& note() const { return model ? model->note : data->note; }
  const catalog::Origin& origin() const { return model ? model->origin : data->origin; }
  const std::vector<LicenseStatement>& statements() const {
    return model ? model->statements : data->statements;
  }
};

Known known_work(std::string_view name) {
  Known out{.model = catalog::find_version(name)};
  if (!out.model) out.data = catalog::find_dataset(name);
  return out;
}

std::string category_of(const std::string& expression, const catalog::Licenses& known) {
  const auto* license = license::strictest({{expression, {}, {}}}, known);
  return license ? license->category : "unknown";
}

std::string head(const Known& work, const Style& style) {
  if (work.data) return style.bold(printable(work.data->name)) + ", a dataset of " + work.data->maker + '\n';
  return fmt::format("{}{}, a model\n", style.bold(work.model->family),
                     work.model->version.empty() ? "" : " " + work.model->version);
}

void lines(std::string& out, std::string_view title, const std::vector<std::string>& all,
           const Style& style) {
  if (all.empty()) return;
  out += '\n' + style.bold(title) + '\n';
  for (const auto& one : all) out += fmt::format("  {}\n", printable(one));
}

std::vector<std::string> told(const std::vector<LicenseStatement>& statements) {
  std::vector<std::string> out;
  for (const auto& one : statements)
    out.push_back(fmt::format("{}{}: {} ({}){}", one.license, one.of.empty() ? "" : " for " + one.of,
                              one.origin.source, one.origin.date, one.note.empty() ? "" : ". " + one.note));
  return out;
}

void append_statements(json::Writer& w, const std::vector<LicenseStatement>& statements) {
  w.key("statements");
  w.begin_array();
  for (const auto& one : statements) {
    w.begin_object();
    w.member("date", one.origin.date);
    w.member("license", one.license);
    w.member("note", one.note);
    w.member("of", one.of);
    w.member("source", one.origin.source);
    w.end_object();
  }
  w.end_array();
}

void append_names(json::Writer& w, std::string_view key, const std::vector<std::string>& names) {
  w.key(key);
  w.begin_array();
  for (const auto& one : names) w.string(one);
  w.end_array();
}

template <class T>
void append_each(json::Writer& w, std::string_view key, const std::vector<T>& all) {
  w.key(key);
  w.begin_array();
  for (const auto& one : all) {
    std::string inner;
    license::append_json(inner, one);
    w.raw(inner);
  }
  w.end_array();
}

void append_parts(json::Writer& w, const Known& work) {
  w.key("parts");
  w.begin_array();
  if (work.data)
    for (const auto& part : work.data->parts) {
      w.begin_object();
      w.member("date", part.origin.date);
      w.member("license", part.license);
      w.member("name", part.name);
      w.member("note", part.note);
      w.member("source", part.origin.source);
      w.end_object();
    }
  w.end_array();
}

}  // namespace

std::optional<std::string> work_text(std::string_view name, const catalog::Licenses& known,
                                     const Style& style) {
  const auto work = known_work(name);
  if (!work) return std::nullopt;
  std::string out = head(work, style);
  out += fmt::format("  licence {}, category {}\n", work.license(), category_of(work.license(), known));
  if (!work.note().empty()) out += fmt::format("  {}\n", printable(work.note()));
  if (work.model) {
    lines(out, "Made from", work.model->bases, style);
    lines(out, "Trained on", work.model->datasets, style);
  } else {
    std::vector<std::string> parts;
    for (const auto& part : work.data->parts)
      parts.push_back(
          fmt::format("{}: {}{}", part.name, part.license, part.note.empty() ? "" : ". " + part.note));
    lines(out, "Put together from", parts, style);
  }
  lines(out, "What public places say, who do not agree", told(work.statements()), style);
  const auto lineage = license::examine(*license::catalogued(name), license::catalogued, known);
  std::vector<std::string> conflicts, duties;
  for (const auto& one : lineage.conflicts)
    conflicts.push_back(fmt::format("{}: {}", license::name(one.weight), one.text));
  for (const auto& one : lineage.duties) duties.push_back(fmt::format("from {}: {}", one.from, one.text));
  lines(out, "What does not fit", conflicts, style);
  lines(out, "What comes down the lineage to whoever gives it out", duties, style);
  lines(out, "Of which nobody read the licence", lineage.unknown, style);
  return out + fmt::format("\nRead in {} on {}.\n{}\n", printable(work.origin().source), work.origin().date,
                           license::kNoAdvice);
}

std::optional<std::string> work_json(std::string_view name, const catalog::Licenses& known) {
  const auto work = known_work(name);
  if (!work) return std::nullopt;
  const auto lineage = license::examine(*license::catalogued(name), license::catalogued, known);
  std::string out;
  json::Writer w(out);
  w.begin_object();
  append_names(w, "bases", work.model ? work.model->bases : std::vector<std::string>{});
  w.member("category", category_of(work.license(), known));
  append_each(w, "conflicts", lineage.conflicts);
  append_names(w, "datasets", work.model ? work.model->datasets : std::vector<std::string>{});
  w.member("date", work.origin().date);
  append_each(w, "duties", lineage.duties);
  w.member("expression", work.license());
  w.member("id", work.model ? work.model->family : work.data->id);
  w.member("kind", work.model ? "license-of-model" : "license-of-dataset");
  w.member("note", work.note());
  w.member("ostiary", std::uint64_t{1});
  w.key("partial");
  w.begin_array();
  w.end_array();
  append_parts(w, work);
  w.member("source", work.origin().source);
  append_statements(w, work.statements());
  append_names(w, "unknown", lineage.unknown);
  w.member("version", work.model ? work.model->version : "");
  w.end_object();
  return out + '\n';
}

}  // namespace ostiary::app
