"""Which rules run: in go the beginnings of codes that a person gave, out rules."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from ..errors import PloverTrayError
from .rule import Rule

FAMILIES: Mapping[str, str] = {
    "ID": "identity of the process",
    "PL": "Info.plist",
    "PY": "the Python in the bundle",
    "MO": "programs and libraries (Mach-O)",
    "QT": "Qt and the tray",
    "CS": "signature and notarization",
}


class UnknownRuleError(PloverTrayError):
    """No rule's code begins as was asked."""


def selected(
    rules: Collection[Rule], select: Sequence[str], ignore: Sequence[str]
) -> Iterable[Rule]:
    """The rules whose codes begin with one of `select` (all, if it is empty) and none of `ignore`.

    Where both match, the longer beginning counts, so `--select ID101 --ignore ID` runs ID101.
    Upper and lower case are one. Raises UnknownRuleError.
    """
    chosen = [_known(prefix, rules) for prefix in select]
    left_out = [_known(prefix, rules) for prefix in ignore]
    for rule in rules:
        wanted = _longest(rule.code, chosen) if chosen else 0
        if wanted is not None and wanted > (_longest(rule.code, left_out) or -1):
            yield rule


def _known(prefix: str, rules: Collection[Rule]) -> str:
    wanted = prefix.strip().upper()
    if wanted and (wanted in FAMILIES or any(rule.code.startswith(wanted) for rule in rules)):
        return wanted
    families = ", ".join(f"{name} ({words})" for name, words in FAMILIES.items())
    raise UnknownRuleError(
        f"No rule's code begins with {prefix!r}.",
        mend=f"The families are {families}; `plover-tray explain` lists all rules.",
    )


def _longest(code: str, prefixes: Iterable[str]) -> int | None:
    return max((len(prefix) for prefix in prefixes if code.startswith(prefix)), default=None)
