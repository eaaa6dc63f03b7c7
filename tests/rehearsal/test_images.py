"""Mach-O as dyld loads it: fixups of both kinds, initializers, thread variables, old entries."""
# ruff: noqa: E501 - sources of guests in one line

import struct
from pathlib import Path

import pytest
from apps.bundles import make_bundle
from apps.compile import Options, chained_linker, compile_source
from apps.kinds import CHAINED_STUBS
from conftest import missing
from hypothesis import given, settings
from hypothesis import strategies as st

from plover_tray.errors import PloverTrayError
from plover_tray.rehearsal import Budget, rehearse
from plover_tray.report.rehearse_json import slice_document
from rehearsal.guests import CONTENTS, NAME, SMALL, USER, agreed, bundle_around, rehearse_source

LOADED = (Path(__file__).parent / "sources" / "loaded.c").read_text()


@pytest.mark.parametrize("chained", [False, True], ids=["dyld-info", "chained"])
def test_fixups_initializers_and_thread_variables(chained: bool, tmp_path: Path) -> None:
    if chained and chained_linker() is None:
        missing("no linker for chained fixups (Debian's package lld-19)")
    options = Options(minos="13.0", chained=chained)
    end = agreed(rehearse_source(tmp_path, LOADED, options=options))
    assert end.output == f"two one 4 20 2 8 1 b 1 {NAME} 1", end.message


@pytest.mark.parametrize("kind", sorted(CHAINED_STUBS))
def test_stubs_with_chained_fixups_end_as_their_source_says(kind: str, tmp_path: Path) -> None:
    if chained_linker() is None:
        missing("no linker for chained fixups (Debian's package lld-19)")
    stub = CHAINED_STUBS[kind]
    end = agreed(rehearse(make_bundle(tmp_path / "App.app", kind), USER))
    assert (end.outcome, end.call) == (stub.outcome, stub.call), end.message
    assert end.argv[-2:] == (USER if stub.forwards else stub.arguments[-2:])


ENDS = {
    "a loop": ("for (;;) argc++;", "budget", "instructions"),
    "a loop of calls": ('for (;;) getenv("X");', "budget", "calls"),
    "a loop of quiet calls": ("for (;;) if (strlen(argv[0]) == 1) break;", "budget", "calls"),
    "recursion": ("return main(argc + 1, argv) + argc;", "budget", "stack"),
    "allocation": ("for (;;) memset(malloc(1 << 20), 1, 9);", "budget", "memory"),
    "one large allocation": ("return malloc(1L << 40) == 0;", "budget", "memory"),
    "output": ("for (;;) fwrite(argv, 1, 4096, stdout);", "budget", "output"),
    "forks": ("for (;;) fork();", "budget", "nesting"),
    "a null pointer": ("return *(volatile int *)8;", "fault", None),
    "a null function": ("((void (*)(void))0)();", "fault", None),
    "a write to code": ("*(volatile char *)main = 1;", "fault", None),
    "a jump into data": ("static char data[64]; ((void (*)(void))data)();", "fault", None),
    "a trap": ("__builtin_trap();", "fault", None),
    "a null string": ("return (int)strlen((char *)(long)(argc > 9));", "fault", "strlen"),
    "a free of nothing": ("free(argv);", "fault", "free"),
    "abort": ("abort();", "exit", "abort"),
    "an endless string": (
        "char *s = malloc(9); memset(s, 'x', 64 << 20); puts(s);",
        "fault",
        "__memset_chk",
    ),
    "an unknown function": ("return (int)confstr(1, 0, 0);", "unknown-call", "confstr"),
    "unknown data": ("extern int optind; return optind;", "unknown-call", "optind"),
    "a longjmp": ("jmp_buf b; if (!setjmp(b)) longjmp(b, 1);", "unknown-call", "longjmp"),
    "an unknown conversion": ('printf("%La", 1.0L);', "unknown-call", "printf"),
}


