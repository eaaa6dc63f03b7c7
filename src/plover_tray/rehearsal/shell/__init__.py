"""Shell scripts, read without running them: what people write to start Python from a bundle."""
