"""Hashing: in go buffers, out come digests, page by page or whole."""

import hashlib
from collections.abc import Sequence

Buffer = bytes | bytearray | memoryview


def page_hashes(parts: Sequence[Buffer], page_size: int, algorithm: str = "sha256") -> bytes:
    """Digests, one behind the other, of the pages of `parts` taken as one run of bytes."""
    new = getattr(hashlib, algorithm)
    digests: list[bytes] = []
    carry = b""
    for part in parts:
        view = memoryview(part)
        at = 0
        if carry:
            at = min(page_size - len(carry), len(view))
            carry += bytes(view[:at])
            if len(carry) < page_size:
                continue
            digests.append(new(carry).digest())
        full = at + (len(view) - at) // page_size * page_size
        digests += [new(view[i : i + page_size]).digest() for i in range(at, full, page_size)]
        carry = bytes(view[full:])
    if carry:
        digests.append(new(carry).digest())
    return b"".join(digests)
