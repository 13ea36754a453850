#!/bin/sh
# pytest-bdd 9.0.1: two step patterns that match one sentence are no error, and the alphabet says which one runs.
#
# One would expect what other Gherkin runners do, an error that names both definitions; or at least that the exact
# sentence wins over a general pattern, or that the order of definition decides. None is so. Steps are collected as
# attributes of the module, in the alphabetical order of their patterns, and the last of them that matches is run. A
# pattern that is added or reworded anywhere in the module can so take over scenarios that pass as before, while a
# reader of the feature file finds the other definition.
#
# What we do about it: a test of ours asks that every sentence of our feature files is matched by exactly one step.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pytest==9.2.0 pytest-bdd==9.0.1 2> /dev/null
"$work/venv/bin/pip" list --disable-pip-version-check 2> /dev/null | grep -E "^pytest(-bdd)? "

cat > "$work/lamp.feature" << 'FEATURE'
Feature: A lamp
  Scenario: It is dark
    Then the lamp is off
FEATURE

exact='@then("the lamp is off")
def exact():
    print("exact")'
braces='@then(parsers.parse("the lamp is {state}"))
def general(state):
    print("general")'
dots='@then(parsers.re("the .+ is off"))
def general():
    print("general")'

run() { # FIRST SECOND: define two steps in this order; print which of them ran, if the scenario passed
    printf 'from pytest_bdd import parsers, scenarios, then\nscenarios("lamp.feature")\n%s\n%s\n' "$1" "$2" > "$work/test_lamp.py"
    (cd "$work" && venv/bin/python -m pytest -q -s -p no:cacheprovider test_lamp.py) > "$work/said" 2>&1
    grep -q "1 passed" "$work/said"
    grep -oE "exact|general" "$work/said"
}

expect() { # WHAT FOUND WANTED
    printf '%-48s runs: %s\n' "$1" "$2"
    [ "$2" = "$3" ] || { echo "changed: expected $3"; exit 1; }
}

expect '"the lamp is off", then "the lamp is {state}"' "$(run "$exact" "$braces")" general
expect '"the lamp is {state}", then "the lamp is off"' "$(run "$braces" "$exact")" general
expect '"the lamp is off", then "the .+ is off"' "$(run "$exact" "$dots")" exact
expect '"the .+ is off", then "the lamp is off"' "$(run "$dots" "$exact")" exact
