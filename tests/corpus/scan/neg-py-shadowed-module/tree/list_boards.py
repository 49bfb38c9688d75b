import sys

import openai

for name in sys.argv[1:]:
    for width, height in openai.artboards(name):
        print(name, float(width), float(height))
