"""The results in Japanese: every name and every finding, and nothing else changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from steps.reporting.allure_results.japanese import FILE, translate_results

RESULT: dict[str, Any] = {
    "name": "The statistics equal the file",
    "status": "failed",
    "historyId": "1",
    "titlePath": ["Every record is added to its user's statistics, and to nobody else's"],
    "description": "### AUR-03 In English",
    "labels": [
        {"name": "phase", "value": "3 Success"},
        {"name": "story", "value": "The statistics equal the file"},
        {"name": "tag", "value": "AUR-03"},
        {"name": "mode", "value": "static"},
    ],
    "links": [{"name": "Console: execution", "url": "https://console.example"}, {"name": "AUR-03", "url": "#AUR-03"}],
    "statusDetails": {"message": "AssertionError: wanted all, got 1 row\nU00042: altered"},
    "steps": [
        {"name": "When the execution has ended", "attachments": [{"name": "Timeline", "source": "a.svg"}]},
        {
            "name": "Then nobody else's statistics have changed",
            "steps": [{"name": "1 row of others changed"}, {"name": "control: somebody else's row: found"}],
        },
    ],
}


def test_names_findings_and_reasons_are_told_in_japanese_and_the_rest_is_kept(tmp_path: Path):
    results, folder = tmp_path / "results", tmp_path / "japanese"
    results.mkdir()
    (results / "1-result.json").write_text(json.dumps(RESULT))
    (results / "a.svg").write_text("<svg/>")
    (results / "environment.properties").write_text("Target = embedded\n")
    session = {"static": "設定の確認のみ", "3 Success": "3 成功判定基準", "### AUR-03 In English": "### AUR-03 日本語"}
    session["Target = embedded\n"] = "実行先 = embedded\n"
    findings = session | {"1 row of others changed": "1行が変更", "wanted all, got 1 row": "1行が変更（期待：すべて）"}
    (results / FILE).write_text(json.dumps(findings))
    translate_results(results, folder)
    assert {file.name for file in folder.iterdir()} == {"1-result.json", "a.svg", "environment.properties"}
    assert (folder / "environment.properties").read_text("utf-8") == "実行先 = embedded\n"
    told = json.loads((folder / "1-result.json").read_text("utf-8"))
    assert (told["name"], told["historyId"], told["status"]) == ("統計がファイルと一致する", "1", "failed")
    assert told["titlePath"] == ["各レコードが本人の統計だけに加算される"]
    assert [(each["name"], each["value"]) for each in told["labels"]] == [
        ("フェーズ", "3 成功判定基準"),
        ("story", "統計がファイルと一致する"),
        ("tag", "AUR-03"),
        ("判定方法", "設定の確認のみ"),
    ]
    assert [each["name"] for each in told["links"]] == ["コンソール: 実行", "AUR-03"]
    assert told["description"] == "### AUR-03 日本語"
    assert told["statusDetails"]["message"] == "1行が変更（期待：すべて）\nU00042: altered"
    when, then = told["steps"]
    assert (when["name"], when["attachments"][0]["name"]) == ("もし 実行が終了する", "タイムライン")
    assert then["name"] == "ならば ほかのユーザーの統計が変わっていない"
    assert [each["name"] for each in then["steps"]] == ["1行が変更", "対照: ほかのユーザーの行: 検出"]
