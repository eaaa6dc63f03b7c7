"""The Objective-C runtime: messages, classes defined in the executable, reference counts."""

from . import runtime as runtime
