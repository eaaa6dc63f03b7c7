"""The system's logs: os_log and the older asl. What is written to them goes nowhere."""
# ruff: noqa: D103 - a model's name says which function it answers for

from ...machine.emulator import Emulator
from ...machine.frame import Frame
from ...machine.models import data, models


@data("_os_log_default")
def default_log(machine: Emulator) -> int:
    return machine.memory.keep(bytes(64))


@models("os_log_create", "asl_new", "asl_open")
def create(frame: Frame) -> int:
    return frame.memory.keep(bytes(64))


@models("os_log_type_enabled")
def enabled(_frame: Frame) -> int:
    """Nothing is logged, so that nothing has to be formatted."""
    return 0


@models(
    "_os_log_impl", "_os_log_error_impl", "_os_log_debug_impl", "_os_log_fault_impl", "asl_log",
    "asl_set", "asl_set_filter", "asl_add_log_file", "asl_add_output_file", "asl_free",
    "asl_close", "asl_send", "asl_log_descriptor", "asl_unset",
)  # fmt: skip
def log(_frame: Frame) -> int:
    return 0
