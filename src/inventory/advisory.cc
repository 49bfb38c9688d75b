#include "inventory/advisory.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <set>

#include "base/clean.h"
#include "base/text.h"

namespace ostiary::inventory {

namespace {

using Event = Affected::Event;

constexpr std::size_t kMostText = 500, kMostDepth = 30;

std::string text_of(json::Value value) {
  return text::clean(value.string_or(""), kMostText);
}

// "pkg:pypi/openai@1.2" as ecosystem, name and version.
struct Purl {
  std::string type, name, version;
};
std::optional<Purl> read_purl(std::string_view purl) {
  if (!purl.starts_with("pkg:")) return std::nullopt;
  purl.remove_prefix(4);
  purl = purl.substr(0, std::min(purl.find('?'), purl.find('#')));
  const auto slash = purl.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto rest = purl.substr(slash + 1);
  const auto at = rest.rfind('@');
  // "@scope/name" is no version.
  const bool versioned =
      at != std::string_view::npos && at > 0 && rest.find('/', at) == std::string_view::npos;
  Purl out{std::string(purl.substr(0, slash)), std::string(versioned ? rest.substr(0, at) : rest),
           std::string(versioned ? rest.substr(at + 1) : "")};
  for (std::size_t i; (i = out.name.find("%40")) != std::string::npos;) out.name.replace(i, 3, "@");
  return out;
}

// OSV.

void add_events(Affected& affected, json::Value range) {
  std::vector<Event> events;
  for (const auto one : range["events"])
    for (const auto member : one) {
      const auto kind = member.key();
      const auto version = text_of(member);
      if (kind == "introduced")
        events.push_back({Event::Kind::introduced, version});
      else if (kind == "fixed" || kind == "limit")
        events.push_back({Event::Kind::fixed, version});
      else if (kind == "last_affected")
        events.push_back({Event::Kind::last_affected, version});
    }
  if (!events.empty()) affected.ranges.push_back(std::move(events));
}

// "https://github.com/ggml-org/llama.cpp.git" is llama.cpp.
std::string name_of_repository(std::string_view url) {
  while (url.ends_with('/')) url.remove_suffix(1);
  if (url.ends_with(".git")) url.remove_suffix(4);
  return std::string(url.substr(url.rfind('/') + 1));
}

// The ranges of commits (type GIT) say nothing about versions: where there is nothing else, they are unclear.
Affected read_osv_affected(Advisory& advisory, json::Value value) {
  Affected affected;
  const auto package = value["package"];
  affected.ecosystem = text_of(package["ecosystem"]);
  affected.name = text_of(package["name"]);
  if (affected.name.empty())
    if (const auto purl = read_purl(text_of(package["purl"])))
      affected.ecosystem = purl->type, affected.name = purl->name;
  affected.order = order_of(affected.ecosystem);
  for (const auto version : value["versions"]) affected.versions.push_back(text_of(version));
  bool commits = false;
  for (const auto range : value["ranges"]) {
    if (range["type"].string_or("") != "GIT") {
      add_events(affected, range);
      continue;
    }
    commits = true;
    if (affected.name.empty()) affected.name = name_of_repository(text_of(range["repo"]));
  }
  const bool bare = affected.ranges.empty() && affected.versions.empty();
  affected.unclear = bare && commits;
  affected.all = bare && !commits;
  if (affected.unclear)
    advisory.partial.push_back(fmt::format(
        "{}: its ranges are of commits, which are not compared; which versions it means is unknown",
        affected.name.empty() ? "a product without a name" : affected.name));
  return affected;
}

Advisory read_osv(json::Value value) {
  Advisory advisory;
  advisory.id = text_of(value["id"]);
  advisory.summary = text_of(value["summary"] ? value["summary"] : value["details"]);
  advisory.withdrawn = value["withdrawn"].is_string();
  for (const auto one : value["affected"]) advisory.affected.push_back(read_osv_affected(advisory, one));
  return advisory;
}

// CSAF.

struct Product {
  std::string name, vendor, version, range, purl;
};

class Csaf {
 public:
  explicit Csaf(json::Value root) : root_(root) {}

  Advisory read() {
    Advisory advisory;
    const auto document = root_["document"];
    advisory.id = text_of(document["tracking"]["id"]);
    advisory.summary = text_of(document["title"]);
    const auto tree = root_["product_tree"];
    walk(tree["branches"], {}, 0);
    for (const auto one : tree["full_product_names"]) add(one, {});
    for (const auto one : tree["relationships"]) add_relationship(one);
    std::set<std::string> ids;
    for (const auto vulnerability : root_["vulnerabilities"])
      for (const auto status : {"known_affected", "first_affected", "last_affected", "under_investigation"})
        for (const auto id : vulnerability["product_status"][status]) ids.insert(id.string_or(""));
    for (const auto& id : ids) take(advisory, id);
    return advisory;
  }

