import pytest

from verification.strength.mutants import find_faults


def faults(code):
    return [(fault.before, fault.after) for fault in find_faults(code, 1)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("return a < b", {"return a <= b", "return a >= b", "return None"}),
        ("return 0 <= a <= b", {"return 1 <= a <= b", "return 0 < a <= b", "return 0 > a <= b", "return 0 <= a < b",
                                "return 0 <= a > b", "return None"}),
        ("return a is not b", {"return a is b", "return None"}),
        ("return a not in b", {"return a in b", "return None"}),
        ("return a and b and not c", {"return a or b or not c", "return a and b and c", "return None"}),
        ("return not (a or b)", {"return (a or b)", "return not (a and b)", "return None"}),
        ("return a ** 2 // b", {"return a * 2 // b", "return a ** 3 // b", "return a ** 2 / b", "return None"}),
        ("return (a) * (b)", {"return (a) / (b)", "return (None)", "return None"} - {"return (None)"}),
        ("return 0.5", {"return 0.55"}),
        ("return True", {"return False"}),
        ("return 'A', b'B'", {"return 'XA', b'B'", "return 'A', b'XB'", "return None"}),
        ("if a(): b()", {"if (not a()): b()", "if a(): pass"}),
        ("if a > b: raise c", {"if a >= b: raise c", "if a <= b: raise c", "if a > b: pass"}),
        ("a += 1", {"a -= 1", "pass", "a += 2"}),
        ("a.b = c", {"pass"}),
        ("for x in a: break", {"for x in (): break", "for x in a: continue"}),
        ("return [x for x in a if x.startswith(b)]", {"return [x for x in a if (not x.startswith(b))]", "return None",
                                                      "return [x for x in a if x.endswith(b)]"}),
        ("return max(a, b)", {"return min(a, b)", "return None"}),
        ("return f'{a}_B'", {"return f'X{a}_B'", "return None"}),
    ],
)  # fmt: skip
def test_each_fault_is_one_change_of_what_the_code_does(line, expected):
    found = faults(f"def f(a, b, c):\n    {line}\n")
    assert {after for _, after in found} == expected
    assert {before for before, _ in found} == {line}
    assert len(found) == len(expected)


@pytest.mark.parametrize(
    "line",
    [
        '"""A docstring of 3 lines."""',
        "x: dict[str, 'int'] = a",
        "import os",
        "return None",
        "x = 'a text for people'",
        "x = f'found {a + 1}, expected {b}'",
        "x = f'{a + 1}{b}'",
        "x = cast('int', a)",
        "pass",
    ],
)
def test_texts_types_and_imports_are_left_alone(line):
    assert faults(f"def f(a, b, c):\n    {line}\n") == []


def test_code_that_runs_for_the_type_checker_only_is_left_alone():
    code = "def f(a):\n    if TYPE_CHECKING:\n        b = 1\n    return\n"
    assert faults(code) == []


def test_a_handler_that_hides_a_fault_lets_it_through():
    code = "def f(a):\n    try:\n        a()\n    except OSError:\n        return\n"
    assert faults(code) == [("a()", "pass"), ("return", "raise")]


def test_a_fault_keeps_every_other_line_of_the_file():
    code = "# é\n\n\ndef g(a):\n    return a\n\n\ndef f(a):\n    return (\n        a +  # one more\n        1\n    )\n"
    (fault,) = (each for each in find_faults(code, 8) if each.after.startswith("a -"))
    assert (fault.line, fault.before) == (10, "a +  # one more")
    assert fault.source == code.replace("a +", "a -")


def test_what_another_symbol_within_claims_is_left_to_it():
    code = "class C:\n    a = 1\n\n    def m(self):\n        return 2\n"
    assert [fault.line for fault in find_faults(code, 1)] == [
        2,
        5,
    ][:2]
    assert [fault.line for fault in find_faults(code, 1, frozenset({1, 4}))] == [2]


def test_a_constant_is_a_symbol():
    assert faults('LIMIT = 3\n"""The limit."""\n') == [("LIMIT = 3", "LIMIT = 4")]


def test_every_fault_can_be_compiled():
    code = "def f(a):\n    return f(a, 1) if a else (yield)\n"
    found = list(find_faults(code, 1))
    assert len(found) == 3
    for fault in found:
        compile(fault.source, "fault", "exec")
