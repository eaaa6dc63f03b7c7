"""What a fix will do and why: in go a bundle's facts and its rehearsal, out a `FixPlan`.

Nothing is written here. A plan for a bundle that is fixed already has no steps.
"""

import posixpath
from dataclasses import dataclass, replace

from ..bundle.app_bundle import INFO_PLIST, AppBundle, MainExecutable, show_path
from ..bundle.entry import Entry
from ..bundle.launcher_config import BOOT_FOLDER, PLIST_KEY, LauncherConfig
from ..bundle.plist import MAX_PLIST, parse_plist
from ..bundle.python_runtime import PythonRuntime
from ..bundle.system_version import builders_system, needed_system, parse_system_version
from ..errors import BundleError, FixError
from ..macho.file import MachOFile, Version, show_version
from ..payload.bytecode import own_python
from ..rehearsal import Rehearsal
from .already_done import is_done
from .launcher import LAUNCHER_MINOS
from .origin import Origin, interpreter_of, origin_from_rehearsal
from .preconditions import (
    check_entry_is_there,
    hosted_runtime,
    odd_identifier_note,
    replaceable_main,
)
from .rpath_translation import CarryOver, Rename, carry_over
from .steps import EditInfo, InstallBoot, InstallLauncher, Move, Remove, RenameLibraries, Step

_CONTENTS = "Contents/"


@dataclass(frozen=True, slots=True)
class FixPlan:
    """All that `apply` will do; `state` says in one line what the bundle was found to be."""

    state: str
    steps: tuple[Step, ...]
    notes: tuple[str, ...]
    config: LauncherConfig | None

    @property
    def nothing_to_do(self) -> bool:
        """Whether the bundle is as a fix would leave it."""
        return not self.steps


def plan_fix(
    bundle: AppBundle,
    rehearsal: Rehearsal | None,
    *,
    entry: Entry | None = None,
    force: bool = False,
    python: str | None = None,
) -> FixPlan:
    """Plan the rebuilding of `bundle`.

    `rehearsal` was made with `origin.MARKERS` as arguments; it may be None where there is nothing
    to rehearse. `entry` overrides what the rehearsal says Python runs; `force` also replaces a
    launcher that hosts Python in process already. `python` is an interpreter of the app's version
    that compiles the boot module; by default it is this tool's own, if of that version. Raises
    FixError or BundleError.
    """
    main = replaceable_main(bundle)
    if bundle.config is not None:
        return _plan_again(bundle, main, bundle.config, entry, python)
    outcomes = {s.outcome for s in rehearsal.slices} if rehearsal else set()
    if outcomes == {"python"} and main.symlink is None and not force:
        return FixPlan(
            "The main executable hosts Python in its own process already; nothing to fix.",
            (),
            ("--force replaces it with this launcher all the same (--entry says what to run).",),
            None,
        )
    runtime = hosted_runtime(bundle)
    if entry is not None:
        origin = Origin(entry, interpreter_of(rehearsal), {}, (), None, ())
    elif rehearsal is not None:
        origin = origin_from_rehearsal(bundle, rehearsal)
    else:
        raise FixError(
            "The main executable cannot be rehearsed.",
            mend="Say what Python runs with --entry, for example --entry '-m package.module'.",
        )
    moves, origin_entry = _script_in_the_way(bundle, main, origin.entry)
    config = LauncherConfig(
        library=runtime.library.removeprefix(_CONTENTS),
        home=(runtime.home or "").removeprefix(_CONTENTS),
        version=runtime.version_text,
        interpreter=f"MacOS/python{runtime.version_text}",
        entry=origin_entry,
        environment=origin.environment,
        unset_environment=origin.unset_environment,
        working_directory=origin.working_directory,
    )
    if entry is not None:
        check_entry_is_there(bundle, replace(config, entry=entry))
    carried = carry_over(bundle, origin.interpreter or runtime.interpreter)
    steps = [*moves, *_steps(bundle, main, runtime, config, carried, python)]
    notes = (
        *origin.notes,
        *carried.notes,
        *_sdk_note(bundle, main, origin),
        *_system_note(bundle),
        *odd_identifier_note(bundle),
    )
    return FixPlan(_state(main, rehearsal), tuple(steps), notes, config)


