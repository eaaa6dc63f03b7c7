"""Shipping: notarization, stapling, and the release that goes on where it stopped."""

from .credentials import NotaryCredentials, notary_credentials
from .log import Issue, NotaryLog
from .notarize import Notarization, notarize
from .notary import Notary, Status, choose_notary
from .release import Release, ReleaseOptions, release
from .sendable import check_certified, check_kind
from .staple import Stapler, choose_stapler, staple

__all__ = [
    "Issue",
    "Notarization",
    "Notary",
    "NotaryCredentials",
    "NotaryLog",
    "Release",
    "ReleaseOptions",
    "Stapler",
    "Status",
    "check_certified",
    "check_kind",
    "choose_notary",
    "choose_stapler",
    "notarize",
    "notary_credentials",
    "release",
    "staple",
]
