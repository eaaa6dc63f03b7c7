"""Reading code signatures: in goes a bundle, framework or Mach-O file, out come facts.

`blobs`, `codedirectory`, `requirements`, `entitlements` and `resources` are the formats, read and
written; `layout` finds code inside code; `cms` shows who signed; `verify` puts it all together, and
`sealable` says what keeps a bundle from being sealed.
Nothing here changes a file. Making seals is the business of `plover_tray.signing`.
"""
