"""Checks proofs with nothing but this page and OpenSSL: written from RFC 9162 sections 2.1.3.2 and 2.1.4.2, the
C2SP texts tlog-proof, tlog-witness, tlog-checkpoint and signed-note, and RFC 8032 by way of `openssl pkeyutl`."""

from __future__ import annotations

import base64
import hashlib
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path


class Bad(Exception):
    pass


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def leaf_hash(record):
    return sha256(b"\0", record)


def node_hash(left, right):
    return sha256(b"\1", left, right)


@dataclass
class Tree:
    origin: str
    size: int
    root: bytes


def ed25519_holds(public_key, message, signature):
    # SubjectPublicKeyInfo of RFC 8410 before the 32 bytes.
    der = bytes.fromhex("302a300506032b6570032100") + public_key
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / "key").write_bytes(der)
        (folder / "message").write_bytes(message)
        (folder / "signature").write_bytes(signature)
        done = subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", folder / "key",
                               "-rawin", "-in", folder / "message", "-sigfile", folder / "signature"],
                              capture_output=True, timeout=20)
    return done.returncode == 0


def open_checkpoint(note, verifier_key):
    """The tree that a signed note speaks of, if the key signed it."""
    name, key_id, material = verifier_key.strip().split("+", 2)
    material = base64.b64decode(material, validate=True)
    if material[0] != 1 or sha256(name.encode(), b"\n", material)[:4].hex() != key_id:
        raise Bad("verifier key")
    text, _, signatures = note.rpartition("\n\n")
    text += "\n"
    for line in signatures.splitlines():
        if not line.startswith("\u2014 "):
            raise Bad("signature line")
        signer, value = line[2:].split(" ")
        value = base64.b64decode(value, validate=True)
        if signer == name and value[:4].hex() == key_id and ed25519_holds(material[1:], text.encode(), value[4:]):
            origin, size, root = text.split("\n")[:3]
            return Tree(origin, int(size), base64.b64decode(root, validate=True))
    raise Bad("no signature of the key")


def check_inclusion(index, size, leaf, proof, root):
    if index >= size:
        raise Bad("index")
    fn, sn, r = index, size - 1, leaf
    for p in proof:
        if sn == 0:
            raise Bad("too many hashes")
        if fn & 1 or fn == sn:
            r = node_hash(p, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node_hash(r, p)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0 or r != root:
        raise Bad("root")


def check_consistency(first, first_root, second, second_root, proof):
    if first == second:
        if proof or first_root != second_root:
            raise Bad("same size")
        return
    if first == 0:
        if proof or first_root != sha256():
            raise Bad("empty tree")
        return
    proof = list(proof)
    if first & (first - 1) == 0:
        proof.insert(0, first_root)
    if not proof:
        raise Bad("no hashes")
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = proof[0]
    for c in proof[1:]:
        if sn == 0:
            raise Bad("too many hashes")
        if fn & 1 or fn == sn:
            fr, sr = node_hash(c, fr), node_hash(c, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node_hash(sr, c)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0 or fr != first_root or sr != second_root:
        raise Bad("root")


def check_tlog_proof(text, verifier_key, record=None):
    """Of inclusion; returns index, record and tree."""
    head, _, note = text.partition("\n\n")
    lines = head.split("\n")
    if lines.pop(0) != "c2sp.org/tlog-proof@v1":
        raise Bad("first line")
    if lines[0].startswith("extra "):
        extra = base64.b64decode(lines.pop(0)[6:], validate=True)
        record = extra if record is None else record
    word, index = lines.pop(0).split(" ")
    if word != "index":
        raise Bad("index line")
    tree = open_checkpoint(note, verifier_key)
    check_inclusion(int(index), tree.size, leaf_hash(record), [base64.b64decode(x, validate=True) for x in lines], tree.root)
    return int(index), record, tree


def check_growth(text, old_note, verifier_key):
    """Of consistency, as a witness would."""
    head, _, note = text.partition("\n\n")
    lines = head.split("\n")
    word, size = lines.pop(0).split(" ")
    old, new = open_checkpoint(old_note, verifier_key), open_checkpoint(note, verifier_key)
    if word != "old" or int(size) != old.size or old.origin != new.origin:
        raise Bad("old size")
    check_consistency(old.size, old.root, new.size, new.root, [base64.b64decode(x, validate=True) for x in lines])
    return old, new
