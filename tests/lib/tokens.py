"""Credentials that open nothing, put together at run time so that no scanner takes them for a leak."""

import zlib

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def github_token(body="q7Rk2VtXc9LmZp4Wn8YbS3dFgH6jE1"):
    """A token with GitHub's checksum."""
    crc, check = zlib.crc32(body.encode()), ""
    while crc:
        crc, digit = divmod(crc, 62)
        check = DIGITS[digit] + check
    return "ghp" + "_" + body + check.rjust(6, "0")
