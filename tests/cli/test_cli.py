"""The command line: exit statuses, one-line errors, and output that machines can read."""

import json
import os
import plistlib
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from apps.bundles import make_bundle

from cli.running import WITHOUT_RIGHTS, call, one_line, run


def test_a_broken_bundle_gives_1_and_a_fixed_one_0(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = make_bundle(tmp_path)
    status, out, _ = call(capsys, "check", bundle)
    assert status == 1
    assert "ID101" in out
    status, _, err = call(capsys, "fix", bundle, "-o", tmp_path / "fixed.app")
    assert status == 0, err
    status, out, _ = call(capsys, "check", tmp_path / "fixed.app")
    assert status == 0, out


def test_check_as_json_carries_all_that_a_script_needs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = call(capsys, "check", "--format", "json", make_bundle(tmp_path))
    document = json.loads(out)
    assert status == 1
    assert document["schema"] == 2
    assert document["bundle"]["identifier"] == "org.example.hello-tray"
    assert document["summary"]["errors"] >= 1
    for finding in document["findings"]:
        assert set(finding) == {"code", "severity", "path", "message", "evidence", "mend"}
    assert "ID101" in {finding["code"] for finding in document["findings"]}


def test_rehearse_as_json_shows_the_users_arguments_in_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = make_bundle(tmp_path, name="Café")
    status, out, _ = call(capsys, "rehearse", "--json", bundle, "--", "-s", "a b")
    document = json.loads(out)
    assert status == 0
    assert {s["arch"] for s in document["slices"]} == {"arm64", "x86_64"}
    for slice_ in document["slices"]:
        assert slice_["outcome"] == "exec"
        assert slice_["call"] == "execv"
        assert slice_["target"].startswith("/Applications/Café.app/Contents/Frameworks/Python")
        assert slice_["argv"][1:] == ["-s", "-m", "hello_tray", "-s", "a b"]


@pytest.mark.parametrize("kind", ["unknown-call", "loops", "recurses", "allocates"])
def test_a_rehearsal_that_cannot_be_followed_gives_1(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = call(capsys, "rehearse", make_bundle(tmp_path, kind))
    assert status == 1
    word = "sysctlbyname" if kind == "unknown-call" else "budget"
    assert word in out


def test_fix_says_its_plan_with_reasons_before_anything_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = make_bundle(tmp_path)
    status, out, _ = call(capsys, "fix", "--dry-run", "--json", bundle)
    document = json.loads(out)
    assert status == 0
    assert document["entry"] == "-s -m hello_tray"
    assert all(step["path"] and step["what"] and step["why"] for step in document["steps"])
    assert document["output"] is None


@pytest.mark.parametrize("command", ["check", "rehearse", "fix"])
def test_what_is_no_bundle_gets_one_line_and_2(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file"
    file.touch()
    folder = tmp_path / "empty"
    folder.mkdir()
    options = ["-o", str(tmp_path / "out.app")] if command == "fix" else []
    for path, word in (
        (tmp_path / "absent.app", "does not exist"),
        (file, "not an app bundle"),
        (folder, "Info.plist"),
    ):
        status, out, err = call(capsys, command, *options, path)
        assert status == 2
        assert out == ""
        assert word in one_line(err)
    assert not (tmp_path / "out.app").exists()


@pytest.mark.parametrize("command", ["check", "rehearse", "fix"])
@pytest.mark.parametrize(
    "value", ["../../../bin/sh", "/bin/sh", "../Frameworks/x", "a/../../../../../bin/sh"]
)
def test_an_executable_outside_the_bundle_is_refused(
    command: str, value: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = make_bundle(tmp_path, executable_value=value)
    options = ["-o", str(tmp_path / "out.app")] if command == "fix" else []
    status, _, err = call(capsys, command, *options, bundle)
    assert status == 2
    assert "leads out" in one_line(err)


def test_a_plist_bomb_gets_one_line_and_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = make_bundle(tmp_path)
    entities = "".join(f'<!ENTITY e{n} "&e{n - 1};&e{n - 1};">' for n in range(1, 40))
    (bundle / "Contents/Info.plist").write_text(
        f'<?xml version="1.0"?><!DOCTYPE plist [<!ENTITY e0 "x">{entities}]>'
        "<plist><dict><key>A</key><string>&e39;</string></dict></plist>"
    )
    status, _, err = call(capsys, "check", bundle)
    assert status == 2
    assert "Info.plist" in one_line(err)


@pytest.mark.parametrize("size", [0, 1, 3, 4, 27, 31, 32, 100, 1000, 4000])
def test_an_executable_cut_short_gets_one_line_and_2(
    size: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = make_bundle(tmp_path, archs=("arm64",))
    main_executable = bundle / "Contents/MacOS/Hello Tray"
    main_executable.write_bytes(main_executable.read_bytes()[:size])
    status, _, err = call(capsys, "check", bundle)
    assert status in (1, 2)
    if status == 2:
        one_line(err)
    assert size >= 4000 or status == 2


def test_a_pipe_in_the_bundle_gets_one_line_and_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = make_bundle(tmp_path)
    os.mkfifo(bundle / "Contents/Resources/pipe")
    status, _, err = call(capsys, "check", bundle)
    assert status == 2
    assert "pipe" in one_line(err)


def test_colours_are_left_out_on_request_and_off_a_terminal(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path)
    _, plain, _ = run("check", bundle)
    assert "\x1b[" not in plain
    _, forced, _ = run("check", bundle, environment={"FORCE_COLOR": "1"})
    assert "\x1b[" in forced
    _, bare, _ = run("check", bundle, environment={"FORCE_COLOR": "1", "NO_COLOR": "1"})
    assert "\x1b[3" not in bare


def test_names_that_would_steer_a_terminal_are_shown_harmless(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = make_bundle(tmp_path, name="Evil\x9b2J\u202eApp")
    for words in (("check", bundle), ("fix", "--dry-run", bundle), ("rehearse", bundle)):
        _, out, err = call(capsys, *words)
        assert "\x1b" not in out + err


def test_the_traceback_comes_only_with_vv(tmp_path: Path) -> None:
    status, _, err = run("check", tmp_path / "absent", "-vv")
    assert status == 2
    assert "Traceback" in err


def test_a_fixed_bundle_verifies_and_one_changed_byte_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fixed = tmp_path / "fixed.app"
    assert call(capsys, "fix", make_bundle(tmp_path), "-o", fixed)[0] == 0
    status, out, _ = call(capsys, "verify", fixed)
    assert status == 0, out
    strings = fixed / "Contents/Resources/app.icns"
    strings.write_bytes(strings.read_bytes()[:-1] + b"!")
    status, out, _ = call(capsys, "verify", "--json", fixed)
    document = json.loads(out)
    assert status == 1
    assert [p["path"] for p in document["problems"]] == ["Contents/Resources/app.icns"]


def test_a_bundle_is_sealed_ad_hoc_on_any_machine(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = make_bundle(tmp_path)
    sealed = tmp_path / "sealed.app"
    status, out, err = call(capsys, "sign", bundle, "-o", sealed, "--hardened", "--json")
    assert status == 0, err
    assert json.loads(out)["identifier"] == "org.example.hello-tray"
    status, out, _ = call(capsys, "verify", "--json", sealed)
    main_code = json.loads(out)["code"][0]
    assert status == 0
    assert main_code["entitlements"]["com.apple.security.cs.disable-library-validation"] is True
    status, _, err = call(capsys, "sign", bundle)
    assert status == 2
    assert "-o" in one_line(err)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_printed(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = call(capsys, "completion", shell)
    assert status == 0
    assert "_PLOVER_TRAY_COMPLETE" in out


def test_explain_teaches_and_names_what_it_does_not_know(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status, out, _ = call(capsys, "explain", "ID101")
    assert status == 0
    assert "exec" in out
    status, _, err = call(capsys, "explain", "ZZ999")
    assert status == 2
    assert "ZZ999" in one_line(err)


def test_explain_tells_machines_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = call(capsys, "explain", "ID101", "--json")
    (rule,) = json.loads(out)["rules"]
    assert rule["code"] == "ID101"
    assert all(rule[key] for key in ("title", "severity", "meaning", "why", "mend", "source"))
    _, out, _ = call(capsys, "explain", "--json")
    assert rule in json.loads(out)["rules"]


@pytest.mark.parametrize(
    "words",
    [
        ["fix"],
        ["fix", "--nonsense", "x"],
        ["nonsense"],
        ["sign", "x.app", "--identifier", ""],
        ["sign", "x.app", "--keychain", ""],
        ["probe", "x.app", "--screenshot", ""],
        ["dmg", "x.app", "--volume-name", " "],
        ["check", "x.app", "--ignore", ""],
        ["check", "a", "b"],
        ["dmg"],
        ["probe", "x.app", "--timeout", "nan"],
    ],
)
def test_wrong_usage_is_told_in_one_line_that_names_the_help(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = call(capsys, *words)
    assert (status, out) == (2, "")
    assert re.fullmatch(r"plover-tray[ a-z]*: .*[.?)] See `plover-tray[ a-z]* --help`\.\n", err)


def test_a_closed_pipe_is_no_error(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path)
    command = f'"{sys.executable}" -m plover_tray rehearse -v "{bundle}" | head -n 1'
    done = subprocess.run(["sh", "-c", command], capture_output=True, check=False)
    assert done.stderr == b""


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full is Linux'")
def test_a_full_disk_under_stdout_is_told_in_one_line() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "plover_tray", "explain"],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 2
    assert "output could not be written: No space" in one_line(done.stderr.decode())


@pytest.mark.parametrize("name", ["absent.app", "n" * 300, "line\nbreak", "loop"])
def test_verify_names_what_it_cannot_read(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "loop").symlink_to("loop")
    status, _, err = call(capsys, "verify", tmp_path / name)
    assert status == 2
    assert name.replace("\n", "\\n") in one_line(err)


def test_kill_in_the_middle_of_fix_leaves_nothing_under_the_outputs_name(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path)
    # A pipe that nobody reads holds `fix` at its last word, after the copy and before the commit.
    script = (
        "import os, sys, plover_tray.api as api\n"
        "def step(_):\n"
        "    print('step', flush=True)\n"
        "    sys.stdin.readline()\n"
        "api.fix(sys.argv[1], sys.argv[2], on_step=step)\n"
    )
    out = tmp_path / "out" / "Fixed.app"
    out.parent.mkdir()
    for number in (signal.SIGKILL, signal.SIGINT):
        with subprocess.Popen(
            [sys.executable, "-c", script, bundle, out],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"step\n"
            process.send_signal(number)
        assert not out.exists()
    assert [path.name for path in out.parent.iterdir()] == []
    assert plistlib.loads((bundle / "Contents/Info.plist").read_bytes())["CFBundleName"]


def test_an_empty_path_is_no_folder(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("check", "verify", "rehearse"):
        status, _, err = call(capsys, command, "")
        assert status == 2
        assert "': It is empty" in err


def test_a_list_of_rules_into_a_closed_pipe_is_no_finding() -> None:
    command = f'"{sys.executable}" -m plover_tray explain | true; exit ${{PIPESTATUS[0]}}'
    done = subprocess.run(["bash", "-c", command], capture_output=True, check=False)
    assert done.returncode in (0, 141)
    assert done.stderr == b""


@pytest.mark.parametrize("seconds", ["nan", "inf", "0", "-1", "x"])
def test_a_timeout_is_a_number_of_seconds(
    seconds: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, _, err = call(capsys, "probe", f"--timeout={seconds}", make_bundle(tmp_path))
    assert status == 2
    assert "timeout" in err


def test_pipes_in_the_place_of_settings_are_refused_and_not_waited_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    bundle = make_bundle(tmp_path)
    for words, said in (
        (("sign", bundle, "-o", tmp_path / "o.app", "--entitlements", pipe), "is not a file"),
        (("dmg", bundle, "-o", tmp_path / "o.dmg", "--settings", pipe), "no file"),
    ):
        status, _, err = call(capsys, *words)
        assert status == 2
        assert said in one_line(err)


def test_a_preview_is_not_drawn_into_the_app_or_of_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = make_bundle(tmp_path)
    status, _, err = call(capsys, "dmg", bundle, "--preview", bundle / "Contents/w.png")
    assert status == 2
    assert "inside the app" in one_line(err)
    status, _, err = call(capsys, "dmg", tmp_path / "absent.app", "--preview", tmp_path / "w.png")
    assert status == 2
    assert "does not exist" in one_line(err)


def test_a_preview_as_json_names_the_picture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "w.png"
    status, out, _ = call(capsys, "dmg", make_bundle(tmp_path), "--preview", picture, "--json")
    assert status == 0
    assert json.loads(out)["preview"] == str(picture)
    assert picture.is_file()


@pytest.mark.parametrize("what", [("-o", "o.dmg"), ("--preview", "p.png")])
def test_an_app_whose_folders_may_not_be_read_is_one_line(
    tmp_path: Path, what: tuple[str, str]
) -> None:
    bundle = make_bundle(tmp_path, info={"CFBundleIconFile": "icon"})
    resources = bundle / "Contents/Resources"
    resources.chmod(0)
    words = ("dmg", bundle, what[0], tmp_path / what[1])
    status, _, err = run(*words, prefix=WITHOUT_RIGHTS)
    resources.chmod(0o755)
    assert status == 2
    assert "may not be read" in one_line(err)
    assert not (tmp_path / what[1]).exists()


def test_a_symlink_to_itself_is_no_app_for_an_image(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    status, _, err = call(capsys, "dmg", loop)
    assert status == 2
    assert "loop cannot be read" in one_line(err)


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("dmg", ""), "APP"),
        (("dmg", "x.app", "-o", ""), "--output"),
        (("dmg", "x.app", "--preview", ""), "--preview"),
        (("dmg", "x.app", "--settings", ""), "--settings"),
        (("notarize", ""), "PATH"),
        (("notarize", "x.app", "--api-key", ""), "--api-key"),
        (("notarize", "x.app", "--keychain-profile", ""), "--keychain-profile"),
        (("release", ""), "APP"),
        (("release", "x.app", "-o", ""), "--output"),
        (("release", "x.app", "--p12", ""), "--p12"),
    ],
)
def test_an_empty_path_is_refused_by_the_name_of_its_option(
    words: tuple[str, ...], name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, _, err = call(capsys, *words)
    assert status == 2
    assert len(err.strip().splitlines()) == 1
    assert f"{name}]':" in err or f"{name}':" in err
    assert "is empty" in err


def test_an_image_of_nothing_asks_for_the_app(capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = call(capsys, "dmg")
    assert status == 2
    assert err.startswith("plover-tray dmg: Give APP")


@pytest.mark.parametrize("command", ["dmg", "release"])
def test_the_usage_shows_that_the_app_may_be_left_out(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "[OPTIONS] [APP]" in call(capsys, command, "--help")[1]


def test_a_dry_run_refuses_what_the_run_would(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, _, err = call(
        capsys, "fix", "--dry-run", make_bundle(tmp_path), "-o", tmp_path / "nowhere" / "x.app"
    )
    assert status == 2
    assert "does not exist" in one_line(err)
