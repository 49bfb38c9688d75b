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

// By day and by night, on a phone and on a screen, and on one sheet of paper. Contrasts are 4.5 to 1 at
// least.
constexpr std::string_view kStyle = R"(
:root{color-scheme:light dark;--ink:#17202a;--soft:#4d5966;--paper:#f4f6f8;--card:#fff;--line:#d5dbe1;--accent:#0b5cad;--bar:#cfe1f5;--warn:#9a3412}
@media(prefers-color-scheme:dark){:root{--ink:#e8edf2;--soft:#a9b6c3;--paper:#11161c;--card:#1a222b;--line:#323d49;--accent:#7cb8f5;--bar:#24415f;--warn:#fdba74}}
*{box-sizing:border-box}
body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);margin:0}
main{max-width:76rem;margin:0 auto;padding:2rem 1.25rem 3rem}
h1{font-size:2rem;line-height:1.15;letter-spacing:-.01em;margin:0}
h2{font-size:1.15rem;margin:0 0 .6rem}
p{margin:.3rem 0}
.why{color:var(--soft)}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:1rem;margin:1.5rem 0 1rem;padding:0;list-style:none}
.figures li,section{background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:1rem 1.2rem}
.figures b{display:block;font-size:2.4rem;line-height:1.1;font-variant-numeric:tabular-nums;color:var(--accent)}
.figures .wanted b{color:var(--warn)}
.page{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:1rem;align-items:start}
.page>.whole{grid-column:1/-1}
.columns{display:grid;grid-template-columns:repeat(auto-fit,minmax(14rem,1fr));gap:1rem 2.5rem;align-items:start}
table{border-collapse:collapse;width:100%}
caption{text-align:left;font-weight:600;padding:.2rem 0;color:var(--soft)}
th,td{text-align:left;vertical-align:top;padding:.3rem .5rem .3rem 0;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
thead th{color:var(--soft);font-weight:400;font-size:.875rem}
tbody th{font-weight:400;padding-left:.5rem;background:linear-gradient(var(--bar),var(--bar)) 0 50%/var(--part,0%) 80% no-repeat}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
ol,section ul{margin:0;padding-left:1.4rem}
li{margin:.45rem 0;overflow-wrap:anywhere}
.figures li{margin:0}
li .why{display:block;font-size:.9rem}
@media(max-width:52rem){.page{grid-template-columns:minmax(0,1fr)}.figures{grid-template-columns:repeat(2,minmax(0,1fr))}.figures li:first-child{grid-column:1/-1}h1{font-size:1.6rem}main{padding:1.25rem .9rem 2rem}}
@media print{:root{color-scheme:light;--ink:#000;--soft:#333;--paper:#fff;--card:#fff;--line:#999;--accent:#000;--bar:#ddd;--warn:#000}@page{margin:14mm}html{font-size:8.5pt}body{font-size:1rem;line-height:1.35;print-color-adjust:exact;-webkit-print-color-adjust:exact}main{max-width:none;padding:0}.page{grid-template-columns:repeat(2,minmax(0,1fr));gap:.5rem}.columns{grid-template-columns:repeat(4,minmax(0,1fr));gap:.5rem 1.2rem}.figures li:first-child{grid-column:auto}.figures{grid-template-columns:repeat(5,1fr);gap:.5rem;margin:.6rem 0 .5rem}.figures b{font-size:1.5rem}.figures li,section{padding:.4rem .6rem}h1{font-size:1.5rem}h2{break-after:avoid;margin-bottom:.2rem}th,td{padding-top:.1rem;padding-bottom:.1rem}li,tr,section{break-inside:avoid}li{margin:.2rem 0}}
)";

class Page {
 public:
  explicit Page(const Summary& summary) : s_(summary) {}

  std::string html() {
    out_ = fmt::format(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
        "content=\"width=device-width,initial-scale=1\">\n<title>Uses of AI, "
        "{0}</title>\n<style>{1}</style>\n</head>\n"
        "<body>\n<main>\n<h1>Uses of AI</h1>\n<p class=\"why\">As known on {0}</p>\n",
        day_of(s_.at), kStyle);
    figures();
    out_ += "<div class=\"page\">\n";
    found();
    unknown();
    concerns("Top risks", s_.risks, "Nothing that is known is a risk by the rules of this page.");
    answers();
    concerns("Decisions wanted", s_.decisions, "None.");
    partial();
    out_ += "</div>\n<p class=\"why\">Texts and figures, not legal advice.</p>\n</main>\n</body>\n</html>\n";
    return std::move(out_);
  }

 private:
  void figures() {
    out_ += "<ul class=\"figures\">\n";
    const auto figure = [&](std::uint64_t count, std::string_view one, std::string_view many,
                            bool wanted = false) {
      out_ += fmt::format("<li{}><b>{}</b> {}</li>\n", wanted && count > 0 ? " class=\"wanted\"" : "", count,
                          count == 1 ? one : many);
    };
    figure(s_.uses, "use", "uses");
    figure(s_.seen, "shown by scans, the gate or logs", "shown by scans, the gate or logs");
    figure(s_.declared, "stated by people", "stated by people");
    figure(s_.risks.size(), "kind of risk", "kinds of risk", true);
    figure(s_.decisions.size(), "decision wanted", "decisions wanted", true);
    out_ += "</ul>\n";
  }
  void counts(std::string_view title, std::string_view what, const std::vector<Counted>& all) {
    if (all.empty()) return;
    out_ += fmt::format(
        "<table>\n<caption>{}</caption>\n<thead><tr><th scope=\"col\">{}</th><th scope=\"col\" "
        "class=\"n\">uses</th></tr></thead>\n<tbody>\n",
        title, what);
    std::uint64_t most = 1;
    for (const auto& one : all) most = std::max<std::uint64_t>(most, one.count);
    for (const auto& one : all)
      out_ += fmt::format("<tr><th scope=\"row\" style=\"--part:{}%\">{}</th><td class=\"n\">{}</td></tr>\n",
                          one.count * 100 / most, escaped(one.what), one.count);
    out_ += "</tbody>\n</table>\n";
  }
  void found() {
    out_ +=
        "<section class=\"whole\" aria-labelledby=\"found\">\n<h2 id=\"found\">Found</h2>\n<div "
        "class=\"columns\">\n";
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
      out_ += fmt::format(" <span class=\"why\">{}</span></li>\n", escaped(one.why));
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
        "<table>\n<caption>Working time until people answered</caption>\n<thead><tr><td></td><th "
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
        "<section class=\"whole\" aria-labelledby=\"partial\">\n<h2 id=\"partial\">What this page does not "
        "know</h2>\n<ul>\n";
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
