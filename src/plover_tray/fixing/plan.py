"""What a fix will do and why: in go a bundle's facts and its rehearsal, out a `FixPlan`.

Nothing is written here. A plan for a bundle that is fixed already has no steps.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..bundle.app_bundle import AppBundle
from ..bundle.entry import Entry
from ..bundle.launcher_config import LauncherConfig
from ..bundle.main_executable import MainExecutable
from ..bundle.python_runtime import PythonRuntime
from ..bundle.system_version import builders_system
from ..errors import FixError, show_path
from ..macho.file import MachOFile, show_version
from ..rehearsal import Rehearsal
from .origin import Origin, origin_from_rehearsal
from .planned_steps import CONTENTS, script_in_the_way, steps_to_host
from .preconditions import (
    check_entry_is_there,
    hosted_runtime,
    odd_identifier_note,
    replaceable_main,
)
from .rpath_translation import RpathTranslation, translate_rpaths
from .steps import Step


@dataclass(frozen=True, slots=True)
class FixPlan:
    """All that `apply` will do; `state` says in one line what the bundle was found to be."""

    state: str
    steps: tuple[Step, ...]
    notes: tuple[str, ...]
    config: LauncherConfig | None
    left_out: tuple[str, ...] = ()
    """What the old main executable did besides, in whole sentences."""

    @property
    def nothing_to_do(self) -> bool:
        """Whether the bundle is as a fix would leave it."""
        return not self.steps


def plan_fix(
    bundle: AppBundle,
    rehearsal: Rehearsal | None,
    *,
    entry: Entry | None = None,
    environment: Mapping[str, str | None] | None = None,
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
    if rehearsal is not None:
        origin = origin_from_rehearsal(bundle, rehearsal, entry)
    elif entry is not None:
        origin = Origin(entry)
    else:
        raise FixError(
            "The main executable cannot be rehearsed.",
            mend="Say what Python runs with --entry, for example --entry '-m package.module'.",
        )
    moves, origin_entry = script_in_the_way(bundle, main, origin.entry)
    config = _config(runtime, replace(origin, entry=origin_entry), environment or {})
    if entry is not None:
        check_entry_is_there(bundle, replace(config, entry=entry))
    translated = translate_rpaths(bundle, origin.interpreter or runtime.interpreter)
    steps = [*moves, *steps_to_host(bundle, main, runtime, config, translated, python)]
    notes = (
        *origin.notes,
        *translated.notes,
        *_sdk_note(bundle, main, origin),
        *_system_note(bundle),
        *odd_identifier_note(bundle),
    )
    return FixPlan(_state(main, rehearsal), tuple(steps), notes, config, origin.left_out)


def _config(
    runtime: PythonRuntime, origin: Origin, given: Mapping[str, str | None]
) -> LauncherConfig:
    """What the launcher is told; `given` are the variables that a person says."""
    return LauncherConfig(
        library=runtime.library.removeprefix(CONTENTS),
        home=(runtime.home or "").removeprefix(CONTENTS),
        version=runtime.version_text,
        interpreter=f"MacOS/python{runtime.version_text}",
        entry=origin.entry,
        environment=_environment(origin, given),
        unset_environment=_unset(origin, given),
        working_directory=origin.working_directory,
        left_out=origin.left_out,
    )


def _environment(origin: Origin, given: Mapping[str, str | None]) -> dict[str, str]:
    """The variables that the launcher sets: the old ones, but for what a person says."""
    kept = {name: value for name, value in origin.environment.items() if name not in given}
    return {**kept, **{name: value for name, value in given.items() if value is not None}}


def _unset(origin: Origin, given: Mapping[str, str | None]) -> tuple[str, ...]:
    """The variables that the launcher removes."""
    kept = [name for name in origin.unset_environment if name not in given]
    return (*kept, *(name for name, value in given.items() if value is None))


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
    steps = steps_to_host(bundle, main, runtime, wanted, RpathTranslation(rpaths, (), ()), python)
    if not steps:
        return FixPlan("The bundle is fixed already; nothing changes.", (), (), wanted)
    state = "The bundle has this launcher, but not as this version of plover-tray makes it."
    return FixPlan(state, tuple(steps), (), wanted)


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
