#include "license/conflicts.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <set>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "catalog/lineage.h"
#include "license/check.h"
#include "license/impl/wording.h"

namespace ostiary::license {

namespace {

using catalog::License;
using catalog::Licenses;

constexpr std::size_t kLongestExpression = 4096;

bool says(const License& license, std::string_view right, Says what) {
  const auto* said = license.right(right);
  return said && said->says == what;
}

const catalog::Clause& clause_of(const License& license, std::string_view right) {
  static const catalog::Clause none;
  const auto* said = license.right(right);
  return said ? said->at : none;
}

std::string shown(const Declaration& one) {
  return one.place.empty() ? one.kind : fmt::format("{} ({})", one.kind, one.place);
}

std::string called(const Declaration& one) {
  return one.expression.empty() ? std::string("a text that nobody could name") : one.expression;
}

// The names in an expression; one where the whole of it is a name of a licence, such as a card's with blanks.
std::vector<std::string> names_of(std::string_view expression, const Licenses& known) {
  if (known.find(expression)) return {std::string(expression)};
  return names_in(expression);
}

// Compares the declarations of one work with each other.
class Places {
 public:
  Places(const Work& work, const Licenses& known, Lineage& out) : work_(work), known_(known), out_(out) {}

  void compare() {
    for (std::size_t i = 0; i < work_.licenses.size(); ++i)
      for (std::size_t j = i + 1; j < work_.licenses.size(); ++j) pair(work_.licenses[i], work_.licenses[j]);
  }

 private:
  // The entries' ids where all are known, else the names as they stand.
  std::set<std::string> meant(std::string_view expression) const {
    std::set<std::string> out;
    for (const auto& name : names_of(expression, known_)) {
      const auto* license = known_.find(name);
      out.insert(license ? license->id : text::lower(name));
    }
    return out;
  }

  void pair(const Declaration& one, const Declaration& other) {
    const auto a = meant(one.expression), b = meant(other.expression);
    if (a == b || !told_.insert({a, b}).second) return;
    const auto* left = strictest({one}, known_);
    const auto* right = strictest({other}, known_);
    const bool both = left && right;
    const bool apart = both && left->category != right->category;
    out_.conflicts.push_back(
        {"declarations-differ",
         apart ? Weight::conflict : (both ? Weight::warning : Weight::note),
         fmt::format("{}: {} says {}, {} says {}.{}", work_.name, shown(one), called(one), shown(other),
                     called(other),
                     apart ? fmt::format(" One is {}, the other {}; the stricter counts until somebody has "
                                         "settled it.",
                                         left->category, right->category)
                           : ""),
         {},
         {},
         {shown(one), shown(other)}});
  }

  const Work& work_;
  const Licenses& known_;
  Lineage& out_;
  std::set<std::pair<std::set<std::string>, std::set<std::string>>> told_;
};

// Compares a work with one that it comes from.
class Descent {
 public:
  Descent(const Work& child, const License* own, const Work& parent, const License& theirs, bool by_data,
          const Licenses& known, Lineage& out)
      : child_(child),
        own_(own),
        parent_(parent),
        theirs_(theirs),
        by_data_(by_data),
        known_(known),
        out_(out) {}

  void compare() {
    non_commercial();
    if (!by_data_) {
      no_change();
      terms_unnamed();
      share_alike();
      restrictions();
      naming();
    } else {
      share_alike_of_data();
    }
    duties();
  }

 private:
  std::string own_name() const { return own_ ? own_->license : "a licence that nobody knows"; }
  std::string_view learned() const { return child_.data ? "holds" : "was trained on"; }

  // Once a licence for each kind, of the nearest work that has it; of data every part is told.
  void tell(std::string_view kind, Weight weight, const catalog::Clause& at, std::string text) {
    if (!by_data_ && std::ranges::any_of(out_.conflicts, [&](const Conflict& one) {
          return one.kind == kind && one.license == theirs_.license;
        }))
      return;
    out_.conflicts.push_back({std::string(kind),
                              weight,
                              std::move(text),
                              theirs_.license,
                              at.clause,
                              {child_.name, parent_.name}});
  }

  void non_commercial() {
    if (!says(theirs_, "commercial-use", Says::forbids)) return;
    if (own_ && says(*own_, "commercial-use", Says::forbids)) return;
    const auto& at = clause_of(theirs_, "commercial-use");
    if (by_data_) {
      tell("data-non-commercial", Weight::warning, at,
           fmt::format(
               "{} {} {}, whose licence {} forbids commercial use{}, and goes under {}.{}{}", child_.name,
               learned(), parent_.name, theirs_.license, in_clause(at), own_name(),
               child_.data ? "" : " Whether that binds a model is not settled; public statements differ.",
               parent_.note.empty() ? "" : " " + parent_.note));
    } else {
      tell("base-non-commercial", Weight::conflict, at,
           fmt::format("{} goes under {}, but was made from {}, whose licence {} forbids commercial use{}.",
                       child_.name, own_name(), parent_.name, theirs_.license, in_clause(at)));
    }
  }

