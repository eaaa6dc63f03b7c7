"""Sums and products of whole numbers: text in, a number out, without eval."""

import re

LONGEST_NUMBER = 18
"""Digits of what fits into a shell's 64 bits."""


def number(text: str) -> int | None:
    """A whole number in decimal digits, None for anything else."""
    plain = text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER
    return int(text) if plain else None


def calculate(source: str) -> int:
    """A sum of products, without eval."""
    tokens = re.findall(r"\d+|[+*()-]", source)
    if "".join(tokens) != re.sub(r"\s", "", source):
        raise ValueError(source)
    value, at = _sum(tokens, 0)
    if at != len(tokens) or abs(value) > 1 << 62:
        raise ValueError(source)
    return value


def _sum(tokens: list[str], at: int) -> tuple[int, int]:
    value, at = _product(tokens, at)
    while at < len(tokens) and tokens[at] in "+-":
        more, following = _product(tokens, at + 1)
        value, at = (value + more if tokens[at] == "+" else value - more), following
    return value, at


def _product(tokens: list[str], at: int) -> tuple[int, int]:
    value, at = _atom(tokens, at)
    while at < len(tokens) and tokens[at] == "*":
        more, at = _atom(tokens, at + 1)
        value *= more
    return value, at


def _atom(tokens: list[str], at: int) -> tuple[int, int]:
    if at >= len(tokens):
        raise ValueError(tokens)
    if tokens[at] == "-":
        value, at = _atom(tokens, at + 1)
        return -value, at
    if tokens[at] == "(":
        value, at = _sum(tokens, at + 1)
        if at >= len(tokens) or tokens[at] != ")":
            raise ValueError(tokens)
        return value, at + 1
    return int(tokens[at]), at + 1
