import os
from openai import OpenAI as Client

SERVER = os.getenv("EXPLAIN_SERVER", "http://vllm:8000/v1")
MODEL = os.getenv("EXPLAIN_MODEL", "Qwen/Qwen2.5-Coder-7B-Instruct")


def explain(path):
    client = Client(base_url=SERVER, api_key="none")
    with open(path) as file:
        stream = client.chat.completions.create(
            model=MODEL, stream=True, messages=[{"role": "user", "content": "Explain:\n" + file.read()}])
    for event in stream:
        print(event.choices[0].delta.content or "", end="")
