"""`plover-tray explain CODE`."""

import click

from ..report.console import print_json
from .context import common_options, format_options


@click.command("explain", short_help="What a finding means, why it matters, how to mend it.")
@click.argument("code", required=False)
@format_options("json")
@common_options
def command(code: str | None, format_: str) -> int:
    """Explain the rule CODE, such as ID101; without CODE, list all rules."""
    from .. import api, report

    if format_ == "json":
        print_json(report.rules_to_json([api.explain(code)] if code else None))
    elif code is None:
        report.write_rule_list()
    else:
        report.write_rule(api.explain(code))
    return 0
