"""Ways to seal: built in (ad-hoc), Apple's `codesign` on a Mac, `rcodesign` anywhere.

What is sealed, in which order, with which identifiers, entitlements and flags is the same for all.
"""
