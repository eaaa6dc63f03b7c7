"""Starts of Python in the process: by every API a launcher may use, and by the builders' own."""
# ruff: noqa: E501 - sources of guests in one line

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from apps.compile import Options
from apps.peers import REAL_LAUNCHERS, make_peer
from apps.runtime import stand_in_libpython
from apps.wheels import mac_site_packages
from conftest import missing

from plover_tray.bundle.launcher_config import read_config
from plover_tray.bundle.plist import parse_plist
from plover_tray.rehearsal import SliceRehearsal, rehearse
from plover_tray.rehearsal.libraries.python.fields import (
    FIELDS,
    argument_field,
    field_at,
    size_of,
    version_of,
)
from rehearsal.guests import CONTENTS, NAME, PYTHON, USER, agreed, rehearse_source

LIBRARY = "Frameworks/Python.framework/Versions/3.13/Python"
HEAD = """
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>
#define LIBRARY "/Applications/Guest.app/Contents/Frameworks/Python.framework/Versions/3.13/Python"
typedef struct { int type; const char *func, *message; int code; } PyStatus;
static void *library;
static void *symbol(const char *name) { return dlsym(library, name); }
"""


def started(folder: Path, statements: str) -> SliceRehearsal:
    """What a program makes of a library that exports nothing to tell it from a libpython but its
    name; its symbols are looked up with dlsym."""
    source = f"{HEAD}int main(int argc, char **argv) {{ (void)argc; (void)argv; library = dlopen(LIBRARY, RTLD_NOW); {statements} return 0; }}"
    end = agreed(rehearse_source(folder, source, files={LIBRARY: b"stand-in for a libpython"}))
    assert end.outcome == "python", end.message
    assert (end.library, end.library_in_bundle) == (f"{CONTENTS}/{LIBRARY}", f"Contents/{LIBRARY}")
    assert end.python is not None
    return end


def test_the_classic_setters_and_main(tmp_path: Path) -> None:
    end = started(
        tmp_path,
        """
        wchar_t *(*decode)(const char *, size_t *) = symbol("Py_DecodeLocale"); wchar_t **wide = calloc(argc + 1, sizeof *wide);
        ((void (*)(const wchar_t *))symbol("Py_SetPythonHome"))(L"/home"); ((void (*)(const wchar_t *))symbol("Py_SetProgramName"))(decode("/é/python", NULL));
        for (int i = 0; i < argc; i++) wide[i] = decode(argv[i], NULL);
        return ((int (*)(int, wchar_t **))symbol("Py_Main"))(argc, wide);""",
    )
    assert end.python is not None
    assert (end.call, end.argv) == ("Py_Main", (f"{CONTENTS}/MacOS/{NAME}", *USER))
    assert (end.python.home, end.python.program_name) == ("/home", "/é/python")
    assert end.milestones == ("dlopen", "Py_Main")


def test_initialize_argv_and_a_file(tmp_path: Path) -> None:
    end = started(
        tmp_path,
        """
        ((void (*)(void))symbol("Py_Initialize"))(); wchar_t *all[] = {L"main.py", L"x", NULL}; ((void (*)(int, wchar_t **))symbol("PySys_SetArgv"))(2, all);
        FILE *f = fopen("/Applications/Guest.app/Contents/Resources/note.txt", "r"); ((int (*)(FILE *, const char *, int))symbol("PyRun_SimpleFileEx"))(f, "note.txt", 1);""",
    )
    assert end.python is not None
    assert (end.argv, end.python.runs) == (("main.py", "x"), "file note.txt")


@pytest.mark.parametrize(
    ("call", "runs"),
    {
        '((int (*)(const char *))symbol("PyRun_SimpleString"))("import x");': "code import x",
        '((void *(*)(const char *))symbol("PyImport_ImportModule"))("app.main");': "module app.main",
        '((void (*)(const char *))symbol("PyNothingKnown"))("x");': None,
    }.items(),
)
def test_what_runs_after_the_start_is_named_where_it_can_be(
    call: str, runs: str | None, tmp_path: Path
) -> None:
    end = started(tmp_path, f'((void (*)(void))symbol("Py_Initialize"))(); {call}')
    assert end.python is not None
    assert end.python.runs == runs


