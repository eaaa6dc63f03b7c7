"""The table of methods that have a model, and the system's classes' line of descent.

Comes in: a class' name and a selector. Goes out: the model of `-[Class selector]`, of the class
itself or of one it inherits from.
"""

from collections.abc import Callable
from typing import TypeVar

from ...machine.types import Model

Each = TypeVar("Each", bound=Model)

SUPERCLASSES = {
    "NSMutableString": "NSString",
    "__NSCFConstantString": "NSString",
    "NSMutableArray": "NSArray",
    "NSConstantArray": "NSArray",
    "NSMutableDictionary": "NSDictionary",
    "NSMutableSet": "NSSet",
    "NSMutableData": "NSData",
    "NSDecimalNumber": "NSNumber",
    "NSConcreteTask": "NSTask",
    "NSApplication": "NSResponder",
    "NSWindow": "NSResponder",
    "NSResponder": "NSObject",
}
"""NSObject is every other class' parent."""

_METHODS: dict[str, Model] = {}


def methods(*names: str) -> Callable[[Each], Each]:
    """Make the decorated function the model of methods written as `-[NSBundle bundlePath]`."""

    def register(model: Each) -> Each:
        for name in names:
            _METHODS[name] = model
        return model

    return register


def find_method(sign: str, class_name: str, selector: str) -> tuple[str, Model] | None:
    """Full name and model of a method; `sign` is `-`, or `+` for a class' own."""
    name: str | None = class_name
    while name is not None:
        model = _METHODS.get(f"{sign}[{name} {selector}]")
        if model is not None:
            shown = class_name if name == "NSObject" else name
            return f"{sign}[{shown} {selector}]", model
        if name == "NSObject":
            break
        name = SUPERCLASSES.get(name, "NSObject")
    if sign == "+":
        model = _METHODS.get(f"-[NSObject {selector}]")
        if model is not None:
            return f"+[{class_name} {selector}]", model
    return None


def inherits(class_name: str, ancestor: str) -> bool:
    """Whether a class of the system is or descends from another."""
    name: str | None = class_name
    while name is not None:
        if name == ancestor:
            return True
        name = None if name == "NSObject" else SUPERCLASSES.get(name, "NSObject")
    return False
