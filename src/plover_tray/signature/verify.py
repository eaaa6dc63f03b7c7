"""Verifying a seal offline: in goes a bundle, framework or Mach-O file, out comes what its
signatures say and everything about them that does not hold.

Nothing is trusted: every page, resource, link and nested requirement is compared with what was
signed. Trust in a certificate, revocation and Gatekeeper's opinion are for a Mac to say.
"""

import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from ..bundle.lenient_tree import GIVE, Tree, find_input, open_file
from ..bundle.plist import MAX_PLIST, parse_plist
from ..errors import BundleError, MachOError, show_path
from .blobs import SignatureFormatError, slot_name
from .constants import Slot
from .hashing import workers
from .layout import CodeRoot, all_roots, find_root
from .resources import SEAL_PATH, CodeResources, parse_code_resources
from .seal_check import SealCheck
from .slices import FileFacts, SliceFacts, read_file_facts
from .structure import structure_problems
from .verification import CodeObject, Place, Problem, ProblemKind, Verification

_FAULTS = {
    "damaged": ProblemKind.DAMAGED,
    "pages": ProblemKind.CHANGED,
    "coverage": ProblemKind.COVERAGE,
    "slot": ProblemKind.SLOT,
    "cms": ProblemKind.CMS,
}


def verify(path: Path | str) -> Verification:
    """Verify the bundle, framework or Mach-O file at `path`.

    Raises BundleError for what is neither, MachOError for a file that is no Mach-O file.
    """
    real = find_input(path)
    if not real.is_dir():
        return _verify_file(real)
    tree = Tree(real)
    root = find_root(tree, "")
    if root is None:
        raise BundleError(
            f"{show_path(str(path))} is laid out neither as a bundle nor as a framework.",
            mend=GIVE,
        )
    return _Verifier(tree, root).verification()


def _verify_file(path: Path) -> Verification:
    facts = read_file_facts(path)
    if facts.macho is None:
        raise MachOError(
            facts.error or f"{show_path(str(path))} is not a Mach-O file.",
            mend=GIVE,
        )
    code = CodeObject("", "", "main", facts.slices)
    problems = list(_slice_problems(code))
    context = _context(path)
    for slice_ in facts.slices:
        problems += _bound_files(code, slice_, context)
    return Verification(path, (code,), tuple(problems))


def _context(path: Path) -> dict[Slot, bytes | None] | None:
    """Info.plist and CodeResources of the bundle whose main executable `path` is, if it is one."""
    for base, info in (
        (path.parent.parent, path.parent.parent / "Info.plist"),
        (path.parent, path.parent / "Resources/Info.plist"),
    ):
        expected = base.name == "Contents" or base.parent.name == "Versions"
        data = _read_if_there(info) if expected else None
        try:
            found = parse_plist(data, "Info.plist")[0] if data else {}
        except BundleError:
            continue
        if found.get("CFBundleExecutable") == path.name:
            return {Slot.INFO: data, Slot.RESOURCES: _read_if_there(base / SEAL_PATH)}
    return None


def _read_if_there(path: Path) -> bytes | None:
    try:
        with open_file(path) as descriptor:
            return os.pread(descriptor, MAX_PLIST, 0)
    except OSError:
        return None


def _slice_problems(code: CodeObject) -> Iterator[Problem]:
    """What the slices of one file say without any context."""
    unsigned = [s for s in code.slices if s.signature is None and not s.faults]
    for slice_ in code.slices:
        for fault in slice_.faults:
            shown = f"{slice_.arch}: {fault.message}"
            yield Problem(code.executable, _FAULTS[fault.kind], shown, fault.evidence)
    if not unsigned or not code.wants_signature:
        return
    archs = ", ".join(s.arch for s in unsigned)
    needed = any(s.arch.startswith("arm64") for s in unsigned)
    if len(unsigned) < len(code.slices):
        yield Problem(
            code.executable,
            ProblemKind.HALF_SIGNED,
            f"Only some slices are signed: {archs} is not",
            "arm64 runs nothing unsigned" if needed else "Intel Macs run it, notarization does not",
            breaks=needed,
        )
    else:
        yield Problem(
            code.executable, ProblemKind.UNSIGNED, f"It is not signed ({archs})", breaks=needed
        )


def _bound_files(
    code: CodeObject, slice_: SliceFacts, files: Mapping[Slot, bytes | None] | None
) -> Iterator[Problem]:
    """Info.plist and CodeResources against the special slots of one slice.

    `files` is None where no bundle is known.
    """
    if slice_.signature is None:
        return
    for directory in slice_.signature.directories:
        for slot in (Slot.INFO, Slot.RESOURCES):
            expected = directory.special.get(slot)
            data = files[slot] if files else None
            if slot == Slot.INFO and data is None:
                data = slice_.embedded_info
            name = slot_name(slot)
            if expected is None or (files is None and data is None):
                continue
            if data is None:
                yield Problem(
                    code.path, ProblemKind.SLOT, f"{slice_.arch}: {name} was signed and is missing"
                )
            elif hashlib.new(directory.hash_name, data).digest()[: len(expected)] != expected:
                yield Problem(
                    code.path,
                    ProblemKind.SLOT,
                    f"{slice_.arch}: {name} was changed after signing",
                    f"the signature holds {directory.hash_name} {expected.hex()[:16]}…",
                )


