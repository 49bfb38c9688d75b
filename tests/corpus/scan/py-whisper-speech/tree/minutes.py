import argparse

import whisper


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("audio")
    args = parser.parse_args()
    model = whisper.load_model("base.en")
    result = model.transcribe(args.audio, fp16=False)
    for part in result["segments"]:
        print(f"{part['start']:7.1f}  {part['text'].strip()}")


main()
