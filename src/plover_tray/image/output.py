"""The name that something made gets: in goes the path a person gave, out comes one that is free.

It is looked at before anything is made, and taken by one rename at the very end.
"""

import os
from pathlib import Path

from ..errors import OutputExistsError, StagingError, show_path, writing
from ..writing.atomic_rename import rename_new
from ..writing.existing_output import exists_already

_REPLACE = "Give --replace, or choose another name."


def checked_output(output: Path, suffix: str, what: str, *, replace_output: bool) -> Path:
    """`output`, absolute: a name that ends in `suffix` and is free, or may be replaced.

    `what` is made, for messages: "the image". Raises OutputExistsError, StagingError.
    """
    if output.name in ("", "..") or "\0" in str(output):
        raise StagingError(
            f"{show_path(output)} cannot be the name of {what}.", mend=f"Give a {suffix} file."
        )
    output = Path(os.path.realpath(output.parent)) / output.name
    with writing(output):
        a_folder = output.is_dir() and not output.is_symlink()
    if a_folder:
        raise OutputExistsError(
            f"{show_path(output)} is a folder.", mend=f"Give the name of a {suffix} file."
        )
    if output.suffix.lower() != suffix:
        raise StagingError(
            f"{show_path(output)} cannot be {what}: its name does not end in {suffix}.",
            mend=f"Choose a name such as {show_path(output.stem)}{suffix}.",
        )
    if os.path.lexists(output) and not replace_output:
        raise exists_already(output, mend=_REPLACE)
    return output


def publish(made: Path, output: Path, *, replace_output: bool) -> None:
    """Give what was `made` its name. Raises OutputExistsError where another took it meanwhile."""
    if replace_output:
        made.replace(output)
    else:
        try:
            rename_new(made, output)
        except FileExistsError:
            raise exists_already(output, mend=_REPLACE) from None
    descriptor = os.open(output.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
