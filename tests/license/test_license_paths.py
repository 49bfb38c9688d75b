"""Licences of what lies in a folder: may we use it, may we train on it, and the notices that it asks for."""

import json

import pytest

from lib.gate import run

MIT = """Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
"""


@pytest.fixture
def profile(tmp_path):
    path = tmp_path / "training.yaml"
    path.write_text("purpose: product\nterritories: [DE]\ndistributes: true\nmodifies: true\nhosts: true\ntrains: true\n")
    return str(path)


@pytest.fixture
def tree(tmp_path):
    def write(files):
        root = tmp_path / "tree"
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return str(root)
    return write


def judged(path, profile, status):
    done = run("license", "check", path, "--profile", profile, "--format", "json")
    assert done.returncode == status, done.stdout + done.stderr
    return json.loads(done.stdout)


def card(license):
    return f"---\nlicense: {license}\ntask_categories: [text-generation]\nsize_categories: [1K<n<10K]\n---\n# Data\n"


def test_a_folder_of_data_under_terms_that_permit_it_passes(tree, profile):
    said = judged(tree({"a/README.md": card("cdla-permissive-2.0"), "a/data/one.jsonl": "{}\n"}), profile, 0)
    assert said["says"] == "permits" and said["bare"]["files"] == 0
    assert [(work["kind"], work["verdict"]["taken"]) for work in said["works"]] == [("data", "CDLA-Permissive-2.0")]


def test_one_part_that_is_not_for_business_decides(tree, profile):
    said = judged(tree({"a/README.md": card("cdla-permissive-2.0"), "b/README.md": card("cc-by-nc-4.0"), "b/x.jsonl": "{}\n"}), profile, 1)
    assert said["says"] == "forbids"
    text = run("license", "check", tree({}), "--profile", profile).stdout
    assert text.index("forbids    b ") < text.index("permits    a ")


def test_files_under_no_declaration_are_named_and_make_it_unknown(tree, profile):
    said = judged(tree({"a/README.md": card("cdla-permissive-2.0"), "scraped/page.html": "<p>text</p>"}), profile, 1)
    assert said["says"] == "unknown" and said["bare"]["files"] == 1
    assert said["bare"]["first"][0].endswith("scraped/page.html")


def test_an_empty_folder_is_no_permission(tree, profile):
    assert judged(tree({"a.txt": "text"}), profile, 1)["says"] == "unknown"


def test_a_text_is_recognised_behind_its_title_and_its_copyright(tree, profile):
    said = judged(tree({"LICENSE": "MIT License\n\nCopyright (c) 2020 A. Person\n\n" + MIT, "a.py": "x = 1\n"}), profile, 0)
    assert said["works"][0]["declared"][0]["expression"] == "MIT"


def test_a_text_that_was_changed_is_not_taken_for_the_licence(tree, profile):
    said = judged(tree({"LICENSE": "MIT License\n\n" + MIT.replace("free of charge", "for a fee"), "a.py": "x = 1\n"}), profile, 1)
    assert said["says"] == "unknown"


def test_what_places_say_differently_is_told(tree, profile):
    root = tree({"p/package.json": json.dumps({"name": "p", "version": "1.0.0", "license": "AGPL-3.0-only"}), "p/LICENSE": MIT})
    work, = judged(root, profile, 0)["works"]
    assert [one["kind"] for one in work["conflicts"]] == ["declarations-differ"]


def test_a_model_is_judged_with_its_lineage(tree, profile):
    root = tree({"m/README.md": "---\nlicense: mit\nbase_model: meta-llama/Llama-3.1-8B\npipeline_tag: text-generation\n---\n",
                 "m/config.json": '{"model_type": "llama", "architectures": ["LlamaForCausalLM"]}'})
    done = run("license", "check", root, "--profile", profile)
    assert "names MIT alone" in done.stdout


def test_a_path_that_does_not_exist_is_taken_for_a_licence(profile):
    assert run("license", "check", "./nowhere", "--profile", profile).returncode == 1


def packages(tree):
    return tree({
        "node_modules/left/package.json": json.dumps({"name": "left", "version": "1.3.0", "license": "MIT"}),
        "node_modules/left/LICENSE": "Copyright (c) 2016 A. Person\n\n" + MIT,
        "node_modules/right/package.json": json.dumps({"name": "right", "version": "2.0.0", "license": "Apache-2.0"}),
        "node_modules/right/NOTICE": "Right\nCopyright 2019 The Right Authors\n",
        "lib/three-3.0.dist-info/METADATA": "Metadata-Version: 2.4\nName: three\nVersion: 3.0\nLicense-Expression: GPL-3.0-only\n\nLicense: MIT\n",
        "lib/three-3.0.dist-info/licenses/LICENSE": "Its own text\n",
    })


def test_notices_list_works_with_copyright_notice_and_text(tree):
    done = run("license", "notices", packages(tree))
    assert done.returncode == 0, done.stderr
    for words in ("left 1.3.0\n    Copyright (c) 2016 A. Person", "right 2.0.0\n  Its notice:\n    Right\n    Copyright 2019 The Right Authors",
                  "three 3.0", "Permission is hereby granted", "Its own text"):
        assert words in done.stdout
    assert done.stdout == run("license", "notices", packages(tree)).stdout


def test_notices_tell_what_they_do_not_settle(tree):
    done = run("license", "notices", packages(tree), "--fail-on-open", "--format", "json")
    assert done.returncode == 1
    left_open = "\n".join(json.loads(done.stdout)["open"])
    assert "three 3.0: GPL-3.0-only asks that what is made of it goes under the same terms" in left_open
    assert "right 2.0.0: the text of Apache-2.0 has to be put in" in left_open
    assert "left" not in left_open
