"""JSON of what could not be done, described by `schemas/error-1.json`.

A command that was asked for JSON prints it instead of its result.
"""

from typing import Any

SCHEMA = 1


def document(message: str, mend: str, exit_code: int) -> dict[str, Any]:
    """The error as plain data; its texts are brought onto one line each."""
    return {
        "schema": SCHEMA,
        "error": {
            "message": " ".join(message.split()),
            "mend": " ".join(mend.split()),
            "exit_code": exit_code,
        },
    }