def _plan_again(
    bundle: AppBundle,
    main: MainExecutable,
    config: LauncherConfig,
    entry: Entry | None,
    python: str | None,
) -> FixPlan:
    """A bundle with our launcher: only what is older or other than today's is done again."""
    runtime = hosted_runtime(bundle)
    wanted = config
    if entry is not None and entry != config.entry:
        wanted = replace(config, entry=entry)
        check_entry_is_there(bundle, wanted)
    rpaths = main.macho.slices[0].rpaths if main.macho else ()
    steps = _steps(bundle, main, runtime, wanted, CarryOver(rpaths, (), ()), python)
    if not steps:
        return FixPlan("The bundle is fixed already; nothing changes.", (), (), wanted)
    state = "The bundle has this launcher, but not as this version of plover-tray makes it."
    return FixPlan(state, tuple(steps), (), wanted)


def _script_in_the_way(
    bundle: AppBundle, main: MainExecutable, entry: Entry
) -> tuple[list[Step], Entry]:
    """Where the main executable is itself the Python script, the script moves to Resources."""
    if entry.kind != "script" or f"{_CONTENTS}{entry.target}" != main.path:
        return [], entry
    name = posixpath.basename(main.path)
    to = f"Contents/Resources/{name}.py"
    if to in bundle.entries:
        raise FixError(
            f"{show_path(to)} is there already; the script {name} cannot move there.",
            mend="Rename that file.",
        )
    why = "The launcher takes its place; a script is resource, not code, to macOS."
    move = Move(main.path, f"Move the script to {to}", why, to)
    return [move], Entry("script", to.removeprefix(_CONTENTS), entry.flags, entry.arguments)


def _steps(
    bundle: AppBundle,
    main: MainExecutable,
    runtime: PythonRuntime,
    config: LauncherConfig,
    carried: CarryOver,
    python: str | None,
) -> list[Step]:
    identifier = bundle.identifier or ""
    slices = _slices(bundle, main, runtime)
    versions = ", ".join(
        f"{arch} (macOS {show_version(minos)} and later, SDK {show_version(sdk)})"
        for arch, (minos, sdk) in slices.items()
    )
    steps: list[Step] = [
        InstallLauncher(
            main.path,
            f"Put the launcher in: {versions}",
            "The process stays the bundle's main executable, so the menu bar can place its icon.",
            slices,
            carried.rpaths,
            identifier,
        ),
        InstallLauncher(
            _CONTENTS + config.interpreter,
            "Put the interpreter for child processes beside it (sys.executable)",
            "Children such as `-m pip` need a complete Python, and never a menu bar icon.",
            slices,
            carried.rpaths,
            f"{identifier}.python",
        ),
        _boot_step(config, python),
        *_info_steps(bundle, main, config),
        *_rename_steps(carried.renames),
        *_duplicate_identity_steps(bundle, runtime),
    ]
    return [step for step in steps if not is_done(bundle, step)]


def _boot_step(config: LauncherConfig, python: str | None) -> InstallBoot:
    compiler = python or own_python(config.version)
    if compiler:
        how = f"compiled for Python {config.version}"
    else:
        how = f"not compiled; --python with a Python {config.version} would make it start sooner"
    return InstallBoot(
        f"Contents/{BOOT_FOLDER}",
        f"Put the boot module in ({how}), which runs: python {config.entry.command_line()}",
        "It runs what the old process ran, and carries out a later exec in this process.",
        config.version,
        compiler,
        python is not None,
    )


def _slices(
    bundle: AppBundle, main: MainExecutable, runtime: PythonRuntime
) -> dict[str, tuple[Version | None, Version | None]]:
    """Architectures of the new launcher, with minos and SDK of the old main executable.

    A script has none of its own: the interpreter's are taken.
    """
    source = main.macho
    if source is None:
        source = bundle.sound_machos.get(runtime.interpreter or "") or bundle.sound_machos.get(
            runtime.library
        )
    old = {s.arch: s for s in source.slices} if source else {}
    slices: dict[str, tuple[Version | None, Version | None]] = {}
    for arch, oldest in LAUNCHER_MINOS.items():
        if arch not in runtime.archs or (main.macho and arch not in old):
            continue
        minos = old[arch].minos if arch in old else None
        if minos is not None and arch == "arm64":
            minos = max(minos, oldest)
        slices[arch] = (minos, old[arch].sdk if arch in old else None)
    if not slices:
        theirs = ", ".join(main.macho.archs) if main.macho else "a script"
        raise FixError(
            f"The main executable ({theirs}) and the bundle's Python "
            f"({', '.join(runtime.archs)}) have no architecture in common.",
            mend="Build both for arm64, x86_64 or both.",
        )
    return slices


