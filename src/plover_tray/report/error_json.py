"""JSON of what could not be done, described by `schemas/error-1.json`.

A command that was asked for JSON prints it instead of its result.
"""

from typing import Any

SCHEMA = 1


def document(message: str, mend: str, exit_code: int) -> dict[str, Any]:
    """The error as plain data; a line for each of several mistakes."""
    return {
        "schema": SCHEMA,
        "error": {
            "message": "\n".join(" ".join(line.split()) for line in message.split("\n")),
            "mend": " ".join(mend.split()),
            "exit_code": exit_code,
        },
    }
