"""Objective-C and CoreFoundation as launchers use them: classes of their own, delegates, blocks."""
# ruff: noqa: E501 - sources of guests in one line

from pathlib import Path

import pytest
from apps.compile import Options

from plover_tray.rehearsal import SliceRehearsal
from rehearsal.guests import APP, CONTENTS, NAME, USER, agreed, rehearse_source

SOURCES = Path(__file__).parent / "sources"
HEAD = (SOURCES / "foundation.h").read_text()
CLASSES = (SOURCES / "classes.h").read_text()


def rehearsed(folder: Path, source: str, **given: object) -> SliceRehearsal:
    """Objective-C with declarations of its own, looked up at run time: no SDK is needed."""
    options = Options(undefined=True)
    return agreed(rehearse_source(folder, HEAD + source, ".m", options=options, **given))  # type: ignore[arg-type]


def printed(folder: Path, statements: str, before: str = "") -> str:
    end = rehearsed(
        folder,
        f"{before}\nint main(int argc, char **argv) {{ (void)argc; (void)argv; {statements} return 0; }}",
        info={"Deep": {"er": ["x", 7]}, "Flag": True},
    )
    assert end.outcome == "exit", end.message
    return end.output


PATHS = {
    "[[NSBundle mainBundle] bundlePath]": APP,
    "[[NSBundle mainBundle] executablePath]": f"{CONTENTS}/MacOS/{NAME}",
    "[[NSBundle mainBundle] resourcePath]": f"{CONTENTS}/Resources",
    "[[NSBundle mainBundle] privateFrameworksPath]": f"{CONTENTS}/Frameworks",
    "[[NSBundle mainBundle] bundleIdentifier]": "org.example.guest",
    '[[NSBundle mainBundle] pathForResource:@"note" ofType:@"txt"]': f"{CONTENTS}/Resources/note.txt",
    '[[NSBundle mainBundle] pathForAuxiliaryExecutable:@"Guest"]': f"{CONTENTS}/MacOS/{NAME}",
    '[[[[NSBundle mainBundle] bundleURL] URLByAppendingPathComponent:@"a/b"] path]': f"{APP}/a/b",
    "[[[[NSBundle mainBundle] executableURL] URLByDeletingLastPathComponent] path]": f"{CONTENTS}/MacOS",
    '[[NSBundle mainBundle] objectForInfoDictionaryKey:@"CFBundleName"]': NAME,
    '[[[[[NSBundle mainBundle] infoDictionary] objectForKey:@"Deep"] objectForKey:@"er"] objectAtIndex:0]': "x",
    '[@"/a/b/../c.txt" lastPathComponent]': "c.txt",
    '[@"/a/b/" stringByDeletingLastPathComponent]': "/a",
    '[@"/a//b/" stringByAppendingPathComponent:@"../c"]': "/a/b/../c",
    '[@"/a/./b/../c" stringByStandardizingPath]': "/a/c",
    '[@"x.tar.gz" pathExtension]': "gz",
    '[NSString stringWithFormat:@"%@-%d-%s-%.1f", @"one", 2, "three", 4.0]': "one-2-three-4.0",
    '[[@"a:b:c" componentsSeparatedByString:@":"] objectAtIndex:2]': "c",
    '[@"a-b-a" stringByReplacingOccurrencesOfString:@"a" withString:@"x"]': "x-b-x",
    '[[NSArray arrayWithObjects:@"p", @"q", nil] componentsJoinedByString:@"+"]': "p+q",
    "[[NSProcessInfo processInfo] processName]": NAME,
    "[[[NSProcessInfo processInfo] arguments] objectAtIndex:1]": USER[0],
    '[[[NSProcessInfo processInfo] environment] objectForKey:@"HOME"]': "/Users/user",
    "[[NSFileManager defaultManager] currentDirectoryPath]": "/",
    '[[NSDictionary dictionaryWithContentsOfFile:@"/Applications/Guest.app/Contents/Info.plist"] objectForKey:@"CFBundleName"]': NAME,
    '@"caf\\u00e9 \\U0001F600"': "café 😀",
}


