"""The Mac that a rehearsal pretends: all that differs by Mac, user and start, in one value.

Nothing of it may end up in a user's app. A rehearsal on `FIRST` and one on `SECOND`, which have
none of these values in common, show what a program makes of them: what differs was invented.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from .places import APPLICATIONS
from .system_paths import DIRECTORIES


@dataclass(frozen=True, slots=True)
class PretendedMac:
    """One Mac, one user, one moment. Paths have no slash at the end, but for `temporary`."""

    user: str
    login_name: str
    home: str
    user_id: int
    temporary: str
    """The user's TMPDIR, as the environment has it: below /var, with a slash at the end."""
    process_id: int
    host_name: str
    system_version: tuple[int, int, int]
    system_build: str
    darwin_release: str
    path: str
    login_shell: str
    moment: int
    """Seconds since 1970, UTC."""
    random_name: str
    """What mktemp puts in place of its X."""
    random_number: int
    launch: str
    """The numbers at the end of XPC_SERVICE_NAME."""
    applications: str = APPLICATIONS
    """The folder that the bundle lies in."""
    directories: frozenset[str] = field(init=False, compare=False)
    """Folders outside the bundle, symlinks resolved."""
    writable: tuple[str, ...] = field(init=False, compare=False)
    """Folders below which the user may write, symlinks resolved."""

    def __post_init__(self) -> None:
        temporary = ["/private" + place for place in _down_to(self.temporary)]
        below = ("", "/Applications", "/Desktop", "/Documents", "/Downloads", "/Library")
        library = ("Application Support", "Caches", "Logs", "Preferences")
        homes = [self.home + name for name in below]
        homes += [f"{self.home}/Library/{name}" for name in library]
        places = [place for path in (self.home, self.applications) for place in _down_to(path)]
        object.__setattr__(self, "directories", DIRECTORIES | {*temporary, *homes, *places})
        writable = (self.home, "/private/tmp", "/private/var/tmp", temporary[-1])
        object.__setattr__(self, "writable", writable)

    @property
    def version_text(self) -> str:
        """The system's version as sw_vers says it."""
        major, minor, patch = self.system_version
        return f"{major}.{minor}.{patch}" if patch else f"{major}.{minor}"

    def environment(self, identifier: str | None = None) -> dict[str, str]:
        """What LaunchServices gives an app that is opened from the Finder."""
        variables = {
            "HOME": self.home,
            "LOGNAME": self.login_name,
            "PATH": self.path,
            "SHELL": self.login_shell,
            "TMPDIR": self.temporary,
            "USER": self.user,
            "XPC_FLAGS": "0x0",
            "__CF_USER_TEXT_ENCODING": f"{self.user_id:#X}:0x0:0x0".replace("0X", "0x"),
        }
        if identifier:
            variables["__CFBundleIdentifier"] = identifier
            variables["XPC_SERVICE_NAME"] = f"application.{identifier}.{self.launch}"
        return variables

    def moment_as(self, form: str) -> str:
        """The moment in strftime's format. Raises ValueError for a format that there is not."""
        return time.strftime(form, time.gmtime(self.moment))

    def placeholders(self) -> Mapping[str, str]:
        """Values that a launcher can fill in, by the name of their placeholder."""
        return {
            "HOME": self.home,
            "USER": self.user,
            "LOGNAME": self.login_name,
            "TMPDIR": self.temporary,
            "PATH": self.path,
            "SHELL": self.login_shell,
            "UID": str(self.user_id),
            "PID": str(self.process_id),
            "HOST": self.host_name,
        }


def _down_to(path: str) -> list[str]:
    """The folders from the root down to `path`, and that."""
    parts = path.strip("/").split("/")
    return ["/" + "/".join(parts[:count]) for count in range(1, len(parts) + 1)]


FIRST = PretendedMac(
    user="user",
    login_name="user",
    home="/Users/user",
    user_id=501,
    temporary="/var/folders/zz/zyxvpxvq6csfxvn_n0000000000000/T/",
    process_id=4242,
    host_name="mac.local",
    system_version=(26, 1, 0),
    system_build="25B78",
    darwin_release="25.1.0",
    path="/usr/bin:/bin:/usr/sbin:/sbin",
    login_shell="/bin/zsh",
    moment=1_759_996_800,
    random_name="Qm3vXc8Z",
    random_number=4,
    launch="1.2",
)
"""A fresh Mac: its first user (501, of `staff`), launchd's PATH, zsh."""

SECOND = PretendedMac(
    user="pretended-second",
    login_name="pretended-login",
    home="/Volumes/pretended-disk/homes/pretended-home",
    user_id=76_543,
    temporary="/var/folders/q7/pretended_second_0000gn9876543210/T/",
    process_id=87_651,
    host_name="pretended-second-host.local",
    system_version=(26, 4, 7),
    system_build="25E9321",
    darwin_release="25.4.9",
    path="/usr/bin:/bin:/usr/sbin:/sbin:/opt/pretended-second/bin",
    login_shell="/bin/bash",
    moment=1_924_617_836,
    random_name="Ty7kRw2B",
    random_number=7,
    launch="987654.876543",
    applications="/Volumes/pretended-disk/homes/pretended-home/Pretended Second Applications",
)
"""Another one, whose every value is another and is found in no text by chance.

Its user's names and home folder have nothing in common either, so that a folder's name is not taken
for the user's.
"""
