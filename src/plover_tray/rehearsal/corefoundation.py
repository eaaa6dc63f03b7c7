"""CoreFoundation: the main bundle, URLs, strings, arrays, dictionaries."""
