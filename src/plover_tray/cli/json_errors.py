"""Errors for scripts: in go the words of a command line, out whether they ask for JSON, and it."""

import itertools
from collections.abc import Sequence
from typing import Any

SCHEMA = 1


def asks_for_json(words: Sequence[str]) -> bool:
    """Whether a command line asks for JSON: read from its words, since it may not be parsable."""
    options = list(words[: words.index("--")] if "--" in words else words)
    if "--json" in options or "--format=json" in options:
        return True
    return ("--format", "json") in itertools.pairwise(options)


def error_document(message: str, mend: str, exit_code: int) -> dict[str, Any]:
    """What a command with `--json` prints instead of its result, schema 1."""
    error = {"message": message, "mend": mend, "exit_code": exit_code}
    return {"schema": SCHEMA, "error": error}
