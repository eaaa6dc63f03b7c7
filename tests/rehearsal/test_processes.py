"""exec, spawn and fork in the ways that C programs do them, on both slices."""
# ruff: noqa: E501 - sources of guests in one line

from pathlib import Path

import pytest

from rehearsal.guests import APP, CONTENTS, PYTHON, USER, agreed, rehearse_source

HEAD = """
#include <errno.h>
#include <libgen.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
extern char **environ;
#define PYTHON "/Applications/Guest.app/Contents/Frameworks/python"
#define NOTHING "/Applications/Guest.app/Contents/Frameworks/nothing"
"""


def body(statements: str) -> str:
    return f"{HEAD}int main(int argc, char *argv[]) {{ (void)argc; {statements} }}"


EXECS = {
    "execv": "execv(PYTHON, argv);",
    "execvp by name": 'setenv("PATH", "/Applications/Guest.app/Contents/Frameworks:/bin", 1); execvp("python", argv);',
    "execvP": 'execvP("python", "/bin:/Applications/Guest.app/Contents/Frameworks", argv);',
    "execl": "execl(PYTHON, argv[0], argv[1], argv[2], (char *)0);",
    "execl with many": "execl(PYTHON, argv[0], argv[1], argv[2], (char *)0, 1, 2, 3, 4, 5, 6, 7);",
    "execlp": 'setenv("PATH", "/Applications/Guest.app/Contents/Frameworks", 1); execlp("python", argv[0], argv[1], argv[2], (char *)0);',
    "execve": 'char *env[] = {"A=1", NULL}; execve(PYTHON, argv, env);',
    "posix_spawn with SETEXEC": """
        posix_spawnattr_t a; pid_t p; posix_spawnattr_init(&a);
        posix_spawnattr_setflags(&a, 0x40 | POSIX_SPAWN_SETSIGDEF);
        posix_spawn(&p, PYTHON, NULL, &a, argv, environ);""",
    "after one that fails": "execv(NOTHING, argv); if (errno == ENOENT) execv(PYTHON, argv);",
    "by a relative path": 'chdir("/Applications/Guest.app/Contents"); execv("Frameworks/python", argv);',
    "after a fork whose child ends": "if (fork() == 0) _exit(3); int s; wait(&s); if (WEXITSTATUS(s) == 3) execv(PYTHON, argv);",
    "after a helper was run": 'system("/usr/bin/defaults write org.example x 1"); execv(PYTHON, argv);',
    "in a constructor": "} __attribute__((constructor)) static void early(int n, char **v) { (void)n; execv(PYTHON, v); } int unused(void) {",
    "at exit": '} static void last(void) { char *v[] = {"x", "first user argument", "--second=2", NULL}; execv(PYTHON, v); } __attribute__((constructor)) static void set(void) { atexit(last); } int unused(void) {',
    "through a pointer": "int (*run)(const char *, char *const *) = argc > 100 ? NULL : execv; run(PYTHON, argv);",
}


@pytest.mark.parametrize("way", sorted(EXECS))
def test_an_exec_is_named_with_its_target_and_arguments(way: str, tmp_path: Path) -> None:
    end = agreed(rehearse_source(tmp_path, body(EXECS[way] + " return 1;")))
    assert end.outcome == "exec", end.message
    assert end.target_in_bundle == "Contents/Frameworks/python"
    assert end.argv[1:] == USER
    named = way.partition(" ")[0]
    assert end.call == (named if named.startswith(("exec", "posix_spawn")) else "execv")
    assert end.trace[-1].name == end.call


SPAWNS = {
    "posix_spawn": "pid_t p; int s; posix_spawn(&p, PYTHON, NULL, NULL, argv, environ); waitpid(p, &s, 0); return s;",
    "posix_spawnp": 'pid_t p; setenv("PATH", "/Applications/Guest.app/Contents/Frameworks", 1); posix_spawnp(&p, "python", NULL, NULL, argv, environ); wait(NULL); return 0;',
    "fork": "pid_t p = fork(); if (p == 0) { execv(PYTHON, argv); _exit(127); } int s; waitpid(p, &s, 0); return WEXITSTATUS(s);",
    "vfork": "pid_t p = vfork(); if (p == 0) { execv(PYTHON, argv); _exit(127); } waitpid(p, NULL, 0); return 0;",
    "twice": "if (fork() == 0) { if (fork() == 0) { execv(PYTHON, argv); _exit(1); } _exit(0); } wait(NULL); return 0;",
    "system": "return system(\"'\" PYTHON \"' 'first user argument' --second=2\");",
    "popen": 'FILE *f = popen("\'" PYTHON "\' \'first user argument\' --second=2", "w"); return pclose(f);',
}


