#include "license/json.h"

#include "json/writer.h"

namespace ostiary::license {

namespace {

using catalog::Clause;
using catalog::License;
using json::Writer;

void texts(Writer& w, std::string_view name, const std::vector<std::string>& all) {
  w.key(name);
  w.begin_array();
  for (const auto& one : all) w.string(one);
  w.end_array();
}

void text_or_null(Writer& w, std::string_view name, std::string_view text) {
  w.key(name);
  text.empty() ? w.null() : w.string(text);
}

// The members of a clause that sort before "of", "says" and "to": the caller adds what follows.
void clause(Writer& w, const Clause& at) {
  text_or_null(w, "clause", at.clause);
  w.member("date", at.origin.date);
}

void rights(Writer& w, const License& license) {
  w.key("rights");
  w.begin_array();
  for (const auto& right : license.rights) {
    w.begin_object();
    clause(w, right.at);
    text_or_null(w, "note", right.at.note);
    w.member("says", catalog::name(right.says));
    w.member("source", right.at.origin.source);
    w.member("to", right.to);
    w.end_object();
  }
  w.end_array();
}

void duties(Writer& w, const License& license) {
  w.key("duties");
  if (!license.duties) return w.null();
  w.begin_array();
  for (const auto& duty : *license.duties) {
    w.begin_object();
    clause(w, duty.at);
    text_or_null(w, "note", duty.at.note);
    w.member("source", duty.at.origin.source);
    w.member("to", duty.to);
    texts(w, "when", duty.when);
    text_or_null(w, "words", duty.words);
    w.end_object();
  }
  w.end_array();
}

void ceilings(Writer& w, const License& license) {
  w.key("ceilings");
  if (!license.ceilings) return w.null();
  w.begin_array();
  for (const auto& ceiling : *license.ceilings) {
    w.begin_object();
    w.member("beyond", catalog::name(ceiling.beyond));
    clause(w, ceiling.at);
    w.member("most", ceiling.most);
    text_or_null(w, "note", ceiling.at.note);
    w.member("of", ceiling.of);
    w.end_object();
  }
  w.end_array();
}

void territories(Writer& w, const License& license) {
  w.key("territories");
  if (!license.territories) return w.null();
  w.begin_array();
  for (const auto& excluded : *license.territories) {
    w.begin_object();
    clause(w, excluded.at);
    texts(w, "excluded", excluded.places);
    text_or_null(w, "note", excluded.at.note);
    w.end_object();
  }
  w.end_array();
}

// A part of which an entry has one or none: `members` writes those behind "clause" and "date".
template <class Part, class Members>
void part(Writer& w, std::string_view name, const std::optional<Part>& one, Members members) {
  w.key(name);
  if (!one) return w.null();
  w.begin_object();
  clause(w, one->at);
  members(*one);
  w.end_object();
}

void parts(Writer& w, const License& license) {
  part(w, "share_alike", license.share_alike, [&](const License::ShareAlike& one) {
    text_or_null(w, "note", one.at.note);
    text_or_null(w, "reach", one.reach);
    w.member("when", one.when);
  });
}

void closing_parts(Writer& w, const License& license) {
  part(w, "termination", license.termination, [&](const License::Termination& one) {
    text_or_null(w, "note", one.at.note);
    w.member_or_null("remote", one.remote);
    w.member("says", one.says);
  });
  territories(w, license);
  part(w, "use_restrictions", license.use_restrictions, [&](const License::UseRestrictions& one) {
    text_or_null(w, "note", one.at.note);
    w.member("pass_on", one.pass_on);
    w.member("says", one.says);
  });
}

void reviewed(Writer& w, const catalog::LicenseReview* review) {
  w.key("reviewed");
  if (!review) return w.null();
  w.begin_object();
  text_or_null(w, "because", review->because);
  w.member("by", review->by);
  w.member("date", review->date);
  w.end_object();
}

void reason_json(Writer& w, const Reason& reason) {
  w.begin_object();
  w.member("about", reason.about);
  text_or_null(w, "clause", reason.clause);
  text_or_null(w, "date", reason.date);
  w.member("license", reason.license);
  text_or_null(w, "reviewed_by", reason.reviewed_by);
  w.member("says", catalog::name(reason.says));
  text_or_null(w, "source", reason.source);
  w.member("text", reason.text);
  w.end_object();
}

}  // namespace

void append_json(std::string& out, const Verdict& verdict) {
  Writer w(out);
  w.begin_object();
  w.member("category", verdict.category);
  w.member("note", kNoAdvice);
  w.key("obligations");
  w.begin_array();
  for (const auto& one : verdict.obligations) {
    w.begin_object();
    text_or_null(w, "clause", one.clause);
    w.member("duty", one.duty);
    w.member("license", one.license);
    w.member("text", one.text);
    w.end_object();
  }
  w.end_array();
  w.key("reasons");
  w.begin_array();
  for (const auto& one : verdict.reasons) reason_json(w, one);
  w.end_array();
  texts(w, "remarks", verdict.remarks);
  w.member("says", catalog::name(verdict.says));
  w.member("taken", verdict.taken);
  w.end_object();
}

void append_json(std::string& out, const License& license, const catalog::LicenseReview* review) {
  Writer w(out);
  w.begin_object();
  texts(w, "aliases", license.aliases);
  w.member("category", license.category);
  ceilings(w, license);
  text_or_null(w, "digest", license.digest);
  duties(w, license);
  w.member("expression", license.license);
  text_or_null(w, "homepage", license.homepage);
  w.member("id", license.id);
  texts(w, "kinds", license.kinds);
  part(w, "law", license.law, [&](const License::Law& one) { w.member("says", one.says); });
  w.member("name", license.name);
  part(w, "patents", license.patents, [&](const License::Patents& one) {
    w.member_or_null("ends_on_suit", one.ends_on_suit);
    text_or_null(w, "note", one.at.note);
    w.member("says", one.says);
  });
  text_or_null(w, "released", license.released);
  reviewed(w, review);
  rights(w, license);
  parts(w, license);
  w.member("source", license.origin.source);
  w.member("status", review ? "reviewed" : "shipped");
  text_or_null(w, "steward", license.steward);
  closing_parts(w, license);
  text_or_null(w, "version", license.version);
  w.end_object();
}

void append_json(std::string& out, const Conflict& conflict) {
  Writer w(out);
  w.begin_object();
  text_or_null(w, "clause", conflict.clause);
  w.member("kind", conflict.kind);
  text_or_null(w, "license", conflict.license);
  texts(w, "places", conflict.places);
  w.member("text", conflict.text);
  w.member("weight", name(conflict.weight));
  w.end_object();
}

void append_json(std::string& out, const Inherited& duty) {
  Writer w(out);
  w.begin_object();
  text_or_null(w, "clause", duty.clause);
  w.member("duty", duty.duty);
  w.member("from", duty.from);
  w.member("license", duty.license);
  w.member("text", duty.text);
  w.end_object();
}

}  // namespace ostiary::license
