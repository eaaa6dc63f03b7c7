"""Which tool speaks with the notary service: in go a name and credentials, out comes a `Notary`."""

import sys
from typing import Literal

from .credentials import NotaryCredentials
from .notary import Notary
from .notarytool import Notarytool
from .rcodesign import RcodesignNotary

NotaryName = Literal["auto", "notarytool", "rcodesign"]


def choose_notary(name: NotaryName, credentials: NotaryCredentials) -> Notary:
    """The notary called `name`; `auto`: notarytool on a Mac, rcodesign elsewhere.

    Raises ToolError where the tool is missing, SigningError where the credentials will not do.
    """
    credentials.check()
    if name == "auto":
        name = "notarytool" if sys.platform == "darwin" else "rcodesign"
    if name == "notarytool":
        return Notarytool(credentials)
    return RcodesignNotary(credentials)