@pytest.mark.parametrize("way", sorted(SPAWNS))
def test_a_child_is_named_and_that_its_parent_waits(way: str, tmp_path: Path) -> None:
    end = agreed(rehearse_source(tmp_path, body(SPAWNS[way])))
    assert end.outcome == "spawn", end.message
    assert end.target_in_bundle == "Contents/Frameworks/python"
    assert end.argv[1:] == USER
    assert end.call == {"twice": "fork"}.get(way, way)
    assert [program.waited_for for program in end.started] == [way != "twice"]


def test_a_parent_that_does_not_wait_is_told_from_one_that_does(tmp_path: Path) -> None:
    source = body("pid_t p; return posix_spawn(&p, PYTHON, NULL, NULL, argv, environ);")
    (program,) = agreed(rehearse_source(tmp_path, source)).started
    assert not program.waited_for


def test_a_fork_leaves_the_parents_memory_as_it_was(tmp_path: Path) -> None:
    source = body(
        'static int count; char *text = malloc(8); strcpy(text, "before"); setenv("V", "1", 1);'
        'if (fork() == 0) { count = 7; strcpy(text, "after"); setenv("V", "2", 1); chdir("/usr");'
        'free(text); malloc(8); argv[1] = "changed"; _exit(0); }'
        'char here[99]; printf("%d %s %s %s", count, text, getenv("V"), getcwd(here, 99)); return 0;'
    )
    assert agreed(rehearse_source(tmp_path, source)).output == "0 before 1 /"


def test_what_happens_in_the_child_is_said_to_be_there(tmp_path: Path) -> None:
    source = body("if (fork() == 0) { ctermid(NULL); _exit(0); } return 0;")
    end = agreed(rehearse_source(tmp_path, source))
    assert (end.outcome, end.call) == ("unknown-call", "ctermid")
    assert end.message.startswith("In a forked child: ")


def test_the_childs_own_folder_and_environment_are_given(tmp_path: Path) -> None:
    source = body(
        "posix_spawn_file_actions_t f; pid_t p; posix_spawn_file_actions_init(&f);"
        'posix_spawn_file_actions_addchdir_np(&f, "/Applications/Guest.app/Contents/Resources");'
        'char *env[] = {"HOME=/Users/user", "A=x=y", NULL};'
        "return posix_spawn(&p, PYTHON, &f, NULL, argv, env);"
    )
    end = agreed(rehearse_source(tmp_path, source))
    assert end.working_directory == f"{CONTENTS}/Resources"
    assert end.environment["A"] == "x=y"
    assert end.environment["PATH"] is None
    assert "HOME" not in end.environment


def test_an_exec_of_what_is_not_there_is_an_exit_that_says_so(tmp_path: Path) -> None:
    end = agreed(rehearse_source(tmp_path, body('execv(NOTHING, argv); perror("exec"); return 9;')))
    assert (end.outcome, end.output) == ("exit", "exec: No such file or directory\n")
    assert "execv" in end.message
    assert "nothing" in end.message
    assert "status 9" in end.message


@pytest.mark.parametrize(
    ("place", "call"), [("/opt/homebrew/bin/python3", "execv"), ("/usr/local/bin/py", "execv")]
)
def test_a_program_that_a_mac_may_have_is_taken_to_be_there(
    place: str, call: str, tmp_path: Path
) -> None:
    end = agreed(rehearse_source(tmp_path, body(f'execv("{place}", argv); return 1;')))
    assert (end.outcome, end.call, end.target, end.target_in_bundle) == ("exec", call, place, None)


def test_a_name_that_path_may_or_may_not_hold_is_not_guessed_at(tmp_path: Path) -> None:
    end = agreed(rehearse_source(tmp_path, body('execvp("frobnicate", argv); return 1;')))
    assert (end.outcome, end.call) == ("unknown-call", "execvp")


