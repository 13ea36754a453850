"""Why a component is there, as documents say it."""

import pytest

from submission.words.components import origin
from tests.submission.conftest import component


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"through": ("six", "a-tool")}, 'asked for by <span class="id">six</span>'),
        ({"through": ("a-tool",), "condition": "os_name == 'nt'"},
         "another part asks for it; only where <code>os_name == &#39;nt&#39;</code>"),
        ({"through": ("a-tool",), "part": "suite"}, 'asked for by <span class="id">a-tool</span>'),
        ({"through": (), "part": "development"}, "development of this project"),
        ({"through": ("six",), "purpose": "arrays"}, "arrays"),
    ],
)  # fmt: skip
def test_a_part_of_the_device_is_there_for_what_other_parts_ask_of_it_and_for_no_tool(fields, said):
    assert str(origin(component("one", **fields), (component("one"), component("six")))) == said
