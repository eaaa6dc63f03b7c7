"""Notarization: what Apple's notary is sent, its verdict, the ticket stapled to what it took."""

from .choose import choose_notary
from .credentials import NotaryCredentials, notary_credentials
from .eligibility import check_certified, check_kind
from .log import Issue, NotaryLog
from .notarize import Notarization, notarize
from .notary import Notary, Status
from .staple import Stapler, choose_stapler, staple

__all__ = [
    "Issue",
    "Notarization",
    "Notary",
    "NotaryCredentials",
    "NotaryLog",
    "Stapler",
    "Status",
    "check_certified",
    "check_kind",
    "choose_notary",
    "choose_stapler",
    "notarize",
    "notary_credentials",
    "staple",
]