CONFIG = """
    char config[600]; PyStatus s; wchar_t *w[] = {L"-m", L"app", NULL};
    ((void (*)(void *))symbol("PyConfig_InitPythonConfig"))(config);
    PyStatus (*text)(void *, void *, const char *) = symbol("PyConfig_SetBytesString"); PyStatus (*wide)(void *, void *, const wchar_t *) = symbol("PyConfig_SetString");
    int (*bad)(PyStatus) = symbol("PyStatus_Exception");
    s = text(config, config + PROGRAM, argv[0]); if (bad(s)) return 1; s = wide(config, config + HOME, L"/the/home"); if (bad(s)) return 2;
    s = wide(config, config + MODULE, L"app.start"); if (bad(s)) return 3; SETARGV
    s = ((PyStatus (*)(void *))symbol("Py_InitializeFromConfig"))(config); if (bad(s)) return 5;
    return ((int (*)(void))symbol("Py_RunMain"))();
"""
SET_ARGV = {
    "bytes": 's = ((PyStatus (*)(void *, long, char *const *))symbol("PyConfig_SetBytesArgv"))(config, argc, argv); if (bad(s)) return 4;',
    "wide": 's = ((PyStatus (*)(void *, long, wchar_t *const *))symbol("PyConfig_SetArgv"))(config, 2, w); if (bad(s)) return 4;',
    "list": 's = ((PyStatus (*)(void *, void *, long, wchar_t **))symbol("PyConfig_SetWideStringList"))(config, config + ARGV, 2, w);',
    "append": 'PyStatus (*add)(void *, const wchar_t *) = symbol("PyWideStringList_Append"); s = add(config + ARGV, w[0]); s = add(config + ARGV, w[1]);',
}


@pytest.mark.parametrize("how", sorted(SET_ARGV))
def test_a_configuration_by_the_fields_of_its_struct(how: str, tmp_path: Path) -> None:
    places = {name: str(offset) for offset, name in FIELDS["3.13"].items()}
    source = CONFIG.replace("SETARGV", SET_ARGV[how])
    for word, field in (
        ("PROGRAM", "program_name"),
        ("HOME", "home"),
        ("MODULE", "run_module"),
        ("ARGV", "argv"),
    ):
        source = source.replace(f"config + {word}", f"config + {places[field]}")
    end = started(tmp_path, source)
    assert end.python is not None
    expected = (f"{CONTENTS}/MacOS/{NAME}", *USER) if how == "bytes" else ("-m", "app")
    assert (end.call, end.argv) == ("Py_RunMain", expected)
    assert (end.python.home, end.python.runs) == ("/the/home", "module app.start")
    assert end.python.program_name == f"{CONTENTS}/MacOS/{NAME}"


def test_pep_741(tmp_path: Path) -> None:
    end = started(
        tmp_path,
        """
        void *c = ((void *(*)(void))symbol("PyInitConfig_Create"))(); int (*n)(void *, const char *, long) = symbol("PyInitConfig_SetInt");
        int (*t)(void *, const char *, const char *) = symbol("PyInitConfig_SetStr"); int (*l)(void *, const char *, size_t, char *const *) = symbol("PyInitConfig_SetStrList");
        if (n(c, "use_environment", 1) || t(c, "home", "/h") || t(c, "run_filename", "boot.py") || l(c, "argv", (size_t)argc, argv)) return 1;
        if (((int (*)(void *))symbol("Py_InitializeFromInitConfig"))(c)) return 2;
        return ((int (*)(void))symbol("Py_RunMain"))();""",
    )
    assert end.python is not None
    assert end.argv == (f"{CONTENTS}/MacOS/{NAME}", *USER)
    assert (end.python.home, end.python.runs) == ("/h", "file boot.py")
    assert end.python.settings["use_environment"] == "1"