class _Verifier:
    """One bundle or framework with everything inside."""

    def __init__(self, tree: Tree, root: CodeRoot) -> None:
        self._tree, self._root = tree, root
        self._problems: set[Problem] = set()
        self._seals: dict[str, bytes] = {}
        self._resources: dict[str, CodeResources] = {}
        self._roots = all_roots(tree, root)
        self._other_bases = {
            f"{r.path}/Versions/{v}".lstrip("/") for r in self._roots for v in r.other_versions
        }
        self._read_seals()
        old = any(r.version == 1 for r in self._resources.values())
        self._facts = self._read_files(("sha256", "sha1") if old else ("sha256",))
        self._objects = self._find_objects()
        self._by_path = {code.path: code for code in self._objects}

    def verification(self) -> Verification:
        for code in self._objects:
            self._problems.update(_slice_problems(code))
            if code.root is not None:
                self._check_root(code, code.root)
        if self._root.executable not in self._facts or not any(
            code.place == "main" for code in self._objects
        ):
            self._add(
                self._root.path, ProblemKind.UNSIGNED, "It has no main executable to carry a seal"
            )
        self._problems.update(structure_problems(self._tree, self._roots))
        return Verification(self._tree.root, self._objects, tuple(sorted(self._problems)))

    def _add(
        self, path: str, kind: ProblemKind, message: str, evidence: str = "", *, breaks: bool = True
    ) -> None:
        self._problems.add(Problem(path, kind, message, evidence, breaks))

    def _read_seals(self) -> None:
        for root in self._roots:
            if not self._tree.is_file(root.seal):
                continue
            try:
                self._seals[root.base] = data = self._tree.read(root.seal, MAX_PLIST)
                self._resources[root.base] = parse_code_resources(data)
            except (BundleError, SignatureFormatError) as error:
                self._add(root.seal, ProblemKind.SEAL, error.message)

    def _read_files(self, algorithms: tuple[str, ...]) -> dict[str, FileFacts]:
        """Facts of every file, hashed on all processors; large files first, to end together."""
        nodes = self._tree.nodes
        paths = [path for path, node in nodes.items() if node.kind == "file"]
        paths.sort(key=lambda path: -nodes[path].size)
        with workers() as pool:
            found = pool.map(lambda path: read_file_facts(self._tree.full(path), algorithms), paths)
            return dict(zip(paths, found, strict=True))

    def _find_objects(self) -> tuple[CodeObject, ...]:
        objects = []
        taken = set()
        for root in self._roots:
            facts = self._facts.get(root.executable) if root.executable else None
            if facts and facts.macho and root.executable and root.executable not in taken:
                taken.add(root.executable)
                place: Place = "main" if root is self._root else "nested"
                path = root.base if root.base in self._other_bases else root.path
                objects.append(CodeObject(path, root.executable, place, facts.slices, root))
        for path, facts in self._facts.items():
            if facts.macho and path not in taken:
                objects.append(CodeObject(path, path, "loose", facts.slices))
            elif facts.error:
                self._add(path, ProblemKind.DAMAGED, facts.error)
        return tuple(sorted(objects, key=lambda code: (code.place != "main", code.path)))

    def _check_root(self, code: CodeObject, root: CodeRoot) -> None:
        seal = self._seals.get(root.base)
        info = self._read(root.info)
        files = {Slot.INFO: info, Slot.RESOURCES: seal}
        for slice_ in code.slices:
            self._problems.update(_bound_files(code, slice_, files))
        if seal is None:
            if code.signatures:
                self._add(
                    root.path,
                    ProblemKind.NO_SEAL,
                    "Its executable is signed, but its resources are not sealed",
                    f"{root.seal} is not there",
                    breaks=code.place == "main",
                )
            return
        self._check_uncovered(code, root)
        resources = self._resources.get(root.base)
        if resources is not None:
            check = SealCheck(self._tree, root, resources, self._facts, self._by_path.get)
            try:
                self._problems.update(check.problems())
            except SignatureFormatError as error:
                self._add(root.seal, ProblemKind.SEAL, error.message)

    def _check_uncovered(self, code: CodeObject, root: CodeRoot) -> None:
        for slice_ in code.slices:
            if slice_.signature is None:
                continue
            special = slice_.signature.best.special
            missing = [slot for slot in (Slot.INFO, Slot.RESOURCES) if slot not in special]
            if root.info is None:
                missing = [slot for slot in missing if slot != Slot.INFO]
            for slot in missing:
                self._add(
                    root.path,
                    ProblemKind.SLOT,
                    f"{slice_.arch}: the signature does not cover {slot_name(slot)}",
                    "the executable was signed alone, not with its bundle",
                )

    def _read(self, path: str | None) -> bytes | None:
        try:
            return self._tree.read(path, MAX_PLIST) if path else None
        except BundleError:
            return None


def verify_structure(path: Path | str) -> tuple[Problem, ...]:
    """What no seal of the bundle at `path` could hold; nothing is hashed.

    Raises BundleError for what is no bundle.
    """
    tree = Tree(Path(os.path.realpath(path)))
    root = find_root(tree, "")
    return tuple(sorted(structure_problems(tree, all_roots(tree, root) if root else [])))
