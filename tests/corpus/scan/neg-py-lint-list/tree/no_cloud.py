import ast

FORBIDDEN = ("openai", "anthropic", "langchain", "litellm", "groq", "cohere")
EXAMPLE = r'''
import openai
from langchain import hub
'''


class Check:
    name, version = "no-cloud", "0.1"

    def __init__(self, tree):
        self.tree = tree

    def run(self):
        for node in ast.walk(self.tree):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            for name in names:
                if name.split(".")[0] in FORBIDDEN:
                    yield node.lineno, node.col_offset, f"NOC1 {name} is not for use here", type(self)