  void no_change() {
    if (!says(theirs_, "modification", Says::forbids)) return;
    const auto& at = clause_of(theirs_, "modification");
    tell("base-no-derivatives", Weight::conflict, at,
         fmt::format("{} was made from {}, whose licence {} does not let changed versions be shared{}.",
                     child_.name, parent_.name, theirs_.license, in_clause(at)));
  }

  void share_alike() {
    const auto& alike = theirs_.share_alike;
    if (!alike || alike->when == "never" || (own_ && own_->id == theirs_.id)) return;
    tell("share-alike-lost", Weight::conflict, alike->at,
         fmt::format("{} goes under {}, but was made from {}, whose licence {} asks that what is made of it "
                     "goes under the same terms{}.",
                     child_.name, own_name(), parent_.name, theirs_.license, in_clause(alike->at)));
  }

  // Texts that stay on what is of the base in a derivative, whatever else is laid on it.
  void terms_unnamed() {
    if (theirs_.category != "use-restricted" || !theirs_.duties || (own_ && own_->id == theirs_.id)) return;
    const auto& duties = *theirs_.duties;
    const auto gives = std::ranges::find(duties, "give-licence", &License::Duty::to);
    const bool named = std::ranges::any_of(child_.licenses, [&](const Declaration& one) {
      return std::ranges::any_of(names_of(one.expression, known_), [&](const auto& name) {
        const auto* license = known_.find(name);
        return license && license->id == theirs_.id;
      });
    });
    if (gives == duties.end() || named) return;
    // A text of its own may be laid on top where it passes the restrictions on as well.
    const auto passes = [](const License* one) {
      return one && one->use_restrictions && one->use_restrictions->pass_on;
    };
    tell("base-terms-unnamed", passes(&theirs_) && passes(own_) ? Weight::note : Weight::conflict, gives->at,
         fmt::format(
             "{} names {} alone, but was made from {}: what is of that in it stays under {}, whose text "
             "goes with every copy{}.",
             child_.name, own_name(), parent_.name, theirs_.license, in_clause(gives->at)));
  }

  void share_alike_of_data() {
    const auto& alike = theirs_.share_alike;
    if (!alike || alike->when == "never" || (own_ && own_->id == theirs_.id)) return;
    tell("data-share-alike", Weight::note, alike->at,
         fmt::format(
             "{} {} {}, which goes under {}: copies and changed versions of the data stay under it{}{}.",
             child_.name, learned(), parent_.name, theirs_.license, in_clause(alike->at),
             child_.data ? "" : fmt::format("; the model has a licence of its own, {}", own_name())));
  }

  void restrictions() {
    const auto& asked = theirs_.use_restrictions;
    if (!asked || !asked->pass_on || (own_ && own_->id == theirs_.id)) return;
    if (own_ && own_->use_restrictions && own_->use_restrictions->pass_on) return;
    tell("restrictions-lost", Weight::conflict, asked->at,
         fmt::format("{} goes under {}, which does not pass on the restrictions of use that {} of {} asks to "
                     "be passed on{}.",
                     child_.name, own_name(), theirs_.license, parent_.name, in_clause(asked->at)));
  }

  void naming() {
    if (!theirs_.duties || child_.name.empty()) return;
    const auto last = text::lower(child_.name.substr(child_.name.rfind('/') + 1));
    for (const auto& duty : *theirs_.duties)
      if (duty.to == "name-model" && !duty.words.empty() && !last.starts_with(text::lower(duty.words)))
        tell("name-lost", Weight::warning, duty.at,
             fmt::format("The name of {} does not begin with “{}”, as {} of {} asks of models that are made "
                         "from it and given out{}.",
                         child_.name, duty.words, theirs_.license, parent_.name, in_clause(duty.at)));
  }

  void duties() {
    if (!theirs_.duties) return;
    for (const auto& duty : *theirs_.duties) {
      const bool given_out = std::ranges::find(duty.when, "distribute") != duty.when.end() ||
                             std::ranges::find(duty.when, "modify") != duty.when.end();
      const bool told = std::ranges::any_of(out_.duties, [&](const Inherited& one) {
        return one.duty == duty.to && one.license == theirs_.license && one.clause == duty.at.clause;
      });
      if (given_out && !by_data_ && !told)
        out_.duties.push_back({duty.to, duty_line(duty), parent_.name, theirs_.license, duty.at.clause});
    }
  }

  const Work& child_;
  const License* own_;
  const Work& parent_;
  const License& theirs_;
  const bool by_data_;
  const Licenses& known_;
  Lineage& out_;
};

// Walks the lineage from the work upwards, the nearest first, each work once.
class Walk {
 public:
  Walk(const Work& work, const FindWork& find, const Licenses& known, Lineage& out)
      : work_(work), find_(find), known_(known), out_(out), own_(strictest(work.licenses, known)) {}

  void run() {
    seen_.insert(text::lower(work_.name));
    way_.push_back(text::lower(work_.name));
    follow(work_);
  }

 private:
  void follow(const Work& child) {
    for (const auto& name : child.bases) visit(child, name, false);
    for (const auto& name : child.datasets) visit(child, name, true);
  }

