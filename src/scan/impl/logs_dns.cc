// Query logs of name servers: dnsmasq (and Pi-hole), BIND 9, Unbound.

#include "base/text.h"
#include "scan/impl/logs_reader.h"

namespace ostiary::scan {

namespace {

std::string_view word(std::string_view s) {
  return s.substr(0, s.find(' '));
}

class QueryReader : public LineReader {
 public:
  explicit QueryReader(LogFormat format) : format_(format) {}

  Line host(std::string_view line, std::string_view& host) override {
    host = {};
    query_ = {};
    if (line.empty()) return Line::aside;
    const auto kind = read(line);
    host = query_.name;
    if (host.ends_with('.')) host.remove_suffix(1);
    return kind;
  }
  void entry(std::string_view line, LogEntry& entry) override {
    entry.to.host = query_.name;
    entry.client = query_.client;
    entry.time = time_of(line);
    entry.lookup = true;
  }
  LogFormat format() const override { return format_; }
  std::string columns() const override { return "host the name asked for, client who asks"; }

 protected:
  struct Query {
    std::string_view name, client;
  };
  virtual Line read(std::string_view line) = 0;
  // Syslog's, RFC 3339's, or whatever the format begins with.
  virtual std::string_view time_of(std::string_view line) const {
    const bool syslog = !line.empty() && !(line[0] >= '0' && line[0] <= '9') && line[0] != '[';
    return syslog ? line.substr(0, 15) : line.substr(0, std::min(line.find(' '), line.find(']')));
  }
  Query query_;

 private:
  LogFormat format_;
};

// "… dnsmasq[123]: query[A] chat.example.com from 192.0.2.7"; with log-queries=extra "…: 12 192.0.2.7/53321
// query[A] …". What else it writes (forwarded, reply, cached, config) is no request.
class DnsmasqReader : public QueryReader {
 public:
  DnsmasqReader() : QueryReader(LogFormat::dnsmasq) {}
  Line read(std::string_view line) override {
    const auto program = line.find("dnsmasq");
    if (program == std::string_view::npos) return Line::unread;
    const auto query = line.find("query[", program);
    if (query == std::string_view::npos)
      return line.find(": ", program) != line.npos ? Line::aside : Line::unread;
    const auto close = line.find("] ", query);
    if (close == std::string_view::npos) return Line::unread;
    const auto name = word(line.substr(close + 2));
    const auto rest = line.substr(close + 2 + name.size());
    if (!rest.starts_with(" from ")) return Line::unread;
    query_ = {name, word(rest.substr(6))};
    return Line::request;
  }
};

// "23-Nov-2026 08:00:00.000 queries: info: client @0x7f00 192.0.2.7#53321 (chat.example.com): query:
// chat.example.com IN A +E(0)K (192.0.2.1)"
class BindReader : public QueryReader {
 public:
  BindReader() : QueryReader(LogFormat::bind) {}
  Line read(std::string_view line) override {
    const auto client = line.find("client ");
    if (client == std::string_view::npos) return Line::aside;  // its other categories
    const auto query = line.find(": query: ", client);
    if (query == std::string_view::npos) return Line::aside;
    auto who = line.substr(client + 7);
    if (who.starts_with('@')) who.remove_prefix(std::min(who.find(' '), who.size() - 1) + 1);
    const auto port = who.find('#');
    if (port == std::string_view::npos) return Line::unread;
    query_ = {word(line.substr(query + 9)), who.substr(0, port)};
    return Line::request;
  }

 protected:
  std::string_view time_of(std::string_view line) const override {
    return line.size() > 2 && line[2] == '-' ? line.substr(0, 20) : QueryReader::time_of(line);
  }
};

// "[1763880000] unbound[123:0] info: 192.0.2.7 chat.example.com. A IN"; a line that goes on behind the class
// is an answer (log-replies).
class UnboundReader : public QueryReader {
 public:
  UnboundReader() : QueryReader(LogFormat::unbound) {}
  Line read(std::string_view line) override {
    const auto program = line.find("unbound");
    if (program == std::string_view::npos) return Line::unread;
    const auto info = line.find("info: ", program);
    if (info == std::string_view::npos)
      return line.find(": ", program) != line.npos ? Line::aside : Line::unread;
    auto rest = line.substr(info + 6);
    if (rest.starts_with("query: ")) rest.remove_prefix(7);  // log-tag-queryreply
    const auto parts = text::split(text::trim(rest), ' ');
    if (parts.size() != 4 || !looks_like_address(parts[0])) return Line::aside;
    query_ = {parts[1], parts[0]};
    return Line::request;
  }

 protected:
  std::string_view time_of(std::string_view line) const override {
    if (line.starts_with('[')) return line.substr(1, std::min(line.find(']'), line.size()) - 1);
    return QueryReader::time_of(line);
  }
};

}  // namespace

std::unique_ptr<LineReader> make_dnsmasq() {
  return std::make_unique<DnsmasqReader>();
}
std::unique_ptr<LineReader> make_bind() {
  return std::make_unique<BindReader>();
}
std::unique_ptr<LineReader> make_unbound() {
  return std::make_unique<UnboundReader>();
}

}  // namespace ostiary::scan
