#include "telemetry/exposition.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "base/text.h"

namespace ostiary::telemetry {

namespace {

// Help and label values escape alike, but for the quote.
void append_escaped(std::string& out, std::string_view s, bool quote) {
  for (const char c : s) {
    if (c == '\\' || (quote && c == '"'))
      (out += '\\') += c;
    else if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
}

void append_number(std::string& out, std::uint64_t value) {
  char digits[20];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

// value / 10^decimals, exactly, without trailing zeros.
void append_scaled(std::string& out, std::uint64_t value, unsigned decimals) {
  std::uint64_t unit = 1;
  for (unsigned i = 0; i < decimals; ++i) unit *= 10;
  append_number(out, value / unit);
  std::uint64_t rest = value % unit;
  if (rest == 0) return;
  out += '.';
  for (unit /= 10; rest > 0; rest %= unit, unit /= 10) {
    out += static_cast<char>('0' + rest / unit);
    if (unit == 1) break;
  }
}

void append_signed(std::string& out, std::uint64_t cell, unsigned decimals) {
  if (static_cast<std::int64_t>(cell) < 0) {
    out += '-';
    cell = 0 - cell;
  }
  append_scaled(out, cell, decimals);
}

void append_measured(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "NaN";
  } else if (std::isinf(value)) {
    out += value < 0 ? "-Inf" : "+Inf";
  } else {
    char digits[32];
    out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
  }
}

class Page {
 public:
  explicit Page(Format format) : open_(format == Format::openmetrics) {}

  void add(const Snapshot& snapshot) {
    const Family& family = *snapshot.family;
    head(family);
    for (const auto& series : snapshot.series) {
      if (family.kind == Kind::histogram)
        histogram(family, series);
      else
        single(family, series);
    }
  }
  std::string take() {
    if (open_) out_ += "# EOF\n";
    return std::move(out_);
  }

 private:
  // OpenMetrics names the family, the older format each sample.
  std::string title(const Family& family) const {
    std::string name(family.name);
    if (!open_ && family.kind == Kind::counter) name += "_total";
    if (!open_ && family.info) name += "_info";
    return name;
  }
  void head(const Family& family) {
    const auto name = title(family);
    out_ += "# HELP " + name + " ";
    append_escaped(out_, family.help, open_);
    out_ += ".\n# TYPE " + name + " ";
    switch (family.kind) {
      case Kind::counter:
        out_ += "counter";
        break;
      case Kind::gauge:
        out_ += family.info && open_ ? "info" : "gauge";
        break;
      case Kind::histogram:
        out_ += "histogram";
    }
    out_ += '\n';
    if (open_ && !family.unit.empty()) ((out_ += "# UNIT " + name + " ") += family.unit) += '\n';
  }

  void sample(const Family& family, std::string_view suffix, const Series& series, std::string_view le = {}) {
    out_ += family.name;
    out_ += suffix;
    char separator = '{';
    const auto label = [&](std::string_view name, std::string_view value) {
      out_ += separator;
      out_ += name;
      out_ += "=\"";
      append_escaped(out_, value, true);
      out_ += '"';
      separator = ',';
    };
    for (std::size_t i = 0; i < series.values.size(); ++i) label(family.labels[i], series.values[i]);
    if (!le.empty()) label("le", le);
    out_ += separator == '{' ? " " : "} ";
  }
  void single(const Family& family, const Series& series) {
    sample(family, family.info ? "_info" : family.kind == Kind::counter ? "_total" : "", series);
    if (series.is_measured)
      append_measured(out_, series.measured);
    else if (family.kind == Kind::gauge)
      append_signed(out_, series.cells[0], family.decimals);
    else
      append_scaled(out_, series.cells[0], family.decimals);
    out_ += '\n';
  }
  // Bounds are written as OpenMetrics wants floating-point numbers, in both formats: a series keeps its name
  // whichever is scraped.
  void histogram(const Family& family, const Series& series) {
    std::uint64_t below = 0;
    std::string le;
    for (std::size_t i = 0; i <= family.bounds.size(); ++i) {
      below += series.cells[i];
      le.clear();
      if (i == family.bounds.size()) {
        le = "+Inf";
      } else {
        append_scaled(le, family.bounds[i], family.decimals);
        if (!le.contains('.')) le += ".0";
      }
      sample(family, "_bucket", series, le);
      append_number(out_, below);
      out_ += '\n';
    }
    sample(family, "_sum", series);
    append_scaled(out_, series.cells[family.bounds.size() + 1], family.decimals);
    out_ += '\n';
    sample(family, "_count", series);
    append_number(out_, below);
    out_ += '\n';
  }

  bool open_;
  std::string out_;
};

// One range of an Accept header.
struct Range {
  std::string media, version;
  double weight = 1;
};

Range read_range(std::string_view text) {
  Range range;
  bool first = true;
  for (const auto piece : text::split(text, ';')) {
    const auto part = text::trim(piece);
    if (std::exchange(first, false)) {
      range.media = text::lower(part);
      continue;
    }
    const auto equals = part.find('=');
    if (equals == std::string_view::npos) continue;
    const auto name = text::lower(text::trim(part.substr(0, equals)));
    auto value = text::trim(part.substr(equals + 1));
    if (value.size() >= 2 && value.starts_with('"') && value.ends_with('"'))
      value = value.substr(1, value.size() - 2);
    if (name == "version") range.version = value;
    if (name == "q") {
      double weight = 0;
      const auto read = std::from_chars(value.data(), value.data() + value.size(), weight);
      range.weight = read.ec == std::errc() && weight >= 0 && weight <= 1 ? weight : 0;
    }
  }
  return range;
}

}  // namespace

Format asked_format(std::string_view accept) {
  double open = 0;
  std::optional<double> plain, any_text, any;
  for (const auto part : text::split(accept, ',')) {
    const auto range = read_range(part);
    const auto best = [&](std::optional<double>& of) { of = std::max(of.value_or(0), range.weight); };
    if (range.media == "application/openmetrics-text" && (range.version.empty() || range.version == "1.0.0"))
      open = std::max(open, range.weight);
    else if (range.media == "text/plain" && (range.version.empty() || range.version == "0.0.4"))
      best(plain);
    else if (range.media == "text/*")
      best(any_text);
    else if (range.media == "*/*")
      best(any);
  }
  const double text = plain ? *plain : any_text ? *any_text : any.value_or(0);
  return open > 0 && open >= text ? Format::openmetrics : Format::prometheus;
}

std::string_view content_type(Format format) {
  return format == Format::openmetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                       : "text/plain; version=0.0.4; charset=utf-8";
}

std::string render(const Registry& registry, Format format) {
  Page page(format);
  for (const auto& snapshot : registry.gather()) page.add(snapshot);
  return page.take();
}

}  // namespace ostiary::telemetry
