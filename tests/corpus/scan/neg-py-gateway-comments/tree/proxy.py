from aiohttp import ClientSession, web

# Tried with a model and dropped, too slow:
#   pip install ollama
#   client = ollama.Client("http://localhost:11434")
#   client.chat(model="llama3", messages=[...])
WAREHOUSE = "http://warehouse.example:8090/api/tags"


async def tags(request):
    async with ClientSession() as session:
        async with session.get(WAREHOUSE, params=request.query) as reply:
            return web.json_response({"model": request.query.get("model"), "tags": await reply.json()})


app = web.Application()
app.add_routes([web.get("/api/generate", tags)])
web.run_app(app, port=8000)
