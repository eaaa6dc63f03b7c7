"""The repository's documents: links lead somewhere, and what they quote is so."""

import re
import tomllib
from pathlib import Path

import pytest
from apps.broken import BROKEN, sound

from plover_tray import rules
from plover_tray.bundle.app_bundle import AppBundle

PROJECT = Path(__file__).parents[1]
DOCUMENTS = sorted(
    path.relative_to(PROJECT).as_posix()
    for folder in (".", "changes", "docs", "launcher", "packaging/plover")
    for path in (PROJECT / folder).glob("*.md")
)
URLS = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]["urls"]
RAW = "https://raw.githubusercontent.com/plover-tray/plover-tray/main/"
LINK = re.compile(r"(!?)\[[^\]]*\]\(([^)\s]+)\)")
FRAGMENT = re.compile(r"(breaking|added|changed|fixed)-[a-z0-9-]+\.md")


def text(name: str) -> str:
    return (PROJECT / name).read_text("utf-8")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_link_within_the_repository_leads_somewhere(name: str) -> None:
    folder = (PROJECT / name).parent
    prose = re.sub(r"`[^`]*`", "code", text(name))
    links = [link for _, link in LINK.findall(prose) if ":" not in link and link[0] != "#"]
    assert [link for link in links if not (folder / link.partition("#")[0]).exists()] == []


def test_the_readmes_pictures_are_shown_outside_the_repository_too() -> None:
    pictures = [link for mark, link in LINK.findall(text("README.md")) if mark]
    assert len(pictures) == 2
    assert [link for link in pictures if not link.startswith(RAW)] == []
    assert all((PROJECT / link.removeprefix(RAW)).exists() for link in pictures)


def test_the_package_index_is_told_where_the_project_lives() -> None:
    assert {"Homepage", "Source", "Issues", "Changelog"} <= URLS.keys()
    assert all(
        url.startswith("https://github.com/plover-tray/plover-tray") for url in URLS.values()
    )


def test_a_source_distribution_carries_every_document_and_folder() -> None:
    hatch = tomllib.loads(text("pyproject.toml"))["tool"]["hatch"]
    included = set(hatch["build"]["targets"]["sdist"]["include"])
    documents = {f"/{name}" for name in DOCUMENTS if "/" not in name}
    assert documents <= included
    assert {"/changes", "/docs", "/templates", "/launcher"} <= included
    assert [name for name in included if not (PROJECT / name[1:]).exists()] == []


def test_change_fragments_are_as_their_readme_says() -> None:
    for path in (PROJECT / "changes").iterdir():
        if path.name != "README.md":
            assert FRAGMENT.fullmatch(path.name), path.name
            lines = path.read_text("utf-8").splitlines()
            assert lines, path.name
            assert all(line.startswith(("- ", "  ")) for line in lines), path.name


def test_the_recipes_name_files_that_are_there() -> None:
    documents = "".join(map(text, ("ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md")))
    named = re.findall(r"`((?:src|tests|docs|ci|changes|payload|rehearsal)/[\w./-]+)`", documents)
    assert len(named) > 10
    roots = (PROJECT, PROJECT / "src" / "plover_tray")
    assert [n for n in named if not any((root / n).exists() for root in roots)] == []


def test_the_recipes_example_of_a_rule_finds_what_it_says(tmp_path: Path) -> None:
    example = next(block for block in python_blocks(text("CONTRIBUTING.md")) if "Rule)" in block)
    names = {**vars(rules.info_plist), "__name__": __name__}
    exec(example, names)
    rule = names["ExecutableKeyMissing"]()
    assert rule.code not in rules.REGISTRY, "the example's number must stay free"

    def told(bundle: Path) -> list[str]:
        return [found.message for found in rule.find(rules.Facts(AppBundle.open(bundle), None))]

    broken = BROKEN["no-executable-key"](tmp_path / "broken")
    assert told(broken) == ["Info.plist names no main executable."]
    assert told(sound(tmp_path / "sound")) == []


def test_the_recipes_example_of_a_model_is_the_one_in_the_code() -> None:
    example = next(block for block in python_blocks(text("CONTRIBUTING.md")) if "@models" in block)
    threads = text("src/plover_tray/rehearsal/libraries/libc/threads.py")
    assert example.strip() in threads


def python_blocks(document: str) -> list[str]:
    """The Python in a document, as it would stand in a file."""
    blocks = re.findall(r"^( *)```python\n(.*?)^ *```$", document, re.MULTILINE | re.DOTALL)
    return [re.sub(rf"^{indent}", "", code, flags=re.MULTILINE) for indent, code in blocks]
