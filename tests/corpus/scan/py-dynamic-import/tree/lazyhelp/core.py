import importlib


def client():
    module = importlib.import_module("anthropic")
    return module.Anthropic()


def help_with(traceback: str) -> str:
    reply = client().messages.create(
        model="claude-sonnet-4-20250514",
        max_tokens=500,
        messages=[{"role": "user", "content": traceback}],
    )
    return reply.content[0].text
