import os
import sys

import whisper

RETENTIONS = "10s:6h,1m:7d,10m:5y"


def resize(path):
    points = [whisper.parseRetentionDef(r) for r in RETENTIONS.split(",")]
    info = whisper.info(path)
    (start, end, step), values = whisper.fetch(path, 0)
    fresh = path + ".tmp"
    whisper.create(fresh, points, xFilesFactor=info["xFilesFactor"])
    whisper.update_many(fresh, [(t, v) for t, v in zip(range(start, end, step), values) if v is not None])
    os.rename(fresh, path)


for path in sys.argv[1:]:
    resize(path)
