"""HFS+: catalog, records, names and B-trees of a volume, read and checked."""
