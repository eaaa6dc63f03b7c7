"""An output that exists already is told in the same words, whoever would have written there."""

from collections.abc import Callable
from pathlib import Path

import pytest
from apps.bundles import make_bundle

from plover_tray.bundle.app_bundle import AppBundle
from plover_tray.errors import OutputExistsError
from plover_tray.fixing.fix import fix
from plover_tray.image.output import checked_output, publish
from plover_tray.releasing.acts import ReleaseTools
from plover_tray.releasing.options import ReleaseOptions
from plover_tray.releasing.release import release
from plover_tray.signing.sign import sign
from plover_tray.writing.staging import staged_copy


def copy(app: Path, output: Path) -> None:
    with staged_copy(AppBundle.open(app), output):
        pass


def taken_meanwhile(app: Path, output: Path) -> None:
    theirs = output.with_name("theirs")
    output.rename(theirs)
    with staged_copy(AppBundle.open(app), output) as staged:
        theirs.rename(output)
        staged.commit()


def sign_one_file(app: Path, output: Path) -> None:
    sign(app / "Contents/MacOS/Hello", output)


def make_image(_: Path, output: Path) -> None:
    checked_output(output, ".app", "the image", replace_output=False)


def publish_image(app: Path, output: Path) -> None:
    publish(app, output, replace_output=False)


def release_there(app: Path, output: Path) -> None:
    def nobody() -> None:
        raise AssertionError("Apple was asked")

    tools = ReleaseTools(nobody, nobody)  # type: ignore[arg-type]
    release(app, ReleaseOptions(output=output.parent, skip_notarize=True), tools)


REMOVE = "Remove it, or choose another name."
REPLACE = "Give --replace, or choose another name."


@pytest.mark.parametrize(
    ("write", "more", "mend"),
    [
        (copy, "", REMOVE),
        (taken_meanwhile, "", REMOVE),
        (fix, "", REMOVE),
        (sign, "", REMOVE),
        (sign_one_file, "", REMOVE),
        (make_image, "", REPLACE),
        (publish_image, "", REPLACE),
        (
            release_there,
            ", and no release made it",
            "Remove it, or choose another folder with -o.",
        ),
    ],
)
def test_what_exists_already_stays_and_is_named_with_the_next_step(
    write: Callable[[Path, Path], object], more: str, mend: str, tmp_path: Path
) -> None:
    app = make_bundle(tmp_path, name="Hello")
    output = tmp_path / "out/Hello.app"
    output.parent.mkdir()
    output.write_text("precious")
    with pytest.raises(OutputExistsError) as caught:
        write(app, output)
    assert caught.value.message == f"{output} exists already{more}."
    assert caught.value.mend == mend
    assert output.read_text() == "precious"
