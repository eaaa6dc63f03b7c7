"""CS: what notarization, library validation and the hardened runtime ask of signed code."""

from collections.abc import Iterator, Sequence
from typing import Any

from ..facts.facts import Facts
from ..findings import Finding, Severity
from ..signature.entitlements import GET_TASK_ALLOW, PYTHON_ENTITLEMENTS
from .rule import SIGN, Rule, each, listed

_NOTARY = "Apple's notarization requirements, as Apple's log names them"


class AdhocInside(Rule):
    """Ad-hoc code in a signed app."""

    code = "CS110"
    title = "An app with a certificate holds code without one"
    severity = Severity.ERROR
    meaning = "The app is signed by a team, but code inside is ad-hoc or not signed."
    why = "Notarization rejects it, and library validation refuses to load it."
    mend = SIGN
    source = _NOTARY

    def find(self, facts: Facts) -> Iterator[Finding]:
        """One finding for all of them."""
        if facts.team is None:
            return
        found = [o.path for o in facts.code if o.wants_signature and (o.adhoc or not o.signed)]
        yield from self.one_for_all(
            found, "Its code has no certificate", "pieces of code have no certificate"
        )


class MixedTeams(Rule):
    """More than one team."""

    code = "CS111"
    title = "Code inside is signed by another team"
    severity = Severity.WARNING
    meaning = "The app's own signature and that of code inside name different teams."
    why = "Under library validation the app cannot load it."
    mend = "Sign all of it yourself: `plover-tray sign APP -o OUT --identity ...`."
    source = "Apple's documentation of com.apple.security.cs.disable-library-validation"

    def find(self, facts: Facts) -> Iterator[Finding]:
        """One finding for each other team."""
        teams: dict[str, list[str]] = {}
        for item in facts.code:
            if item.team and item.team != facts.team:
                teams.setdefault(item.team, []).append(item.path)
        for team, paths in sorted(teams.items()):
            yield self.finding(
                paths[0],
                f"{len(paths)} pieces of code are signed by the team {team}, the app by "
                f"{facts.team or 'none'}.",
                each(paths),
            )


class GetTaskAllow(Rule):
    """A debugging entitlement."""

    code = "CS112"
    title = "A program lets any debugger attach"
    severity = Severity.ERROR
    meaning = "It has the entitlement get-task-allow, which Xcode adds to debug builds."
    why = "Notarization rejects it."
    mend = "Sign without it: `plover-tray sign APP -o OUT --entitlements FILE`."
    source = _NOTARY

    def find(self, facts: Facts) -> Iterator[Finding]:
        """One finding a program."""
        for item in facts.code:
            names = [name for name in GET_TASK_ALLOW if _is_true(item.entitlements.get(name))]
            if names:
                yield self.finding(
                    item.executable, "It lets any debugger attach.", f"entitlement {names[0]}"
                )


class NotForNotarization(Rule):
    """Hardened runtime and timestamp."""

    code = "CS113"
    title = "Signed code lacks what notarization demands"
    severity = Severity.WARNING
    meaning = "Code with a certificate has no hardened runtime, or no secure timestamp."
    why = "Notarization rejects it."
    mend = "Sign with --hardened, and without --no-timestamp."
    source = _NOTARY

    def find(self, facts: Facts) -> Iterator[Finding]:
        """One finding each for the runtime and the timestamp."""
        signed = [o for o in facts.code if o.team]
        soft = [
            o.executable
            for o in signed
            if o.filetype == "execute" and not all(s.hardened for s in o.signatures)
        ]
        timeless = [
            o.executable for o in signed if not all(s.cms and s.cms.timestamp for s in o.signatures)
        ]
        for paths, what in ((soft, "the hardened runtime"), (timeless, "a secure timestamp")):
            yield from self.one_for_all(
                paths,
                f"Its signed code is without {what}",
                f"pieces of signed code are without {what}",
            )


class MissingEntitlements(Rule):
    """Python under the hardened runtime."""

    code = "CS114"
    title = "A hardened Python app lacks entitlements that Python with Qt needs"
    severity = Severity.WARNING
    meaning = (
        "The main executable runs under the hardened runtime without one of allow-jit, "
        "allow-unsigned-executable-memory and disable-library-validation."
    )
    why = "; ".join(
        f"{name.rpartition('.')[2]}: {why}" for name, why in PYTHON_ENTITLEMENTS.items()
    )
    mend = "Sign with `plover-tray sign --hardened`, which gives them by default."
    source = "opensteno/plover#1805, #1820"

    def find(self, facts: Facts) -> Iterator[Finding]:
        """One finding for the main executable."""
        main = next((o for o in facts.code if o.place == "main"), None)
        if main is None or facts.bundle.runtime is None:
            return
        if not any(s.hardened for s in main.signatures):
            return
        missing = [
            name for name in PYTHON_ENTITLEMENTS if not _is_true(main.entitlements.get(name))
        ]
        if missing:
            words = listed(name.rpartition(".")[2] for name in missing)
            yield self.finding(
                main.executable,
                f"The hardened main executable lacks {words}.",
                f"entitlements: {listed(sorted(main.entitlements)) or 'none'}",
            )


def _is_true(value: Any) -> bool:
    return value is True


RULES: Sequence[Rule] = (
    AdhocInside(),
    MixedTeams(),
    GetTaskAllow(),
    NotForNotarization(),
    MissingEntitlements(),
)
