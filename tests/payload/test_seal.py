"""A running app writes nothing into its own bundle, whose seal a single new file would break."""

from pathlib import Path

from launcher.matrix import Case

from payload.bundles import App, MakeApp


def files(app: App) -> set[Path]:
    """Every name in the bundle."""
    return set(app.bundle.path.rglob("*"))


def caches(folder: Path) -> list[str]:
    """The names of the bytecode files below a folder."""
    return sorted(path.name.partition(".")[0] for path in folder.rglob("*.pyc"))


def test_imports_write_bytecode_beside_the_apps_sources_only_outside_the_bundle(
    case: Case, make_app: MakeApp, tmp_path: Path
) -> None:
    outside = tmp_path / "plugins"
    outside.mkdir()
    for name in ("plugin", "second_plugin"):
        (outside / f"{name}.py").write_text("")
    app = make_app(
        case,
        f"sys.path.append({str(outside)!r})\nimport helper\n"
        "if 'again' not in sys.argv: os.execv(exe, [exe, __file__, 'again'])\n"
        "import second\nprint('done')",
        files={"helper.py": "import plugin", "second.py": "import helper, second_plugin"},
    )
    before = files(app)
    done = app.run()
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr
    assert files(app) == before
    assert caches(outside) == ["plugin", "second_plugin"]
