import json

import httpx

SERVER = "http://tgi.intern.example:3000/generate_stream"


def stream(prompt):
    body = {"inputs": prompt, "parameters": {"max_new_tokens": 80}}
    with httpx.stream("POST", SERVER, json=body, timeout=60) as reply:
        for line in reply.iter_lines():
            if line.startswith("data:"):
                yield json.loads(line[5:])["token"]["text"]