def test_foundation_answers_as_its_documentation_says(tmp_path: Path) -> None:
    lines = " ".join(f'printf("%s\\n", [{expression} UTF8String]);' for expression in PATHS)
    assert printed(tmp_path, lines).splitlines() == list(PATHS.values())


def test_core_foundation_urls_are_relative_until_they_are_resolved(tmp_path: Path) -> None:
    output = printed(
        tmp_path,
        """
        unsigned char p[1024]; char c[1024]; CF m = CFBundleGetMainBundle(), r = CFBundleCopyResourcesDirectoryURL(m);
        CFURLGetFileSystemRepresentation(r, 1, p, 1024); puts((char *)p);
        CFURLGetFileSystemRepresentation(r, 0, p, 1024); puts((char *)p);
        CFStringGetCString(CFURLCopyFileSystemPath(r, 0), c, 1024, 0x08000100); puts(c);
        CFStringGetCString(CFURLCopyFileSystemPath(CFURLCopyAbsoluteURL(r), 0), c, 1024, 0x08000100); puts(c);
        CF u = CFURLCreateCopyDeletingLastPathComponent(0, CFBundleCopyExecutableURL(m));
        u = CFURLCreateCopyAppendingPathComponent(0, u, CFStringCreateWithCString(0, "x y", 0x08000100), 0);
        CFURLGetFileSystemRepresentation(u, 1, p, 1024); puts((char *)p);
        printf("%d\\n", CFURLGetFileSystemRepresentation(u, 1, p, 5));
        CFURLGetFileSystemRepresentation(CFBundleCopyResourceURL(m, (CF)@"note", (CF)@"txt", 0), 1, p, 1024); puts((char *)p);
        CF f = CFStringCreateWithFormat(0, 0, (CF)@"%@/%d", CFBundleGetIdentifier(m), 3); CFStringGetCString(f, c, 1024, 0x600); puts(c);
        CFRange range = CFStringFind(f, (CF)@"guest", 0); printf("%ld %ld\\n", range.location, range.length);
        """,
    )
    assert output.splitlines() == [
        f"{CONTENTS}/Resources",
        "Contents/Resources",
        "Contents/Resources",
        f"{CONTENTS}/Resources",
        f"{CONTENTS}/MacOS/x y",
        "0",
        f"{CONTENTS}/Resources/note.txt",
        "org.example.guest/3",
        "12 5",
    ]


def test_a_delegate_that_starts_python_when_the_app_is_up(tmp_path: Path) -> None:
    end = rehearsed(
        tmp_path, (SOURCES / "delegate.m").read_text().replace('#include "foundation.h"', "")
    )
    assert (end.outcome, end.call) == ("spawn", "-[NSTask launch]"), end.message
    assert end.argv[1:] == ("-m", "app42", *USER)
    assert end.milestones == ("NSApplication", "event loop", "-[NSTask launch]")
    assert "waits for events" in end.message


def test_what_is_queued_runs_when_the_event_loop_begins(tmp_path: Path) -> None:
    end = rehearsed(
        tmp_path,
        """int main(int argc, char **argv) { (void)argc; id app = [NSApplication sharedApplication];
        dispatch_async(&_dispatch_main_q, ^{ execv(PYTHON, argv); }); [app run]; return 0; }""",
    )
    assert (end.outcome, end.call, end.argv[1:]) == ("exec", "execv", USER)


def test_an_app_that_only_waits_is_not_guessed_at(tmp_path: Path) -> None:
    end = rehearsed(
        tmp_path, "int main(int c, char **v) { return NSApplicationMain(c, (const char **)v); }"
    )
    assert (end.outcome, end.call) == ("unknown-call", "NSApplicationMain")


