"""The window that the Finder shows of a DMG: background, icons, .DS_Store, preview."""
