def first_place(haystack: str, needle: str) -> int:
    return haystack.casefold().find(needle.casefold())
