"""The launcher for macOS, built twice and read back by LIEF, which had no part in writing it."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import lief
import pytest

from launcher.sources import LAUNCHER, PROJECT, build_module

SYSTEM_LIBRARIES = {"/usr/lib/libSystem.B.dylib", "/usr/lib/libobjc.A.dylib"}

STARTS_A_PROGRAM = (
    "exec",
    "posix_spawn",
    "fork",
    "vfork",
    "system",
    "popen",
    "NSTask",
    "LSOpen",
    "syscall",
)


@pytest.fixture(scope="session")
def universal2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("launcher") / "launcher"
    path.write_bytes(build_module().build_universal2())
    return path


@pytest.fixture(scope="session")
def fat(universal2: Path) -> lief.MachO.FatBinary:
    parsed = lief.MachO.parse(str(universal2))
    assert parsed is not None
    return parsed


@pytest.fixture(params=["X86_64", "ARM64"])
def thin(request: pytest.FixtureRequest, fat: lief.MachO.FatBinary) -> lief.MachO.Binary:
    return next(binary for binary in fat if binary.header.cpu_type.name == request.param)


def build_version(thin: lief.MachO.Binary) -> lief.MachO.BuildVersion:
    assert thin.build_version is not None
    return thin.build_version


def test_it_has_one_slice_for_each_architecture(fat: lief.MachO.FatBinary) -> None:
    assert fat.size == 2
    assert {binary.header.cpu_type.name for binary in fat} == {"X86_64", "ARM64"}


def test_each_slice_is_an_executable_for_macos_11(thin: lief.MachO.Binary) -> None:
    assert thin.header.file_type == lief.MachO.Header.FILE_TYPE.EXECUTE
    version = build_version(thin)
    assert version.platform == lief.MachO.BuildVersion.PLATFORMS.MACOS
    assert (version.minos, version.sdk) == ([11, 0, 0], [14, 0, 0])


def test_it_can_be_loaded_anywhere_in_memory(thin: lief.MachO.Binary) -> None:
    assert thin.is_pie


def test_it_links_to_nothing_but_libsystem_and_the_objective_c_runtime(
    thin: lief.MachO.Binary,
) -> None:
    assert {library.name for library in thin.libraries} == SYSTEM_LIBRARIES
    assert not thin.has_rpath


def test_it_imports_nothing_that_starts_another_program(thin: lief.MachO.Binary) -> None:
    imports = [str(symbol.name).removeprefix("_") for symbol in thin.imported_symbols]
    assert "dlopen" in imports
    assert [name for name in imports if name.startswith(STARTS_A_PROGRAM)] == []


def test_the_main_threads_stack_is_as_large_as_pythons_own(thin: lief.MachO.Binary) -> None:
    assert thin.main_command is not None
    assert thin.main_command.stack_size == 16 << 20


def test_rpaths_can_be_added_behind_the_load_commands(thin: lief.MachO.Binary) -> None:
    end = 32 + thin.header.sizeof_cmds
    first = min(section.offset for section in thin.sections if section.offset)
    assert first - end >= 4000


def test_each_slice_carries_a_signature(thin: lief.MachO.Binary) -> None:
    assert thin.code_signature is not None
    assert thin.code_signature.data_size > 0


def test_no_slice_carries_symbols_or_paths_of_this_machine(universal2: Path) -> None:
    data = universal2.read_bytes()
    assert str(PROJECT).encode() not in data
    assert b"launcher.m" not in data


def test_the_sdk_is_settable(universal2: Path) -> None:
    build = build_module()
    other = lief.MachO.parse(list(build.build_universal2(sdk=(26, 1, 0))))
    assert other is not None
    versions = [build_version(binary) for binary in other]
    assert [version.sdk for version in versions] == [[26, 1, 0], [26, 1, 0]]
    assert [version.minos for version in versions] == [[11, 0, 0], [11, 0, 0]]


def test_other_folders_and_caches_give_the_same_bytes(universal2: Path, tmp_path: Path) -> None:
    for name in ("launcher", "src"):
        shutil.copytree(
            PROJECT / name,
            tmp_path / "another folder é" / name,
            ignore=shutil.ignore_patterns("__pycache__", "launcher-universal2"),
        )
    output = tmp_path / "some other name"
    subprocess.run(
        [
            *(sys.executable, "-I", tmp_path / "another folder é/launcher/build.py"),
            *("-o", output),
        ],
        cwd=tmp_path,
        env={
            **os.environ,
            "ZIG_GLOBAL_CACHE_DIR": str(tmp_path / "cache"),
            "ZIG_LOCAL_CACHE_DIR": str(tmp_path / "cache"),
            "TMPDIR": str(tmp_path),
            "LANG": "C",
            "TZ": "Asia/Tokyo",
        },
        check=True,
    )
    assert output.read_bytes() == universal2.read_bytes()
    assert os.access(output, os.X_OK)


def test_a_version_is_read_in_all_its_lengths() -> None:
    build = build_module()
    assert build.parse_version("14") == (14, 0, 0)
    assert build.parse_version("14.2.1") == (14, 2, 1)
    assert build.parse_version("0") == (0, 0, 0)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("", "invalid literal for int"),
        ("x", "invalid literal for int"),
        ("14.", "invalid literal for int"),
        ("1.2.3.4", "'1.2.3.4' is no version"),
        ("14.-1", "'14.-1' is no version"),
        ("14.999", "'14.999' is no version"),
    ],
)
def test_what_is_no_version_is_refused(wrong: str, said: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(said)}"):
        build_module().parse_version(wrong)


def test_what_the_compiler_says_is_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    build = build_module()
    (tmp_path / "broken.m").write_text("int main(void) { return nothing; }")
    monkeypatch.setattr(build, "SOURCE", tmp_path / "broken.m")
    assert build.main(["-o", str(tmp_path / "output")]) == 1
    assert "nothing" in capsys.readouterr().err
    assert not (tmp_path / "output").exists()


def test_the_declarations_agree_with_a_real_appkit(tmp_path: Path) -> None:
    """GNUstep's headers stand in for Apple's: the same source, compiled with them."""
    headers = Path("/usr/include/GNUstep")
    if not (headers / "AppKit/AppKit.h").exists():
        pytest.skip("no headers of GNUstep (Debian's package gnustep-devel)")
    done = subprocess.run(
        [
            *("gcc", "-std=gnu11", "-fobjc-exceptions", "-fconstant-string-class=NSConstantString"),
            *("-Werror", "-isystem", headers, "-c", LAUNCHER / "launcher.m"),
            *("-o", tmp_path / "launcher.o", "-H"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "AppKit/NSAlert.h" in done.stderr
