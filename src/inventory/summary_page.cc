// The page for management, as HTML, as text and as JSON.

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "inventory/summary.h"
#include "json/writer.h"
#include "report/html.h"
#include "report/table.h"

namespace ostiary::inventory {

namespace {

using report::escaped;

// "3 h 20 min" of working time.
std::string span_text(const std::optional<std::uint64_t>& ms) {
  if (!ms) return "none yet";
  const auto minutes = *ms / 60'000;
  if (minutes < 60) return fmt::format("{} min", minutes);
  return fmt::format("{} h {} min", minutes / 60, minutes % 60);
}

constexpr std::string_view kStyle = R"(
:root{color-scheme:light}
body{font:16px/1.45 system-ui,sans-serif;color:#1a1a1a;background:#fff;max-width:60rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem;margin:0 0 .2rem}
h2{font-size:1.15rem;margin:1.6rem 0 .4rem;border-bottom:2px solid #1a1a1a}
p{margin:.3rem 0}
.figures{display:flex;flex-wrap:wrap;gap:.4rem 2rem;margin:.8rem 0;padding:0;list-style:none}
.figures b{font-size:1.5rem;display:block}
.columns{display:flex;flex-wrap:wrap;gap:0 2.5rem}
table{border-collapse:collapse;margin:.3rem 0}
caption{text-align:left;font-weight:600;padding:.2rem 0}
th,td{text-align:left;vertical-align:top;padding:.15rem .9rem .15rem 0;border-bottom:1px solid #b8b8b8}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
li{margin:.3rem 0}
.why{color:#4a4a4a}
@media print{body{margin:0;max-width:none;font-size:10pt}h2{break-after:avoid}li,tr{break-inside:avoid}}
)";

class Page {
 public:
  explicit Page(const Summary& summary) : s_(summary) {}

  std::string html() {
    out_ = fmt::format(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
        "content=\"width=device-width,initial-scale=1\">\n<title>Uses of AI, "
        "{0}</title>\n<style>{1}</style>\n</head>\n"
        "<body>\n<main>\n<h1>Uses of AI</h1>\n<p>As known on {0}.</p>\n",
        day_of(s_.at), kStyle);
    figures();
    found();
    unknown();
    concerns("Top risks", s_.risks, "Nothing that is known is a risk by the rules of this page.");
    answers();
    concerns("Decisions wanted", s_.decisions, "None.");
    partial();
    out_ += "<p class=\"why\">Texts and figures, not legal advice.</p>\n</main>\n</body>\n</html>\n";
    return std::move(out_);
  }

 private:
  void figures() {
    out_ += fmt::format(
        "<ul class=\"figures\">\n<li><b>{}</b> uses</li>\n<li><b>{}</b> shown by scans, the gate or "
        "logs</li>\n"
        "<li><b>{}</b> stated by people</li>\n</ul>\n",
        s_.uses, s_.seen, s_.declared);
  }
  void counts(std::string_view title, std::string_view what, const std::vector<Counted>& all) {
    if (all.empty()) return;
    out_ += fmt::format(
        "<table>\n<caption>{}</caption>\n<thead><tr><th scope=\"col\">{}</th><th scope=\"col\" "
        "class=\"n\">uses</th></tr></thead>\n<tbody>\n",
        title, what);
    for (const auto& one : all)
      out_ += fmt::format("<tr><th scope=\"row\">{}</th><td class=\"n\">{}</td></tr>\n", escaped(one.what),
                          one.count);
    out_ += "</tbody>\n</table>\n";
  }
  void found() {
    out_ += "<section aria-labelledby=\"found\">\n<h2 id=\"found\">Found</h2>\n<div class=\"columns\">\n";
    counts("By status", "status", s_.by_status);
    counts("By surface", "surface", s_.by_surface);
    counts("By provider", "provider", s_.by_provider);
    counts("What differs", "finding", s_.gaps);
    out_ += "</div>\n</section>\n";
  }
  void unknown() {
    out_ += "<section aria-labelledby=\"unknown\">\n<h2 id=\"unknown\">Unknown</h2>\n";
    if (s_.unknown.empty())
      out_ += "<p>Nothing that this page looks for.</p>\n";
    else
      counts("Uses of which it is not known", "field", s_.unknown);
    out_ += "</section>\n";
  }
  void concerns(std::string_view title, const std::vector<Concern>& all, std::string_view none) {
    const auto id = title.substr(0, title.find(' '));
    out_ += fmt::format("<section aria-labelledby=\"{0}\">\n<h2 id=\"{0}\">{1}</h2>\n", id, title);
    if (all.empty()) out_ += fmt::format("<p>{}</p>\n", none);
    if (!all.empty()) out_ += "<ol>\n";
    for (const auto& one : all) {
      out_ += fmt::format("<li><strong>{}</strong>: {}.", escaped(one.what), one.count);
      if (!one.uses.empty())
        out_ += fmt::format(" {}{}.", escaped(fmt::format("{}", fmt::join(one.uses, ", "))),
                            one.count > one.uses.size() ? " and more" : "");
      if (!one.teams.empty())
        out_ += fmt::format(" Teams: {}.", escaped(fmt::format("{}", fmt::join(one.teams, ", "))));
      out_ += fmt::format(" <span class=\"why\">({})</span></li>\n", escaped(one.why));
    }
    if (!all.empty()) out_ += "</ol>\n";
    out_ += "</section>\n";
  }
  void answers() {
    out_ += "<section aria-labelledby=\"answers\">\n<h2 id=\"answers\">Answer times</h2>\n";
    if (!s_.answers) {
      out_ += "<p>Unknown: there is no desk.</p>\n</section>\n";
      return;
    }
    const auto& a = *s_.answers;
    out_ += fmt::format(
        "<p>{} questions were asked from {} to {}: {} answered ({} automatically), {} open, {} later than "
        "promised.</p>\n"
        "<table>\n<caption>Working time until people answered</caption>\n<thead><tr><th "
        "scope=\"col\"></th><th "
        "scope=\"col\">half within</th><th scope=\"col\">nine of ten within</th></tr></thead>\n<tbody>\n"
        "<tr><th scope=\"row\">first answer</th><td>{}</td><td>{}</td></tr>\n"
        "<tr><th scope=\"row\">decision</th><td>{}</td><td>{}</td></tr>\n</tbody>\n</table>\n</section>\n",
        a.asked, day_of(a.from), day_of(a.to), a.answered, a.automatic, a.open, a.breached,
        span_text(a.first_p50_ms), span_text(a.first_p90_ms), span_text(a.decision_p50_ms),
        span_text(a.decision_p90_ms));
  }
  void partial() {
    if (s_.partial.empty()) return;
    out_ +=
        "<section aria-labelledby=\"partial\">\n<h2 id=\"partial\">What this page does not know</h2>\n<ul>\n";
    for (const auto& one : s_.partial) out_ += fmt::format("<li>{}</li>\n", escaped(one));
    out_ += "</ul>\n</section>\n";
  }

  const Summary& s_;
  std::string out_;
};

void write_counts(json::Writer& w, std::string_view name, const std::vector<Counted>& all) {
  w.key(name);
  w.begin_array();
  for (const auto& one : all) {
    w.begin_object();
    w.member("count", one.count);
    w.member("what", one.what);
    w.end_object();
  }
  w.end_array();
}

void write_texts(json::Writer& w, std::string_view name, const std::vector<std::string>& texts) {
  w.key(name);
  w.begin_array();
  for (const auto& text : texts) w.string(text);
  w.end_array();
}

void write_concerns(json::Writer& w, std::string_view name, const std::vector<Concern>& all) {
  w.key(name);
  w.begin_array();
  for (const auto& one : all) {
    w.begin_object();
    w.member("count", one.count);
    write_texts(w, "teams", one.teams);
    write_texts(w, "uses", one.uses);
    w.member("what", one.what);
    w.member("why", one.why);
    w.end_object();
  }
  w.end_array();
}

void write_answers(json::Writer& w, const std::optional<AnswerTimes>& answers) {
  w.key("answers");
  if (!answers) return w.null();
  w.begin_object();
  w.member("answered", answers->answered);
  w.member("asked", answers->asked);
  w.member("automatic", answers->automatic);
  w.member("breached", answers->breached);
  w.member_or_null("decision_p50_ms", answers->decision_p50_ms);
  w.member_or_null("decision_p90_ms", answers->decision_p90_ms);
  w.member_or_null("first_p50_ms", answers->first_p50_ms);
  w.member_or_null("first_p90_ms", answers->first_p90_ms);
  w.member("from", rfc3339(answers->from));
  w.member("open", answers->open);
  w.member("to", rfc3339(answers->to));
  w.end_object();
}

std::string counts_text(std::string_view title, const std::vector<Counted>& all) {
  std::string out;
  for (const auto& one : all)
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", report::printable(one.what), one.count);
  return out.empty() ? "" : fmt::format("  {:<12}{}\n", title, out);
}

std::string concerns_text(std::string_view title, const std::vector<Concern>& all) {
  auto out = fmt::format("\n{}\n", title);
  if (all.empty()) out += "  none\n";
  for (const auto& one : all) {
    out += fmt::format("  {:>4}  {}\n", one.count, report::printable(one.what));
    if (!one.uses.empty())
      out += fmt::format("        {}{}\n", report::printable(fmt::format("{}", fmt::join(one.uses, ", "))),
                         one.count > one.uses.size() ? ", …" : "");
  }
  return out;
}

}  // namespace

std::string summary_html(const Summary& summary) {
  return Page(summary).html();
}

std::string summary_text(const Summary& s) {
  auto out = fmt::format(
      "Uses of AI, {}\n\nFound\n  {} uses; {} shown by scans, the gate or logs; {} stated by people\n",
      day_of(s.at), s.uses, s.seen, s.declared);
  out += counts_text("status", s.by_status) + counts_text("surface", s.by_surface) +
         counts_text("provider", s.by_provider) + counts_text("differs", s.gaps);
  out += "\nUnknown\n";
  out += s.unknown.empty() ? "  nothing that is looked for\n" : counts_text("of uses", s.unknown);
  out += concerns_text("Top risks", s.risks);
  out += "\nAnswer times\n";
  if (s.answers)
    out += fmt::format(
        "  {} asked, {} answered, {} open; first answer {} (nine of ten {}), decision {} (nine of ten {})\n",
        s.answers->asked, s.answers->answered, s.answers->open, span_text(s.answers->first_p50_ms),
        span_text(s.answers->first_p90_ms), span_text(s.answers->decision_p50_ms),
        span_text(s.answers->decision_p90_ms));
  else
    out += "  unknown: there is no desk\n";
  out += concerns_text("Decisions wanted", s.decisions);
  if (!s.partial.empty()) out += "\nNot known\n";
  for (const auto& one : s.partial) out += fmt::format("  {}\n", report::printable(one));
  return out;
}

void append_json(std::string& out, const Summary& s) {
  json::Writer w(out);
  w.begin_object();
  write_answers(w, s.answers);
  w.member("at", rfc3339(s.at));
  write_counts(w, "by_provider", s.by_provider);
  write_counts(w, "by_status", s.by_status);
  write_counts(w, "by_surface", s.by_surface);
  w.member("declared", s.declared);
  write_concerns(w, "decisions", s.decisions);
  write_counts(w, "gaps", s.gaps);
  write_texts(w, "partial", s.partial);
  write_concerns(w, "risks", s.risks);
  w.member("seen", s.seen);
  write_counts(w, "unknown", s.unknown);
  w.member("uses", s.uses);
  w.end_object();
}

}  // namespace ostiary::inventory
