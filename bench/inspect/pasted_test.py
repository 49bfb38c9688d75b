"""The pieces that are cut out of sources, and that each change of them keeps what it should."""

import ast
import unittest

import pasted

PYTHON = '''import os


class Store:
    def load(self, path, limit=10):
        """Reads it."""
        # what is there
        found = []
        seen = set()
        for name in os.listdir(path):
            if name.startswith("."):
                continue
            found.append(
                name,
            )
        if len(found) > limit:
            found = found[:limit]
        self.found = found
        return sorted(found, key=lambda name: name.lower())

    def short(self):
        return 1
'''
GO = """package a

func load(path string, limit int) ([]string, error) {
	// what is there
	names, err := list(path)
	if err != nil {
		return nil, err
	}
	out := []string{}
	for _, name := range names {
		if name == "it's // no comment" {
			continue
		}
		out = append(out, name)
	}
	if len(out) > limit {
		out = out[:limit]
	}
	return out, nil
}
"""


class PiecesTest(unittest.TestCase):
    def test_functions_of_the_right_length_are_cut_out_whole(self):
        [piece] = pasted.functions("a/store.py", PYTHON)
        self.assertEqual((piece.language, piece.first_line), ("py", 5))
        self.assertTrue(piece.text.endswith("name.lower())\n"))
        [piece] = pasted.functions("a.go", GO)
        self.assertTrue(piece.text.startswith("func load(") and piece.text.endswith("\n}\n"))
        self.assertEqual(pasted.functions("a.js", "f({\n" + "  a: 1,\n" * 20 + "})\n"), [])

    def test_another_layout_keeps_the_code_and_drops_comments(self):
        [piece] = pasted.functions("store.py", PYTHON)
        again = pasted.reformatted(piece)
        self.assertEqual(ast.dump(ast.parse(again)), ast.dump(ast.parse(pasted.dedented(piece.text))))
        [piece] = pasted.functions("a.go", GO)
        again = pasted.reformatted(piece)
        self.assertIn("it's // no comment", again)
        self.assertNotIn("what is there", again)
        self.assertNotEqual(again, piece.text)
        self.assertEqual("".join(again.split()), "".join(piece.text.replace("// what is there", "").split()))

    def test_names_are_changed_consistently(self):
        [piece] = pasted.functions("store.py", PYTHON)
        local = pasted.renamed(piece, "local")
        for gone, kept in (("limit", "listdir"), ("path", "startswith")):
            self.assertNotRegex(local, rf"\b{gone}\b")
            self.assertIn(kept, local)
        self.assertIn("self.found", local)
        every = pasted.renamed(piece, "all")
        for gone in ("listdir", "startswith", "found"):
            self.assertNotRegex(every, rf"\b{gone}\b")
        for text in (local, every):
            shape = [type(node).__name__ for node in ast.walk(ast.parse(text))]
            self.assertEqual(shape, [type(node).__name__ for node in ast.walk(ast.parse(pasted.dedented(piece.text)))])
        [piece] = pasted.functions("a.go", GO)
        local = pasted.renamed(piece, "local")
        self.assertNotRegex(local, r"\bnames\b|\bpath\b")
        self.assertIn("it's // no comment", local)


if __name__ == "__main__":
    unittest.main()
