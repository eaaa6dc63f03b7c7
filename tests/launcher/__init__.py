"""Tests of launcher/: how it is built, how it reads its settings, and both of its roles."""
