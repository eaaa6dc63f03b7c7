"""The whole of a notarization: looked at, sent, waited for, and stapled if Apple accepted it."""

from pathlib import Path

from .choose import NotaryName, choose_notary
from .credentials import NotaryCredentials
from .eligibility import check_certified, check_kind
from .events import Progress
from .notarize import Notarization, notarize
from .retry import RetryPolicy
from .staple import choose_stapler, staple


def notarize_and_staple(
    path: Path,
    credentials: NotaryCredentials,
    *,
    notary: NotaryName = "auto",
    stapled: bool = True,
    resume: bool = False,
    again: bool = False,
    timeout: float | None = None,
    progress: Progress = lambda _: None,
) -> Notarization:
    """Apple's verdict on the app, DMG, pkg or zip at `path`; a zip cannot be stapled.

    `timeout` are seconds to wait for the verdict. Raises PloverTrayError's subclasses; a refusal
    raises nothing and is in the result.
    """
    check_kind(path)
    if not resume:
        check_certified(path)
    policy = RetryPolicy() if timeout is None else RetryPolicy(timeout=timeout)
    verdict = notarize(
        path,
        choose_notary(notary, credentials),
        resume=resume,
        again=again,
        policy=policy,
        progress=progress,
    )
    if stapled and verdict.accepted and path.suffix.lower() != ".zip":
        stapler = choose_stapler("rcodesign" if notary == "rcodesign" else "auto")
        staple(verdict, stapler, policy=policy, progress=progress)
    return verdict
