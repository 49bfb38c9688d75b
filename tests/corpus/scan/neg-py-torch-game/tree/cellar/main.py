import pygame

from . import torch
from .torch import Torch

transformers = {"cellar": 400, "attic": 230}


def main():
    pygame.init()
    light = torch.Torch()
    spare = Torch(oil=20)
    clock = pygame.time.Clock()
    while light.burn(clock.tick(30) / 1000) or spare.burn(1):
        for volts in transformers.values():
            pygame.display.set_caption(f"{volts} V, oil {light.oil:.0f}")
