"""The steps that a bundle needs: in go its facts and the launcher's configuration, out `Step`s."""

import posixpath

from ..bundle.app_bundle import AppBundle
from ..bundle.entry import Entry
from ..bundle.launcher_config import BOOT_FOLDER, PLIST_KEY, LauncherConfig
from ..bundle.main_executable import INFO_PLIST, MainExecutable
from ..bundle.python_runtime import PythonRuntime
from ..bundle.system_version import needed_system, parse_system_version
from ..errors import FixError, show_path
from ..macho.file import Version, show_version
from ..payload.bytecode import own_python
from .already_done import is_already_done
from .launcher import LAUNCHER_MINOS
from .rpath_translation import Rename, RpathTranslation
from .steps import EditInfo, InstallBoot, InstallLauncher, Move, Remove, RenameLibraries, Step

CONTENTS = "Contents/"


def script_in_the_way(
    bundle: AppBundle, main: MainExecutable, entry: Entry
) -> tuple[list[Step], Entry]:
    """Where the main executable is itself the Python script, the script moves to Resources."""
    if entry.kind != "script" or f"{CONTENTS}{entry.target}" != main.path:
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
    return [move], Entry("script", to.removeprefix(CONTENTS), entry.flags, entry.arguments)


def steps_to_host(
    bundle: AppBundle,
    main: MainExecutable,
    runtime: PythonRuntime,
    config: LauncherConfig,
    translated: RpathTranslation,
    python: str | None,
) -> list[Step]:
    """The steps that put the launcher in, for `config`, without those that are done already.

    Raises FixError where the app and its Python have no architecture in common.
    """
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
            translated.rpaths,
            identifier,
        ),
        InstallLauncher(
            CONTENTS + config.interpreter,
            "Put the interpreter for child processes beside it (sys.executable)",
            "Children such as `-m pip` need a complete Python, and never a menu bar icon.",
            slices,
            translated.rpaths,
            f"{identifier}.python",
        ),
        _boot_step(config, python),
        *_info_steps(bundle, main, config),
        *_rename_steps(translated.renames),
        *_duplicate_identity_steps(bundle, runtime),
    ]
    return [step for step in steps if not is_already_done(bundle, step)]


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
    if path not in bundle.entries or bundle.identifier_in(path) != bundle.identifier:
        return []
    why = "It lent the interpreter the app's identifier; the app's own process has it now."
    return [Remove(path, "Remove the interpreter's Info.plist", why)]
