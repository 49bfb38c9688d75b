// The table of configuration keys as a file with every default, and as a page for people.

#include "app/impl/config_docs.h"

#include <fmt/format.h>
#include <set>

#include "app/config.h"
#include "base/text.h"

namespace ostiary::app {

namespace {

constexpr std::size_t kLineWidth = 110;
constexpr std::string_view kServicePrefix = "services[].";

// `text` as comment lines.
void append_comment(std::string& out, std::string_view indent, std::string_view text) {
  std::string line;
  const auto flush = [&] {
    if (!line.empty()) out += fmt::format("{}#{}\n", indent, line);
    line.clear();
  };
  for (const auto word : text::split(text, ' ')) {
    if (indent.size() + line.size() + word.size() + 2 > kLineWidth) flush();
    line += ' ';
    line += word;
  }
  flush();
}

// "gate.max_depth": {"gate.", "max_depth"}.
std::pair<std::string_view, std::string_view> parted(std::string_view path) {
  const auto dot = path.rfind('.');
  if (dot == std::string_view::npos) return {"", path};
  return {path.substr(0, dot + 1), path.substr(dot + 1)};
}

// One service with all its keys, commented out.
void append_service_example(std::string& out) {
  out += "#\n#  - id: main\n";
  std::string_view group;
  for (const auto& key : keys()) {
    if (!key.path.starts_with(kServicePrefix) || key.path == "services[].id") continue;
    const auto [above, name] = parted(key.path.substr(kServicePrefix.size()));
    if (above != group && !above.empty()) out += fmt::format("#    {}:\n", above.substr(0, above.size() - 1));
    group = above;
    const std::string_view indent = above.empty() ? "    " : "      ";
    append_comment(out, fmt::format("#{}", indent), fmt::format("{} ({})", key.doc, key.type));
    out += fmt::format("#{}{}:{}{}\n", indent, name, key.fallback.empty() ? "" : " ", key.fallback);
  }
}

}  // namespace

std::string print_defaults() {
  std::string out =
      "# Ostiary's configuration: every key at its default. A flag wins over an environment variable "
      "(OSTIARY_LISTEN,\n"
      "# OSTIARY_GATE_MAX_DEPTH, …), that over this file, and this file over the defaults. Keep only what "
      "you change.\n";
  std::string_view group;
  for (const auto& key : keys()) {
    if (key.path.starts_with(kServicePrefix)) continue;
    const auto [above, name] = parted(key.path);
    if (above != group && !above.empty()) out += fmt::format("\n{}:\n", above.substr(0, above.size() - 1));
    if (above.empty()) out += '\n';
    group = above;
    const std::string_view indent = above.empty() ? "" : "  ";
    append_comment(out, indent, fmt::format("{} ({})", key.doc, key.type));
    out += fmt::format("{}{}: {}\n", indent, name, key.fallback);
  }
  append_service_example(out);
  return out;
}

std::string configuration_page() {
  std::string out =
      "# Configuration\n\n"
      "<!-- Written by `ostiary docs configuration` from the table in src/app; do not edit. -->\n\n"
      "`ostiary serve -c ostiary.yaml` reads one YAML file. A flag wins over an environment variable, that "
      "over the file, and\n"
      "the file over the default. Every key outside `services` has a variable: `OSTIARY_` and its path in "
      "capitals, with\n"
      "underscores for dots (`gate.max_depth` is `OSTIARY_GATE_MAX_DEPTH`). `ostiary serve --print-config` "
      "prints a file with\n"
      "every default. An unknown key is an error that names its place and the nearest known key.\n\n"
      "Sizes are `4096`, `32KiB`, `64MiB`, `1GB`; durations `250ms`, `10s`, `15m`, `2h`, `1d`. Relative "
      "paths start at the\n"
      "working directory. Anchors, aliases, tags and merge keys of YAML are not read.\n\n"
      "```yaml\n"
      "services:\n"
      "  - id: main\n"
      "    catalog: openai          # a known service; its key comes from OPENAI_API_KEY\n"
      "  - id: local\n"
      "    provider: self\n"
      "    surface: self-hosted\n"
      "    base_url: http://127.0.0.1:11434/v1\n"
      "    models: [\"llama*\", {name: small, as: \"qwen3:0.6b\"}]\n"
      "data_classes: {secret: deny, personal: reroute}\n"
      "reroute_to: local\n"
      "```\n\n";
  const auto table = [&](std::string_view title, bool of_services) {
    out += fmt::format("## {}\n\n| key | takes | default | meaning |\n| --- | --- | --- | --- |\n", title);
    for (const auto& key : keys()) {
      if (key.path.starts_with(kServicePrefix) != of_services) continue;
      const auto path = of_services ? key.path.substr(kServicePrefix.size()) : key.path;
      const auto fallback = key.fallback.empty() ? "" : fmt::format("`{}`", key.fallback);
      out += fmt::format("| `{}` | {} | {} | {} |\n", path, key.type, fallback, key.doc);
    }
    out += '\n';
  };
  table("Keys", false);
  table("Keys of a service", true);
  out.pop_back();
  return out;
}

}  // namespace ostiary::app
