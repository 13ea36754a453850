"""The vocabulary is whole: every type of every file of it is a name of `verification.evidence`, and of one file."""

import importlib
import inspect
import pkgutil
from enum import Enum

import pytest

from verification import evidence
from verification.evidence import types

SUBJECTS = [importlib.import_module(f"{types.__name__}.{each.name}") for each in pkgutil.iter_modules(types.__path__)]


def made_in(subject):
    """The public types that a file defines."""
    return {
        name for name, value in vars(subject).items()
        if inspect.isclass(value) and value.__module__ == subject.__name__ and not name.startswith("_")
    }  # fmt: skip


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.__name__.rpartition(".")[2])
def test_a_file_gives_all_its_types_to_the_vocabulary_and_the_one_door_has_them(subject):
    assert made_in(subject), "a file without a type is none of the vocabulary"
    assert made_in(subject) <= set(subject.__all__) <= set(types.VOCABULARY) <= set(evidence.__all__)
    for name in subject.__all__:
        assert getattr(evidence, name) is getattr(types, name) is getattr(subject, name)


def test_no_name_is_of_two_files_and_no_file_or_helper_is_a_name():
    assert len(set(types.VOCABULARY)) == len(types.VOCABULARY) == sum(len(subject.__all__) for subject in SUBJECTS)
    classes = [getattr(types, name) for name in types.VOCABULARY if name != "DOWNWARD"]
    assert all(issubclass(each, types.Record | Enum) for each in classes)
