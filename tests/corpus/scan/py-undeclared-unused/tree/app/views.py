import openai
from flask import Flask, request

app = Flask(__name__)
client = openai.OpenAI()


@app.post("/title")
def title():
    text = request.get_data(as_text=True)[:4000]
    reply = client.chat.completions.create(
        model="gpt-3.5-turbo", messages=[{"role": "user", "content": "A title for: " + text}]
    )
    return {"title": reply.choices[0].message.content}
