#include "net/http.h"

#include <algorithm>
#include <cstring>

#include "base/text.h"

namespace ostiary::net {

namespace {

constexpr std::array<bool, 256> token_table() {
  std::array<bool, 256> t{};
  for (int c = 'a'; c <= 'z'; ++c)
    t[static_cast<std::size_t>(c)] = t[static_cast<std::size_t>(c - 32)] = true;
  for (int c = '0'; c <= '9'; ++c) t[static_cast<std::size_t>(c)] = true;
  for (const char c : {'!', '#', '$', '%', '&', '\'', '*', '+', '-', '.', '^', '_', '`', '|', '~'})
    t[static_cast<unsigned char>(c)] = true;
  return t;
}
constexpr auto kToken = token_table();

bool is_token(std::string_view s) {
  return !s.empty() && std::ranges::all_of(s, [](char c) { return kToken[static_cast<unsigned char>(c)]; });
}

// Field values: visible, blank, tab and obs-text (RFC 9110 section 5.5).
bool is_field_value(std::string_view s) {
  return std::ranges::all_of(s, [](char c) {
    const auto u = static_cast<unsigned char>(c);
    return u >= 0x20 ? u != 0x7f : u == '\t';
  });
}

std::string_view trim_blanks(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
  return s;
}

Parse wrong(HeadError& error, std::uint16_t status, std::string_view code, std::string_view message) {
  error = {status, code, message};
  return Parse::wrong;
}

// A host name, IPv4 or bracketed IPv6 address with an optional port, or nothing: characters of RFC 3986
// section 3.2.
bool is_host(std::string_view s) {
  return std::ranges::all_of(s, [](char c) {
    return kToken[static_cast<unsigned char>(c)] ? c != '#' && c != '^' && c != '`' && c != '|'
                                                 : std::string_view("()=,;:[]").contains(c);
  });
}

// Whether a comma-separated list holds a token.
bool lists(std::string_view list, std::string_view token) {
  for (const auto part : text::split(list, ','))
    if (text::iequals(trim_blanks(part), token)) return true;
  return false;
}

struct Seen {
  int host = 0, length = 0, coding = 0;
  bool host_ok = true, close = false, keep_alive = false;
};

Parse read_field(Header field, Head& head, Seen& seen, HeadError& error) {
  Framing& framing = head.framing;
  switch (field.name.size()) {
    case 4:
      if (text::iequals(field.name, "host")) {
        ++seen.host;
        seen.host_ok = is_host(field.value);
      }
      break;
    case 6:
      if (head.status == 0 && text::iequals(field.name, "expect")) {
        if (!text::iequals(field.value, "100-continue"))
          return wrong(error, 417, "unknown_expectation", "Expect may only be 100-continue");
        framing.expect_continue = true;
      }
      break;
    case 10:
      if (text::iequals(field.name, "connection")) {
        seen.close |= lists(field.value, "close");
        seen.keep_alive |= lists(field.value, "keep-alive");
        framing.names_headers |=
            !text::iequals(field.value, "close") && !text::iequals(field.value, "keep-alive");
      }
      break;
    case 14:
      if (text::iequals(field.name, "content-length")) {
        const auto length = text::parse_uint(field.value);
        if (!length || ++seen.length > 1)
          return wrong(error, 400, "bad_content_length",
                       "Content-Length must stand once and be a decimal number");
        framing.content_length = length;
      }
      break;
    case 17:
      if (text::iequals(field.name, "transfer-encoding")) {
        if (++seen.coding > 1 || !text::iequals(field.value, "chunked"))
          return wrong(error, 501, "unknown_transfer_coding",
                       "the only transfer coding understood is chunked, once");
        framing.chunked = true;
      }
      break;
    default:
      break;
  }
  return Parse::done;
}

// Reads the field lines between the first line and the blank line.
Parse read_fields(std::string_view lines, Head& head, HeadError& error) {
  if (head.headers.capacity() == 0) head.headers.reserve(16);
  Seen seen;
  const bool request = head.status == 0;
  while (!lines.empty()) {
    const auto end = lines.find("\r\n");
    const auto line = lines.substr(0, end);
    lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 2);
    if (line.empty()) break;
    if (line.front() == ' ' || line.front() == '\t')
      return wrong(error, 400, "folded_header", "a header may not be folded over lines (obs-fold)");
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon)))
      return wrong(error, 400, "bad_header", "a header line is not NAME: VALUE");
    const Header field{line.substr(0, colon), trim_blanks(line.substr(colon + 1))};
    if (!is_field_value(field.value))
      return wrong(error, 400, "bad_header", "a header holds a control character");
    if (head.headers.size() >= 128)
      return wrong(error, 431, "head_too_large", "the request has more than 128 headers");
    if (read_field(field, head, seen, error) == Parse::wrong) return Parse::wrong;
    head.headers.push_back(field);
  }
  if (seen.coding && seen.length)
    return wrong(error, 400, "conflicting_framing",
                 "Content-Length and Transfer-Encoding may not stand together");
  if (request && seen.coding && head.minor == 0)
    return wrong(error, 400, "conflicting_framing", "HTTP/1.0 has no Transfer-Encoding");
  if (request && (seen.host > 1 || !seen.host_ok || (seen.host == 0 && head.minor == 1)))
    return wrong(error, 400, "bad_host", "exactly one Host header is needed, with a host and perhaps a port");
  // Section 9.3; an HTTP/1.0 answer with a transfer coding has faulty framing (section 6.1).
  head.framing.keep_alive = !seen.close && (head.minor == 1 || (seen.keep_alive && !seen.coding));
  return Parse::done;
}

