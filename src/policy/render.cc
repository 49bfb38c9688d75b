#include "policy/render.h"

#include <algorithm>
#include <fmt/format.h>

#include "base/hash.h"
#include "base/text.h"
#include "policy/fact_table.h"
#include "policy/impl/markdown.h"
#include "policy/impl/outline.h"
#include "policy/impl/page_parts.h"
#include "policy/impl/page_style.h"
#include "policy/plain.h"
#include "report/html.h"

namespace ostiary::policy {

namespace {

using report::escaped;

// What is not filled in yet is no value.
bool is_filled(std::string_view value) {
  const auto word = text::lower(text::trim(value));
  return !word.empty() && word.front() != '<' && word.front() != '[' && !word.starts_with("todo") &&
         !word.starts_with("tbd");
}

bool is_mail(std::string_view value) {
  const auto at = value.find('@');
  return at != std::string_view::npos && at > 0 && value.find('.', at) != std::string_view::npos &&
         value.find_first_of(" <>\"'(),;:\\?&#%") == std::string_view::npos;
}

class Page {
 public:
  Page(std::string_view text, const Policy& policy, const RenderOptions& options)
      : text_(text),
        policy_(policy),
        d_(policy.document()),
        options_(options),
        markdown_(link_definitions(text)) {
    Findings ignored;
    if (text_.starts_with("\xef\xbb\xbf")) text_.remove_prefix(3);
    outline_ = outline_of(text_, ignored);
    const auto& h = outline_.headings;
    own_title_ = !h.empty() && h.front().level == 1 && (d_.title.empty() || h.front().title == d_.title);
  }
  std::string run();

 private:
  void head();
  void header();
  void fact(std::string_view name, std::string_view value, bool wide = false);
  void contents();
  void body();
  void heading(const Heading& heading);
  void fence(const Fence& fence);
  void log();
  void footer();
  std::string title() const { return own_title_ ? outline_.headings.front().title : d_.title; }
  // 1 to 6, none left out on the way down.
  std::uint32_t level_of(const Heading& heading);
  std::size_t body_begin() const;

