"""Other programs and secrets: the one place that starts a program, and what it may be handed."""
