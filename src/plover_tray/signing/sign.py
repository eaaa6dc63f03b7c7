"""Signing: in goes a bundle, framework or Mach-O file, out comes a sealed copy of it, or nothing.

The front door. The input is never touched: a bundle is copied beside the output, made sealable,
sealed and then renamed, so that a kill at any moment leaves input and output as they were.
"""

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal, Protocol

from ..bundle.app_bundle import AppBundle
from ..bundle.lenient_tree import GIVE, Tree, find_input
from ..errors import MachOError, SigningError, show_path, writing
from ..macho.file import parse_macho
from ..signature.layout import CodeRoot
from ..signature.sealable import Obstacle, link_obstacles, plan_sealable
from ..signature.verify import verify
from ..writing.existing_output import exists_already
from ..writing.scratch_folder import scratch_folder
from ..writing.staging import staged_copy
from .backends.codesign import CodesignBackend
from .backends.rcodesign import RcodesignSigner
from .credentials import Credentials
from .file_signer import BuiltinSigner, FileJob, FileSigner
from .files import read_whole
from .make_sealable import apply_steps
from .options import Progress, SignEvent, SignOptions, SignReport, no_progress
from .seal import seal_folder
from .signature_content import SignatureContents

BackendName = Literal["auto", "builtin", "codesign", "rcodesign"]


class Backend(Protocol):
    """Seals a private copy of a bundle."""

    name: str

    def seal(
        self, folder: Path, options: SignOptions, progress: Progress, steps: Sequence[str] = ()
    ) -> SignReport:
        """Seal `folder` in place. Raises SigningError, ToolError or BundleError."""
        ...


class FileBackend:
    """Seals bundles with our own CodeResources, and something that signs single files."""

    def __init__(self, signer: FileSigner) -> None:
        """Sign files with `signer`."""
        self.name = signer.name
        self.signer = signer

    def seal(
        self, folder: Path, options: SignOptions, progress: Progress, steps: Sequence[str] = ()
    ) -> SignReport:
        """See Backend. What another tool has signed is verified."""
        report = seal_folder(folder, options, self.signer, progress, steps)
        if not isinstance(self.signer, BuiltinSigner):
            broken = [problem for problem in verify(folder).problems if problem.breaks]
            if broken:
                where = show_path(broken[0].path)
                raise SigningError(
                    f"What {self.name} made does not verify: {where}: {broken[0].message}."
                )
        return report


def choose_backend(name: BackendName, credentials: Credentials) -> Backend:
    """The backend called `name`; `auto` goes by the credentials and the system.

    Without credentials that is the built-in ad-hoc seal; with an identity `codesign`, with a .p12
    file `rcodesign`. Raises ToolError where the tool is missing, SigningError where the
    credentials are not for it.
    """
    if name == "auto":
        if credentials.empty:
            name = "builtin"
        else:
            name = "codesign" if credentials.identity and sys.platform == "darwin" else "rcodesign"
    if name == "codesign":
        return CodesignBackend(credentials)
    if name == "rcodesign":
        return FileBackend(RcodesignSigner(credentials))
    if not credentials.empty:
        raise SigningError(
            "The built-in seal is ad-hoc; it cannot sign with a certificate.",
            mend="Choose codesign on a Mac, or rcodesign.",
        )
    return FileBackend(BuiltinSigner())


def seal_in_place(
    folder: Path,
    options: SignOptions | None = None,
    *,
    backend: Backend | None = None,
    progress: Progress = no_progress,
) -> SignReport:
    """Make the bundle `folder`, a copy that may be thrown away, sealable, and seal it.

    For callers that stage a copy themselves; `sign` is for everybody else. Raises SigningError,
    ToolError, BundleError.
    """
    options = options or SignOptions()
    backend = backend or FileBackend(BuiltinSigner())
    steps: tuple[str, ...] = ()
    if options.mend:
        steps = _make_sealable(folder, options, progress)
    else:
        _refuse(list(link_obstacles(Tree(folder))))
    return backend.seal(folder, options, progress, steps)


def _make_sealable(folder: Path, options: SignOptions, progress: Progress) -> tuple[str, ...]:
    plan = plan_sealable(folder, drop_leftovers=options.drop_leftovers)
    _refuse(plan.obstacles)
    steps = apply_steps(folder, plan)
    for step in plan.steps:
        progress(SignEvent("mended", step.path, 0, 0))
    return steps


def _refuse(obstacles: Sequence[Obstacle]) -> None:
    """Raise SigningError where something stands in the way that only a person can remove."""
    if not obstacles:
        return
    first, more = obstacles[0], len(obstacles) - 1
    rest = f" {more} more such obstacle{'s are' if more > 1 else ' is'} there." if more else ""
    raise SigningError(f"{show_path(first.path)}: {first.message}.{rest}", mend=first.mend)


def sign(
    path: Path | str,
    output: Path | str,
    options: SignOptions | None = None,
    *,
    backend: Backend | None = None,
    replace_output: bool = False,
    backup: bool = True,
    progress: Progress = no_progress,
) -> SignReport:
    """Write a sealed copy of the bundle, framework or Mach-O file `path` to `output`.

    `output` may be `path` itself with `replace_output`; the old bundle is kept beside it if
    `backup`. Without a `backend` the seal is ad-hoc and built in. Raises PloverTrayError's
    subclasses; input and output are then as they were.
    """
    source, target = find_input(path), Path(output)
    if not source.is_dir():
        return _sign_file(source, target, options or SignOptions(), backend, replace_output)
    if (source / "Contents").is_dir():
        bundle = AppBundle.open(source)
        if bundle.executable is None:
            raise bundle.without_main()
    else:
        bundle = AppBundle(source, {}, "xml")
    with staged_copy(bundle, target, replace=replace_output, backup=backup) as staged:
        report = seal_in_place(staged.path, options, backend=backend, progress=progress)
        staged.commit()
    return report


def _sign_file(
    source: Path, target: Path, options: SignOptions, backend: Backend | None, replace_output: bool
) -> SignReport:
    """Sign a single Mach-O file: beside its output, on disk, then renamed."""
    signer: FileSigner = BuiltinSigner()
    if backend is not None:
        if not isinstance(backend, FileBackend):
            raise SigningError(
                f"{show_path(str(source))} is a single file, which only the built-in backend and "
                "rcodesign sign here.",
                mend="On a Mac: codesign --force --sign IDENTITY FILE.",
            )
        signer = backend.signer
    if os.path.lexists(target) and not replace_output:
        raise exists_already(target)
    data = read_whole(source)
    try:
        macho = parse_macho(data, source)
    except MachOError as error:
        raise SigningError(error.message, mend=GIVE) from error
    root = CodeRoot("", "shallow", "", None, source.name, None)
    content = SignatureContents(options, root, adhoc=signer.adhoc).of_file(source.name, data, macho)
    if options.identifier:
        content = replace(content, identifier=options.identifier)
    mode = source.stat().st_mode & 0o7777
    with writing(target), scratch_folder(target) as here:
        beside = here / source.name
        beside.write_bytes(data)
        signed = signer.sign(FileJob(beside, data, macho, content, mode))
        with beside.open("rb") as file:
            os.fsync(file.fileno())
        beside.replace(target)
    return SignReport(
        backend=signer.name,
        identifier=content.identifier,
        cdhashes={arch: cdhash.hex() for arch, cdhash in signed.cdhashes.items()},
        files=1,
        bundles=0,
    )
