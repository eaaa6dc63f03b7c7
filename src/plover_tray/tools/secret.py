"""Secrets: a text that is never shown, and the environment variables that hold one."""

P12_PASSWORD = "PLOVER_TRAY_P12_PASSWORD"  # noqa: S105 - the variable's name
API_KEY_TEXT = "PLOVER_TRAY_API_KEY_TEXT"
SECRET_VARIABLES = frozenset({P12_PASSWORD, API_KEY_TEXT})
"""Not handed on to any program: its environment can be read by others of the same user."""


class Secret:
    """A text that is not shown, whoever asks."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        """Keep `text`."""
        self._text = text

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def hidden_in(self, text: str) -> str:
        """`text`, with `<secret>` wherever the secret stood in it."""
        return text.replace(self._text, repr(self)) if self._text else text

    def __repr__(self) -> str:
        return "<secret>"

    __str__ = __repr__

    def __reduce__(self) -> str:
        raise TypeError("a secret is not written anywhere")