bool digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

std::string_view Head::get(std::string_view lower_name) const {
  for (const auto& h : headers)
    if (h.name.size() == lower_name.size() && text::iequals(h.name, lower_name)) return h.value;
  return {};
}

void Head::clear() {
  method = target = {};
  status = 0;
  minor = 1;
  headers.clear();
  framing = {};
  size = 0;
}

Parse HeadParser::find_end(std::string_view bytes, std::size_t& end, HeadError& error) {
  // Every LF must stand behind a CR, and the head ends with the first empty line.
  const auto* data = bytes.data();
  std::size_t at = searched_;
  while (const void* found = at < bytes.size() ? std::memchr(data + at, '\n', bytes.size() - at) : nullptr) {
    const auto lf = static_cast<std::size_t>(static_cast<const char*>(found) - data);
    if (lf >= limit_) break;
    if (lf == 0 || data[lf - 1] != '\r')
      return wrong(error, 400, "bare_line_feed", "lines must end with CR LF, not with LF alone");
    if (lf >= 3 && data[lf - 2] == '\n') {
      end = lf + 1;
      return Parse::done;
    }
    at = lf + 1;
  }
  searched_ = bytes.size();
  if (bytes.size() >= limit_) return wrong(error, 431, "head_too_large", "the request's head is too large");
  return Parse::more;
}

Parse HeadParser::request(std::string_view bytes, Head& head, HeadError& error) {
  std::size_t end = 0;
  if (bytes.size() >= 2 && bytes[0] == '\r' && bytes[1] == '\n')
    return wrong(error, 400, "bad_request_line", "the request begins with an empty line");
  const Parse found = find_end(bytes, end, error);
  if (found != Parse::done) return found;
  searched_ = 0;
  head.clear();
  head.size = end;
  const auto line_end = bytes.find("\r\n");
  const auto line = bytes.substr(0, line_end);
  const auto first = line.find(' '), last = line.rfind(' ');
  const auto malformed = [&] {
    return wrong(error, 400, "bad_request_line", "the request line is not METHOD TARGET HTTP/1.1");
  };
  if (first == std::string_view::npos || last == first) return malformed();
  head.method = line.substr(0, first);
  head.target = line.substr(first + 1, last - first - 1);
  const auto version = line.substr(last + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    if (version.starts_with("HTTP/"))
      return wrong(error, 505, "bad_version", "only HTTP/1.1 and HTTP/1.0 are spoken here");
    return malformed();
  }
  head.minor = version.back() == '1' ? 1 : 0;
  if (!is_token(head.method) || head.method.size() > 32 || head.target.empty()) return malformed();
  for (const char c : head.target)
    if (static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7f) return malformed();
  return read_fields(bytes.substr(line_end + 2, end - line_end - 4), head, error);
}

