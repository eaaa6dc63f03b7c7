"""Imports of the standard library that the app must not notice.

The app's own modules may be named like standard ones, and sys.modules may be emptied around us.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .start import state

loaded: "dict[str, Any]" = {}


def load(name: str) -> "Any":
    """A module of the standard library, or None where the bundle lacks it.

    It is searched for in the standard library only, and what its import brings into sys.modules
    is taken out again, unless another thread could be importing something meanwhile.
    """
    if len(sys._current_frames().keys() - state["threads"]) > 1:
        try:
            return loaded.get(name) or __import__(name, fromlist=["*"])
        except ImportError:
            return None
    if name not in loaded:
        before = sys.modules.copy()
        path = sys.path[:]
        library = os.path.dirname(state["names"]["os"]["__file__"])
        sys.path[:] = [entry for entry in state["path"] if entry.startswith(library)]
        sys.path[:] = [entry for entry in sys.path if "site-packages" not in entry]
        importlib: Any = sys.modules["_frozen_importlib"]
        try:
            loaded[name] = importlib._gcd_import(name)
        except ImportError:
            loaded[name] = None
        finally:
            sys.path[:] = path
            for added in sys.modules.keys() - before.keys():
                del sys.modules[added]
    return loaded[name]
