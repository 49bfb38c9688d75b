"""Which licence a file is, on the command line."""

import json

from lib.gate import run


def identify(*paths, status=0):
    done = run("license", "identify", *map(str, paths), "--format", "json")
    assert done.returncode == status, done.stdout + done.stderr
    return json.loads(done.stdout)


def test_a_tag_and_metadata_are_told_with_their_places(tmp_path):
    source, package = tmp_path / "b.c", tmp_path / "package.json"
    source.write_text("// a\n// SPDX-License-Identifier: gpl-2.0+\n")
    package.write_text('{"license": "MIT"}')
    files = {one["file"]: one for one in identify(source, package)["files"]}
    found, = files[str(source)]["licenses"]
    assert found["expression"] == "GPL-2.0-or-later" and found["method"] == "tag"
    assert (found["location"]["line"], found["location"]["column"]) == (2, 29)
    assert files[str(package)]["licenses"][0]["method"] == "metadata"


def test_a_file_without_a_licence_has_none(tmp_path):
    plain = tmp_path / "a.txt"
    plain.write_text("Nothing of that kind.\n")
    one, = identify(plain)["files"]
    assert one["expression"] is None and one["licenses"] == []


def test_a_file_that_is_not_there_is_a_wrong_call(tmp_path):
    done = run("license", "identify", str(tmp_path / "none"))
    assert done.returncode == 2 and "none" in done.stderr
