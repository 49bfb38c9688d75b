from openai import OpenAI

print(OpenAI().chat.completions.create(model="gpt-4o", messages=[]))
