"""What the evidence says of the node is what its schema, its tables and its pages for people say."""

import re
from functools import reduce
from pathlib import Path

import pytest

import device
from device.node.configuration import Audit, Configuration, Destination, Hl7, Peer, Tls, Web
from verification.evidence import NodeInterfaces
from verification.product.network import EMPTY, describe_node

ROOT = Path(__file__).resolve().parents[3]
EXAMPLE, TUTORIAL = ROOT / "docs/node/node.yaml", ROOT / "docs/tutorials/node.md"


@pytest.fixture(scope="module")
def node() -> NodeInterfaces:
    return describe_node()


def test_every_default_that_is_stated_is_the_one_that_a_node_has(node):
    path = Path("there")
    made = Configuration(
        folder=path,
        peers=(Peer("ONE", "here"),),
        destination=Destination("TWO", "there", 104),
        web=Web("https://there"),
        tls=Tls(path, path, path),
        hl7=Hl7("there"),
        audit=Audit(path, path, path, "there"),
    )
    given = ("destination", "web", "tls", "hl7", "audit")
    stated = [one for one in node.parameters if not one.required and one.key not in given]
    for one in stated:
        found = reduce(getattr, one.key.replace("peers[]", "peers").split("."), _First(made))
        expected = {None: "None", EMPTY: ""}.get(one.default, one.default)
        assert str(found).lower() == expected.lower() or float(found) == float(expected), one.key
    assert len(stated) > 20


class _First:
    """A configuration of whose peers the first stands for all."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration

    def __getattr__(self, name: str) -> object:
        found = getattr(self._configuration, name)
        return found[0] if name == "peers" else found


def test_the_example_has_every_key_and_what_is_commented_out_is_the_default(node):
    text = EXAMPLE.read_text("utf-8")
    for one in node.parameters:
        assert re.search(rf"\b{re.escape(one.key.rpartition('.')[2])}:", text), one.key
    commented = dict(re.findall(r"^#\s+([a-z_]+): +([^\s#]+)", text, re.MULTILINE))
    required = {one.key.rpartition(".")[2] for one in node.parameters if one.required}
    defaults = {one.key.rpartition(".")[2]: one.default for one in node.parameters if not one.required}
    defaults = {name: default for name, default in defaults.items() if name not in required}
    shown = {name: value for name, value in commented.items() if defaults.get(name) is not None}
    assert shown == {name: defaults[name] for name in shown}
    assert {"associations", "free_bytes", "longest_retry_seconds", "commitment_seconds"} <= shown.keys()


def test_the_tutorial_names_each_kind_of_line_with_its_audit_message(node):
    rows = re.findall(r"^\| ((?:`[a-z ]+`(?:, )?)+) \| ([^|]+) \|$", TUTORIAL.read_text("utf-8"), re.MULTILINE)
    told = {what: message for whats, message in rows for what in re.findall(r"`([a-z ]+)`", whats)}
    lines = {one.what: one.audit for one in node.lines}
    assert told.keys() == lines.keys()
    for what, audit in lines.items():
        assert (told[what] == "none") is (audit is None), what
        assert audit is None or audit.partition(":")[0] in told[what], what


def test_the_record_takes_no_line_of_another_kind(tmp_path):
    store = device.Store(Configuration(folder=tmp_path, peers=(Peer("ONE", "here"),)))
    with pytest.raises(ValueError, match="found 'recieved', expected one of node started"):
        store.tell("recieved")


def test_every_uid_that_is_stated_has_a_name(node):
    stated = [uid for one in node.services for uid in (*one.sop_classes, *one.transfer_syntaxes)]
    assert len(stated) > 200
    assert not [one.uid for one in stated if one.name == one.uid]


def test_every_status_that_is_stated_has_words_and_no_other_of_its_place_and_sender_has_its_code(node):
    stated = [(one.place, one.sender, one.code) for one in node.statuses]
    assert len(set(stated)) == len(stated)
    assert all(one.meaning and one.told for one in node.statuses)


def test_a_key_that_is_named_in_a_text_is_one_of_the_configuration(node):
    keys = {one.key for one in node.parameters}
    told = [*(one.told for one in node.statuses), *(one.why for one in node.refusals)]
    told += [text for one in node.terms for text in (one.accepting, one.opening)]
    named = {name for text in told for name in re.findall(r"`([a-z_.]+)`", text)}
    assert "limits.waiting_commitments" in named
    assert named <= keys
