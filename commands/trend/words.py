"""The trend page's labels, in Japanese and English."""

from __future__ import annotations

LABELS = {
    "title": {"ja": "夜間実行の推移", "en": "The trend over nights"},
    "language": {"ja": "言語", "en": "Language"},
    "verdicts": {"ja": "判定", "en": "Verdicts"},
    "session": {"ja": "セッション全体の所要時間（秒）", "en": "Whole session, in seconds"},
    "execution": {"ja": "ステートマシンの実行時間（秒）", "en": "Execution of the state machine, in seconds"},
    "throughput": {"ja": "スループット（件/秒）", "en": "Throughput, in records a second"},
    "flakes": {"ja": "結果が安定しない項目の数", "en": "Flaky lines"},
    "last": {"ja": "最新", "en": "latest"},
    "nights": {"ja": "各回の記録（新しい順）", "en": "Each session, the newest first"},
    "when": {"ja": "開始 (UTC)", "en": "Started (UTC)"},
    "verdict": {"ja": "判定", "en": "Verdict"},
    "passed": {"ja": "合格", "en": "Passed"},
    "not_passed": {"ja": "不合格・未確認", "en": "Not passed"},
    "remarks": {"ja": "備考", "en": "Remarks"},
    "commit": {"ja": "コミット", "en": "Commit"},
    "slow": {"ja": "通常より遅い（中央値の2倍超）", "en": "slow: more than twice the usual"},
    "flaky": {"ja": "再実行でのみ合格", "en": "flaky"},
    "waived": {"ja": "例外承認", "en": "waived"},
    "altered": {"ja": "意図的な変更あり", "en": "altered on purpose"},
    "empty": {
        "ja": "記録はまだありません。pytest -m local を最後まで実行すると1行目が残ります。",
        "en": "There are no sessions yet. A whole pytest -m local leaves the first.",
    },
}
