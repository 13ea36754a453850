"""`clearway steps`: the sentences that scenarios can be made of, and where each is defined."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from verification.commands.console import (
    GOOD,
    ISSUE,
    USAGE,
    complain,
    make_parser,
    open_project,
    print_json,
    print_lines,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verification.sources.bindings import Sentence

SHOWN = 3
"""So many of a sentence's uses are shown."""


def steps(argv: list[str]) -> int:
    """List the sentences that the steps know, each with its place and what it does; with words, those that hold them.

    Exit status: 0; 1 if no sentence holds the words; 2 usage.

    For: engineer
    """
    parser = make_parser(
        "steps",
        steps,
        "example: clearway steps rows\n         sentences about rows\n    then: clearway new scenario SRS-034/AC1",
    )
    parser.add_argument("word", nargs="*", help="what a sentence, its uses or what it does must hold, all of them")
    arguments = parser.parse_args(argv)
    project = open_project(arguments)
    if project is None:
        return USAGE
    from verification.sources.bindings import find_sentences
    from verification.sources.scenarios import read_scenarios

    words = [word.casefold() for word in arguments.word]
    found = [each for each in find_sentences(project, read_scenarios(project)[0]) if _holds(each, words)]
    if arguments.json:
        print_json(map(asdict, found))
    else:
        print_lines(line for each in found for line in _lines(each, words))
    if not found:
        complain(
            f"clearway steps: no sentence holds {' and '.join(arguments.word) or 'a word'}; `clearway steps` lists all"
        )
    return GOOD if found else ISSUE


def _holds(sentence: Sentence, words: list[str]) -> bool:
    """Whether a sentence holds all the words, in its text, in what it does or in one of its uses."""
    own = f"{sentence.keyword} {sentence.text} {sentence.does}".casefold()
    return any(all(word in f"{own} {use.casefold()}" for word in words) for use in (*sentence.used, ""))


def _lines(sentence: Sentence, words: list[str]) -> Iterator[str]:
    """Yield the sentence, where it is and what it does, and some of its uses, those first that hold the words."""
    yield f"{sentence.keyword.capitalize():5}  {sentence.text}"
    yield f"       {sentence.file}:{sentence.line}  {sentence.does}"
    others = sorted(
        (use for use in sentence.used if use != sentence.text),
        key=lambda use: sum(word not in use.casefold() for word in words),
    )
    yield from (f"       as: {use}" for use in others[:SHOWN])
    if len(others) > SHOWN:
        yield f"       and {len(others) - SHOWN} more"
