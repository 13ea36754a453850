"""`clearway completion`: a script that lets a shell complete commands and ids."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Iterable

from verification.commands.console import GOOD

_WITH_IDS = "trace|review|verify|change"
"""Commands whose arguments are ids."""

# In zsh `words` is its own, and there is no `mapfile`.
_BASH = """\
# bash completion of clearway: eval "$(clearway completion bash)"
_clearway() {{
    local word="${{COMP_WORDS[COMP_CWORD]}}" offered=""
    if [ "$COMP_CWORD" -eq 1 ]; then
        offered={commands}
    else
        case "${{COMP_WORDS[1]}}" in
            {with_ids}) offered="$({ids} 2>/dev/null)" ;;
        esac
        case "${{COMP_WORDS[1]}}" in
{actions}
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
    """Print a script that lets a shell complete commands and ids."""
    parser = argparse.ArgumentParser(
        prog="clearway completion",
        description=(completion.__doc__ or "").partition("\n")[0],
        epilog='example: eval "$(clearway completion bash)"',
    )
    parser.add_argument("shell", choices=("bash", "zsh"))
    arguments = parser.parse_args(argv)
    from importlib.metadata import entry_points

    names = {point.name for point in entry_points(group="clearway.commands")}
    print(make_script(arguments.shell, names), end="")
    return GOOD


def make_script(shell: str, commands: Iterable[str]) -> str:
    """The script for a shell; ids come from a program that imports no command."""
    from verification.commands.trace import ACTIONS

    listed = sorted({name.split()[0] for name in commands})
    actions = {"trace": list(ACTIONS), "change": ["new", "check"], "completion": ["bash", "zsh"]}
    for name in commands:
        first, _, second = name.partition(" ")
        if second:
            actions.setdefault(first, []).append(second)
    body = _BASH.format(
        commands=shlex.quote(" ".join(listed)),
        with_ids=_WITH_IDS,
        ids=f"{shlex.quote(sys.executable)} -P -m verification.specification.ids",
        actions="\n".join(
            f'            {name}) [ "$COMP_CWORD" -eq 2 ] && offered="$offered {" ".join(sorted(each))}" ;;'
            for name, each in sorted(actions.items())
        ),
    )
    return (_ZSH if shell == "zsh" else "") + body
