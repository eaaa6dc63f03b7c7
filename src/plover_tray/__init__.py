"""Why a Python app's menu bar icon is missing on macOS 26 and later, and how to bring it back."""

__version__ = "0.1.0"
