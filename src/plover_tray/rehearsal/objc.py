"""The Objective-C runtime."""
