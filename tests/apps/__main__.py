"""Makes bundles by hand: `python -m apps plover DIR`, `python -m apps KIND DIR`, `python -m apps`.

Comes in: a kind and a folder. Goes out: the bundle in that folder, its path on stdout. Without
arguments it lists the kinds. Run it in `tests/`, or with `tests/` on PYTHONPATH.
"""

import sys
from pathlib import Path

from apps.bundles import BARE_KINDS, make_bundle, make_plover, runtime_of
from apps.kinds import SCRIPTS, STUBS


def main(arguments: list[str]) -> int:
    """Run the command line; return the exit status."""
    kinds = ["plover", *STUBS, *SCRIPTS, *BARE_KINDS]
    if len(arguments) != 2 or arguments[0] not in kinds:
        print("python -m apps KIND FOLDER, with one of:", *kinds, file=sys.stderr)
        return 2
    kind, folder = arguments
    if kind == "plover":
        bundle = make_plover(Path(folder))
        print(f"macOS CPython in it: {runtime_of(bundle)}", file=sys.stderr)
    else:
        bundle = make_bundle(Path(folder), kind)
    print(bundle)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
