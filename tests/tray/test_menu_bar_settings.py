"""What a Mac's settings say of a menu bar item, from the real cases that people described."""

import plistlib

from stand_ins import StandIns

from plover_tray.tray.menu_bar_settings import (
    DEFAULTS,
    app_remarks,
    control_center_remarks,
    read_remarks,
)


def test_an_item_that_was_dragged_out_is_named_with_its_key() -> None:
    remarks = list(app_remarks("org.x", {"NSStatusItem VisibleCC Item-0": 0, "Other": 0}))
    assert len(remarks) == 1
    assert "defaults delete org.x 'NSStatusItem VisibleCC Item-0'" in remarks[0]
    assert list(app_remarks("org.x", {"NSStatusItem Visible Item-0": 1})) == []


def test_an_app_switched_off_in_system_settings_is_found_also_in_nested_data() -> None:
    entry = {"isAllowed": False, "location": {"bundle": {"_0": "org.x"}}}
    plain = {"trackedApplications": [entry]}
    stored = {"trackedApplications": plistlib.dumps({"apps": [entry]})}
    for settings in (plain, stored):
        assert len(list(control_center_remarks("org.x", settings))) == 1
        assert list(control_center_remarks("org.y", settings)) == []


def test_the_domains_of_the_app_and_of_control_center_are_read(stand_ins: StandIns) -> None:
    app = plistlib.dumps({"NSStatusItem Visible Ä": False}).decode()
    center = plistlib.dumps({"trackedApplications": [{"isAllowed": False, "id": "org.x"}]}).decode()
    script = f"case $2 in\norg.x) cat <<'END'\n{app}\nEND\n;;\n*) cat <<'END'\n{center}\nEND\nesac"
    stand_ins.put(DEFAULTS, script)
    first, second = read_remarks("org.x")
    assert "'NSStatusItem Visible Ä' is off" in first
    assert "has this app switched off" in second
    assert stand_ins.calls(DEFAULTS) == ["export org.x -", "export com.apple.controlcenter -"]


def test_settings_that_cannot_be_read_say_nothing(stand_ins: StandIns) -> None:
    assert read_remarks("org.x") == []  # there is no `defaults` here
    for script in ("echo no domain >&2; exit 1", "echo nonsense", "kill -9 $$"):
        stand_ins.put(DEFAULTS, script)
        assert read_remarks("org.x") == []
