import os

import feedparser
from ollama import Client

client = Client(host=os.environ.get("READER_HOST", "http://127.0.0.1:11434"))


def rank(feed_url, interests):
    wanted = client.embed(model="nomic-embed-text", input=interests)["embeddings"][0]
    for entry in feedparser.parse(feed_url).entries:
        got = client.embed(model="nomic-embed-text", input=entry.title)["embeddings"][0]
        score = sum(a * b for a, b in zip(wanted, got))
        if score > 0.6:
            note = client.chat(model="qwen2.5:7b", messages=[
                {"role": "user", "content": "One sentence on: " + entry.summary}])
            yield score, entry.link, note["message"]["content"]
