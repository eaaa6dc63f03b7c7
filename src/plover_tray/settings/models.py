"""The models of `[tool.plover-tray]`: what each key is called, holds and means.

They read tables only (`model_validate`, with the file's folder as `context["folder"]`); no table
names a key that is not here. The texts below the fields are what editors show.
"""

from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetPydanticSchema,
    StrictBool,
    StringConstraints,
    ValidationInfo,
)
from pydantic_core import CoreSchema, core_schema

Text = Annotated[str, StringConstraints(strict=True, min_length=1, pattern=r"^[^\x00]*$")]
"""Neither empty nor with a NUL, which no path and no argument may hold."""

Seconds = Annotated[float, Field(strict=True, gt=0, lt=1e7, allow_inf_nan=False)]


def _in_the_files_folder(text: str, info: ValidationInfo) -> Path:
    return Path((info.context or {}).get("folder", ""), text)


def _path_schema(_: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
    return core_schema.with_info_after_validator_function(
        _in_the_files_folder, handler.generate_schema(Text)
    )


RelativePath = Annotated[Path, GetPydanticSchema(_path_schema)]
"""A text; joined to the folder of the file that it stands in."""


def _key(field_name: str) -> str:
    return field_name.replace("_", "-")


class Table(BaseModel):
    """A table of `[tool.plover-tray]`; its keys are the fields' names with `-` for `_`."""

    model_config = ConfigDict(
        alias_generator=_key, extra="forbid", frozen=True, use_attribute_docstrings=True
    )


class SignSettings(Table):
    """How the app is signed; see `plover-tray sign`."""

    identity: Text | None = None
    """The identity that codesign finds in the keychain, such as "Developer ID Application: ..."."""
    keychain: RelativePath | None = None
    """The keychain to look in for the identity."""
    p12: RelativePath | None = None
    """Certificate and key for rcodesign; their password comes by environment variable or file."""
    identifier: Text | None = None
    """The signing identifier. Default: CFBundleIdentifier."""
    entitlements: RelativePath | None = None
    """A plist for the executables. Default: what they have, or what Python with Qt needs."""
    requirement: Text | None = None
    """The designated requirement of the app."""
    hardened: StrictBool | None = None
    """With the hardened runtime, which notarization needs. Default: where a certificate signs."""
    drop_leftovers: StrictBool = False
    """Remove .a, .o and __pycache__ before signing."""


class DmgSettingsTable(Table):
    """How the disk image is made; see `plover-tray dmg`."""

    name: Text | None = None
    """The DMG's file name. Default: name and version of the app."""
    volume_name: Text | None = None
    """The volume's name. Default: the DMG settings', or the app's name."""
    settings: RelativePath | None = None
    """Settings in dmgbuild's format: a settings.py or settings.json."""
    format: Text | None = None
    """One of hdiutil's formats: UDZO, UDBZ, ULMO, ULFO, ..."""
    defines: dict[str, Text] = Field(default_factory=dict)
    """What the DMG settings find in `defines`."""


class NotarizeSettings(Table):
    """How Apple is asked; see `plover-tray notarize`."""

    api_key: RelativePath | None = None
    """The file AuthKey_ID.p8 of App Store Connect."""
    api_key_id: Text | None = None
    """The key's ID."""
    api_issuer: Text | None = None
    """The issuer's ID."""
    keychain_profile: Text | None = None
    """On a Mac: a profile of `xcrun notarytool store-credentials`."""
    timeout: Seconds | None = None
    """Seconds to wait for Apple's verdict. Default: 3600."""


class Settings(Table):
    """Settings of plover-tray; paths are relative to the file."""

    app: RelativePath | None = None
    """The bundle that `release` starts from."""
    output: RelativePath | None = None
    """The folder of a release. Default: dist."""
    entry: Text | None = None
    """What follows `python` to start the app, such as "-s -m package.module"."""
    ignore: tuple[Text, ...] = ()
    """Rules of `check` that do not count, by code or its beginning."""
    sign: SignSettings = SignSettings()
    dmg: DmgSettingsTable = DmgSettingsTable()
    notarize: NotarizeSettings = NotarizeSettings()