def test_the_executables_own_classes_and_categories(tmp_path: Path) -> None:
    output = printed(
        tmp_path,
        """
        Derived *d = [Derived make]; d->value = 7;
        printf("%d %d %d ", [d twice], d->value, [d isKindOfClass:[Base class]]);
        printf("%d %d ", [d respondsToSelector:@selector(twice)], [d respondsToSelector:@selector(count)]);
        printf("%s %d ", [[[NSString greeting] shout] UTF8String], [@"a" isKindOfClass:[NSString class]]);
        id nothing = nil; printf("%d ", [nothing number]);
        __block int sum = 0; void (^add)(int) = ^(int n) { sum += n * d->value; }; add(2); add(3); printf("%d ", sum);
        for (id x in [NSArray arrayWithObjects:@"u", @"v", nil]) printf("%s", [x UTF8String]);
        """,
        CLASSES,
    )
    assert output == "42 7 1 1 0 hello! 1 0 35 uv"


def test_a_method_without_a_model_is_named(tmp_path: Path) -> None:
    end = rehearsed(
        tmp_path, 'int main(void) { [(id)@"x" dataUsing]; return 0; }'.replace("dataUsing", "init")
    )
    assert end.outcome == "exit"
    end = rehearsed(
        tmp_path / "2",
        '@interface NSString (No) - (id)frobnicate; @end int main(void) { [@"x" frobnicate]; return 0; }',
    )
    assert (end.outcome, end.call) == ("unknown-call", "-[NSString frobnicate]")


def test_a_task_keeps_its_folder_and_environment(tmp_path: Path) -> None:
    end = rehearsed(
        tmp_path,
        """int main(void) { id t = [NSTask new]; [t setLaunchPath:@PYTHON]; id e = [[[NSProcessInfo processInfo] environment] mutableCopy];
        [e setObject:@"1" forKey:@"PYTHONNOUSERSITE"]; [t setEnvironment:e]; [t setCurrentDirectoryPath:@"/usr"]; [t launch]; [t waitUntilExit]; return [t terminationStatus]; }""",
    )
    assert dict(end.environment) == {"PYTHONNOUSERSITE": "1"}
    assert end.working_directory == "/usr"
    assert end.started[0].waited_for


@pytest.mark.parametrize(
    ("launch", "outcome"),
    [("[t launch]", "unknown-call"), ("return [t launchAndReturnError:0]", "exit")],
)
def test_a_task_whose_program_is_missing(launch: str, outcome: str, tmp_path: Path) -> None:
    source = f'int main(void) {{ id t = [NSTask new]; [t setLaunchPath:@"/Applications/Guest.app/no"]; {launch}; return 0; }}'
    assert rehearsed(tmp_path, source).outcome == outcome


@pytest.mark.parametrize(
    "statements",
    {
        "strings": 'id s = @"ab"; for (;;) s = [s stringByAppendingString:s];',
        "replacement": 'id s = @"aaaa"; for (;;) s = [s stringByReplacingOccurrencesOfString:@"a" withString:s];',
        "formats": 'for (;;) [NSString stringWithFormat:@"%1000000d%1000000d%1000000d%1000000d%1000000d", 1, 2, 3, 4, 5];',
        "lists": "id a = [NSMutableArray array]; [a addObject:a]; for (;;) [a addObjectsFromArray:[a copy]];",
    }.items(),
    ids=lambda item: item[0],
)
def test_objects_that_grow_without_an_end_end_by_budget(
    statements: tuple[str, str], tmp_path: Path
) -> None:
    end = rehearsed(tmp_path, f"int main(void) {{ {statements[1]} }}")
    assert (end.outcome, end.call) == ("budget", "memory"), end.message


def test_a_list_that_holds_itself_can_be_shown_and_compared(tmp_path: Path) -> None:
    end = rehearsed(
        tmp_path,
        "int main(void) { id a = [NSMutableArray array], b = [NSMutableArray array]; [a addObject:b]; [b addObject:a];"
        'NSLog(@"%@", a); return [a isEqual:b]; }',
    )
    assert (end.outcome, end.call) == ("budget", "nesting"), end.message


def test_half_a_utf_16_pair_is_no_traceback(tmp_path: Path) -> None:
    output = printed(
        tmp_path,
        'id s = [@"\\U0001F600x" UTF8String] ? @"\\U0001F600x" : nil; printf("%d", (int)[s length]);',
    )
    assert output == "3"
