"""Making seals: in goes a bundle or a Mach-O file, out comes a signed one.

`macho_seal` signs one file ad-hoc, in pure Python; `seal` signs whole bundles, code inside code
first; `make_sealable` makes sealable what is not; `backends` drive `codesign` and `rcodesign`.
`macho_seal` needs no more than the standard library and macholib: building the launcher uses it.
"""
