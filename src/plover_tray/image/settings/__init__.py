"""A DMG's settings, in dmgbuild's format: read from a file, checked."""
