"""Names with signs in them stay as they stand, under both policies, and a second run changes nothing."""

import pytest

import resolver
from resolver import Settings
from resolver.database.build import build_file

TABLE = """id\tname\taliases
1\tKraft, Heinz & Co.\tKraft
2\tBolzano / Bozen\tBozen
3\t"Quoted Name"\tQuotex@en:variant
4\tThe Zynga (Group)\tZynga
5\tZed - Qux\tZed
6\tYahoo!\t
7\tSir Zolbert Quimby, Bt\tSir Zolbert Quimby
8\tVeld's Bank\tVeld
9\tKwik-Fit, Inc.\tKwik Fit
"""


@pytest.mark.parametrize("policy", ["variants", "canonical"])
@pytest.mark.parametrize(
    "text",
    [
        "Kraft, Heinz & Co. met.",
        "We met Bolzano / Bozen.",
        'We met "Quoted Name" today.',
        "We saw The Zynga (Group) here",
        "Zed - Qux fell",
        "Yahoo! said",
        "SIR ZOLBERT QUIMBY, BT spoke",
        "at Veld's Bank",
        "We met Kwik-Fit, Inc. today.",
    ],
)
def test_names_with_signs(tmp_path, policy, text):
    (tmp_path / "t.tsv").write_text(TABLE)
    build_file(tmp_path / "t.db", [tmp_path / "t.tsv"])
    with resolver.open(tmp_path / "t.db", Settings(policy=policy)) as names:
        assert names.rewrite(text)[0] == text
