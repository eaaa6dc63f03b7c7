"""What lies outside the bundle on any Mac, whoever uses it.

Tables only. Sources: the programs of a fresh macOS 13 to 26 as Apple's manual pages list them;
`/usr/bin/python3` is the shim of the Command Line Tools, there since macOS 12.3 removed
`/usr/bin/python`.
"""

GROUP_ID = 20
"""`staff`, every user's group."""
PARENT_ID = 1
"""launchd, which starts every app."""

LINKS = {f"/{name}": f"private/{name}" for name in ("etc", "tmp", "var")}

DIRECTORIES = frozenset(
    {
        "/",
        "/Applications",
        "/Library",
        "/System",
        "/System/Library",
        "/System/Library/Frameworks",
        "/Users",
        "/Volumes",
        "/bin",
        "/dev",
        "/opt",
        "/private",
        "/private/etc",
        "/private/tmp",
        "/private/var",
        "/private/var/tmp",
        "/sbin",
        "/usr",
        "/usr/bin",
        "/usr/lib",
        "/usr/libexec",
        "/usr/local",
        "/usr/local/bin",
        "/usr/sbin",
        "/usr/share",
    }
)

PROGRAMS = frozenset(
    {
        f"{folder}/{name}"
        for folder, names in {
            "/bin": "[ bash cat chmod cp csh dash date dd df echo ed expr hostname kill ksh ln ls "
            "mkdir mv pax ps pwd rm rmdir sh sleep stty sync tcsh test zsh",
            "/usr/bin": "afplay arch at atos awk base64 basename bc bunzip2 bzip2 caffeinate cal "
            "chflags chgrp clear cmp codesign comm csplit curl cut defaults diff dig dirname "
            "ditto dscl du egrep env expand false fgrep file find fold getconf grep gunzip gzip "
            "head hdiutil host hostinfo id install ioreg join jot kill killall last lldb locale "
            "log logger logname lsof lsregister mdfind mdls mkfifo mktemp more nc nice nohup nm od "
            "open openssl osascript otool paste patch pbcopy pbpaste perl pgrep pkill pkgutil "
            "plutil pmset pr printenv printf productbuild profiles pwd python3 readlink realpath "
            "renice rev rsync ruby say scp screen script sed seq shasum shortcuts sort split "
            "sqlite3 ssh stat strings su sudo sw_vers swift tail tar tccutil tee textutil time top "
            "touch tr true tset tty umask uname unexpand uniq unzip uptime users vi vim w wc which "
            "who whoami whois xargs xattr xcode-select xcrun xxd yes zip zsh",
            "/usr/sbin": "chown chroot diskutil ioreg lsof networksetup scutil spctl sysctl "
            "system_profiler",
            "/sbin": "ifconfig launchctl md5 mount ping reboot route shutdown umount",
        }.items()
        for name in names.split()
    }
)

OUTSIDE_UNKNOWN = ("/opt/", "/usr/local/", "/Library/Frameworks/", "/Users/", "/Volumes/")
"""Where a Mac may or may not hold a program: whether an exec of one works is not known."""
