"""The built-in document decides where nothing is configured, and lets everyday work pass."""

import openai
import pytest

from lib.gate import Gate, run, service
from lib.tokens import github_token
from lib.upstream import Upstream

SURFACES = ["api", "team", "enterprise", "via-cloud", "self-hosted"]
MARKED = "Shorten this:\n\nCONFIDENTIAL\n\nAn offer to Globex."


@pytest.fixture(scope="module")
def gate():
    with Upstream() as up:
        services = [service(up, id=surface, surface=surface, models=[{"name": surface, "as": "ok"}]) for surface in [*SURFACES, "api-free"]]
        with Gate(services, more={"policy": "built-in"}) as running:
            running.upstream = up
            yield running


def ask(gate, model, text, **headers):
    client = openai.OpenAI(base_url=f"{gate.url}/v1", api_key=gate.key, max_retries=0)
    return client.chat.completions.with_raw_response.create(
        model=model, messages=[{"role": "user", "content": text}],
        extra_headers={f"x-ostiary-{name.replace('_', '-')}": value for name, value in headers.items()})


def refused(gate, model, text, **headers):
    with pytest.raises(openai.PermissionDeniedError) as error:
        ask(gate, model, text, **headers)
    return error.value.body


@pytest.mark.parametrize("surface", SURFACES)
def test_everyday_work_passes_on_every_agreed_surface(gate, surface):
    answer = ask(gate, surface, "Write a regular expression for a date.")
    assert answer.headers["x-ostiary-decision"] == "allow"


def test_the_replay_service_answers_where_nothing_is_configured(tmp_path):
    with Gate([], data=tmp_path / "data", more={"policy": "built-in"}) as gate:
        answer = ask(gate, "ostiary-demo", "Hello")
        assert answer.headers["x-ostiary-service"] == "replay" and answer.headers["x-ostiary-decision"] == "allow"


@pytest.mark.parametrize("surface", SURFACES)
def test_a_key_never_leaves(gate, surface):
    token = github_token()
    answer = ask(gate, surface, f"Why does {token} not work?")
    assert answer.headers["x-ostiary-decision"] == "redact"
    (seen,) = [r.body for r in gate.upstream.requests if r.id == answer.headers["x-ostiary-id"]]
    assert token.encode() not in seen and "‹secret:" in seen.decode()


def test_what_is_marked_confidential_is_asked_about_with_the_way_that_is_open(gate):
    body = refused(gate, "enterprise", MARKED)
    assert body["code"] == "approval_required" and "confidential" in body["message"]
    assert ask(gate, "self-hosted", MARKED).headers["x-ostiary-decision"] == "allow"


def test_a_free_tier_gets_public_text_only(gate):
    assert ask(gate, "api-free", "What is a monad?").headers["x-ostiary-decision"] == "allow"
    assert refused(gate, "api-free", MARKED)["code"] == "policy_denied"


def test_what_a_request_is_for_counts_where_it_says_so(gate):
    assert refused(gate, "api", "Rank these.", purpose="hiring")["code"] == "approval_required"
    assert refused(gate, "api", "Rank these.", purpose="social-scoring")["code"] == "policy_denied"
    assert refused(gate, "api", "Fix this.", output_use="upstream", project="netbsd")["code"] == "policy_denied"
    assert refused(gate, "api", "Fix this.", output_use="upstream", project="unheard-of")["code"] == "approval_required"
    passed = ask(gate, "api", "Fix this.", output_use="upstream", project="linux")
    assert passed.headers["x-ostiary-decision"] == "allow" and passed.headers["x-ostiary-disclosure"]


def test_it_can_be_adopted(tmp_path):
    path = tmp_path / "policy.md"
    assert run("policy", "new", "-o", path).returncode == 0
    with Gate([], data=tmp_path / "data", more={"policy": str(path)}) as gate:
        assert ask(gate, "ostiary-demo", "Hello").headers["x-ostiary-decision"] == "allow"