def _info_steps(bundle: AppBundle, main: MainExecutable, config: LauncherConfig) -> list[Step]:
    steps: list[Step] = [
        EditInfo(
            INFO_PLIST,
            f"Add the launcher's configuration ({PLIST_KEY})",
            "The launcher reads there what to load and run, under the bundle's seal.",
            {PLIST_KEY: config.to_plist()},
        )
    ]
    name = posixpath.basename(main.path)
    if bundle.executable_name != name:
        steps.append(
            EditInfo(
                INFO_PLIST,
                f"Set CFBundleExecutable from {bundle.executable_name!r} to {name!r}",
                "It must be the bare name of a file in Contents/MacOS.",
                {"CFBundleExecutable": name},
            )
        )
    needed = needed_system(bundle)
    if needed is not None:
        version, path = needed
        said = bundle.info.get("LSMinimumSystemVersion")
        now = parse_system_version(said) if isinstance(said, str) else None
        if now is None or now < version:
            steps.append(
                EditInfo(
                    INFO_PLIST,
                    f"Set LSMinimumSystemVersion to {show_version(version)} "
                    f"(it {'is ' + said if isinstance(said, str) else 'is not set'})",
                    f"{show_path(path)} does not load on an older macOS.",
                    {"LSMinimumSystemVersion": show_version(version)},
                )
            )
    return steps


def _rename_steps(renames: tuple[Rename, ...]) -> list[Step]:
    by_file: dict[str, list[Rename]] = {}
    for rename in renames:
        by_file.setdefault(rename.path, []).append(rename)
    return [
        RenameLibraries(
            path,
            "Translate " + ", ".join(f"{r.old} to {r.new}" for r in group),
            "@executable_path was the interpreter's folder; it is Contents/MacOS now.",
            tuple(group),
        )
        for path, group in by_file.items()
    ]


def _duplicate_identity_steps(bundle: AppBundle, runtime: PythonRuntime) -> list[Step]:
    """An Info.plist beside the old interpreter that lent it the app's identifier."""
    if runtime.interpreter is None:
        return []
    path = posixpath.join(posixpath.dirname(runtime.interpreter), "Info.plist")
    if path not in bundle.entries:
        return []
    try:
        info, _ = parse_plist(bundle.read(path, MAX_PLIST), path)
    except BundleError:
        return []
    if info.get("CFBundleIdentifier") != bundle.identifier:
        return []
    why = "It lent the interpreter the app's identifier; the app's own process has it now."
    return [Remove(path, "Remove the interpreter's Info.plist", why)]


def _sdk_note(bundle: AppBundle, main: MainExecutable, origin: Origin) -> tuple[str, ...]:
    interpreter = bundle.sound_machos.get(origin.interpreter or "")
    if main.macho is None or not isinstance(interpreter, MachOFile):
        return ()
    old, was = main.macho.slices[0].sdk, interpreter.slices[0].sdk
    if old == was:
        return ()
    note = (
        f"AppKit took the app for one built with SDK {show_version(was)}, the interpreter's; with "
        f"the launcher it sees SDK {show_version(old)}, the old main executable's."
    )
    return (note,)


def _system_note(bundle: AppBundle) -> tuple[str, ...]:
    found = builders_system(bundle)
    if found is None:
        return ()
    version, path = found
    note = (
        f"{show_path(path)} says it needs macOS {show_version(version)}, but that is the system it "
        "was built on, not one that its builder chose; LSMinimumSystemVersion does not follow it."
    )
    return (note,)


def _state(main: MainExecutable, rehearsal: Rehearsal | None) -> str:
    if main.symlink is not None:
        return f"The main executable is a symlink to {show_path(main.symlink)}."
    if main.kind == "script":
        return "The main executable is a script."
    if rehearsal and rehearsal.slices[0].outcome == "spawn":
        return "The main executable starts Python as a child process."
    if rehearsal and rehearsal.slices[0].outcome == "exec":
        return "The main executable replaces itself with Python (exec)."
    return "The main executable is replaced as asked."
