"""Other programs and secrets: the only place that starts a program, and what it may be handed."""
