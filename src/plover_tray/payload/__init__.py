"""What is put into an app: the built launcher, the boot module, bytecode of it."""
