"""`plover-tray explain CODE`."""

import click

from ..report.console import print_json
from .context import common_options, format_options


@click.command("explain", short_help="What a finding means, why it matters, what to do next.")
@click.argument("code", required=False)
@format_options("json")
@common_options
def command(code: str | None, format_: str) -> int:
    """Explain the rule CODE, such as ID101; without CODE, list all rules."""
    from .. import api
    from ..report import explain_json, explain_text
    from ..rules import REGISTRY

    if format_ == "json":
        print_json(explain_json.document([api.explain(code)] if code else REGISTRY.values()))
    elif code:
        explain_text.show(api.explain(code))
    else:
        explain_text.show_list()
    return 0
