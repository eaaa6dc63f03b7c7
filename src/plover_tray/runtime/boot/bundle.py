"""The bundle this process runs from, read when first asked for."""

import os
import sys


def launcher():
    """The path of the bundle's main executable, or None outside a bundle."""
    return None
