"""Reading code signatures: in goes a bundle, framework or Mach-O file, out come facts.

`blobs`, `codedirectory`, `requirements`, `entitlements` and `resources` are the formats, read and
written; `nested` finds code inside code; `cms` shows who signed; `verify` puts it all together.
Nothing here changes a file. Making seals is the business of `plover_tray.signing`.
"""
