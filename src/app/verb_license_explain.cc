// license explain: what the text of a licence says.

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "app/impl/license_work.h"
#include "app/impl/terminal.h"
#include "app/impl/verbs_license.h"
#include "base/text.h"
#include "json/writer.h"
#include "license/check.h"
#include "license/json.h"

namespace ostiary::app {

namespace {

using catalog::Clause;
using catalog::License;
using catalog::Says;
using Rows = std::vector<std::vector<std::string>>;

// The rights in the order in which people ask for them, and how they are called.
constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kRights = {{
    {"commercial-use", "commercial use"},
    {"research-use", "research"},
    {"modification", "changing it and sharing that"},
    {"redistribution", "giving out copies"},
    {"hosting", "letting others use it over a network"},
    {"training", "training a model on it"},
    {"training-on-outputs", "training another model on what it answers"},
}};

// Writes an entry for people.
class Page {
 public:
  Page(const License& license, const catalog::LicenseReview* review, const Style& style)
      : license_(license), review_(review), style_(style) {}

  std::string text() {
    head();
    rights();
    limits();
    duties();
    others();
    out_ += fmt::format("\nRead in {} on {}.\n", printable(license_.origin.source), license_.origin.date);
    out_ += std::string(license::kNoAdvice) + '\n';
    return std::move(out_);
  }

 private:
  void title(std::string_view words) { out_ += '\n' + style_.bold(words) + '\n'; }
  void line(std::string_view words) { out_ += fmt::format("  {}\n", printable(words)); }
  void rows(const Rows& rows) {
    for (const auto& one : text::split(table(rows), '\n'))
      if (!one.empty()) out_ += fmt::format("  {}\n", one);
  }

  static std::string place(const Clause& at) { return at.clause.empty() ? "" : "(" + at.clause + ")"; }
  // A statement, its place and its note in one line.
  static std::string told(std::string_view statement, const Clause& at) {
    auto out = std::string(statement);
    if (!at.clause.empty()) out += " " + place(at);
    if (!at.note.empty()) out += ": " + at.note;
    return out;
  }

  void head() {
    out_ += fmt::format("{} ({})\n", style_.bold(printable(license_.name)), license_.license);
    line(fmt::format("category {}, put on {}", license_.category, fmt::join(license_.kinds, ", ")));
    std::vector<std::string> of;
    if (!license_.steward.empty()) of.push_back("by " + license_.steward);
    if (!license_.version.empty()) of.push_back("version " + license_.version);
    if (!license_.released.empty()) of.push_back("of " + license_.released);
    if (!of.empty()) line(fmt::format("{}", fmt::join(of, ", ")));
    if (!license_.aliases.empty())
      line(fmt::format("also declared as {}", fmt::join(license_.aliases, ", ")));
    line(review_ ? fmt::format("reviewed by {} on {}", review_->by, review_->date)
                 : "as shipped: nobody of your organisation has reviewed it");
  }

  void rights() {
    title("What the text says of");
    Rows all;
    for (const auto& [id, called] : kRights) {
      const auto* right = license_.right(id);
      if (!right && (id == "research-use" || id == "training")) continue;
      const auto says = right ? right->says : Says::unknown;
      all.push_back({std::string(called),
                     says == Says::conditions ? "permits on a condition" : std::string(catalog::name(says)),
                     right ? place(right->at) : "", right ? printable(right->at.note) : "nobody read it"});
    }
    rows(all);
  }

  void limits() {
    title("For whom and where");
    if (!license_.ceilings) line("sizes of the licensee: nobody read it");
    if (license_.ceilings && license_.ceilings->empty()) line("no ceiling of users or revenue");
    for (const auto& one : license_.ceilings.value_or(std::vector<License::Ceiling>{}))
      line(told(fmt::format("up to {} {}; beyond it the text {}", grouped(one.most),
                            one.of == "monthly-users" ? "monthly users" : "US dollars of revenue a year",
                            one.beyond == Says::forbids ? "forbids it" : "asks for more"),
                one.at));
    if (!license_.territories) line("territories: nobody read it");
    if (license_.territories && license_.territories->empty()) line("everywhere");
    for (const auto& one : license_.territories.value_or(std::vector<License::Excluded>{}))
      line(told(fmt::format("not in {}", fmt::join(one.places, ", ")), one.at));
    const auto& use = license_.use_restrictions;
    if (!use) return line("purposes that are ruled out: nobody read it");
    line(use->says == "none"
             ? std::string("for any purpose")
             : told(fmt::format("purposes are ruled out by {}{}",
                                use->says == "policy" ? "a policy of the licensor" : "the text",
                                use->pass_on ? ", which must be passed on" : ""),
                    use->at));
  }

