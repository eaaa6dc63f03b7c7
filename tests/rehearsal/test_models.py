"""Every model, called with arguments that no compiler would make: an answer or an end, no more."""

import random

import pytest
from apps.compile import BOTH, Options, compile_source

from plover_tray.bundle.app_bundle import AppBundle
from plover_tray.rehearsal import Budget
from plover_tray.rehearsal.ending import Ended
from plover_tray.rehearsal.guest.filesystem import GuestFiles
from plover_tray.rehearsal.guest.pretended_mac import FIRST
from plover_tray.rehearsal.guest.process import new_process
from plover_tray.rehearsal.libraries.objc import methods
from plover_tray.rehearsal.machine import models as symbols
from plover_tray.rehearsal.machine.frame import Frame
from plover_tray.rehearsal.machine.image import read_image
from plover_tray.rehearsal.machine.machine import Machine
from plover_tray.rehearsal.machine.objects import (
    Array,
    Data,
    Dictionary,
    Instance,
    Number,
    Task,
    Text,
    Url,
)
from plover_tray.rehearsal.run import set_up
from rehearsal.guests import CONTENTS, bundle_around

BUDGET = Budget(instructions=1_000_000, seconds=5, memory=8 << 20, calls=200, output=1 << 16)


@pytest.fixture(scope="module", params=BOTH)
def guest(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AppBundle:
    program = compile_source("int main(void) { return 0; }", ".c", Options(archs=(request.param,)))
    return AppBundle.open(bundle_around(tmp_path_factory.mktemp("guest"), program))


def machine_in(bundle: AppBundle) -> Machine:
    """A machine with its main executable mapped, that has run nothing yet."""
    assert bundle.main is not None
    assert bundle.main.macho is not None
    (slice_,) = bundle.main.macho.slices
    data = (bundle.path / bundle.main.path).read_bytes()
    path = f"{CONTENTS}/MacOS/Guest"
    machine = Machine(
        read_image(path, slice_, data), GuestFiles(bundle.path), new_process(path, FIRST), BUDGET
    )
    set_up(machine, [path, "a"], [b"A=1", b"PATH=/usr/bin"])
    machine.load(machine.image)
    machine.set(machine.abi.stack, machine.stack - 256)
    if machine.abi.link is not None:
        machine.set(machine.abi.link, machine.address_of("return to the caller"))
    else:
        machine.memory.put_u64(machine.stack, machine.address_of("return to the caller"))
    return machine


def arguments(machine: Machine, chance: random.Random) -> list[int]:
    """Pointers to texts, to buffers, to objects and to nothing, small numbers and absurd ones."""
    memory, objects = machine.memory, machine.objects
    texts = [b"", b"/usr/bin", b"a%s%d%@%n%*.*f", b"\xff\xfe\xc3", b"r", b"Resources", b"-1e9"]
    text = memory.allocate_text(chance.choice(texts))
    buffer = memory.allocate(256)
    memory.write(buffer, chance.randbytes(64) if chance.random() < 0.5 else bytes(64))
    pointers = memory.keep_list([text, text])
    values = [
        Text(text=chance.choice(["", "a/b", "%@ %d", "\ud800", "é" * 30])),
        Url(path="/a/b"),
        Array("NSMutableArray", [Text(text="x")]),
        Dictionary("NSMutableDictionary", {"a": Number(value=1)}),
        Number(value=chance.choice([0, -1, 1 << 70, 0.5, float("inf"), True])),
        Data(data=b"<plist>"),
        Task(path="/bin/ls"),
        Instance("NSBundle"),
    ]
    choices = [
        *(0, 1, 2, 3, 7, 64, 0xFFFFFFFF, (1 << 64) - 1, 1 << 40, 1 << 63, 0x1234_5678_9ABC),
        *(text, buffer, pointers, machine.stack, machine.image.base, 0x600000000),
        *(objects.add(value) for value in chance.sample(values, 4)),
        objects.class_address("NSString"),
    ]
    return [chance.choice(choices) for _ in range(8)]


def call(machine: Machine, name: str, model: object, chance: random.Random) -> str:
    """Call a model; how it ended."""
    for register, value in zip(machine.abi.arguments, arguments(machine, chance), strict=False):
        machine.set(register, value)
    frame = Frame(machine, name, symbol=f"_{name}")
    if name[0] in "+-":
        frame.first = 2
        at = chance.choice(arguments(machine, chance))
        frame.receiver = machine.objects.at(at) if machine.objects.known(at) else None
    try:
        machine.answer(model, frame)  # type: ignore[arg-type]
    except Ended as end:
        assert end.message  # noqa: PT017 - either an answer or an end
        return str(end.outcome)
    return "answered"


def test_no_model_gives_a_traceback(guest: AppBundle) -> None:
    symbols.model_of("malloc")
    everything = {**symbols._MODELS, **methods._METHODS}
    assert len(everything) > 900
    ends = set()
    machine = machine_in(guest)
    for number, (name, model) in enumerate(sorted(everything.items())):
        chance = random.Random(number)
        if number % 10 == 0:
            machine = machine_in(guest)
        for _ in range(5):
            ends.add(call(machine, name, model, chance))
    assert {"answered", "fault", "unknown-call"} <= ends


def test_the_tables_name_nothing_that_is_not_there() -> None:
    symbols.model_of("malloc")
    assert set(symbols.QUIET) - set(symbols._MODELS) == set()
    for name in methods._METHODS:
        assert name[0] in "+-"
        assert name[1] == "["
        assert name.endswith("]")
        assert name.count(" ") == 1
