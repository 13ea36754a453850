"""Then: how a run ended, what it printed, and what a program got."""

from __future__ import annotations

import re

from pytest_bdd import parsers, then

from verification.steps.bench import Bench, Observe

MEGABYTE = 1_000_000


@then(parsers.parse("the exit status is {status:d}"))
def exit_status(bench: Bench, status: int, observe: Observe) -> None:
    """The last run ended with this exit status."""
    observe(str(bench.last.status))
    assert bench.last.status == status


@then(parsers.parse("the process never held more than {megabytes:d} MB"))
def peak(bench: Bench, megabytes: int, observe: Observe) -> None:
    """The gate's own process held less than so many megabytes of 10^6 bytes at its peak."""
    held = bench.runs["gate"].peak
    assert held is not None
    observe(f"{'less' if held < megabytes * MEGABYTE else 'more'} than {megabytes} MB")
    assert held < megabytes * MEGABYTE


@then("no result is printed")
def no_result(bench: Bench, observe: Observe) -> None:
    """Standard output is empty."""
    observe(f"{len(bench.last.out)} characters of output")
    assert bench.last.out == ""


@then(parsers.parse("the message names {word}"))
def message(bench: Bench, word: str, observe: Observe) -> None:
    """Standard error contains the word, and no traceback."""
    lines = bench.last.err.replace(f"{bench.folder}/", "").strip().splitlines()
    observe(lines[-1] if lines else "no message")
    assert word in bench.last.err
    assert "Traceback" not in bench.last.err


@then(parsers.parse('the message does not say "{text}"'))
def message_says_not(bench: Bench, text: str, observe: Observe) -> None:
    """There is something on standard error, and it does not contain the text."""
    observe(bench.last.err.replace(f"{bench.folder}/", "").strip())
    assert bench.last.err
    assert text not in bench.last.err


@then("nothing else is printed")
def nothing_else(bench: Bench, observe: Observe) -> None:
    """Standard error is empty."""
    observe(f"{len(bench.last.err)} characters of messages")
    assert bench.last.err == ""


@then("the output is:")
def output(bench: Bench, docstring: str, observe: Observe) -> None:
    """The whole output, with … where anything may stand."""
    observe(bench.last.out.replace(f"{bench.folder}/", ""))
    wanted = "[\\s\\S]*".join(re.escape(part) for part in docstring.strip().split("…"))
    assert re.fullmatch(wanted, bench.last.out.strip())


@then(parsers.parse('the output says "{text}"'))
def says(bench: Bench, text: str, observe: Observe) -> None:
    """Standard output contains the text."""
    observe(excerpt(bench, text))
    assert text in bench.last.out


@then(parsers.parse('the output does not say "{text}"'))
def says_not(bench: Bench, text: str, observe: Observe) -> None:
    """There is something on standard output, and it does not contain the text."""
    observe(excerpt(bench, text))
    assert bench.last.out
    assert text not in bench.last.out


def excerpt(bench: Bench, text: str) -> str:
    """The first line of the output that says a text."""
    lines = bench.last.out.replace(f"{bench.folder}/", "").splitlines()
    return next((line.strip() for line in lines if text in line), f"no line says “{text}”")


@then(parsers.parse("the device says that {count:d} entries were skipped"))
def skipped(bench: Bench, count: int, observe: Observe) -> None:
    """Standard error says that so many entries of folders were skipped."""
    observe(next((line for line in bench.last.err.splitlines() if "skipped" in line), "nothing said of it"))
    assert f"{count} skipped" in bench.last.err


@then(parsers.parse("it raises {name}"))
def raises(bench: Bench, name: str, observe: Observe) -> None:
    """The call raised one exception, of the class of this name."""
    found = [type(each).__name__ for each in bench.raised]
    observe(", ".join(found) or "nothing raised")
    assert found == [name]


@then(parsers.re(r'it gets (?P<outcome>\w+)(?P<twice> twice)?(, for a reason that says "(?P<text>.*)")?$'))
def gets(bench: Bench, outcome: str, twice: str | None, text: str | None, observe: Observe) -> None:
    """What a program got from the device: outcomes, or the names of exceptions."""
    found = [str(each.outcome) for each in bench.answers] + [type(each).__name__ for each in bench.raised]
    reasons = [each.failure or "" for each in bench.answers]
    observe("; ".join([*found, *reasons]).replace(f"{bench.folder}/", "").replace("\0", "NUL"))
    assert found == [outcome] * (2 if twice else 1)
    assert all((text or "") in each for each in reasons)