def test_a_helper_that_is_run_before_python_does_not_hide_it(tmp_path: Path) -> None:
    end = started(
        tmp_path,
        f"""system("'{PYTHON}' -c 'print(1)'"); return ((int (*)(int, char **))symbol("Py_BytesMain"))(argc, argv);""",
    )
    assert end.started[0].target == PYTHON


def test_an_exec_after_python_was_started_is_an_exec(tmp_path: Path) -> None:
    source = f'{HEAD}int main(int c, char **argv) {{ library = dlopen(LIBRARY, RTLD_NOW); ((void (*)(void))symbol("Py_Initialize"))(); return c + execv("{PYTHON}", argv); }}'
    end = agreed(rehearse_source(tmp_path, source, files={LIBRARY: b"x"}))
    assert (end.outcome, end.call) == ("exec", "execv")


def test_a_symbol_that_the_library_lacks_is_null(tmp_path: Path) -> None:
    source = f'{HEAD}int main(void) {{ library = dlopen(LIBRARY, RTLD_NOW); printf("%d%d", symbol("Py_NoSuchThing") == NULL, symbol("Py_BytesMain") == NULL); return 0; }}'
    end = agreed(rehearse_source(tmp_path, source, files={LIBRARY: stand_in_libpython("3.13")}))
    assert end.output == "10"


def test_a_library_that_is_not_there_cannot_be_loaded(tmp_path: Path) -> None:
    source = f'{HEAD}int main(void) {{ library = dlopen(LIBRARY, RTLD_NOW); puts(library ? "?" : dlerror()); return 1; }}'
    end = agreed(rehearse_source(tmp_path, source))
    assert (end.outcome, end.library) == ("exit", None)
    assert LIBRARY in end.output


def test_the_table_of_fields_is_sound() -> None:
    for version, fields in FIELDS.items():
        assert version_of(f"/x/Python.framework/Versions/{version}/Python") == version
        assert max(fields) < size_of(version)
        place = argument_field(version)
        assert place is not None
        assert field_at(version, place) == "argv"
    assert version_of("/x/libpython3.12.dylib") == "3.12"
    assert (version_of(None), field_at(None, 128), argument_field("2.7")) == (None, None, None)


def test_the_table_agrees_with_the_headers_of_this_python(tmp_path: Path) -> None:
    include = Path(sysconfig.get_path("include"))
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if not (include / "cpython" / "initconfig.h").exists() or version not in FIELDS:
        missing(f"no headers of Python {version}, or a version that the table lacks")
    prints = "".join(
        f'printf("%zu {name}\\n", offsetof(PyConfig, {name}));' for name in FIELDS[version].values()
    )
    source = tmp_path / "offsets.c"
    source.write_text(f"#include <Python.h>\n#include <stddef.h>\nint main(void) {{ {prints} }}\n")
    command = [sys.executable, "-m", "ziglang", "cc", "-I", str(include), str(source)]
    subprocess.run([*command, "-o", str(tmp_path / "offsets")], check=True, capture_output=True)
    printed = subprocess.run([tmp_path / "offsets"], check=True, capture_output=True, text=True)
    found = {int(line.split()[0]): line.split()[1] for line in printed.stdout.splitlines()}
    assert found == FIELDS[version]


# ---- the builders' own launchers -----------------------------------------------------------------


def peer(folder: Path, builder: str) -> Path:
    """The builder's bundle with the real universal2 libpython 3.13 of cx_Freeze's wheel in it: the
    stand-in lacks much of what these launchers ask for."""
    bundle = make_peer(folder, builder)
    library = bundle / "Contents" / LIBRARY
    if library.exists():
        shutil.copyfile(mac_site_packages("peers") / "freeze_core/bases/lib/Python", library)
    return bundle


@pytest.mark.parametrize("builder", REAL_LAUNCHERS)
def test_a_real_launcher_is_followed_to_python_in_its_own_process(
    builder: str, tmp_path: Path
) -> None:
    end = agreed(rehearse(peer(tmp_path, builder), USER))
    assert end.outcome == "python", end.message
    assert end.library_in_bundle is not None
    assert end.library_in_bundle.endswith("/Python")
    assert end.python is not None
    words = {*end.argv, *end.python.settings.values()}
    assert any(USER[0] in word for word in words)


