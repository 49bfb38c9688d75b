#include "json/edit.h"

#include <algorithm>
#include <tuple>

#include "json/writer.h"

namespace ostiary::json {

void Edit::replace(Value value, std::string_view json) {
  if (value) replace_bytes(value.node().start, value.node().end, json);
}

void Edit::replace_bytes(std::uint32_t start, std::uint32_t end, std::string_view with) {
  splices_.push_back({start, end, std::string(with)});
}

void Edit::set(Value object, std::string_view name, std::string_view json) {
  if (!object.is_object()) return;
  if (const Value member = object[name]) {
    forget(member);
    replace(member, json);
    return;
  }
  auto& added = container(object).added;
  const auto earlier = std::ranges::find(added, name, &Added::name);
  if (earlier != added.end())
    earlier->json = json;
  else
    added.push_back({std::string(name), std::string(json)});
}

void Edit::remove(Value member) {
  const Value parent = member.parent();
  if (!parent) return;
  forget(member);
  child(container(parent), member).removed = true;
}

// Takes back what set(), replace() or remove() asked for this very value.
void Edit::forget(Value value) {
  const Node& node = value.node();
  std::erase_if(splices_, [&](const Splice& s) { return s.start == node.start && s.end == node.end; });
  const auto known = std::ranges::find(containers_, node.parent, &Container::index);
  if (known != containers_.end()) child(*known, value).removed = false;
}

Edit::Container& Edit::container(Value value) {
  const auto known = std::ranges::find(containers_, value.index(), &Container::index);
  if (known != containers_.end()) return *known;
  Container& made = containers_.emplace_back();
  made.index = value.index();
  made.inside = value.node().start + 1;
  for (const Value c : value) {
    const Node& node = c.node();
    made.children.push_back({node.key_end != 0 ? node.key_start : node.start, node.end, false});
  }
  return made;
}

Edit::Child& Edit::child(Container& container, Value value) {
  return *std::ranges::lower_bound(container.children, value.node().end, {}, &Child::end);
}

// Each run of removed children goes with the comma behind it, the last run with the comma before it.
void Edit::Container::append_splices(std::vector<Splice>& out) const {
  bool survivor = false;
  for (std::size_t first = 0; first < children.size();) {
    if (!children[first].removed) {
      survivor = true;
      ++first;
      continue;
    }
    std::size_t behind = first;
    while (behind < children.size() && children[behind].removed) ++behind;
    if (behind < children.size())
      out.push_back({children[first].start, children[behind].start, {}});
    else
      out.push_back({survivor ? children[first - 1].end : children[first].start, children.back().end, {}});
    first = behind;
  }
  if (added.empty()) return;
  Splice& members = out.emplace_back();
  members.start = members.end = children.empty() ? inside : children.back().end;
  for (const auto& [name, json] : added) {
    if (survivor) members.with += ',';
    survivor = true;
    append_string(members.with, name);
    members.with += ':';
    members.with += json;
  }
}

Result<std::string> Edit::apply(std::string_view text) const {
  std::vector<Splice> late;
  for (const Container& container : containers_) container.append_splices(late);
  struct Ordered {
    const Splice* splice;
    std::size_t rank;  // keeps insertions at one place in the order of the calls
  };
  std::vector<Ordered> splices;
  splices.reserve(splices_.size() + late.size());
  for (const Splice& s : splices_) splices.push_back({&s, splices.size()});
  for (const Splice& s : late) splices.push_back({&s, splices.size()});
  std::ranges::sort(splices, {},
                    [](const Ordered& o) { return std::tuple(o.splice->start, o.splice->end, o.rank); });

  std::size_t size = text.size();
  std::uint32_t done = 0;
  for (const auto& [s, rank] : splices) {
    if (s->end < s->start || s->end > text.size())
      return fail(Code::invalid, "a change lies outside the text", "byte " + std::to_string(s->start));
    if (s->start < done)
      return fail(Code::invalid, "two changes overlap", "byte " + std::to_string(s->start));
    done = s->end;
    size = size - (s->end - s->start) + s->with.size();
  }
  std::string out;
  out.reserve(size);
  done = 0;
  for (const auto& [s, rank] : splices) {
    out += text.substr(done, s->start - done);
    out += s->with;
    done = s->end;
  }
  out += text.substr(done);
  return out;
}

}  // namespace ostiary::json
