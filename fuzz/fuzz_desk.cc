// What people write at the desk: it stays text wherever it is put. Fields of the input end with a zero byte.

#include <cstdlib>
#include <string>
#include <vector>

#include "base/text.h"
#include "desk/proposal.h"
#include "desk/similar.h"
#include "policy/document.h"

namespace {

using namespace ostiary;

constexpr std::string_view kDocument =
    "---\ntitle: R\nversion: \"1\"\nstatus: draft\nowner: a\ncontact: b\nreview-by: 2999-01-01\ndefault: "
    "deny\n---\n\n"
    "# One\n\nText.\n\n## Two\n\n```policy\n- id: b\n  when: {data.classes: [secret]}\n  then: "
    "deny\n```\n\n# Three\n";

void require(bool holds) {
  if (!holds) std::abort();
}

std::string field(std::string_view& rest) {
  const auto end = rest.find('\0');
  const auto text = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return std::string(text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  desk::Question q;
  q.number = 17;
  q.state = desk::State::answered;
  const auto text = field(rest), other = field(rest);
  q.text = desk::clean_text(text, desk::Asking::kLongestText);
  require(text::is_utf8(q.text) && q.text.size() <= desk::Asking::kLongestText);
  require(desk::clean_text(q.text, desk::Asking::kLongestText) == q.text);
  const auto a = desk::wording_of(text), b = desk::wording_of(other);
  require(desk::asks_the_same(a, b) == desk::asks_the_same(b, a));
  const auto how = desk::likeness(a, b);
  require(how >= 0 && how <= 1.000001);
  for (const auto* name : {"tool", "target.service", "target.model", "output.project"})
    q.facts.set(name, desk::clean_text(field(rest), desk::Asking::kLongestWord), "asker");
  q.facts.set("data.classes", std::vector{desk::clean_text(field(rest), desk::Asking::kLongestWord)},
              "asker");
  q.answer.emplace();
  q.answer->ruling = size % 2 == 0 ? desk::Ruling::allow : desk::Ruling::deny;
  q.answer->clause = "two";
  q.answer->reason = desk::clean_text(field(rest), desk::Asking::kLongestText);
  q.answer->conditions = desk::clean_text(field(rest), desk::Asking::kLongestText);
  std::string json;
  desk::append_json(json, q);
  require(text::is_utf8(json));
  const auto proposal = desk::propose_rule(q, {}, kDocument, "policy.md", 1'800'000'000'000);
  if (!proposal) return 0;
  // One rule and one test more, and nothing else that anybody could have written into it.
  const auto read = policy::read_document(proposal->document);
  require(read.usable() && read.document.rules.size() == 2 && read.document.cases.size() == 1);
  require(read.document.headings.size() == 3 && read.document.lists.size() <= 8);
  return 0;
}
