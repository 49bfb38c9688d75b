"""Writes the weekly mail.

Until March this asked a model:

    import openai
    client = openai.OpenAI()
    client.chat.completions.create(model=..., messages=...)

It now fills a template.
"""
from jinja2 import Environment, FileSystemLoader

# from openai import OpenAI
# model="gpt-4-turbo"
env = Environment(loader=FileSystemLoader("templates"))


def mail(name, items):
    return env.get_template("weekly.txt").render(name=name, items=items)