  void visit(const Work& child, const std::string& name, bool by_data) {
    const auto key = text::lower(name);
    if (std::ranges::find(way_, key) != way_.end()) {
      auto places = way_;
      places.push_back(key);
      out_.conflicts.push_back(
          {"circle",
           Weight::warning,
           fmt::format("{} is said to come from {}, which comes from it.", child.name, name),
           {},
           {},
           std::move(places)});
      return;
    }
    if (!seen_.insert(key).second) return;
    if (seen_.size() > kMostWorks || way_.size() > kDeepest) return too_far();
    auto parent = find_(name);
    if (!parent) {
      out_.unknown.push_back(name);
      return;
    }
    parent->data = by_data;
    const auto* theirs = strictest(parent->licenses, known_);
    if (theirs) {
      Descent(work_, own_, *parent, *theirs, by_data, known_, out_).compare();
    } else {
      out_.unknown.push_back(name);
    }
    way_.push_back(key);
    // What a dataset is made of counts as data; a base's own data as well.
    follow_on(*parent, by_data);
    way_.pop_back();
  }

  void follow_on(const Work& parent, bool by_data) {
    for (const auto& name : parent.bases) visit(parent, name, by_data);
    for (const auto& name : parent.datasets) visit(parent, name, true);
  }

  void too_far() {
    if (std::exchange(told_, true)) return;
    out_.conflicts.push_back(
        {"too-far",
         Weight::warning,
         fmt::format("The lineage of {} goes on beyond {} works or {} steps; the rest was not looked at.",
                     work_.name, kMostWorks, kDeepest),
         {},
         {},
         {work_.name}});
  }

  const Work& work_;
  const FindWork& find_;
  const Licenses& known_;
  Lineage& out_;
  const License* own_;
  std::set<std::string> seen_;
  std::vector<std::string> way_;
  bool told_ = false;
};

constexpr std::array<std::string_view, 3> kWeights = {"note", "warning", "conflict"};

}  // namespace

std::string_view name(Weight weight) {
  return kWeights[static_cast<std::size_t>(weight)];
}

std::vector<std::string> names_in(std::string_view expression) {
  std::vector<std::string> out;
  if (expression.size() > kLongestExpression) return {std::string(expression.substr(0, kLongestExpression))};
  bool exception = false;
  std::size_t at = 0;
  while (at < expression.size()) {
    const auto end = std::min(expression.find_first_of(" \t\n()", at), expression.size());
    const auto word = expression.substr(at, end - at);
    at = end + 1;
    if (word.empty() || word == "AND" || word == "OR" || word == "and" || word == "or") continue;
    if (word == "WITH" || word == "with") {
      exception = true;
    } else if (!std::exchange(exception, false)) {
      out.emplace_back(word);
    }
  }
  return out;
}

const License* strictest(const std::vector<Declaration>& declarations, const Licenses& known) {
  const License* out = nullptr;
  for (const auto& declaration : declarations) {
    for (const auto& name : names_of(declaration.expression, known)) {
      const auto* license = known.find(name);
      if (!license) continue;
      if (!out || (license->category != out->category &&
                   stricter(license->category, out->category) == license->category))
        out = license;
    }
  }
  return out;
}

Lineage examine(const Work& work, const FindWork& find, const Licenses& known) {
  Lineage out;
  Places(work, known, out).compare();
  Walk(work, find, known, out).run();
  std::ranges::sort(out.conflicts, {}, [](const Conflict& one) {
    return std::tuple(-static_cast<int>(one.weight), one.kind, one.text);
  });
  std::ranges::sort(out.unknown);
  return out;
}

std::optional<Work> catalogued(std::string_view name) {
  if (const auto* version = catalog::find_version(name)) {
    Work out{.name = std::string(name),
             .data = false,
             .licenses = {},
             .bases = version->bases,
             .datasets = version->datasets,
             .note = version->note};
    out.licenses.push_back({version->license, "catalogue", version->origin.source});
    return out;
  }
  if (const auto* dataset = catalog::find_dataset(name)) {
    Work out{.name = dataset->name,
             .data = true,
             .licenses = {},
             .bases = {},
             .datasets = {},
             .note = dataset->note};
    out.licenses.push_back({dataset->license, "catalogue", dataset->origin.source});
    for (const auto& part : dataset->parts) out.datasets.push_back(dataset->id + "/" + part.name);
    return out;
  }
  // A part of a dataset: "<id>/<part>".
  const auto slash = name.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto* dataset = catalog::find_dataset(name.substr(0, slash));
  if (!dataset) return std::nullopt;
  const auto part = std::ranges::find(dataset->parts, name.substr(slash + 1), &catalog::Dataset::Part::name);
  if (part == dataset->parts.end()) return std::nullopt;
  return Work{.name = fmt::format("{} of {}", part->name, dataset->name),
              .data = true,
              .licenses = {{part->license, "catalogue", part->origin.source}},
              .bases = {},
              .datasets = {},
              .note = part->note};
}

}  // namespace ostiary::license
