#include "inspect/finding.h"

#include "json/writer.h"

namespace ostiary::inspect {

namespace {

void append_location(json::Writer& w, const Location& location) {
  w.begin_object();
  if (location.column != 0) w.member("column", location.column);
  w.member("end", location.end);
  if (!location.file.empty()) w.member("file", location.file);
  if (location.line != 0) w.member("line", location.line);
  if (location.file.empty() || !location.pointer.empty()) w.member("pointer", location.pointer);
  w.member("start", location.start);
  if (!location.within.empty()) w.member("within", location.within);
  w.end_object();
}

}  // namespace

const char* name(Class c) {
  switch (c) {
    case Class::secret:
      return "secret";
    case Class::personal:
      return "personal";
    case Class::marker:
      return "marker";
    case Class::own_code:
      return "own-code";
    case Class::opaque:
      return "opaque";
    case Class::size:
      return "size";
  }
  return "opaque";
}

const char* name(Confidence c) {
  switch (c) {
    case Confidence::low:
      return "low";
    case Confidence::medium:
      return "medium";
    case Confidence::high:
      return "high";
  }
  return "high";
}

const char* name(Checksum c) {
  switch (c) {
    case Checksum::none:
      return "none";
    case Checksum::valid:
      return "valid";
    case Checksum::invalid:
      return "invalid";
  }
  return "none";
}

void append_json(std::string& out, const Finding& finding) {
  json::Writer w(out);
  w.begin_object();
  w.member("checksum", name(finding.checksum));
  w.member("class", name(finding.klass));
  w.member("confidence", name(finding.confidence));
  w.member("detector", finding.detector);
  w.member("fingerprint", finding.fingerprint);
  w.key("location");
  append_location(w, finding.location);
  w.member("preview", finding.preview);
  w.end_object();
}

}  // namespace ostiary::inspect