Parse HeadParser::response(std::string_view bytes, Head& head, HeadError& error) {
  std::size_t end = 0;
  const Parse found = find_end(bytes, end, error);
  if (found != Parse::done) return found;
  searched_ = 0;
  head.clear();
  head.size = end;
  const auto line_end = bytes.find("\r\n");
  const auto line = bytes.substr(0, line_end);
  if (line.size() < 12 || !line.starts_with("HTTP/1.") || !digit(line[7]) || line[8] != ' ' ||
      !digit(line[9]) || !digit(line[10]) || !digit(line[11]) || (line.size() > 12 && line[12] != ' '))
    return wrong(error, 502, "bad_upstream_head", "the service's answer is not HTTP/1.1");
  head.minor = line[7] == '0' ? 0 : 1;
  head.status = static_cast<std::uint16_t>((line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0'));
  if (head.status < 100 || !is_field_value(line))
    return wrong(error, 502, "bad_upstream_head", "the service's answer has no valid status line");
  return read_fields(bytes.substr(line_end + 2, end - line_end - 4), head, error);
}

Parse ChunkDecoder::read_size(char c) {
  const int value = digit(c)               ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
  if (value >= 0) {
    if (++digits_ > 15) return Parse::wrong;
    left_ = left_ * 16 + static_cast<std::uint64_t>(value);
    return Parse::more;
  }
  if (digits_ == 0) return Parse::wrong;
  if (c == '\r')
    state_ = State::size_lf;
  else if (c == ';')
    state_ = State::extension;
  else if (c == ' ' || c == '\t')
    state_ = State::blank;
  else
    return Parse::wrong;
  return Parse::more;
}

// Trailer fields are dropped; only where they end matters.
Parse ChunkDecoder::read_trailer(char c) {
  if (++trailer_ > 8192) return Parse::wrong;
  if (line_ == 1) {
    if (c != '\n') return Parse::wrong;
    line_ = 0;
    if (trailer_line_empty_) {
      state_ = State::done;
      return Parse::done;
    }
    trailer_line_empty_ = true;
  } else if (c == '\r') {
    line_ = 1;
  } else if (c == '\n') {
    return Parse::wrong;
  } else {
    trailer_line_empty_ = false;
  }
  return Parse::more;
}

Parse ChunkDecoder::next(std::string_view& bytes, std::string_view& data) {
  data = {};
  while (!bytes.empty() && state_ != State::done) {
    if (state_ == State::data) {
      const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
      data = bytes.substr(0, n);
      bytes.remove_prefix(n);
      left_ -= n;
      if (left_ == 0) state_ = State::data_cr;
      return Parse::more;
    }
    const char c = bytes.front();
    bytes.remove_prefix(1);
    Parse step = Parse::more;
    switch (state_) {
      case State::size:
        step = read_size(c);
        break;
      case State::blank:  // before an extension, or the padding that some servers send
        if (c == '\r')
          state_ = State::size_lf;
        else if (c == ';')
          state_ = State::extension;
        else if (++extension_ > 256 || (c != ' ' && c != '\t'))
          return Parse::wrong;
        break;
      case State::extension:
        if (c == '\r')
          state_ = State::size_lf;
        else if (++extension_ > 256 || (static_cast<unsigned char>(c) < 0x20 && c != '\t'))
          return Parse::wrong;
        break;
      case State::size_lf:
        if (c != '\n') return Parse::wrong;
        state_ = left_ == 0 ? State::trailer : State::data;
        digits_ = extension_ = 0;
        break;
      case State::data_cr:
        if (c != '\r') return Parse::wrong;
        state_ = State::data_lf;
        break;
      case State::data_lf:
        if (c != '\n') return Parse::wrong;
        state_ = State::size;
        break;
      case State::trailer:
        step = read_trailer(c);
        break;
      default:
        break;
    }
    if (step == Parse::wrong) return step;
  }
  return state_ == State::done ? Parse::done : Parse::more;
}

std::string_view reason(std::uint16_t status) {
  struct Reason {
    std::uint16_t status;
    std::string_view text;
  };
  static constexpr Reason reasons[] = {{100, "Continue"},
                                       {200, "OK"},
                                       {201, "Created"},
                                       {202, "Accepted"},
                                       {204, "No Content"},
                                       {206, "Partial Content"},
                                       {301, "Moved Permanently"},
                                       {302, "Found"},
                                       {303, "See Other"},
                                       {304, "Not Modified"},
                                       {307, "Temporary Redirect"},
                                       {308, "Permanent Redirect"},
                                       {400, "Bad Request"},
                                       {401, "Unauthorized"},
                                       {402, "Payment Required"},
                                       {403, "Forbidden"},
                                       {404, "Not Found"},
                                       {405, "Method Not Allowed"},
                                       {406, "Not Acceptable"},
                                       {408, "Request Timeout"},
                                       {409, "Conflict"},
                                       {410, "Gone"},
                                       {411, "Length Required"},
                                       {412, "Precondition Failed"},
                                       {413, "Content Too Large"},
                                       {414, "URI Too Long"},
                                       {415, "Unsupported Media Type"},
                                       {417, "Expectation Failed"},
                                       {421, "Misdirected Request"},
                                       {422, "Unprocessable Content"},
                                       {424, "Failed Dependency"},
                                       {425, "Too Early"},
                                       {426, "Upgrade Required"},
                                       {429, "Too Many Requests"},
                                       {431, "Request Header Fields Too Large"},
                                       {451, "Unavailable For Legal Reasons"},
                                       {500, "Internal Server Error"},
                                       {501, "Not Implemented"},
                                       {502, "Bad Gateway"},
                                       {503, "Service Unavailable"},
                                       {504, "Gateway Timeout"},
                                       {505, "HTTP Version Not Supported"}};
  for (const auto& r : reasons)
    if (r.status == status) return r.text;
  return "Unknown";
}

Target split_target(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!text::iequals(target.substr(0, scheme.size()), scheme)) continue;
    target.remove_prefix(std::min(target.find_first_of("/?#", scheme.size()), target.size()));
    break;
  }
  target = target.substr(0, target.find('#'));
  const auto question = std::min(target.find('?'), target.size());
  const auto path = target.substr(0, question);
  target.remove_prefix(std::min(question + 1, target.size()));
  return {path.empty() ? std::string_view("/") : path, target};
}