 private:
  void walk(json::Value branches, Product product, std::size_t depth) {
    if (depth > kMostDepth) return;
    for (const auto branch : branches) {
      auto here = product;
      const auto category = branch["category"].string_or("");
      auto name = text_of(branch["name"]);
      if (category == "vendor")
        here.vendor = std::move(name);
      else if (category == "product_name" || (category == "product_family" && here.name.empty()))
        here.name = std::move(name);
      else if (category == "product_version")
        here.version = std::move(name);
      else if (category == "product_version_range")
        here.range = std::move(name);
      if (branch["product"]) add(branch["product"], here);
      walk(branch["branches"], here, depth + 1);
    }
  }
  void add(json::Value product, Product known) {
    const auto id = product["product_id"].string_or("");
    if (known.name.empty()) known.name = text_of(product["name"]);
    known.purl = text_of(product["product_identification_helper"]["purl"]);
    if (!id.empty()) products_[id] = std::move(known);
  }
  // A component in a product is affected as that component.
  void add_relationship(json::Value relationship) {
    const auto component = products_.find(relationship["product_reference"].string_or(""));
    const auto id = relationship["full_product_name"]["product_id"].string_or("");
    if (component != products_.end() && !id.empty()) products_[id] = Product(component->second);
  }
  void take(Advisory& advisory, const std::string& id) {
    const auto found = products_.find(id);
    if (found == products_.end()) {
      advisory.partial.push_back(fmt::format("product {} is not in its tree", text::clean(id, 100)));
      return;
    }
    const auto& product = found->second;
    Affected affected;
    affected.name = product.name;
    auto version = product.version;
    if (const auto purl = read_purl(product.purl)) {
      affected.ecosystem = purl->type;
      affected.name = purl->name;
      if (version.empty()) version = purl->version;
    }
    affected.order = order_of(affected.ecosystem);
    if (!product.range.empty())
      read_range(advisory, affected, product.range);
    else if (!version.empty())
      affected.versions.push_back(std::move(version));
    affected.all = !affected.unclear && affected.ranges.empty() && affected.versions.empty();
    advisory.affected.push_back(std::move(affected));
  }

  // "vers:pypi/>=1.0|<1.2" (VERS), or "<1.2" and ">=1.0,<1.2".
  static void read_range(Advisory& advisory, Affected& affected, std::string_view text) {
    if (text.starts_with("vers:")) {
      text.remove_prefix(5);
      const auto slash = text.find('/');
      const auto scheme = text.substr(0, slash);
      if (affected.ecosystem.empty() && scheme != "generic")
        affected.ecosystem = scheme, affected.order = order_of(scheme);
      text = slash == std::string_view::npos ? "*" : text.substr(slash + 1);
    }
    if (text == "*") return;
    std::vector<Event> events;
    for (const auto part : text::split(text, text.find('|') != std::string_view::npos ? '|' : ','))
      if (!read_bound(affected, events, text::trim(part))) {
        advisory.partial.push_back(fmt::format(
            "{}: its versions '{}' are not understood, so they are unknown", affected.name, text));
        affected.versions.clear();
        affected.unclear = true;
        return;
      }
    // A bound below only, without one above, is of all versions before it.
    if (!events.empty() && events.front().kind != Event::Kind::introduced)
      events.insert(events.begin(), {Event::Kind::introduced, "0"});
    if (!events.empty()) affected.ranges.push_back(std::move(events));
  }
  static bool read_bound(Affected& affected, std::vector<Event>& events, std::string_view part) {
    const auto version = [&](std::size_t skip) { return std::string(text::trim(part.substr(skip))); };
    const bool wide = part.size() > 1 && part[1] == '=';
    std::string bound;
    if (part.starts_with("<")) {
      bound = version(wide ? 2 : 1);
      events.push_back({wide ? Event::Kind::last_affected : Event::Kind::fixed, bound});
    } else if (part.starts_with(">")) {
      bound = version(wide ? 2 : 1);
      events.push_back({Event::Kind::introduced, bound});
    } else if (part.starts_with("!=")) {
      return is_exact_version(version(2));
    } else {
      bound = version(part.starts_with("=") ? 1 : 0);
      affected.versions.push_back(bound);
    }
    return is_exact_version(bound);
  }

  json::Value root_;
  std::map<std::string, Product> products_;
};

}  // namespace

bool Affected::holds(std::string_view version) const {
  if (all || unclear) return all;
  const auto same = [&](const auto& one) { return compare_versions(version, one, order) == 0; };
  if (std::ranges::any_of(versions, same)) return true;
  return std::ranges::any_of(ranges, [&](std::vector<Event> events) {
    std::ranges::sort(events, [&](const Event& a, const Event& b) {
      if (a.version == "0" || b.version == "0") return a.version == "0" && b.version != "0";
      const auto is = compare_versions(a.version, b.version, order);
      return is != 0 ? is < 0 : a.kind < b.kind;
    });
    bool affected = false;
    for (const auto& event : events) {
      const auto is = event.version == "0" ? std::weak_ordering::greater
                                           : compare_versions(version, event.version, order);
      if (event.kind == Event::Kind::introduced && is >= 0) affected = true;
      if (event.kind == Event::Kind::fixed && is >= 0) affected = false;
      if (event.kind == Event::Kind::last_affected && is > 0) affected = false;
    }
    return affected;
  });
}

Result<std::vector<Advisory>> read_advisories(std::string_view text) {
  auto document = json::Document::parse(text);
  if (!document) return fail(Code::invalid, "it is no JSON: " + document.error().text());
  const auto root = document->root();
  std::vector<Advisory> out;
  if (root["document"]["csaf_version"].is_string()) {
    out.push_back(Csaf(root).read());
    return out;
  }
  const auto list = root.is_array() ? root : root["vulns"];
  if (list.is_array()) {
    for (const auto one : list)
      if (one["id"].is_string()) out.push_back(read_osv(one));
  } else if (root["id"].is_string() && root["affected"].is_array()) {
    out.push_back(read_osv(root));
  }
  if (out.empty()) return fail(Code::invalid, "it is no advisory in the form of OSV or CSAF 2.0");
  return out;
}

}  // namespace ostiary::inventory
