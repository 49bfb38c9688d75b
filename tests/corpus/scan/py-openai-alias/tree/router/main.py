import asyncio
import yaml
import openai as oa

SETTINGS = yaml.safe_load(open("config/router.yaml"))


async def embed(texts, client):
    result = await client.embeddings.create(model="text-embedding-3-small", input=texts)
    return [row.embedding for row in result.data]


async def route(ticket: str) -> str:
    client = oa.AsyncOpenAI(timeout=20)
    await embed([ticket], client)
    reply = await client.chat.completions.create(
        model=SETTINGS["llm"]["model"],
        messages=[{"role": "user", "content": f"Team for: {ticket}"}],
    )
    return reply.choices[0].message.content.strip()


if __name__ == "__main__":
    print(asyncio.run(route("My VPN drops every hour")))