@pytest.mark.parametrize("what", sorted(ENDS))
def test_code_that_cannot_go_on_ends_with_a_clear_word(what: str, tmp_path: Path) -> None:
    statements, outcome, call = ENDS[what]
    head = "#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n#include <unistd.h>\n#include <setjmp.h>\n"
    source = f"{head}int main(int argc, char *argv[]) {{ (void)argc; (void)argv; {statements} return 0; }}"
    for slice_ in rehearse_source(tmp_path, source, options=Options(fortify=True)).slices:
        assert (slice_.outcome, slice_.call) == (outcome, call), slice_.message
        assert slice_.message.endswith(".")
        if outcome == "budget":
            assert slice_.message.startswith(f"The rehearsal's bound of {call} was reached: ")


SYSTEM_CALLS = """
int main(void) {
#ifdef __aarch64__
    __asm__ volatile("mov x16, #59\\n svc #0x80");
#elif defined(OLD)
    __asm__ volatile("int $0x80");
#else
    __asm__ volatile("mov $0x200003b, %%rax\\n syscall" ::: "rax", "rcx", "r11");
#endif
    return 0;
}
"""


@pytest.mark.parametrize("define", [{}, {"OLD": "1"}], ids=["syscall", "int"])
def test_a_direct_system_call_never_leaves_the_emulator(
    define: dict[str, str], tmp_path: Path
) -> None:
    end = rehearse_source(tmp_path, SYSTEM_CALLS, options=Options(defines=define))
    for slice_ in end.slices:
        assert (slice_.outcome, slice_.call) == ("unknown-call", "system call")


def test_an_arm64e_slice_is_run_without_its_pointer_authentication(tmp_path: Path) -> None:
    source = """
    #include <unistd.h>
    int main(int argc, char **argv) {
        __asm__ volatile(".arch armv8.3-a\\n pacibsp\\n autibsp\\n pacia x9, x10\\n autia x9, x10" ::: "x9", "x10");
        return execv("/Applications/Guest.app/Contents/Frameworks/python", argv) + argc;
    }"""
    data = bytearray(compile_source(source, ".c", Options(archs=("arm64",))))
    struct.pack_into("<I", data, 8, 2)  # CPU_SUBTYPE_ARM64E
    (slice_,) = rehearse(bundle_around(tmp_path, bytes(data)), USER).slices
    assert (slice_.arch, slice_.outcome) == ("arm64e", "exec"), slice_.message


def test_an_old_executable_is_entered_through_its_thread_state(tmp_path: Path) -> None:
    """As before macOS 10.8: argc and argv on the stack, no LC_MAIN."""
    source = """
    #include <unistd.h>
    int main(int argc, char **argv);
    void start(long *stack) { _exit(main((int)stack[0], (char **)(stack + 1))); }
    int main(int argc, char **argv) {
        extern char entry[];
        return argc == 3 ? execv("/Applications/Guest.app/Contents/Frameworks/python", argv) : entry[0];
    }
    #ifdef __aarch64__
    __asm__(".globl _entry\\n_entry: mov x0, sp\\n b _start\\n");
    #else
    __asm__(".globl _entry\\n_entry: mov %rsp, %rdi\\n and $-16, %rsp\\n call _start\\n");
    #endif
    """
    for arch, place, count in (("arm64", 32, 68), ("x86_64", 16, 42)):
        data = bytearray(compile_source(source, ".c", Options(archs=(arch,), strip=False)))
        _replace_main(data, place, count, flavour=6 if arch == "arm64" else 4)
        folder = tmp_path / arch
        (slice_,) = rehearse(bundle_around(folder, bytes(data)), USER).slices
        assert (slice_.outcome, slice_.argv[1:]) == ("exec", USER), slice_.message


def _replace_main(data: bytearray, place: int, words: int, flavour: int) -> None:
    """Turn LC_MAIN into LC_UNIXTHREAD at the symbol `_entry`, at the commands' end."""
    count, size = struct.unpack_from("<2I", data, 16)
    at = 32
    entry = _symbol(data, b"_entry")
    for index in range(count):
        number, length = struct.unpack_from("<2I", data, at)
        if number == 0x80000028:
            data[at : at + 4] = struct.pack("<I", 0x2F)  # LC_NOTE: nothing
        at += length
        if index == count - 1:
            state = bytearray(4 * words)
            struct.pack_into("<Q", state, 8 * place, entry)
            command = struct.pack("<4I", 0x5, 16 + len(state), flavour, words) + state
            data[at : at + len(command)] = command
            struct.pack_into("<2I", data, 16, count + 1, size + len(command))


