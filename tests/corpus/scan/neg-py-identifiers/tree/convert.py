import yaml

openai_compatible = False
use_ollama_style = None
KNOWN = {"my_openai_like": 1, "langchain_of_custody": 2, "anthropicene": 3, "geminis": 4}


class OllamaStyleWriter:
    def __init__(self, transformers_count=0):
        self.transformers_count = transformers_count

    def to_openai_like(self, data):
        return {f"x-openai-like-{k}": v for k, v in data.items()}


def convert(path):
    data = yaml.safe_load(open(path))
    writer = OllamaStyleWriter(transformers_count=len(data))
    return writer.to_openai_like(data) if not openai_compatible else data
