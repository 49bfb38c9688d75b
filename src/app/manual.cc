#include "app/impl/manual.h"

#include <CLI/CLI.hpp>
#include <cstdint>
#include <fmt/format.h>
#include <string_view>
#include <vector>

#include "app/verbs.h"
#include "base/text.h"

namespace ostiary::app {

namespace {

// Of a character in UTF-8 that begins with `first` (RFC 3629).
std::size_t sequence_length(char first) {
  const auto byte = static_cast<unsigned char>(first);
  return byte < 0xc0 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}

std::uint32_t code_point(std::string_view sequence) {
  std::uint32_t point = static_cast<unsigned char>(sequence[0]) & (0xffu >> (sequence.size() + 1));
  for (const char c : sequence.substr(1)) point = point << 6 | (static_cast<unsigned char>(c) & 0x3f);
  return point;
}

// Text as man(7) takes it: backslashes, hyphens that may be copied, and lines that must not look like a
// request.
std::string roff(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (const auto length = sequence_length(c); length > 1)
      out += fmt::format("\\[u{:04X}]", code_point(text.substr(i, length))), i += length - 1;
    else if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n'))
      out += fmt::format("\\&{}", c);
    else
      out += c;
  }
  return out;
}

std::vector<const CLI::App*> shown_verbs(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App* sub) { return !sub->get_group().empty(); });
}

std::string flag_names(const CLI::Option& option) {
  std::string names;
  for (const auto& name : option.get_snames()) names += fmt::format("\\fB\\-{}\\fR, ", roff(name));
  for (const auto& name : option.get_lnames()) names += fmt::format("\\fB\\-\\-{}\\fR, ", roff(name));
  if (names.empty()) return fmt::format("\\fI{}\\fR", roff(option.get_single_name()));
  names.resize(names.size() - 2);
  if (option.get_items_expected_max() > 0) names += fmt::format(" \\fI{}\\fR", roff(option.get_type_name()));
  return names;
}

void append_verb(std::string& out, const CLI::App& app, const std::string& name) {
  const auto subs = shown_verbs(app);
  if (subs.empty()) {
    out += fmt::format(".SS \"{}\"\n{}.\n", roff(name), roff(app.get_description()));
    for (const auto* option : app.get_options()) {
      if (option->get_name() == "--help" || option->check_lname("help")) continue;
      out += fmt::format(".TP\n{}\n{}\n", flag_names(*option), roff(option->get_description()));
    }
    if (const auto footer = app.get_footer(); footer.starts_with("Example:\n"))
      out += fmt::format(".PP\n.nf\n.RS\n{}\n.RE\n.fi\n", roff(footer.substr(9)));
  }
  for (const auto* sub : subs) append_verb(out, *sub, name + " " + sub->get_name());
}

}  // namespace

std::string manual_page(const CLI::App& root) {
  std::string out = fmt::format(
      ".TH OSTIARY 1 \"\" \"ostiary {}\" \"User Commands\"\n"
      ".SH NAME\nostiary \\- the open source program office for AI: gate, ledger and policy in one program\n"
      ".SH SYNOPSIS\n.B ostiary\n.I VERB\n[\\fIFLAG\\fR\\&...]\n[\\fIARGUMENT\\fR\\&...]\n"
      ".SH DESCRIPTION\n{}\n.PP\nData goes to standard output, everything else to standard error.\n"
      ".SH VERBS\n",
      version(), roff(root.get_description()));
  for (const auto* verb : shown_verbs(root)) append_verb(out, *verb, verb->get_name());
  out +=
      ".SH EXIT STATUS\n"
      ".TP\n.B 0\ndone\n.TP\n.B 1\na check, test or verification failed\n"
      ".TP\n.B 2\nthe call or a file that it names is wrong; one line says what and how to mend it\n"
      ".TP\n.B 3\nthe machine failed: input and output, network, out of space\n"
      ".SH ENVIRONMENT\n"
      ".TP\n.B OSTIARY_DATA\nthe data folder, where \\-\\-data does not name one\n"
      ".TP\n.B OSTIARY_KEY\nthe key of the verbs that speak to a gate\n"
      ".TP\n.B NO_COLOR\nno colours\n"
      ".PP\nEvery key of the configuration has a variable: docs/configuration.md lists them.\n"
      ".SH FILES\n"
      ".TP\n.I /etc/ostiary/ostiary.yaml\nthe configuration of the packaged service\n"
      ".TP\n.I /var/lib/ostiary\nits data folder\n";
  return out;
}

}  // namespace ostiary::app
