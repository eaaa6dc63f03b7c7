"""Making a bundle sealable: in go a private copy and a plan, out comes the copy, changed."""

import os
import shutil
from pathlib import Path

from ..bundle.lenient_tree import read_start
from ..errors import SigningError, show_path
from ..macho.file import looks_like_macho
from ..signature.sealable import SealablePlan, StepKind


def apply_steps(bundle: Path, plan: SealablePlan) -> tuple[str, ...]:
    """Take the steps of `plan` on the private copy `bundle`; return them in words.

    Raises SigningError.
    """
    for step in plan.steps:
        path = bundle / step.path
        try:
            match step.kind:
                case StepKind.RESTORE:
                    _restore_links(path, bundle / step.target)
                case StepKind.REMOVE:
                    _remove(path)
                case StepKind.MOVE:
                    _move(path, bundle / step.target)
        except OSError as error:
            raise SigningError(
                f"{show_path(step.path)} could not be changed: {error.strerror}."
            ) from error
    return tuple(step.text for step in plan.steps)


def _restore_links(framework: Path, version: Path) -> None:
    """Make `Versions/Current` and the top-level links; what lay at the top only moves inside."""
    current = framework / "Versions/Current"
    if version == current:
        version = current.rename(framework / "Versions/A")
    elif os.path.lexists(current):
        current.unlink()
    current.symlink_to(version.name)
    for path in list(framework.iterdir()):
        if path.name == "Versions" or path.is_symlink():
            continue
        inner = version / path.name
        if os.path.lexists(inner):
            _remove(path)
        elif path.is_dir() or looks_like_macho(read_start(path)):
            path.rename(inner)
        else:  # data beside the executable would be taken for code
            (version / "Resources").mkdir(exist_ok=True)
            path.rename(version / "Resources" / path.name)
            path.symlink_to(f"Versions/Current/Resources/{path.name}")
    for path in version.iterdir():
        link = framework / path.name
        if path.name != "_CodeSignature" and not link.is_symlink():
            link.symlink_to(f"Versions/Current/{path.name}")


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def _move(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    path.rename(target)
    path.symlink_to(os.path.relpath(target, path.parent))