def _symbol(data: bytearray, name: bytes) -> int:
    count = struct.unpack_from("<I", data, 16)[0]
    at = 32
    for _ in range(count):
        number, length = struct.unpack_from("<2I", data, at)
        if number == 2:
            table, symbols, strings, _ = struct.unpack_from("<4I", data, at + 8)
            for index in range(symbols):
                start, *_, value = struct.unpack_from("<IBBHQ", data, table + 16 * index)
                found = data[strings + start : data.index(b"\0", strings + start)]
                if found == name:
                    return int(value)
        at += length
    raise AssertionError(name)


def test_a_slice_for_no_mac_of_today_is_left_out(tmp_path: Path) -> None:
    data = bytearray(compile_source("int main(void) { return 4; }", ".c"))
    other = data.index(struct.pack(">2I", 0x01000007, 3))
    (offset,) = struct.unpack_from(">I", data, other + 8)
    struct.pack_into(">2I", data, other, 18, 0)  # ppc
    struct.pack_into("<2I", data, offset + 4, 18, 0)
    slices = rehearse(bundle_around(tmp_path, bytes(data)), USER).slices
    assert [slice_.arch for slice_ in slices] == ["arm64"]


def test_one_slice_can_be_asked_for(tmp_path: Path) -> None:
    bundle = bundle_around(tmp_path, compile_source("int main(void) { return 4; }", ".c"))
    (slice_,) = rehearse(bundle, USER, archs=["x86_64"]).slices
    assert slice_.arch == "x86_64"
    with pytest.raises(PloverTrayError, match="no slice"):
        rehearse(bundle, USER, archs=["ppc"])


TINY = Budget(instructions=2_000_000, seconds=5, memory=16 << 20, calls=500)
SOURCE = LOADED.replace(
    "return 0;",
    f'extern int execv(const char *, char *const *); return execv("{CONTENTS}/Frameworks/python", argv);',
)


@pytest.mark.parametrize("chained", [False, True], ids=["dyld-info", "chained"])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_damaged_executable_never_gives_more_than_an_error_or_an_end(
    chained: bool, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    if chained and chained_linker() is None:
        missing("no linker for chained fixups (Debian's package lld-19)")
    whole = compile_source(SOURCE, ".c", Options(minos="13.0", chained=chained))
    damaged = bytearray(whole)
    starts = st.sampled_from([0, 0x4000, 0x8000, 0xC000, 0x10000])
    places = st.builds(
        lambda start, more: (start + more) % len(whole), starts, st.integers(0, 3000)
    )
    changes = st.tuples(places, st.sampled_from([0, 1, 0x7F, 0x80, 0xFF]) | st.integers(0, 255))
    for place, value in data.draw(st.lists(changes, min_size=1, max_size=12)):
        damaged[place] = value
    if data.draw(st.integers(0, 9)) == 0:
        del damaged[data.draw(st.integers(0, len(whole))) :]
    folder = tmp_path_factory.mktemp("damaged")
    try:
        rehearsal = rehearse(bundle_around(folder, bytes(damaged)), USER, budget=TINY)
    except PloverTrayError as error:
        assert str(error)  # noqa: PT017 - either an error or an end
        return
    for slice_ in rehearsal.slices:
        assert slice_.message
        slice_document(slice_)


def test_small_budgets_hold(tmp_path: Path) -> None:
    source = (
        "int main(int c, char **v) { for (volatile int i = 0; i < 3000000; i++); return c + !v; }"
    )
    for slice_ in rehearse_source(tmp_path, source, budget=SMALL).slices:
        assert (slice_.outcome, slice_.call) == ("budget", "instructions")
    roomy = Budget(instructions=100_000_000, seconds=60)
    for slice_ in rehearse_source(tmp_path / "again", source, budget=roomy).slices:
        assert slice_.outcome == "exit"
