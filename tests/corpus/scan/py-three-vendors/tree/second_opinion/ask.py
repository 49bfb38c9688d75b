import cohere
from groq import Groq
from mistralai import Mistral


def by_mistral(question):
    client = Mistral()
    reply = client.chat.complete(model="mistral-large-latest",
                                 messages=[{"role": "user", "content": question}])
    return reply.choices[0].message.content


def by_groq(question):
    reply = Groq().chat.completions.create(
        messages=[{"role": "user", "content": question}], model="llama-3.3-70b-versatile")
    return reply.choices[0].message.content


def by_cohere(question):
    co = cohere.Client()
    return co.chat(message=question, model="command-r-plus").text


def ask(question):
    return {f.__name__: f(question) for f in (by_mistral, by_groq, by_cohere)}
