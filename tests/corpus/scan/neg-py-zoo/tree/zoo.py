import math
from dataclasses import dataclass

phi = (1 + math.sqrt(5)) / 2
mistral, bora, sirocco = 290, 50, 160  # where each wind blows from, in degrees


@dataclass
class Animal:
    name: str
    kind: str
    model: str = "adult"


ANIMALS = [
    Animal("Claude", "llama"),
    Animal("Gemini", "falcon", model="young"),
    Animal("Bard", "orca"),
    Animal("Sora", "dolphin"),
    Animal("Dolly", "alpaca"),
    Animal("Phi", "vicuna"),
]


def rota(day):
    o1, o3 = divmod(day, 7)
    llama = [a for a in ANIMALS if a.kind == "llama"]
    return {"keeper": "Claude" if o1 % 2 else "Ada", "llama": llama, "share": o3 / phi}
