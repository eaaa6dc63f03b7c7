"""Checking the options of a DMG: in goes a dictionary of anything, out comes `DmgSettings`.

Where options are of a kind that dmgbuild would choke on, the error names each of them.
"""

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ValidationError

from ...errors import ImageError, show_path
from . import kinds
from .settings import DmgSettings
from .wording import saying


class Options(BaseModel):
    """Dmgbuild's options, each of the kind that it needs; what is not given is None.

    Their meanings and defaults are in `DmgSettings`, which has the same fields.
    """

    volume_name: kinds.Text | None = None
    filename: kinds.Text | None = None
    format: kinds.Format | None = None
    filesystem: kinds.Filesystem | None = None
    compression_level: kinds.Whole | None = None
    size: kinds.Size | None = None
    files: kinds.Files | None = None
    symlinks: kinds.Symlinks | None = None
    hide: kinds.Names | None = None
    hide_extensions: kinds.Names | None = None
    icon: kinds.Existing | None = None
    badge_icon: kinds.Existing | None = None
    background: kinds.Background = None
    show_status_bar: kinds.Truth | None = None
    show_tab_view: kinds.Truth | None = None
    show_toolbar: kinds.Truth | None = None
    show_pathbar: kinds.Truth | None = None
    show_sidebar: kinds.Truth | None = None
    sidebar_width: kinds.Measure | None = None
    arrange_by: kinds.Text | None = None
    grid_offset: kinds.Pair | None = None
    grid_spacing: kinds.Measure | None = None
    scroll_position: kinds.Pair | None = None
    show_icon_preview: kinds.Truth | None = None
    show_item_info: kinds.Truth | None = None
    label_pos: kinds.LabelPosition | None = None
    text_size: kinds.TextSize | None = None
    icon_size: kinds.IconSize | None = None
    include_icon_view_settings: object = None
    include_list_view_settings: object = None
    list_icon_size: kinds.Measure | None = None
    list_text_size: kinds.Measure | None = None
    list_scroll_position: kinds.Pair | None = None
    list_sort_by: kinds.Column | None = None
    list_use_relative_dates: kinds.Truth | None = None
    list_calculate_all_sizes: kinds.Truth | None = None
    list_columns: kinds.Columns | None = None
    list_column_widths: kinds.Widths | None = None
    list_column_sort_directions: kinds.Ways | None = None
    window_rect: kinds.Rect | None = None
    default_view: kinds.View | None = None
    icon_locations: kinds.Locations | None = None
    license: kinds.Dictionary | None = None
    create_hook: kinds.Hook = None


def settings_from(options: Mapping[str, object], source: Path | None = None) -> DmgSettings:
    """Check a dictionary of dmgbuild's options; what dmgbuild does not know is left out.

    Raises ImageError that names each option in which something is wrong.
    """
    names = [name for name in Options.model_fields if options.get(name) is not None]
    given = {name: options[name] for name in names}
    try:
        read = Options.model_validate(given, context={"source": source})
    except ValidationError as error:
        where = "The settings" if source is None else show_path(source)
        details = [f"{item['loc'][0]} {saying(item)}" for item in error.errors(include_url=False)]
        raise ImageError.of_all(where, details) from None
    return DmgSettings(**{name: getattr(read, name) for name in names}, source=source)
