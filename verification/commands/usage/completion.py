"""`clearway completion`: a script that lets a shell complete commands, their second words, options and ids."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Iterable, Mapping
from importlib.metadata import entry_points

from verification.commands.console import GOOD
from verification.commands.usage.offers import GROUP, Command, find_offers

_WITH_IDS = "trace|review|verify|change|approve"
"""Commands whose arguments are ids."""

# In zsh `words` is its own, and there is no `mapfile`.
_BASH = """\
# bash completion of clearway: eval "$(clearway completion bash)"
_clearway() {{
    local word="${{COMP_WORDS[COMP_CWORD]}}" first="${{COMP_WORDS[1]}}" second="" offered=""
    [ "$COMP_CWORD" -gt 2 ] && second="${{COMP_WORDS[2]}}"
    if [ "$COMP_CWORD" -eq 1 ]; then
        offered={commands}
    else
        case "$first" in
            {with_ids}) offered="$({ids} 2>/dev/null)" ;;
        esac
        case "$first $second" in
{offers}
        esac
    fi
    COMPREPLY=($(compgen -W "$offered" -- "$word"))
}}
complete -o default -F _clearway clearway
"""

_ZSH = """\
# zsh completion of clearway: eval "$(clearway completion zsh)"
autoload -U +X compinit && compinit -u
autoload -U +X bashcompinit && bashcompinit
"""


def completion(argv: list[str]) -> int:
    """Print a script that lets a shell complete commands, their second words, options and ids.

    For: everyone
    """
    parser = argparse.ArgumentParser(
        prog="clearway completion",
        description=(completion.__doc__ or "").partition("\n")[0],
        epilog='example: eval "$(clearway completion bash)"',
    )
    parser.add_argument("shell", choices=("bash", "zsh"))
    arguments = parser.parse_args(argv)
    print(make_script(arguments.shell, _load_commands()), end="")
    return GOOD


def _load_commands() -> dict[str, Command]:
    """Every command whose libraries are here."""
    commands: dict[str, Command] = {}
    for point in entry_points(group=GROUP):
        try:
            commands[point.name] = point.load()
        except ImportError:
            continue
    return commands


def make_script(shell: str, commands: Mapping[str, Command]) -> str:
    """The script for a shell; ids come from a program that imports no command."""
    offers = find_offers(commands)
    # What a command offers with a second word stands before what it offers with any other.
    ordered = sorted(offers, key=lambda name: (name.partition(" ")[0], " " not in name, name))
    body = _BASH.format(
        commands=shlex.quote(" ".join(sorted({name.split()[0] for name in commands}))),
        with_ids=_WITH_IDS,
        ids=f"{shlex.quote(sys.executable)} -P -m verification.specification.ids",
        offers="\n".join(_case(name, offers[name]) for name in ordered if offers[name]),
    )
    return (_ZSH if shell == "zsh" else "") + body


def _case(name: str, words: Iterable[str]) -> str:
    pattern = shlex.quote(name) if " " in name else f"{shlex.quote(f'{name} ')}*"
    return f'            {pattern}) offered="$offered {" ".join(words)}" ;;'
