"""Every result of every command, told: as text for people, as JSON, as annotations for GitHub, as
SARIF for code scanning.

One module a result and form: `X_json.document(result)` is plain data that `schemas/X-N.json`
describes, `X_text.show(result)` prints lines for people. Where findings are, `github.annotations`
and `sarif.document` tell them too. `console` has what all of them print on. Nothing is found out
here, and heavy libraries are imported where they are used.
"""