def test_a_program_without_its_x_bits_cannot_be_run(tmp_path: Path) -> None:
    source = body(
        'execv("/Applications/Guest.app/Contents/Resources/note.txt", argv); return errno == EACCES;'
    )
    assert agreed(rehearse_source(tmp_path, source)).message.endswith("It exits with status 1.")


def test_the_environment_it_is_opened_with_is_not_a_change(tmp_path: Path) -> None:
    source = body(
        'setenv("KEPT", getenv("KEPT"), 1); unsetenv("GONE"); execv(PYTHON, argv); return 1;'
    )
    end = agreed(
        rehearse_source(tmp_path, source, environment={"KEPT": "as it was", "GONE": "away"})
    )
    assert dict(end.environment) == {"GONE": None}


def test_own_paths_lead_through_links_in_the_bundle(tmp_path: Path) -> None:
    source = body(
        'char p[999]; long n = readlink("/Applications/Guest.app/Contents/Current", p, 999);'
        'p[n] = 0; printf("%s ", p); printf("%s", realpath("/Applications/Guest.app/Contents/Current/python", p));'
        "execv(p, argv); return 1;"
    )
    from apps.compile import compile_source

    from plover_tray.rehearsal import rehearse
    from rehearsal.guests import bundle_around

    bundle = bundle_around(tmp_path, compile_source(source))
    (bundle / "Contents" / "Current").symlink_to("Frameworks")
    end = agreed(rehearse(bundle, USER))
    assert end.output == f"Frameworks {PYTHON}"
    assert end.target == PYTHON


def test_a_link_out_of_the_bundle_leads_nowhere(tmp_path: Path) -> None:
    from apps.compile import compile_source

    from plover_tray.rehearsal import rehearse
    from rehearsal.guests import bundle_around

    secret = tmp_path / "secret"
    secret.write_text("not for guests")
    source = body(
        'char b[99] = ""; FILE *f = fopen("/Applications/Guest.app/Contents/out", "r");'
        'printf("%d ", f == NULL); f = fopen("/Applications/Guest.app/Contents/up", "r");'
        'printf("%d ", f == NULL); struct stat s; printf("%d", stat("/etc/passwd", &s)); return 0;'
    )
    bundle = bundle_around(tmp_path, compile_source(source))
    (bundle / "Contents" / "out").symlink_to(secret)
    (bundle / "Contents" / "up").symlink_to("../../../secret")
    assert agreed(rehearse(bundle, USER)).output == "1 1 -1"


def test_nothing_in_the_bundle_can_be_changed(tmp_path: Path) -> None:
    source = body(
        'const char *n = "/Applications/Guest.app/Contents/Resources/note.txt";'
        'printf("%d ", fopen(n, "w") == NULL && errno == EROFS); printf("%d ", unlink(n));'
        'printf("%d ", mkdir("/Applications/Guest.app/new", 0755)); printf("%d ", rename(n, "/tmp/n"));'
        'printf("%d", access(n, W_OK)); return 0;'
    )
    end = agreed(rehearse_source(tmp_path, source))
    assert end.output == "1 -1 -1 -1 -1"
    assert (tmp_path / "Guest.app" / "Contents" / "Resources" / "note.txt").read_text() == "note\n"


def test_names_are_found_as_a_macs_disk_finds_them(tmp_path: Path) -> None:
    source = body(
        'char p[999]; printf("%s", realpath("/Applications/Guest.app/contents/RESOURCES/Note.TXT", p)); return 0;'
    )
    assert agreed(rehearse_source(tmp_path, source)).output == f"{APP}/Contents/Resources/note.txt"


def test_a_child_that_returns_from_main_has_ended(tmp_path: Path) -> None:
    source = body(
        "int p = fork(); if (p == 0) return 5; int s; wait(&s);"
        "return WEXITSTATUS(s) == 5 ? execv(PYTHON, argv) : 1;"
    )
    assert agreed(rehearse_source(tmp_path, source)).outcome == "exec"


