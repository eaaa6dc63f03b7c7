"""Hashing: in go buffers or open files, out come digests, page by page or whole.

Files are read in pieces with `pread` and never mapped: a file that shrinks meanwhile then gives
fewer bytes, not a dead process.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Buffer = bytes | bytearray | memoryview

CHUNK = 1 << 20
"""Bytes read at once."""

Item = TypeVar("Item")


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


def file_page_hashes(
    descriptor: int, offset: int, size: int, page_size: int, algorithm: str
) -> Iterator[bytes]:
    """Digests of the pages of `size` bytes of a file; `page_size` 0 is one page for all.

    A file that ends earlier gives digests of what is there.
    """
    if not page_size or page_size > CHUNK:
        step = page_size or size
        for start in range(0, size, step) if size else ():
            yield _range_digest(descriptor, offset + start, min(step, size - start), algorithm)
        return
    new = getattr(hashlib, algorithm)
    step = CHUNK // page_size * page_size
    for start in range(0, size, step):
        view = memoryview(os.pread(descriptor, min(step, size - start), offset + start))
        for at in range(0, len(view), page_size):
            yield new(view[at : at + page_size]).digest()


def file_digests(descriptor: int, algorithms: Iterable[str]) -> dict[str, bytes]:
    """Digests of a whole open file, by algorithm."""
    states = {name: hashlib.new(name) for name in algorithms}
    at = 0
    while states and (piece := os.pread(descriptor, CHUNK, at)):
        for state in states.values():
            state.update(piece)
        at += len(piece)
    return {name: state.digest() for name, state in states.items()}


def _range_digest(descriptor: int, offset: int, size: int, algorithm: str) -> bytes:
    state = hashlib.new(algorithm)
    while size > 0 and (piece := os.pread(descriptor, min(CHUNK, size), offset)):
        state.update(piece)
        offset += len(piece)
        size -= len(piece)
    return state.digest()


def workers() -> ThreadPoolExecutor:
    """A pool with a thread for each processor; hashlib lets go of the interpreter as it works."""
    return ThreadPoolExecutor(min(8, os.cpu_count() or 1))
