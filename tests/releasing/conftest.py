"""The same small sealed apps and dialogues as notarization's tests."""

from notarization.conftest import (
    apple_app,
    clock,
    dialogue,
    image,
    own_apple_app,
    sealed,
    small_app_made,
    small_app_sealed,
)

__all__ = [
    "apple_app",
    "clock",
    "dialogue",
    "image",
    "own_apple_app",
    "sealed",
    "small_app_made",
    "small_app_sealed",
]
