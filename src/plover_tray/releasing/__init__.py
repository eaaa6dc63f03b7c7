"""The release: fix, check, sign, notarize, staple and DMG, going on where it stopped."""

from .options import ReleaseOptions
from .release import Release, release

__all__ = ["Release", "ReleaseOptions", "release"]
