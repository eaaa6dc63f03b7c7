"""Rebuilding a bundle around the in-process launcher: `plan_fix` says what and why, `apply` how."""
