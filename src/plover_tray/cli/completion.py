"""`plover-tray completion SHELL`."""

import click
from click.shell_completion import get_completion_class


@click.command("completion", short_help="Print the completion script for a shell.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> int:
    """Print what makes SHELL complete plover-tray's commands and options.

    \b
    bash: eval "$(plover-tray completion bash)"
    zsh:  eval "$(plover-tray completion zsh)"
    fish: plover-tray completion fish | source
    """
    kind = get_completion_class(shell)
    assert kind is not None
    root = click.get_current_context().find_root().command
    click.echo(kind(root, {}, "plover-tray", "_PLOVER_TRAY_COMPLETE").source())
    return 0
