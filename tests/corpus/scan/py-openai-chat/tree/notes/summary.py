"""Sums up the notes of a meeting."""
import sys
from pathlib import Path

import click
from dotenv import load_dotenv
from openai import OpenAI

MODEL = "gpt-4o-mini"
PROMPT = """Sum up these notes in five points.
Name who has to do what until when."""


def sum_up(text: str, client: OpenAI) -> str:
    answer = client.chat.completions.create(
        model=MODEL,
        messages=[
            {"role": "system", "content": PROMPT},
            {"role": "user", "content": text},
        ],
        temperature=0.2,
    )
    return answer.choices[0].message.content


@click.command()
@click.argument("path", type=click.Path(exists=True))
def main(path: str) -> None:
    load_dotenv()
    click.echo(sum_up(Path(path).read_text(), OpenAI()))


if __name__ == "__main__":
    sys.exit(main())
