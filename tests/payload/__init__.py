"""Tests of the boot module, on every CPython of the machine, beside the bare interpreter."""
