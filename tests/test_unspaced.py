"""Names in scripts that write no spaces between words."""

import pytest

import resolver
from resolver import Settings
from resolver.database.build import build_file

TABLE = """id\tname\ttype\taliases
suga\tYoshihide Suga\tperson\t菅義偉@ja|菅义伟@zh
macron\tEmmanuel Macron\tperson\tエマニュエル・マクロン@ja|에마뉘엘 마크롱@ko
kanda\tSasaki Kanda\tperson\t佐々木神田@ja
osaka\tOsaka\tplace\t大阪市@ja|오사카@ko
china\tChina\tplace\t中国@zh
toyota\tToyota\torg\tトヨタ@ja
lg\tLG Electronics\torg\tLG전자@ko
birch\tShirakaba Works\torg\t株式会社白樺製作所@ja
bread\tHanbit Bakery\torg\t한빛제과주식회사@ko
suwan\tSuwan Thongdee\tperson\tสุวรรณทองดี@th
"""


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder = tmp_path_factory.mktemp("unspaced")
    (folder / "t.tsv").write_text(TABLE, encoding="utf-8")
    build_file(folder / "t.db", [folder / "t.tsv"])
    return {policy: resolver.open(folder / "t.db", Settings(policy=policy)) for policy in ("variants", "canonical")}


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("菅義偉氏は記者会見した。", "Yoshihide Suga氏は記者会見した。"),
        ("首相の菅義偉が会見", "首相のYoshihide Sugaが会見"),
        ("记者会见菅义伟首相", "记者会见Yoshihide Suga首相"),
        ("エマニュエル・マクロン大統領は来日", "Emmanuel Macron大統領は来日"),
        ("에마뉘엘 마크롱은 말했다", "Emmanuel Macron은 말했다"),
        ("오사카에서 열렸다", "Osaka에서 열렸다"),
        ("佐々木神田さん", "Sasaki Kandaさん"),
        ("東京から大阪市まで", "東京からOsakaまで"),
        ("昨日、株式会社白樺製作所は", "昨日、Shirakaba Worksは"),
        ("한빛제과주식회사는 말했다", "Hanbit Bakery는 말했다"),
        ("LG전자 제품", "LG Electronics 제품"),
        ("トヨタは", "Toyotaは"),
        ("คุณสุวรรณทองดีกล่าว", "คุณSuwan Thongdeeกล่าว"),
        ("大阪市立大学の学生", None),  # another name
        ("中国人は", None),
        ("トヨタマの", None),
        ("오사카시립대학", None),
    ],
)
def test_names_within_letters(tables, text, after):
    names = tables["canonical"]
    assert names.rewrite(text)[0] == (after or text)
    assert names.rewrite(after or text)[0] == (after or text)
    assert tables["variants"].rewrite(text)[1] == []


def test_distorted_names_between_letters_of_another_script(tables):
    text, edits = tables["variants"].rewrite("会见Yoshihidi Soja说，Soja先生")
    assert text == "会见Yoshihide Suga说，Suga先生"
    assert [(edit.start, edit.end) for edit in edits] == [(2, 16), (18, 22)]
