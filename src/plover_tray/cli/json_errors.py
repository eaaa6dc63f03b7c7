"""Whether a command line asks for JSON, and so for its errors as JSON too."""

import itertools
from collections.abc import Sequence


def asks_for_json(words: Sequence[str]) -> bool:
    """Whether a command line asks for JSON: read from its words, since it may not be parsable."""
    options = list(words[: words.index("--")] if "--" in words else words)
    if "--json" in options or "--format=json" in options:
        return True
    return ("--format", "json") in itertools.pairwise(options)
