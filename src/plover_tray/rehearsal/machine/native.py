"""Functions that are called so often that they run as code of the guest, not as models.

Comes in: an architecture. Goes out: machine code, position independent, that needs nothing else.
PyInstaller's bootloader calls memcmp once for each byte of its own file to find its archive:
190,000 times in that of PyInstaller 6 (seen here), which would take seconds as models.
"""

_ARM64_MEMCMP = (
    0xB40000E2,  # cbz   x2, equal
    0x38401403,  # next: ldrb w3, [x0], #1
    0x38401424,  # ldrb  w4, [x1], #1
    0xD1000442,  # sub   x2, x2, #1
    0x6B040065,  # subs  w5, w3, w4
    0x54000081,  # b.ne  differ
    0xB5FFFF62,  # cbnz  x2, next
    0x52800000,  # equal: mov w0, #0
    0xD65F03C0,  # ret
    0x2A0503E0,  # differ: mov w0, w5
    0xD65F03C0,  # ret
)

_X86_64_MEMCMP = (
    "48 85 d2"  # test %rdx, %rdx
    "74 15"  # je equal
    "0f b6 07"  # next: movzbl (%rdi), %eax
    "0f b6 0e"  # movzbl (%rsi), %ecx
    "48 ff c7"  # inc %rdi
    "48 ff c6"  # inc %rsi
    "29 c8"  # sub %ecx, %eax
    "75 07"  # jne differ
    "48 ff ca"  # dec %rdx
    "75 eb"  # jne next
    "31 c0"  # equal: xor %eax, %eax
    "c3"  # differ: ret
)

_CODE = {
    "arm64": b"".join(word.to_bytes(4, "little") for word in _ARM64_MEMCMP),
    "x86_64": bytes.fromhex(_X86_64_MEMCMP),
}

_NAMES = frozenset({"memcmp", "bcmp", "timingsafe_bcmp"})


def native_code(arch: str, name: str) -> bytes | None:
    """The machine code of the C function `name`, None where a model answers it."""
    return _CODE[arch] if name in _NAMES else None
