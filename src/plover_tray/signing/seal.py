"""Sealing a whole bundle ad-hoc: in goes a private copy of a bundle or framework, out comes the
same folder sealed, code inside code first.

One pass over all files, on all processors: Mach-O files are signed and written anew, others
hashed. Then each bundle from the innermost outwards gets its CodeResources and its executable's
signature. A file is replaced by rename, so a hard link to the original is never written through.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from ..bundle.lenient_tree import Tree, open_file
from ..bundle.plist import MAX_PLIST
from ..errors import BundleError, MachOError, PloverTrayError, SigningError, show_path, unreadable
from ..macho.file import MachOFile, StaticLibraryError, looks_like_macho, parse_macho
from ..signature.constants import LOADED_TYPES
from ..signature.hashing import file_digests, workers
from ..signature.layout import CodeRoot, find_root
from ..signature.requirement_text import show_requirement
from ..signature.requirements import any_cdhash
from ..signature.resources import (
    RULES_1,
    RULES_1_SHALLOW,
    RULES_2,
    RULES_2_SHALLOW,
    Rules,
    Seal,
    compile_rules,
    make_code_resources,
)
from ..signature.seal_check import Sealed, sealed_paths
from .file_signer import FileJob, FileSigner, SignedFile
from .files import digests, read_whole, replace_file
from .macho_seal import SignatureContent
from .options import EventKind, Progress, SignEvent, SignOptions, SignReport
from .order import damaged, depth, main_root, no_program, roots_inside_out
from .signature_content import SignatureContents

_NOT_IN_XML = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class _File:
    """A file after the first pass."""

    digests: Mapping[str, bytes]
    macho: MachOFile | None = None
    signed: SignedFile | None = None


def seal_folder(
    folder: Path,
    options: SignOptions,
    signer: FileSigner,
    progress: Progress,
    steps: Sequence[str] = (),
) -> SignReport:
    """Seal the bundle or framework at `folder` in place; it must be a copy nobody else uses.

    `signer` signs each Mach-O file. Raises SigningError for what cannot be sealed, BundleError for
    what is no bundle.
    """
    return _Sealer(folder, options, signer, progress).run(tuple(steps))


class _Sealer:
    def __init__(
        self, folder: Path, options: SignOptions, signer: FileSigner, progress: Progress
    ) -> None:
        self._signer, self._progress = signer, progress
        self._tree = Tree(folder)
        self._main = main_root(self._tree)
        self._roots = roots_inside_out(self._tree, self._main)
        self._executables = {root.executable for root in self._roots}
        self._contents = SignatureContents(options, self._main, adhoc=signer.adhoc)
        self._files: dict[str, _File] = {}
        self._total = sum(node.size for node in self._tree.nodes.values())
        self._done = 0

    def run(self, steps: tuple[str, ...]) -> SignReport:
        self._first_pass()
        sealed = list(self._seal_roots())
        main = self._files[self._main.executable or ""]
        return SignReport(
            backend=self._signer.name,
            identifier=self._contents.identifier(self._main),
            cdhashes={a: c.hex() for a, c in main.signed.cdhashes.items()} if main.signed else {},
            files=sum(file.signed is not None for file in self._files.values()),
            bundles=len(sealed),
            steps=steps,
        )

    def _tell(self, kind: EventKind, path: str, size: int) -> None:
        self._done += size
        self._progress(SignEvent(kind, path, self._done, self._total))

    def _first_pass(self) -> None:
        nodes = self._tree.nodes
        paths = [path for path, node in nodes.items() if node.kind == "file"]
        paths.sort(key=lambda path: -nodes[path].size)
        errors: list[PloverTrayError] = []
        with workers() as pool:
            waiting = [(path, pool.submit(self._first_look, path)) for path in paths]
            try:
                for path, future in waiting:
                    try:
                        self._files[path] = file = future.result()
                    except (BundleError, SigningError, MachOError) as error:
                        errors.append(error)
                    else:
                        self._tell("signed" if file.signed else "hashed", path, nodes[path].size)
            except BaseException:
                pool.shutdown(cancel_futures=True)  # what a tool says once, it says of every file
                raise
        if errors:
            more = f" ({len(errors) - 1} more files cannot be signed either.)" if errors[1:] else ""
            raise SigningError(f"{errors[0].message}{more}", mend=errors[0].mend)

    def _first_look(self, path: str) -> _File:
        """Sign the file if it is code on its own, else hash it; run by a worker."""
        wanted = _algorithms(path)
        try:
            with open_file(self._tree.full(path)) as descriptor:
                if not looks_like_macho(os.pread(descriptor, 8, 0)):
                    return _File(file_digests(descriptor, wanted))
        except OSError as error:
            raise unreadable(show_path(path), error) from None
        data = read_whole(self._tree.root / path)
        try:
            macho = parse_macho(data, Path(path))
        except StaticLibraryError:
            return _File(digests([data], wanted))
        except MachOError as error:
            raise damaged(error) from error
        if macho.filetype not in LOADED_TYPES:
            return _File(digests([data], wanted), macho)
        if path in self._executables:
            return _File({}, macho)  # to be signed with its bundle, and hashed then
        return self._sign(path, data, macho, self._contents.of_file(path, data, macho), wanted)

    def _sign(
        self,
        path: str,
        data: bytes,
        macho: MachOFile,
        content: SignatureContent,
        wanted: Sequence[str],
    ) -> _File:
        mode = self._tree.nodes[path].mode
        job = FileJob(self._tree.root / path, data, macho, content, mode, wanted)
        signed = self._signer.sign(job)
        return _File(signed.digests, macho, signed)

    def _seal_roots(self) -> Iterator[CodeRoot]:
        """Seal all bundles and name those that are code: equally deep ones at the same time."""
        with workers() as pool:
            for _, group in groupby(self._roots, key=depth):
                roots = list(group)
                for root, sealed in zip(roots, pool.map(self._seal_root, roots), strict=True):
                    if sealed:
                        self._tell("sealed", root.path, 0)
                        yield root

    def _seal_root(self, root: CodeRoot) -> bool:
        """Give a bundle its seal; whether it is code at all. Run by a worker."""
        path = root.executable or ""
        macho = self._files[path].macho if path in self._files else None
        if macho is None or macho.filetype not in LOADED_TYPES:
            if root is self._main:
                raise no_program(root)
            return False
        resources = self._code_resources(root)
        self._write_seal(root.seal, resources)
        data = read_whole(self._tree.root / path)
        info = self._tree.read(root.info, MAX_PLIST) if root.info else None
        content = self._contents.of_root(root, data, macho)
        whole = replace(content, info_plist=info, code_resources=resources)
        self._files[path] = self._sign(path, data, macho, whole, _algorithms(path))
        return True

    def _write_seal(self, path: str, resources: bytes) -> None:
        full = self._tree.root / path
        parent = path.rpartition("/")[0]
        if self._tree.kind(parent) not in {None, "directory"}:
            raise SigningError(
                f"{show_path(parent)} is where the seal belongs, and no folder.", mend="Remove it."
            )
        full.parent.mkdir(exist_ok=True)
        replace_file(full, [resources], 0o644)
        self._tree.add_file(path, len(resources))
        self._files[path] = _File(digests([resources], _algorithms(path)))

    def _code_resources(self, root: CodeRoot) -> bytes:
        shallow = root.shape == "shallow"
        files = {
            item.path: self._seal(_full(root, item), item)
            for item in self._items(root, RULES_2_SHALLOW if shallow else RULES_2)
        }
        files_1 = {
            item.path: Seal(
                "hash", sha1=self._digest(_full(root, item), "sha1"), optional=item.rule.optional
            )
            for item in self._items(root, RULES_1_SHALLOW if shallow else RULES_1)
            if item.kind == "file"
        }
        return make_code_resources(files, files_1, shallow=shallow)

    def _items(self, root: CodeRoot, rules: Rules) -> list[Sealed]:
        found = list(sealed_paths(self._tree, root, compile_rules(rules)))
        for item in found:
            if _NOT_IN_XML.search(item.path):
                raise SigningError(
                    f"The name {show_path(_full(root, item))} cannot be written into a seal.",
                    mend="Rename it.",
                )
        return found

    def _seal(self, path: str, item: Sealed) -> Seal:
        optional = item.rule.optional
        match item.kind:
            case "nested":
                return self._nested(path)
            case "file":
                return Seal("hash", sha256=self._digest(path, "sha256"), optional=optional)
            case "symlink":
                target = self._tree.nodes[path].target
                if not _NOT_IN_XML.search(target):
                    return Seal("symlink", target=target, optional=optional)
        raise SigningError(
            f"{show_path(path)} cannot be sealed: it is {_WHAT.get(item.kind, item.kind)}.",
            mend="Remove it, or let it be read.",
        )

    def _digest(self, path: str, algorithm: str) -> bytes:
        found = self._files[path].digests
        if algorithm in found:
            return found[algorithm]
        return digests([read_whole(self._tree.root / path)], (algorithm,))[algorithm]

    def _nested(self, path: str) -> Seal:
        executable: str | None = path
        if self._tree.kind(path) == "directory":
            root = find_root(self._tree, path)
            executable = root.executable if root else None
        file = self._files.get(executable or "")
        if file is None or file.signed is None:
            raise SigningError(
                f"{show_path(path)} lies where only signed code may lie, and is none.",
                mend="Move it to Contents/Resources.",
            )
        found = file.signed.cdhashes
        archs = sorted(found, key=lambda arch: not arch.startswith("arm64"))
        cdhashes = [found[arch] for arch in archs]
        text = file.signed.requirement or show_requirement(any_cdhash(cdhashes))
        return Seal("nested", cdhash=cdhashes[0], requirement=text)


_WHAT = {
    "other": "a pipe, socket or device",
    "unreadable": "unreadable",
    "symlink": "a symlink whose target cannot be written down",
}


def _full(root: CodeRoot, item: Sealed) -> str:
    return f"{root.base}/{item.path}" if root.base else item.path


def _algorithms(path: str) -> tuple[str, ...]:
    """Digests wanted of a file: the old rules seal what lies in Resources, with SHA-1."""
    old = "Resources/" in path or path.endswith("version.plist")
    return ("sha256", "sha1") if old else ("sha256",)
