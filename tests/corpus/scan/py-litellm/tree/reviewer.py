import sys

from litellm import completion
from unidiff import PatchSet

MODELS = ["anthropic/claude-3-5-sonnet-20241022", "gemini/gemini-1.5-pro"]


def review(diff):
    notes = []
    for file in PatchSet(diff):
        for model in MODELS:
            reply = completion(model=model, messages=[{"role": "user", "content": str(file)}])
            notes.append((file.path, model, reply.choices[0].message.content))
    return notes


if __name__ == "__main__":
    for path, model, note in review(sys.stdin.read()):
        print(f"{path} ({model})\n{note}\n")
