import openai

client = openai.OpenAI(
    base_url="http://localhost:11434/v1",
    api_key="unused",
)


def translate(text, language="German"):
    answer = client.chat.completions.create(
        model="llama3.2:3b",
        messages=[{"role": "user", "content": f"Translate into {language}: {text}"}],
    )
    return answer.choices[0].message.content
