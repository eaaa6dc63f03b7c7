"""Bundles to test against: broken, sound and hostile ones, assembled from real parts.

Comes in: nothing but this folder's sources and pins. Goes out: folders on disk that look like the
.app bundles people ship. `bundles` is the front door; `wheels` and `real_runtime` fetch the real
parts (pinned by hash, kept outside the repository), `compile` makes the executables.
"""
