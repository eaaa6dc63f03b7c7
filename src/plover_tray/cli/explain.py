"""`plover-tray explain CODE`."""

import click

from .context import common_options


@click.command("explain", short_help="What a finding means, why it matters, how to mend it.")
@click.argument("code", required=False)
@common_options
def command(code: str | None) -> int:
    """Explain the rule CODE, such as ID101; without CODE, list all rules."""
    from .. import api, report

    if code is None:
        report.write_rule_list()
    else:
        report.write_rule(api.explain(code))
    return 0
