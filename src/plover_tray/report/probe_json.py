"""JSON of a probe, described by `schemas/probe-1.json`."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..tray.app_report import AppReport, Screen
    from ..tray.probe import ProbeResult
    from ..tray.verdict import SeenIcon

SCHEMA = 1


def document(result: "ProbeResult") -> dict[str, Any]:
    """What the probe saw, as plain data; geometries are x, y, width and height."""
    image = result.images[0].executable if result.images else None
    verdict, report = result.verdict, result.report
    return {
        "schema": SCHEMA,
        "shown": result.shown,
        "failure": str(verdict.failure) if verdict.failure else None,
        "reason": verdict.reason,
        "mend": verdict.mend,
        "process": {
            "executable": image,
            "bundle_executable": result.executable,
            "is_bundle_executable": image == result.executable,
            "children": [child.executable for child in result.images[1:]],
        },
        "app": _app(report) if report else None,
        "icons": [_icon(seen) for seen in result.icons],
        "screens": [_screen(screen) for screen in report.screens] if report else [],
        "remarks": list(result.remarks),
        "seconds": round(result.seconds, 3),
    }


def _app(report: "AppReport") -> dict[str, Any]:
    return {
        "pid": report.pid,
        "bundle_identifier": report.bundle_identifier,
        "identifier_from": report.identifier_from,
        "sys_executable": report.sys_executable,
        "python": report.python,
        "qt_binding": report.qt_binding,
        "qt_version": report.qt_version,
        "qt_platform": report.qt_platform,
        "activation_policy": report.activation_policy,
        "tray_available": report.tray_available,
        "error": report.error,
    }


def _icon(seen: "SeenIcon") -> dict[str, Any]:
    icon = seen.icon
    return {
        "visible": icon.visible,
        "geometry": list(icon.geometry),
        "icon_null": icon.icon_null,
        "icon_template": icon.icon_template,
        "tooltip": icon.tooltip,
        "menu": list(icon.menu),
        "shown": seen.shown,
        "inside": list(seen.place.area) if seen.place.area else None,
        "place": seen.place.words,
    }


def _screen(screen: "Screen") -> dict[str, Any]:
    return {
        "name": screen.name,
        "geometry": list(screen.geometry),
        "available": list(screen.available),
        "scale": screen.scale,
    }
