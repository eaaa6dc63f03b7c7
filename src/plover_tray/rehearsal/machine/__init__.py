"""The emulated computer: memory, processor, one mapped program, and who answers its calls."""
