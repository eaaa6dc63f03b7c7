"""Bundles bent out of shape: reading, planning and sealing end in an answer or in our own error."""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plover_tray.errors import PloverTrayError
from plover_tray.signature.sealable import plan_sealable
from plover_tray.signature.verify import verify, verify_structure
from plover_tray.signing.order import signing_order
from plover_tray.signing.sign import seal_in_place

TARGETS = ["", ".", "..", "/", "/etc/passwd", "Contents", "../Contents", "MacOS/Small", "A",
           "Current", "../../../../x", "Versions/Current", "Resources", "Info.plist"]  # fmt: skip
NAMES = ["x", "x.y", ".DS_Store", "._x", "Icon\r", "a\nb", "A.framework", "Current", "é",
         "\udcff", "\x01", "Contents", "Versions", "Info.plist", "_CodeSignature",
         "CodeResources"]  # fmt: skip

bends = st.lists(
    st.tuples(
        st.sampled_from(["remove", "link", "folder", "pipe", "empty", "add", "unreadable", "move"]),
        st.integers(0, 10_000),
        st.integers(0, 10_000),
    ),
    min_size=1,
    max_size=5,
)


def bend(app: Path, kind: str, which: int, how: int) -> None:
    """Change one thing of the tree, and nothing that a link of it leads to.

    What is impossible is left out.
    """
    paths = sorted([app, *app.rglob("*")])
    path = paths[which % len(paths)]
    if path.is_symlink() and kind in ("add", "unreadable"):
        return
    name = NAMES[how % len(NAMES)]
    match kind:
        case "add":
            new = path / name
            if not os.path.lexists(new) or (new.is_file() and not new.is_symlink()):
                new.write_bytes(b"x")  # a pipe would be waited for
        case "move":
            path.rename(path.parent / name)
        case "unreadable":
            path.chmod(0)
        case _:
            if path == app:
                return
            _gone(path)
            match kind:
                case "link":
                    path.symlink_to(TARGETS[how % len(TARGETS)])
                case "folder":
                    path.mkdir()
                case "pipe":
                    os.mkfifo(path)
                case "empty":
                    path.write_bytes(b"")


def _gone(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


@pytest.mark.parametrize("start", ["sealed", "unsealed"])
@given(found=bends)
@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_bent_bundle_gives_an_answer_or_our_own_error(
    small_app_made: Path,
    small_app_sealed: Path,
    tmp_path_factory: pytest.TempPathFactory,
    start: str,
    found: list[tuple[str, int, int]],
) -> None:
    folder = tmp_path_factory.mktemp("bent")
    app = folder / "Small.app"
    source = small_app_sealed if start == "sealed" else small_app_made
    shutil.copytree(source, app, symlinks=True)
    witness = folder / "x"
    witness.write_text("untouched")
    for kind, which, how in found:
        try:
            bend(app, kind, which, how)
        except OSError:
            continue
    messages = []
    for work in (verify, verify_structure, plan_sealable, signing_order, seal_in_place, verify):
        try:
            work(app)
        except PloverTrayError as error:
            messages.append(error.message)
    assert all(message.isprintable() for message in messages)
    assert witness.read_text() == "untouched"
    shutil.rmtree(folder, ignore_errors=True)