def test_py2apps_launcher_is_followed_to_the_file_it_runs(tmp_path: Path) -> None:
    end = agreed(rehearse(peer(tmp_path, "py2app"), USER))
    boot = "/Applications/Hello Peer.app/Contents/Resources/__boot__.py"
    assert end.python is not None
    assert (end.call, end.python.runs) == ("PyRun_SimpleFile", f"file {boot}")
    assert end.argv == (boot, *USER)
    assert end.environment["RESOURCEPATH"] == boot.rpartition("/")[0]


def test_cx_freezes_launcher_sets_the_fields_of_the_table(tmp_path: Path) -> None:
    python = agreed(rehearse(peer(tmp_path, "cx_freeze"), USER)).python
    assert python is not None
    bundle = "/Applications/Hello Peer.app/Contents/MacOS"
    assert python.runs == "module __startup__"
    assert python.program_name == f"{bundle}/Hello Peer"
    assert FIELDS["3.13"][128] == "argv"
    assert python.settings["prefix"] == python.settings["exec_prefix"] == bundle


def test_all_of_py2apps_prebuilt_launchers_end(tmp_path: Path) -> None:
    """Twenty years of them, for ppc, i386 and today's: those for today's end, none is an exec."""
    bundle = peer(tmp_path, "py2app")
    main = bundle / "Contents" / "MacOS" / "Hello Peer"
    seen = 0
    for program in sorted((mac_site_packages("peers") / "py2app/apptemplate/prebuilt").iterdir()):
        if not program.name.endswith(("x86_64", "arm64", "universal2", "x86_64-oldsdk", "intel")):
            continue
        main.write_bytes(program.read_bytes())
        for slice_ in rehearse(bundle, USER).slices:
            seen += 1
            assert slice_.outcome in ("python", "unknown-call", "exit"), (
                program.name,
                slice_.message,
            )
    assert seen > 8


# ---- our own launcher ----------------------------------------------------------------------------


def test_our_launcher_makes_an_application_loads_python_and_runs_the_boot_module(
    fixed_bundle: Path,
) -> None:
    info, _ = parse_plist((fixed_bundle / "Contents" / "Info.plist").read_bytes(), "Info.plist")
    config = read_config(info)
    assert config is not None
    end = agreed(rehearse(fixed_bundle, USER))
    contents = f"/Applications/{fixed_bundle.name}/Contents"
    assert (end.outcome, end.call) == ("python", "Py_BytesMain"), end.message
    assert end.milestones == ("NSApplication", "dlopen", "Py_BytesMain")
    assert end.argv[0] == f"{contents}/{config.interpreter}"
    boot = end.argv.index(f"{contents}/{config.boot}")
    assert end.argv[1:boot] == config.entry.flags
    assert end.argv[boot + 1 :] == ("-m", config.entry.target, *config.entry.arguments, *USER)
    assert end.python is not None
    assert end.python.home == f"{contents}/{config.home}"
    assert end.library == f"{contents}/{config.library}"


@pytest.fixture(scope="module")
def fixed_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle as `fix` leaves it."""
    from apps.bundles import make_bundle

    import plover_tray

    folder = tmp_path_factory.mktemp("ours")
    broken = make_bundle(folder / "Broken.app", "plover-5.2")
    fixed = folder / "Fixed.app"
    plover_tray.fix(broken, fixed)
    return fixed


def test_options_of_the_compiler_do_not_matter(tmp_path: Path) -> None:
    source = f'{HEAD}int main(int argc, char **argv) {{ library = dlopen(LIBRARY, 2); return ((int (*)(int, char **))symbol("Py_BytesMain"))(argc, argv); }}'
    options = Options(fortify=True)
    end = agreed(rehearse_source(tmp_path, source, options=options, files={LIBRARY: b"x"}))
    assert end.argv[1:] == USER
