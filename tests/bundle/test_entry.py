"""What Python is asked to run, against the real interpreter's own option parsing."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plover_tray.bundle.entry import Entry, EntryKind, entry_from_argv, parse_entry
from plover_tray.errors import EntryError

PROBE = """
import json, sys
flags = {name: getattr(sys.flags, name) for name in dir(sys.flags)
         if isinstance(getattr(sys.flags, name), int)}
print(json.dumps(["probe", flags, sys.argv, sys._xoptions, sys.warnoptions]))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where `probe` is a module, a script, and a script whose name looks like an option."""
    made = tmp_path_factory.mktemp("probe")
    for name in ("probe.py", "-probe.py", "two words é.py", "probe:main"):
        (made / name).write_text("# -x skips this line\n" + PROBE)
    return made


def run_python(words: list[str], folder: Path) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def words_of(entry: Entry) -> list[str]:
    """The entry written out, one option a word, as the boot module's flags are."""
    program = {"module": ["-m"], "code": ["-c"], "script": ["--"], "function": ["?"]}[entry.kind]
    return [*entry.flags, *program, entry.target, *entry.arguments]


# What people and stubs write


@pytest.mark.parametrize(
    ("argv", "entry"),
    [
        (["-m", "pkg.mod"], Entry("module", "pkg.mod")),
        (["-mpkg.mod", "-s"], Entry("module", "pkg.mod", (), ("-s",))),
        (["-s", "-m", "pkg"], Entry("module", "pkg", ("-s",))),
        (["-sE", "main.py", "--", "a"], Entry("script", "main.py", ("-s", "-E"), ("--", "a"))),
        (["-Xdev", "-X", "utf8", "a"], Entry("script", "a", ("-X", "dev", "-X", "utf8"))),
        (["-sWerror", "a"], Entry("script", "a", ("-s", "-W", "error"))),
        (["-cx = 1", "b"], Entry("code", "x = 1", (), ("b",))),
        (["-OOc", "pass"], Entry("code", "pass", ("-O", "-O"))),
        (["-t", "a"], Entry("script", "a", ("-t",))),
        (["-Im", "pkg", "-V"], Entry("module", "pkg", ("-I",), ("-V",))),
        (["--", "-m"], Entry("script", "-m")),
        (
            ["--check-hash-based-pycs", "never", "a"],
            Entry("script", "a", ("--check-hash-based-pycs", "never")),
        ),
    ],
)
def test_an_interpreters_argv_is_read(argv: list[str], entry: Entry) -> None:
    assert entry_from_argv(argv) == entry


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("-s -m plover.scripts.dist_main", Entry("module", "plover.scripts.dist_main", ("-s",))),
        ("-m my-app", Entry("module", "my-app")),
        (
            "plover.scripts.main:main --gui qt",
            Entry("function", "plover.scripts.main:main", (), ("--gui", "qt")),
        ),
        ("-I pkg:Class.method", Entry("function", "pkg:Class.method", ("-I",))),
        ("'Resources/my app.py' 'a b'", Entry("script", "Resources/my app.py", (), ("a b",))),
        ("./pkg:func", Entry("script", "./pkg:func")),
        ("-- pkg:func", Entry("script", "pkg:func")),
        ("-W -- pkg:func", Entry("function", "pkg:func", ("-W", "--"))),
        ("-c 'print(1)'", Entry("code", "print(1)")),
    ],
)
def test_a_persons_words_are_read(text: str, entry: Entry) -> None:
    assert parse_entry(text) == entry


@pytest.mark.parametrize(
    "text",
    [
        "",
        "''",
        "-",
        "--",
        "-s",
        "-m",
        "-m ''",
        "-c ''",
        "-m 'two words'",
        "-m pkg/mod.py",
        "-m pkg..mod",
        "-m pkg:func",
        "-X",
        "-Z main.py",
        "-s- main.py",  # CPython complains of this, and runs main.py all the same
        "-V main.py",
        "-h",
        "--version",
        "--help main.py",
        "--check-hash-based-pycs",
        "--check-hash-based-pycs sometimes main.py",
        "--check-hash-based-pycs=always main.py",
        "'unclosed",
        "main.py '\x00'",
        "main.py '\x1b[31m'",
        "main.py '\udcff'",
        "'--\nnewline'",
        "-\n",
        "x" * 100_000 + " '",
    ],
)
def test_what_runs_no_program_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(EntryError) as caught:
        parse_entry(text)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 300