  void duties() {
    title("What it asks for");
    if (!license_.duties) return line("nobody read it");
    if (license_.duties->empty()) return line("nothing");
    for (const auto& one : *license_.duties)
      line(fmt::format("{}: {}", fmt::join(one.when, ", "), license::duty_line(one)));
  }

  void others() {
    title("And besides");
    const auto& alike = license_.share_alike;
    line(!alike ? std::string("sharing alike: nobody read it")
         : alike->when == "never"
             ? told("what is made of it may go under other terms", alike->at)
             : told(fmt::format("what is made of it goes under the same terms on {}{}",
                                alike->when == "network" ? "network use and distribution" : "distribution",
                                alike->reach.empty() ? "" : ", reach: " + alike->reach),
                    alike->at));
    const auto& patents = license_.patents;
    line(!patents ? std::string("patents: nobody read it")
                  : told(fmt::format("patents: {}{}", patents->says,
                                     patents->ends_on_suit == true ? ", and suing over it ends rights" : ""),
                         patents->at));
    const auto& end = license_.termination;
    line(!end ? std::string("how it ends: nobody read it")
              : told(fmt::format("ends: {}{}", end->says,
                                 end->remote == true ? ", and use may be restricted from afar" : ""),
                     end->at));
    line(!license_.law ? std::string("law: nobody read it")
                       : told("law: " + license_.law->says, license_.law->at));
  }

  const License& license_;
  const catalog::LicenseReview* review_;
  const Style& style_;
  std::string out_;
};

std::string list_of(const catalog::Licenses& known) {
  Rows rows;
  for (const auto& one : known.all())
    rows.push_back({one.license, one.category, known.review_of(one) ? "reviewed" : "shipped", one.name});
  return table(rows);
}

std::string in_json(const catalog::Licenses& known, const std::vector<const License*>& shown) {
  std::string out;
  json::Writer w(out);
  w.begin_object();
  w.member("kind", "license-explain");
  w.key("licenses");
  w.begin_array();
  for (const auto* one : shown) {
    std::string entry;
    license::append_json(entry, *one, known.review_of(*one));
    w.raw(entry);
  }
  w.end_array();
  w.member("note", license::kNoAdvice);
  w.member("ostiary", std::uint64_t{1});
  w.key("partial");
  w.begin_array();
  w.end_array();
  w.end_object();
  return out + '\n';
}

// A model or dataset by that name; nothing where the catalogue has none.
std::optional<std::string> as_work(const LicenseOptions& options, const catalog::Licenses& known) {
  return options.common.format == Format::json ? work_json(options.license, known)
                                               : work_text(options.license, known, style_of(options.common));
}

std::unexpected<Error> not_known(const catalog::Licenses& known, const std::string& name) {
  std::vector<std::string_view> names;
  for (const auto& one : known.all()) {
    names.push_back(one.license);
    names.insert(names.end(), one.aliases.begin(), one.aliases.end());
  }
  const auto near = text::nearest(name, names);
  return fail(Code::not_found,
              fmt::format("no licence, model or dataset is called '{}'{}", printable(name),
                          near ? fmt::format("; did you mean '{}'?", *near)
                               : std::string("; 'ostiary license explain --all' lists them")));
}

}  // namespace

Result<catalog::Licenses> licenses_for(const std::string& rules) {
  return rules.empty() ? Result<catalog::Licenses>(catalog::licenses()) : catalog::read_licenses(rules);
}

Result<int> run_license_explain(const LicenseOptions& options) {
  if (options.license.empty() && !options.all)
    return fail(Code::invalid, "say which licence, such as 'ostiary license explain MIT', or --all");
  TRY(const auto known, licenses_for(options.rules));
  std::vector<const License*> shown;
  if (options.all) {
    for (const auto& one : known.all()) shown.push_back(&one);
  } else if (const auto* one = known.find(options.license)) {
    shown.push_back(one);
  } else if (const auto work = as_work(options, known)) {
    TRY_VOID(put(options.common, *work));
    return 0;
  } else {
    return not_known(known, options.license);
  }
  const auto style = style_of(options.common);
  TRY_VOID(put(options.common, options.common.format == Format::json ? in_json(known, shown)
                               : options.all                         ? list_of(known)
                                             : Page(*shown[0], known.review_of(*shown[0]), style).text()));
  return 0;
}

}  // namespace ostiary::app
