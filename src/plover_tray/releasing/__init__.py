"""The release: fix, check, sign, notarize, staple and DMG, going on where it stopped."""

from .release import Release, ReleaseOptions, release

__all__ = ["Release", "ReleaseOptions", "release"]
