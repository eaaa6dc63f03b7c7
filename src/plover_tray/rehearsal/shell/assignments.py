"""Variables: assigned, declared, exported, unset."""

from .state import Shell
from .statements import SKIPPED, expander, handles
from .syntax import Node, not_understood, text_of


@handles("variable_assignment")
def _assignment(shell: Shell, node: Node, _tested: bool) -> None:
    shell.status = 0
    assign(shell, node)


def assign(shell: Shell, node: Node) -> tuple[str, str]:
    """Do an assignment; name and value."""
    name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
    if name is None or name.type != "variable_name":
        raise not_understood(node, "assignment")
    if value is not None and value.type == "array":
        raise not_understood(node, "array")
    text = expander(shell).assigned(value) if value is not None else ""
    if "+=" in text_of(node)[: len(text_of(name)) + 2]:
        text = shell.variables.get(text_of(name), "") + text
    shell.set(text_of(name), text)
    return text_of(name), text


@handles("variable_assignments")
def _assignments(shell: Shell, node: Node, _tested: bool) -> None:
    for child in node.named_children:
        _assignment(shell, child, False)


@handles("declaration_command")
def _declaration(shell: Shell, node: Node, _tested: bool) -> None:
    """export, readonly, local, declare, typeset"""
    word = node.children[0].type
    shell.status = 0
    flags = ""
    for child in node.children[1:]:
        if child.type in SKIPPED:
            continue
        if child.type == "word" and text_of(child).startswith("-"):
            flags += text_of(child)
            if set(text_of(child)) & set("aAfnp"):
                raise not_understood(node, f"{word} {text_of(child)}")
            continue
        if child.type == "variable_assignment":
            name = assign(shell, child)[0]
        elif child.type in ("variable_name", "word"):
            name = text_of(child)
            if word in ("local", "declare", "typeset"):
                shell.variables.setdefault(name, "")
        else:
            raise not_understood(child, f"{word} of what is no name")
        if word == "export" or "x" in flags:
            shell.exported.add(name)


@handles("unset_command")
def _unset(shell: Shell, node: Node, _tested: bool) -> None:
    for child in node.children[1:]:
        name = text_of(child)
        if name in ("-v", "-f"):
            continue
        shell.variables.pop(name, None)
        shell.exported.discard(name)
    shell.status = 0
