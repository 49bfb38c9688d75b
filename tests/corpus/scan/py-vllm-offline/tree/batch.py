import json
import pathlib


def run(folder):
    from vllm import LLM, SamplingParams

    llm = LLM(model="mistralai/Mistral-7B-Instruct-v0.3", dtype="half")
    params = SamplingParams(temperature=0, max_tokens=200)
    files = sorted(pathlib.Path(folder).glob("*.txt"))
    for file, out in zip(files, llm.generate([f.read_text() for f in files], params)):
        print(json.dumps({"file": file.name, "text": out.outputs[0].text}))


if __name__ == "__main__":
    run("inbox")
