"""The steps of a release in their order: what goes into each, what it makes, when it is skipped."""

from dataclasses import dataclass
from pathlib import Path

from .._version import __version__
from ..bundle.app_bundle import AppBundle
from ..image import epoch_from_environment
from ..notarization.record import digest_of
from ..signature.resources import TICKET_OF_APP
from .acts import Acts
from .options import ReleaseOptions
from .steps import Step

_AFTER_DMG = ("sign-dmg", "staple-dmg")
"""Steps that change the DMG once it is made."""


@dataclass(frozen=True, slots=True)
class _Chain:
    """What the keys of several steps have in common."""

    source: str
    """Digest of the app as it was given."""
    options: ReleaseOptions
    who: tuple[object, ...]
    """Who signs, by which tool."""
    acts: Acts

    @property
    def no_notary(self) -> str:
        return "--skip-notarize" if self.options.skip_notarize else ""


def steps_of(bundle: AppBundle, options: ReleaseOptions, acts: Acts) -> list[Step]:
    """The steps for `bundle`: first the app, then its DMG."""
    c = options.credentials
    who = (options.backend, c.identity, c.keychain, c.timestamp, c.p12 and digest_of(c.p12))
    chain = _Chain(digest_of(bundle.path), options, who, acts)
    return [*_app_steps(chain), *_dmg_steps(chain)]


def _app_steps(chain: _Chain) -> list[Step]:
    acts, options = chain.acts, chain.options
    app, fixed = acts.places.app, acts.places.fixed

    def ticket(_: Path) -> str:
        return digest_of(app / TICKET_OF_APP)

    return [
        Step(
            "fix",
            lambda _: (__version__, chain.source, options.entry),
            acts.fix,
            artifact=fixed,
            replaced_by=("sign",),
        ),
        Step("check", lambda out: (__version__, out.get("fix"), options.ignore), acts.check),
        Step(
            "sign",
            lambda out: (__version__, out.get("fix"), options.sign, chain.who),
            acts.sign,
            artifact=app,
        ),
        Step("verify", lambda out: (__version__, out.get("sign")), acts.verify),
        Step(
            "notarize-app",
            lambda out: out.get("sign"),
            lambda: acts.notarize(app),
            skip=chain.no_notary,
        ),
        Step(
            "staple-app",
            lambda out: out.get("sign"),
            lambda: acts.staple(app),
            artifact=app,
            skip=chain.no_notary,
            digest=ticket,
        ),
    ]


def _dmg_steps(chain: _Chain) -> list[Step]:
    acts, dmg = chain.acts, chain.acts.places.dmg
    epoch = epoch_from_environment()
    adhoc = chain.options.credentials.empty
    return [
        Step(
            "dmg",
            lambda out: (
                __version__,
                out.get("sign"),
                out.get("staple-app"),
                *acts.layout(),
                epoch,
            ),
            lambda: acts.make_dmg(epoch),
            artifact=dmg,
            replaced_by=_AFTER_DMG,
        ),
        Step(
            "sign-dmg",
            lambda out: (__version__, out.get("dmg"), chain.who),
            acts.sign_dmg,
            artifact=dmg,
            replaced_by=_AFTER_DMG[1:],
            skip="ad-hoc: an image has no ad-hoc signature" if adhoc else "",
        ),
        Step(
            "notarize-dmg",
            lambda out: out.get("sign-dmg", out.get("dmg")),
            lambda: acts.notarize(dmg),
            skip=chain.no_notary,
        ),
        Step(
            "staple-dmg",
            lambda out: out.get("sign-dmg", out.get("dmg")),
            lambda: acts.staple(dmg),
            artifact=dmg,
            skip=chain.no_notary,
        ),
        Step(
            "final-check",
            lambda out: (__version__, [out.get(name) for name in ("dmg", *_AFTER_DMG)]),
            acts.final_check,
            artifact=dmg,
        ),
    ]