# Round trips

WORDS = st.text(
    st.characters(
        codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"
    ),
    max_size=12,
)
NAMES = st.from_regex(r"[a-zé_][a-zé0-9_]{0,5}(\.[a-z_]{1,5}){0,2}", fullmatch=True)
TARGETS: dict[EntryKind, st.SearchStrategy[str]] = {
    "module": NAMES,
    "script": WORDS.filter(bool)
    | st.builds("-{}".format, WORDS)
    | st.builds("{}:{}".format, NAMES, NAMES),
    "function": st.builds("{}:{}".format, NAMES, NAMES),
    "code": WORDS.filter(bool),
}
FLAGS = st.lists(
    st.sampled_from("bBdEiIOPqRsSuvx").map(lambda letter: (f"-{letter}",))
    | st.tuples(st.sampled_from(["-W", "-X"]), WORDS)
    | st.just(("--check-hash-based-pycs", "never")),
    max_size=4,
).map(lambda groups: tuple(word for group in groups for word in group))


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    kind = draw(st.sampled_from(sorted(TARGETS)))
    target = draw(TARGETS[kind].filter(lambda text: text != "-"))
    arguments = draw(st.lists(WORDS, max_size=3))
    return Entry(kind, target, draw(FLAGS), tuple(arguments))


@settings(max_examples=400, deadline=None)
@given(entries())
def test_an_entrys_command_line_reads_back_as_the_entry(entry: Entry) -> None:
    assert parse_entry(entry.command_line()) == entry


@settings(max_examples=300, deadline=None)
@given(
    st.text(max_size=60) | st.lists(st.sampled_from([*"-mcsEXW: '\\\"", "--", "a"])).map("".join)
)
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        entry = parse_entry(text)
    except EntryError:
        return
    assert entry.target
    assert parse_entry(entry.command_line()) == entry


# The real interpreter

CLUSTERS = st.lists(st.sampled_from("bBdEIOPqsSuvxt"), min_size=1, max_size=3).map("".join)
OPTIONS = (
    st.builds("-{}".format, CLUSTERS).map(lambda word: [word])
    | st.sampled_from(
        [
            ["-Xdev"],
            ["-X", "utf8"],
            ["-sXdev"],
            ["-W", "error"],
            ["-Wignore"],
            ["-bWdefault"],
            ["--check-hash-based-pycs", "never"],
        ]
    )
    | st.sampled_from([["-Z"], ["-h"], ["-V"], ["-J"], ["--version"], ["-?"], ["-X"], ["-W"]])
)
PROGRAMS = st.sampled_from(
    [
        ["-c", PROBE],
        ["-c" + PROBE],
        ["-sc", PROBE],
        ["-m", "probe"],
        ["-mprobe"],
        ["-Bm", "probe"],
        ["probe.py"],
        ["--", "-probe.py"],
        ["two words é.py"],
        ["--"],
        ["-"],
        [],
    ]
)
ARGUMENTS = st.lists(st.sampled_from(["-s", "--", "-m", "a b", "é", "-", "-Xdev", ""]), max_size=3)


@settings(max_examples=40, deadline=None)
@given(st.lists(OPTIONS, max_size=3), PROGRAMS, ARGUMENTS)
def test_the_interpreter_itself_reads_a_command_line_in_the_same_way(
    folder: Path, options: list[list[str]], program: list[str], arguments: list[str]
) -> None:
    words = [word for option in options for word in option] + program + arguments
    status, printed = run_python(words, folder)
    try:
        entry = entry_from_argv(words)
    except EntryError:
        assert "probe" not in printed
        return
    assert (status, printed) == run_python(words_of(entry), folder)
    is_file = entry.kind == "script" and (folder / entry.target).is_file()
    if is_file or (entry.kind, entry.target) == ("code", PROBE):
        assert json.loads(printed)[0] == "probe"
        assert json.loads(printed)[2][1:] == list(entry.arguments)


def test_what_the_interpreter_takes_for_a_script_is_one(folder: Path) -> None:
    entry = parse_entry("-- probe:main arg")
    assert entry.kind == "script"
    status, printed = run_python(words_of(entry), folder)
    assert status == 0
    assert json.loads(printed)[2] == ["probe:main", "arg"]
