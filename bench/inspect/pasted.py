"""Functions cut out of source files, and what happens to code on its way into a prompt: it is laid out anew, its names
are changed. Each change keeps what the code does, as far as a script can."""

import ast
import io
import keyword
import re
import tokenize
from dataclasses import dataclass

LEAST, MOST = 15, 60    # lines of a piece
HEAD = re.compile(r"^([ \t]*)(?!(?:if|for|while|switch|else|try|catch|do|return|with|\}|case|default|type|const|let|var)\b)"
                  r"[\w$*(\"'\[][^\n]*\{[ \t]*$")
TOKEN = re.compile(r"""(?P<comment>//[^\n]*|/\*.*?\*/)|(?P<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)"""
                   r"""|(?P<name>[A-Za-z_$][\w$]*)|(?P<space>[ \t]+)|(?P<line>\n)|(?P<other>.)""", re.S)
WORDS = {
    "js": set("""async await break case catch class const continue debugger default delete do else export extends false finally for
              from function get if import in instanceof let new null of return set static super switch this throw true try typeof
              undefined var void while with yield constructor""".split()),
    "go": set("""any append bool break byte cap case chan close const continue copy default defer delete else error
              fallthrough false float32 float64 for func go goto if import int int32 int64 interface iota len make map new nil
              package panic range recover return rune select string struct switch true type uint uint8 uint32 uint64 var""".split()),
    "py": set(keyword.kwlist) | set(keyword.softkwlist) | set(dir(__builtins__)) | {"self", "cls"},
}


@dataclass(frozen=True)
class Piece:
    language: str
    path: str
    first_line: int
    text: str


def language_of(path: str) -> str | None:
    return {"py": "py", "js": "js", "mjs": "js", "go": "go"}.get(path.rsplit(".", 1)[-1])


def functions(path: str, text: str) -> list[Piece]:
    """The functions and methods of 15 to 60 lines in a file, none within another."""
    language = language_of(path)
    lines = text.split("\n")
    spans = python_spans(text) if language == "py" else brace_spans(lines)
    out, end_before = [], 0
    for first, last in sorted(spans):
        if first > end_before and LEAST <= last - first + 1 <= MOST:
            out.append(Piece(language, path, first, "\n".join(lines[first - 1:last]) + "\n"))
            end_before = last
    return out


def python_spans(text: str) -> list[tuple[int, int]]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return []
    return [(node.lineno, node.end_lineno) for node in ast.walk(tree)
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]


def brace_spans(lines: list[str]) -> list[tuple[int, int]]:
    """From a line that opens a brace behind parentheses to the next one that closes it at the same depth."""
    out = []
    for number, line in enumerate(lines):
        head = HEAD.match(line)
        if not head or "(" not in line or line.count("(") != line.count(")"):
            continue
        for end in range(number + 1, min(number + MOST + 1, len(lines))):
            if lines[end].startswith(head.group(1) + "}"):
                out.append((number + 1, end + 1))
                break
    return out


def tokens(piece: Piece) -> list[tuple[str, str]]:
    """Kind and text, for languages with braces."""
    return [(found.lastgroup, found.group()) for found in TOKEN.finditer(piece.text)]


def dedented(text: str) -> str:
    lines = text.split("\n")
    depth = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    return "\n".join(line[depth:] for line in lines)


def reformatted(piece: Piece) -> str:
    """Without comments, in another layout."""
    if piece.language == "py":
        return ast.unparse(ast.parse(dedented(piece.text))) + "\n"
    out, depth, last = "", 0, " "
    for kind, text in tokens(piece):
        if kind == "comment":
            continue
        if kind in ("space", "line"):
            last = "\n" if "\n" in (text, last) else " "
            continue
        # JavaScript's semicolons may be left out, so that its lines end where they did; and more where a brace or comma is.
        if out and (last == "\n" or out[-1] in "{,"):
            depth_here = depth - (text in ")]}")
            out = out.rstrip() + "\n" + "   " * max(depth_here, 0)
        elif last == " " and out:
            out += " "
        depth += (text in "([{") - (text in ")]}") if kind == "other" else 0
        out, last = out + text, ""
    return out + "\n"


def renamed(piece: Piece, which: str) -> str:
    """`local`: the function's own name, its parameters and what it assigns. `all`: every name but keywords and built-in ones."""
    if which == "all":
        wanted = names(piece) - WORDS[piece.language]
    else:
        wanted = local_names(piece) - WORDS[piece.language]
    return substituted(piece, {name: f"{'abcdefgh'[n % 8]}{'xyz'[n % 3]}_{n}" for n, name in enumerate(sorted(wanted))}, which == "all")


def names(piece: Piece) -> set[str]:
    if piece.language == "py":
        return {token.string for token in python_tokens(piece.text) if token.type == tokenize.NAME}
    return {text for kind, text in tokens(piece) if kind == "name"}


def local_names(piece: Piece) -> set[str]:
    if piece.language == "py":
        function = ast.parse(dedented(piece.text)).body[0]
        out = {function.name}
        for node in ast.walk(function):
            if isinstance(node, ast.arg):
                out.add(node.arg)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                out.add(node.id)
        return out
    head = piece.text.split("\n", 1)[0]
    out = set(re.findall(r"[A-Za-z_$][\w$]*", head))
    out |= set(re.findall(r"\b(?:let|const|var)\s+([A-Za-z_$][\w$]*)", piece.text))
    for group in re.findall(r"([\w$, ]+?)\s*:=", piece.text):
        out |= set(re.findall(r"[A-Za-z_$][\w$]*", group))
    return out


def python_tokens(text: str):
    return list(tokenize.generate_tokens(io.StringIO(dedented(text)).readline))


def substituted(piece: Piece, new: dict[str, str], members: bool) -> str:
    """With names changed; those behind a dot only where `members`."""
    if piece.language != "py":
        out, last = [], ""
        for kind, text in tokens(piece):
            out.append(new.get(text, text) if kind == "name" and (members or last != ".") else text)
            if kind not in ("space", "line", "comment"):
                last = text
        return "".join(out)
    lines = dedented(piece.text).split("\n")
    last = ""
    found = []
    for token in python_tokens(piece.text):
        if token.type == tokenize.NAME and token.string in new and (members or last != "."):
            found.append((token.start, token.string))
        last = token.string
    for (line, column), name in reversed(found):
        lines[line - 1] = lines[line - 1][:column] + new[name] + lines[line - 1][column + len(name):]
    return "\n".join(lines)


def variants(piece: Piece) -> dict[str, str] | None:
    """By name; None where the piece can't be changed by these means."""
    try:
        out = {"verbatim": piece.text, "reformatted": reformatted(piece), "local names changed": renamed(piece, "local"),
               "all names changed": renamed(piece, "all")}
        again = Piece(piece.language, piece.path, piece.first_line, out["reformatted"])
        out["reformatted, local names changed"] = renamed(again, "local")
        return out
    except (SyntaxError, ValueError, IndexError, tokenize.TokenError):
        return None
