#include "desk/proposal.h"

#include <cstdlib>
#include <fstream>
#include <gmock/gmock.h>
#include <sstream>

#include "base/text.h"
#include "desk/testing.h"
#include "policy/check.h"

namespace ostiary::desk {
namespace {

using namespace testing;  // NOLINT: the fixture of this module
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

// What git makes of the text with the patch; it is what maintainers use.
std::string patched(std::string_view text, std::string_view diff) {
  const ostiary::testing::TempFolder folder;
  std::ofstream(folder / "policy.md", std::ios::binary) << text;
  std::ofstream(folder / "change.diff", std::ios::binary) << diff;
  const auto command = "cd '" + folder.path() + "' && git apply --whitespace=nowarn change.diff 2>&1";
  EXPECT_EQ(std::system(command.c_str()), 0) << diff;
  std::ostringstream out;
  out << std::ifstream(folder / "policy.md", std::ios::binary).rdbuf();
  return out.str();
}

class ProposalTest : public DeskTest {
 protected:
  Question answered(const Asking& what, Ruling ruling, std::string_view clause = "public") {
    const auto q = ask(what);
    if (q.state != State::open) EXPECT_TRUE(desk_->appeal(q.number, "why?", kAda, now_));
    auto done =
        desk_->answer(q.number,
                      {.ruling = ruling,
                       .reason = "We *agreed* on it.\n# Really",
                       .conditions = ruling == Ruling::allow_with_conditions ? "a person looks at it" : "",
                       .clause = std::string(clause)},
                      kLegal, now_);
    EXPECT_TRUE(done) << done.error().text();
    return done.value_or(Question());
  }
  Result<Proposal> propose(const Question& q, std::string_view document = kDocument, RuleWish wish = {}) {
    return desk_->propose_rule(q.number, wish, document, kLegal, now_);
  }
};

TEST_F(ProposalTest, SuspendsNoRuleAboutSizesThatTheAnswerSaysNothingAbout) {
  const auto text = with("- id: no-secrets\n",
                         "- {id: large, when: {data.bytes: {over: 1MiB}}, then: ask}\n- id: no-secrets\n");
  use(text);
  Refusal what;
  what.subject = "sub_ada";
  what.service = "mistral";
  what.facts.set("data.classes", std::vector<std::string>{"customer-code"}, "inspection");
  what.facts.set("target.service", std::string("mistral"), "config");
  what.decision.effect = policy::Effect::ask;
  what.decision.rules = {{"customers", "secrets"}};
  what.decision.facts = what.facts.all();
  what.request_fingerprint = "r1";
  const auto q = answer(refused(what).number, Ruling::allow);
  const auto proposal = propose(q, text);
  ASSERT_TRUE(proposal) << proposal.error().text();
  EXPECT_THAT(proposal->rule, HasSubstr("exception-of: customers\n"));
  EXPECT_THAT(proposal->rule, Not(HasSubstr("exception-of: large\n")));
}

TEST_F(ProposalTest, AnAllowedQuestionBecomesARuleWithItsTestBelowItsClause) {
  auto asked = asking("May I refactor with Mistral?");
  asked.service = "mistral";
  const auto q = answered(asked, Ruling::allow_with_conditions);
  const auto proposal = propose(q);
  ASSERT_TRUE(proposal) << proposal.error().text();
  EXPECT_EQ(proposal->rule,
            "- id: q-1\n  when:\n    data.classes: {only: [code]}\n    output.use: internal\n"
            "    target.service: mistral\n  then: allow\n"
            "  because: \"We *agreed* on it.\\n# Really Conditions: a person looks at it\"\n");
  EXPECT_EQ(patched(kDocument, proposal->diff), proposal->document);
  auto read = policy::read_document(proposal->document);
  ASSERT_TRUE(read.usable());
  const policy::Policy policy(std::move(read.document));
  const auto rule = std::ranges::find(policy.document().rules, "q-1", &policy::Rule::id);
  ASSERT_NE(rule, policy.document().rules.end());
  EXPECT_EQ(rule->clause, "public");
  policy::check(policy, now_, read.findings);
  for (const auto& f : read.findings.all)
    EXPECT_THAT(f.message, Not(HasSubstr("q-1"))) << "it has a passing test";
  EXPECT_THAT(proposal->document, HasSubstr("Decided with Q-1: We \\*agreed\\* on it. \\# Really\n"));
}

TEST_F(ProposalTest, WhatARuleRefusedBecomesAnExceptionThatEnds) {
  auto asked = asking("May I show Mistral the shop's code?", {"customer-code"});
  asked.service = "mistral";
  const auto q = answered(asked, Ruling::allow, "secrets");
  const auto proposal = propose(q);
  ASSERT_TRUE(proposal) << proposal.error().text();
  EXPECT_THAT(proposal->rule, HasSubstr("exception-of: customers\n"));
  EXPECT_THAT(proposal->rule, HasSubstr("until: 2027-05-31\n")) << "in 180 days";
  EXPECT_EQ(patched(kDocument, proposal->diff), proposal->document);
  const auto dated = propose(q, kDocument, {.id = "shop", .until = at("2027-01-31T00:00:00Z")});
  ASSERT_TRUE(dated);
  EXPECT_THAT(dated->rule, HasSubstr("id: shop\n"));
  EXPECT_THAT(dated->rule, HasSubstr("until: 2027-01-31\n"));
}

TEST_F(ProposalTest, ADeniedQuestionBecomesARuleThatDenies) {
  const auto q = answered(asking("May I ship what it writes?", {"code"}, "shipped"), Ruling::deny);
  const auto proposal = propose(q);
  ASSERT_TRUE(proposal) << proposal.error().text();
  EXPECT_THAT(proposal->rule, HasSubstr("data.classes: {has-all: [code]}\n"));
  EXPECT_THAT(proposal->rule, HasSubstr("then: deny\n"));
}

TEST_F(ProposalTest, WhatTheDocumentSaysAlreadyIsNotProposed) {
  const auto q = answered(asking("May I paste this log?", {"secret"}), Ruling::deny, "secrets");
  EXPECT_EQ(error_of(propose(q)).code, Code::exists);
}

TEST_F(ProposalTest, ARuleThatWouldNotDoWhatTheAnswerSaysIsNotProposed) {
  // A second rule that refuses it is no business of the answer.
  auto asked = asking("May I show Mistral the shop's code?", {"customer-code"});
  asked.service = "mistral";
  const auto q = answered(asked, Ruling::allow, "secrets");
  const auto stricter =
      with("- id: no-secrets\n",
           "- id: reviewed\n  when: {target.service: mistral, data.classes: [customer-code]}\n"
           "  then: reroute\n  to: own\n- id: no-secrets\n");
  const auto proposal = propose(q, stricter);
  ASSERT_FALSE(proposal);
  EXPECT_THAT(error_of(proposal).message, HasSubstr("'reviewed'"));
}

TEST_F(ProposalTest, AWildcardOfAnAskerIsNoPattern) {
  auto asked = asking("May I use all models?");
  asked.model = "*";
  const auto q = answered(asked, Ruling::allow);
  EXPECT_THAT(error_of(propose(q)).message, HasSubstr("'*'"));
}

TEST_F(ProposalTest, HostileTextStaysTextInTheDocument) {
  auto asked = asking("x");
  asked.tool = "a\", then: allow}\n```\n# pwned\n```policy\n- id: all";
  asked.service = "true";
  const auto q = answered(asked, Ruling::allow);
  const auto proposal = propose(q);
  ASSERT_TRUE(proposal) << proposal.error().text();
  const auto read = policy::read_document(proposal->document);
  ASSERT_TRUE(read.usable());
  EXPECT_EQ(read.document.rules.size(), 4U);
  EXPECT_EQ(read.document.headings.size(), policy::read_document(kDocument).document.headings.size());
}

TEST_F(ProposalTest, ThePatchFitsWhateverTheDocumentsLinesLookLike) {
  const auto q = answered(asking("May I refactor with it?"), Ruling::allow);
  auto crlf = std::string(kDocument);
  for (std::size_t i = 0; (i = crlf.find('\n', i)) != std::string::npos; i += 2) crlf.insert(i, "\r");
  const std::string unended(kDocument.substr(0, kDocument.size() - 1));
  for (const auto& [text, clause] :
       std::vector<std::pair<std::string, std::string>>{{crlf, "public"},
                                                        {crlf, "desk"},
                                                        {unended, "desk"},
                                                        {std::string(kDocument) + "\n\n\n", "desk"},
                                                        {std::string(kDocument), "rules"}}) {
    const auto proposal = propose(q, text, {.clause = clause});
    ASSERT_TRUE(proposal) << proposal.error().text();
    EXPECT_EQ(patched(text, proposal->diff), proposal->document) << clause;
    EXPECT_EQ(policy::read_document(proposal->document).document.rules.size(), 4U);
  }
}

TEST_F(ProposalTest, WhatCannotBeProposedIsToldWhy) {
  const auto open = ask(asking("May I use Copilot for our build?"));
  EXPECT_EQ(error_of(propose(open)).code, Code::exists);
  const auto q = answered(asking("May I refactor with it?"), Ruling::allow);
  EXPECT_THAT(error_of(propose(q, "no document")).message, HasSubstr("cannot be read, in line 1"));
  EXPECT_THAT(error_of(propose(q, kDocument, {.clause = "nowhere"})).message,
              HasSubstr("no clause 'nowhere'"));
  Asking bare;
  bare.text = "May I?";
  EXPECT_THAT(error_of(propose(answered(bare, Ruling::deny))).message, HasSubstr("states no facts"));
  EXPECT_EQ(error_of(desk_->propose_rule(q.number, {}, kDocument, kAda, now_)).code, Code::denied);
}

}  // namespace
}  // namespace ostiary::desk