CHAINS = {
    "exec": (
        'execv("/Applications/Guest.app/Contents/Resources/start.sh", argv); return 1;',
        "exec",
    ),
    "child": (
        'pid_t p; posix_spawn(&p, "/Applications/Guest.app/Contents/Resources/start.sh", 0, 0, argv, environ); return 0;',
        "spawn",
    ),
}


@pytest.mark.parametrize("way", sorted(CHAINS))
def test_a_script_that_is_run_is_read_on_to_what_it_runs(way: str, tmp_path: Path) -> None:
    from apps.compile import compile_source

    from plover_tray.rehearsal import rehearse
    from rehearsal.guests import bundle_around

    statements, outcome = CHAINS[way]
    script = '#!/bin/sh\nexport FROM=$1 AGAIN="$SET"\nunset SET\ncd "${0%/*}"\nexec ../Frameworks/python -m app "$@"\n'
    source = body(f'setenv("SET", "here", 1); {statements}')
    bundle = bundle_around(tmp_path, compile_source(source), {"Resources/start.sh": script})
    (bundle / "Contents" / "Resources" / "start.sh").chmod(0o755)
    end = agreed(rehearse(bundle, USER))
    assert end.outcome == outcome
    assert end.call == {"exec": "execv", "spawn": "posix_spawn"}[outcome]
    assert end.target_in_bundle == "Contents/Frameworks/python"
    assert end.argv == ("../Frameworks/python", "-m", "app", *USER)
    assert dict(end.environment) == {"FROM": USER[0], "AGAIN": "here"}
    assert end.working_directory == f"{CONTENTS}/Resources"
    assert "That is a script" in end.message


def test_scripts_that_run_one_another_come_to_an_end(tmp_path: Path) -> None:
    from plover_tray.rehearsal import rehearse
    from rehearsal.guests import NAME, bundle_around

    script = f'#!/bin/sh\nexec "${{0%/*}}/{NAME}" "$@"\n'.encode()
    (end,) = rehearse(bundle_around(tmp_path, script), USER).slices
    assert (end.outcome, end.call) == ("budget", "scripts")


@pytest.mark.parametrize("wait", ["pthread_join(t, NULL);", "CFRunLoopRun();"])
def test_another_thread_does_its_work_when_it_is_waited_for(wait: str, tmp_path: Path) -> None:
    from apps.compile import Options

    source = (
        f"{HEAD}\n#include <pthread.h>\nextern void CFRunLoopRun(void);"
        "static void *work(void *v) { execv(PYTHON, v); return NULL; }"
        "int main(int argc, char **argv) { pthread_t t; pthread_create(&t, NULL, work, argv);"
        f"{wait} return argc; }}"
    )
    end = agreed(rehearse_source(tmp_path, source, options=Options(undefined=True)))
    assert (end.outcome, end.call, end.argv[1:]) == ("exec", "execv", USER)


def test_a_child_that_is_python_tells_more_than_a_helper(tmp_path: Path) -> None:
    spawn = "posix_spawn(&p, {}, NULL, NULL, argv, environ); "
    statements = "pid_t p; " + "".join(
        spawn.format(w) for w in ('"/usr/bin/env"', "PYTHON", '"/bin/ls"')
    )
    end = agreed(rehearse_source(tmp_path, body(f"{statements} return 0;")))
    assert (end.outcome, end.target) == ("spawn", PYTHON)
    assert [program.target for program in end.started] == ["/usr/bin/env", PYTHON, "/bin/ls"]


def test_an_absolute_link_is_the_guests_and_not_this_machines(tmp_path: Path) -> None:
    from apps.compile import compile_source

    from plover_tray.rehearsal import rehearse
    from rehearsal.guests import bundle_around

    source = body(
        'char p[999]; realpath("/Applications/Guest.app/Contents/in/note.txt", p); printf("%s ", p);'
        'printf("%s ", realpath("/tmp/../tmp", p)); printf("%d", access("/Applications/Guest.app/Contents/env", X_OK)); return 0;'
    )
    bundle = bundle_around(tmp_path, compile_source(source))
    (bundle / "Contents" / "in").symlink_to(f"{CONTENTS}/Resources")
    (bundle / "Contents" / "env").symlink_to("/usr/bin/env")
    expected = f"{CONTENTS}/Resources/note.txt /private/tmp 0"
    assert agreed(rehearse(bundle, USER)).output == expected
