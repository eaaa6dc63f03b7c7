"""Apps with a tray icon that run here, under the launcher and under the stub it replaces."""

from pathlib import Path

import pytest
from apps.pythons import SharedPython
from apps.tray_apps import make_app, with_stub

from plover_tray.tray.virtual_display import tray_in, virtual_display


@pytest.fixture(scope="session")
def tray_app(
    tmp_path_factory: pytest.TempPathFactory,
    linux_python: SharedPython,
    linux_plover_packages: Path,
) -> Path:
    """An app with an icon under the launcher: look at it, do not change it."""
    return make_app(tmp_path_factory.mktemp("app"), linux_python, linux_plover_packages)


@pytest.fixture(scope="session")
def old_app(
    tmp_path_factory: pytest.TempPathFactory,
    linux_python: SharedPython,
    linux_plover_packages: Path,
) -> Path:
    """The same app as it was before: its main executable execs the interpreter."""
    app = make_app(tmp_path_factory.mktemp("app"), linux_python, linux_plover_packages)
    return with_stub(app, linux_python, "")


@pytest.fixture(scope="session")
def parent_app(
    tmp_path_factory: pytest.TempPathFactory,
    linux_python: SharedPython,
    linux_plover_packages: Path,
) -> Path:
    """The same app with a main executable that starts the interpreter as a child."""
    app = make_app(tmp_path_factory.mktemp("app"), linux_python, linux_plover_packages)
    wait = "int status; if (fork() > 0) { wait(&status); return 0; }"
    return with_stub(app, linux_python, wait)


@pytest.fixture(scope="session")
def display_with_tray() -> object:
    """A display of this worker with a tray, as users get it by --virtual-display."""
    with virtual_display() as display, tray_in(display):
        yield display


@pytest.fixture(scope="session")
def display_without_tray() -> object:
    """A display of this worker without one."""
    with virtual_display() as display:
        yield display
