"""The fixed texts of the sheet, in Japanese and English."""

from __future__ import annotations

from steps.verdict.words import Words


def _both(table: str) -> dict[str, Words]:
    """Parse one text per line: name | Japanese | English."""
    rows = (tuple(part.strip() for part in line.split("|")) for line in table.strip().splitlines())
    return {name: Words(ja, en) for name, ja, en in rows}


LABELS = _both(
    """
    title       | 受け入れチェックリスト        | Acceptance checklist
    language    | 言語                          | Language
    overview    | 一覧                          | At a glance
    diagnoses   | 原因と対処（根本原因から順に）| Causes and remedies, root causes first
    schedule    | 4つのフェーズ                 | The four phases
    lines       | チェック項目                  | The lines
    discrepancies | レコードの不一致            | Records that disagree
    waivers     | 例外承認                      | Waivers
    notes       | 備考                          | Notes
    facts       | 実施記録                      | The run
    signatures  | 署名                          | Signatures
    phase       | フェーズ                      | Phase
    by_hand     | 予定（手作業）                | By hand
    actual      | 実績                          | Actual
    total       | 合計                          | In all
    result      | 結果                          | Result
    line        | 項目                          | Line
    wanted      | 基準                          | Wanted
    got         | 実測                          | Got
    evidence    | 根拠                          | Evidence
    reason      | 理由                          | Reason
    same_as     | 次の項目と同じ：              | The same as
    scenarios   | シナリオ                      | Scenarios
    controls    | 対照（仕込んだ逸脱）          | Controls (planted deviations)
    found       | 検出                          | found
    missed      | 見逃し                        | missed
    static      | 設定を読んで判定              | Judged by reading what is configured
    diagnosis   | 診断                          | Diagnosis
    cause       | 原因                          | Cause
    usual_cause | よくある原因                  | Usual cause
    risk        | 放置した場合                  | If left so
    remedy      | 対処                          | Remedy
    explains    | 該当項目                      | Lines
    more        | 残りを表示                    | Show the rest
    record      | CSVの行                       | Line of the CSV
    user        | ユーザー                      | User
    fate        | 結末                          | Fate
    stores      | 各ストアの記録                | What the stores say
    who         | 承認者                        | Who
    expires     | 有効期限（UTC、当日まで有効） | Last day (UTC)
    target      | 実行先                        | Target
    account     | アカウント                    | Account
    region      | リージョン                    | Region
    when        | 日時                          | When
    took        | 所要時間                      | Took
    by          | 実施                          | Run by
    suite       | スイート                      | Suite
    dirty       | 未コミットの変更あり          | with uncommitted changes
    versions    | バージョン                    | Versions
    system      | テスト対象                    | System under test
    execution   | 実行                          | Execution
    console     | AWSコンソールで開く           | Open in the AWS console
    no_console  | 組み込みAWSの実行はコンソールに現れません | the console does not show what an embedded AWS runs
    file        | ファイル                      | File
    measured    | 測定値                        | Measured
    tester      | 実施者                        | Tester
    reviewer    | 確認者                        | Reviewer
    approver    | 承認者                        | Approver
    name        | 氏名                          | Name
    date        | 日付                          | Date
    signature   | 署名                          | Signature
    none        | なし                          | none
    """
)
MARKS = _both(
    """
    passed      | 合格                          | Passed
    failed      | 不合格                        | NO
    waived      | 不合格（例外承認）            | NO, waived
    broken      | 判定不能                      | Broken
    not-checked | 未確認                        | Not checked
    """
)
"""The results of lines, by mark."""
VERDICTS = _both(
    """
    GO      | リリースできます       | ready for release
    NO-GO   | リリースできません     | not ready for release
    UNKNOWN | 判定できません         | nothing can be said yet
    """
)
GROUPS = _both(
    """
    precondition | 実行前提条件   | Preconditions
    run          | テスト実行     | The run
    success      | 成功判定基準   | Success
    performance  | 性能           | Performance
    risk         | リスクと備え   | Risks and provisions
    monitoring   | 実行中の監視   | Monitoring
    post         | 実行後の作業   | After the run
    schedule     | スケジュール   | Schedule
    """
)
STARTED_BY = _both(
    """
    event  | アップロードで自動開始 | started by the upload itself
    manual | 手動で開始             | started by hand
    none   | 開始なし               | nothing was started
    """
)


def duration(seconds: float) -> Words:
    """Format seconds as text for people."""
    if seconds < 60:
        return Words(f"{seconds:.1f}秒", f"{seconds:.1f} s")
    minutes, rest = divmod(round(seconds), 60)
    return Words(f"{minutes}分{rest}秒", f"{minutes} min {rest} s")


def minutes(least: int, most: int) -> Words:
    """A range of minutes."""
    text = str(least) if least == most else f"{least}–{most}"
    return Words(f"{text}分", f"{text} min")
