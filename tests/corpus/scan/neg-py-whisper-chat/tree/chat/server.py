import asyncio

import websockets

ROOMS = {"llama": set(), "falcon": set(), "orca": set()}
users = {}


async def whisper(sender, to, text):
    """Sends text to one user only."""
    if to in users:
        await users[to].send(f"{sender} whispers: {text}")


async def session(ws):
    name = await ws.recv()
    users[name] = ws
    o1 = len(users)
    room = "llama"
    ROOMS[room].add(name)
    async for line in ws:
        if line.startswith("/whisper "):
            _, to, text = line.split(" ", 2)
            await whisper(name, to, text)
        else:
            websockets.broadcast([users[n] for n in ROOMS[room]], f"{name}: {line} ({o1})")


async def main():
    async with websockets.serve(session, "localhost", 8000):
        await asyncio.get_running_loop().create_future()


asyncio.run(main())
