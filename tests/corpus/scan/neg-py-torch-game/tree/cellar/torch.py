class Torch:
    def __init__(self, oil=100):
        self.oil = oil

    def burn(self, seconds):
        self.oil = max(0, self.oil - seconds)
        return self.oil > 0
