"""The version of this package, for all who name it; hatchling reads it too."""

__version__ = "0.1.0"