std::string Url::authority() const {
  std::string out = host.find(':') == std::string::npos ? host : "[" + host + "]";
  if (port != (tls ? 443 : 80)) out += ":" + std::to_string(port);
  return out;
}

Result<Url> parse_url(std::string_view textual) {
  Url url;
  auto rest = textual;
  const auto refuse = [&](std::string_view why) {  // a query or user information may be a secret
    auto shown = textual.substr(0, textual.find_first_of("?#"));
    if (const auto at = shown.rfind('@'); at != std::string_view::npos) shown.remove_prefix(at + 1);
    return fail(Code::invalid, "'" + std::string(shown) + "' is not a usable URL: " + std::string(why));
  };
  if (rest.starts_with("https://")) {
    url.tls = true;
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else {
    return refuse("it must begin with http:// or https://");
  }
  const auto slash = std::min(rest.find_first_of("/?#"), rest.size());
  auto authority = rest.substr(0, slash);
  if (authority.find('@') != std::string_view::npos)
    return fail(Code::invalid, "a URL may not hold a user or password: use credential");
  if (rest.find_first_of("?#") != std::string_view::npos)
    return refuse("it may not hold a query or fragment; give query: instead");
  url.path = std::string(rest.substr(slash));
  while (url.path.ends_with('/')) url.path.pop_back();
  for (const char c : url.path)
    if (static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7f)
      return refuse("its path holds a blank or a character that must be escaped");
  url.port = url.tls ? 443 : 80;
  const auto bracket = authority.rfind(']');
  const auto colon = authority.rfind(':');
  if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
    const auto port = text::parse_uint(authority.substr(colon + 1));
    if (!port || *port == 0 || *port > 65535) return refuse("its port is not a number from 1 to 65535");
    url.port = static_cast<std::uint16_t>(*port);
    authority = authority.substr(0, colon);
  }
  if (authority.starts_with('[') && authority.ends_with(']'))
    authority = authority.substr(1, authority.size() - 2);
  else if (authority.find(':') != std::string_view::npos)
    return refuse("an IPv6 address must stand in brackets");
  if (authority.empty()) return refuse("it has no host");
  for (const char c : authority)
    if (static_cast<unsigned char>(c) <= 0x20 || c == '{' || c == '}')
      return refuse("its host is not complete");
  url.host = std::string(authority);
  return url;
}

}  // namespace ostiary::net
