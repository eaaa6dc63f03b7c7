"""What rules and fix may know of a bundle, worked out once and on demand."""
