import io

import pytest
from rest_framework.exceptions import ParseError

from shared.runtime.json_parser import LimitedJSONParser


def parsed(text: str) -> object:
    return LimitedJSONParser().parse(io.BytesIO(text.encode()))


class TestTexts:
    @pytest.mark.parametrize(
        ("escape", "reason"),
        [
            (r"\u0000", "a NUL character"),
            (r"\ud800", "half of a surrogate pair"),
            (r"\udfff", "half of a surrogate pair"),
            (r"\u001b", r"the control character U\+001B"),
            (r"\u000b", r"the control character U\+000B"),
            (r"\u0085", r"the control character U\+0085"),
        ],
    )
    def test_that_no_fact_may_hold_are_refused_in_values_and_keys(self, escape, reason):
        for body in (f'{{"a": ["b{escape}"]}}', f'{{"a{escape}": 1}}'):
            with pytest.raises(ParseError, match=reason):
                parsed(body)

    def test_have_tabs_and_line_breaks_and_any_letters(self):
        assert parsed(r'{"reason": "a\tb\r\nc \ud83d\ude00 é"}') == {
            "reason": "a\tb\r\nc \U0001f600 é"
        }
