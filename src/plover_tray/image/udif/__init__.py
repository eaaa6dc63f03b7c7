"""UDIF, the container of a DMG: its format, reading, writing and compression."""