  std::string_view text_;
  const Policy& policy_;
  const Document& d_;
  const RenderOptions& options_;
  Markdown markdown_;
  Outline outline_;
  bool own_title_ = false;              // the document's first heading is the page's
  std::vector<std::uint32_t> parents_;  // levels of the headings that the next one may stand below
  std::string section_;                 // title of the section that is written
  std::string out_;
};

void Page::head() {
  std::string title;
  markdown_.append_inline(title, this->title().empty() ? "Policy" : this->title(), false);
  out_ +=
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"referrer\" content=\"no-referrer\">\n<link rel=\"icon\" href=\"data:,\">\n<title>";
  report::append_escaped(out_, d_.title.empty() ? "Policy" : d_.title);
  if (d_.status == Status::draft) out_ += " (draft)";
  out_ += "</title>\n<style>";
  out_ += page_style();
  out_ += "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#p:text\">Skip to the text</a>\n";
}

void Page::fact(std::string_view name, std::string_view value, bool wide) {
  out_ += fmt::format("<div{}><dt>{}</dt><dd>", wide ? " class=\"wide\"" : "", name);
  if (!is_filled(value))
    out_ += "not filled in yet";
  else if (name == "Contact" && is_mail(value))
    out_ += fmt::format("<a href=\"mailto:{}\">{}</a>", escaped(value), escaped(value));
  else
    report::append_escaped(out_, value);
  out_ += "</dd></div>\n";
}

void Page::header() {
  const bool draft = d_.status == Status::draft;
  out_ += fmt::format("<header>\n<p><span class=\"state {}\">{}</span></p>\n<h1{}>",
                      draft ? "draft" : "in-force", draft ? "Living draft" : "In force",
                      own_title_ && !outline_.headings.front().anchor.empty()
                          ? fmt::format(" id=\"{}\"", escaped(outline_.headings.front().anchor))
                          : "");
  if (title().empty())
    out_ += "Policy";
  else
    markdown_.append_inline(out_, title(), false);
  out_ += "</h1>\n";
  if (draft)
    out_ +=
        "<p class=\"draft-note\"><strong>This is a living draft.</strong> It is meant to be used and to be "
        "changed: "
        "what you find wrong or missing in it, tell the contact below.</p>\n";
  out_ += "<dl class=\"facts\">\n";
  fact("Version", d_.version);
  fact("Owner", d_.owner);
  fact("Contact", d_.contact);
  fact("Approved by", d_.approver);
  if (is_filled(d_.effective) || !draft) fact("In force from", d_.effective);
  fact("Review by", d_.review_by);
  fact("What no rule names", d_.stance == Effect::allow ? "is allowed"
                             : d_.stance == Effect::ask ? "is asked about"
                                                        : "is refused");
  fact("Is it enforced?", d_.mode == Mode::observe ? "no, only observed" : "yes");
  if (!d_.observed_teams.empty()) fact("Only observed for the teams", listed(d_.observed_teams, "and", 20));
  if (!d_.observed_services.empty())
    fact("Only observed for the services", listed(d_.observed_services, "and", 20));
  out_ += "</dl>\n</header>\n";
}

void Page::contents() {
  out_ +=
      "<nav aria-labelledby=\"p:contents\">\n<h2 id=\"p:contents\">Contents</h2>\n<ul>\n"
      "<li><a href=\"#p:may\">What may I do?</a></li>\n";
  bool below = false;  // a list of subsections is open
  bool item = false;   // a section's item is
  for (std::size_t i = own_title_ ? 1 : 0; i < outline_.headings.size(); ++i) {
    const auto& h = outline_.headings[i];
    const bool sub = item && h.level > 2;
    if (h.level > 3) continue;
    if (!sub) {
      if (below) out_ += "</ul>\n";
      if (item) out_ += "</li>\n";
      below = false;
    } else if (!below) {
      out_ += "\n<ul>\n";
      below = true;
    }
    out_ += fmt::format("<li><a href=\"#{}\">", escaped(h.anchor));
    markdown_.append_inline(out_, h.title, false);
    out_ += sub ? "</a></li>\n" : "</a>";
    item = true;
  }
  if (below) out_ += "</ul>\n";
  if (item) out_ += "</li>\n";
  out_ += "<li><a href=\"#p:log\">Changes</a></li>\n</ul>\n</nav>\n";
}

std::uint32_t Page::level_of(const Heading& heading) {
  while (!parents_.empty() && parents_.back() >= heading.level) parents_.pop_back();
  parents_.push_back(heading.level);
  const auto depth = static_cast<std::uint32_t>(parents_.size()) + (own_title_ ? 0 : 1);
  return std::clamp<std::uint32_t>(depth, 2, 6);
}

void Page::heading(const Heading& heading) {
  section_.clear();
  markdown_.append_inline(section_, heading.title, false);
  const auto level = level_of(heading);
  const auto id = heading.anchor.empty() ? "" : fmt::format(" id=\"{}\"", escaped(heading.anchor));
  out_ += fmt::format("<h{}{}>", level, id);
  markdown_.append_inline(out_, heading.title, true);
  out_ += fmt::format("</h{}>\n", level);
}

void Page::fence(const Fence& fence) {
  const auto lines = static_cast<std::uint32_t>(std::ranges::count(fence.content, '\n'));
  const Lines within{fence.line, fence.line + lines};
  if (fence.kind == "policy")
    append_rules(out_, d_, fence.content, within);
  else if (fence.kind == "policy-data")
    append_data(out_, d_, fence.content, within);
  else
    append_tests(out_, d_, fence.content, within);
}

std::size_t Page::body_begin() const {
  if (!outline_.has_front) return 0;
  const auto end = static_cast<std::size_t>(outline_.front.data() - text_.data()) + outline_.front.size();
  const auto line = text_.find('\n', end);
  return line == std::string_view::npos ? text_.size() : line + 1;
}

// The document in its order: headings and blocks as the outline has them, so that what is enforced is what is
// shown as a rule; Markdown between them.
void Page::body() {
  out_ += "<article id=\"p:text\" class=\"text\" tabindex=\"-1\">\n";
  auto at = body_begin();
  auto h = outline_.headings.begin();
  auto f = outline_.fences.begin();
  const auto prose = [&](std::size_t to) {
    if (to > at) markdown_.append_blocks(out_, text_.substr(at, to - at), section_);
  };
  while (h != outline_.headings.end() || f != outline_.fences.end()) {
    if (f == outline_.fences.end() || (h != outline_.headings.end() && h->begin < f->begin)) {
      prose(h->begin);
      if (own_title_ && h == outline_.headings.begin())
        parents_.push_back(h->level);
      else
        heading(*h);
      at = (h++)->body;
    } else {
      prose(f->begin);
      fence(*f);
      at = (f++)->end;
    }
  }
  prose(text_.size());
  out_ += "</article>\n";
}

void Page::log() {
  out_ += "<section class=\"log\" aria-labelledby=\"p:log\">\n<h2 id=\"p:log\">Changes</h2>\n";
  if (options_.changes.empty()) out_ += "<p>No earlier version is known here.</p>\n";
  for (const auto& change : options_.changes) {
    out_ += fmt::format("<h3>Version {}{}</h3>\n",
                        change.version.empty() ? "without a number" : escaped(change.version),
                        change.date.empty() ? "" : ", " + escaped(change.date));
    if (change.sentences.empty()) {
      out_ += "<p>The first version that is known here.</p>\n";
      continue;
    }
    out_ += "<ul>\n";
    for (const auto& sentence : change.sentences) out_ += fmt::format("<li>{}</li>\n", escaped(sentence));
    out_ += "</ul>\n";
  }
  out_ += "</section>\n";
}

void Page::footer() {
  out_ += fmt::format(
      "<footer>\n<p>This page says what the policy's text permits and forbids. It is not legal advice.</p>\n"
      "<p>Version {}, document <code class=\"given\">{}</code>.</p>\n</footer>\n</body>\n</html>\n",
      d_.version.empty() ? "without a number" : escaped(d_.version), escaped(d_.digest));
}

std::string Page::run() {
  head();
  header();
  out_ += "<main>\n";
  append_may(out_, policy_, options_.on);
  contents();
  body();
  log();
  out_ += "</main>\n";
  footer();
  return std::move(out_);
}

}  // namespace

std::string render(std::string_view text, const Policy& policy, const RenderOptions& options) {
  return Page(text, policy, options).run();
}

const std::string& content_security_policy() {
  static const std::string all = fmt::format(
      "default-src 'none'; style-src 'sha256-{}'; img-src data:; base-uri 'none'; form-action 'none'; "
      "frame-ancestors 'none'",
      base64(sha256(page_style())));
  return all;
}

}  // namespace ostiary::policy
