"""Special states of the dev account, a session or two each; they run each night."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from steps.drivers.postgres import Database
from steps.drivers.suite_lock import KEY
from steps.drivers.waiting import eventually
from steps.targets import settings
from steps.targets.certificate import certificate
from tests.acceptance.conftest import POLICY, ROOT, assumed, client
from tests.acceptance.stand_in import NAMES as NAMES
from tests.acceptance.stand_in import STAND_IN as STAND_IN
from tests.acceptance.stand_in import STATIC, allowed, asked, traces
from tests.acceptance.stand_in import accept as accept  # the fixture
from tests.local_aws.helpers import zipped
from tests.rds_proxy import rds_proxy
from tests.steps.reference import control

READS = re.compile(r"\w+:(Get|List|Describe|Filter|Simulate|Test|Query)")
DELIVERY = {"dynamodb:PutItem", "dynamodb:DeleteItem", "s3:PutObject", "s3:DeleteObjectVersion"}
"""The writes that lock the account, upload the session's one file, and remove it again."""


@pytest.mark.nightly
def test_the_faults_of_the_checklist_are_recognised_by_reading_alone(account, accept):
    """By a role that may only read: a write would be refused, and break its line. CTM-03 reads the one delivery."""
    told = settings.read(ROOT / "system_under_test" / "acceptance.toml", {})
    with Database(account["DATABASE_URL"], [ROOT / "sql"], test_users=told.users) as database:
        database.tell("test_users")
    reading = {"Effect": "Allow", "Action": sorted(filter(READS.match, allowed(POLICY))), "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [reading]})
    feature, before = "features/5_risk/recognised.feature", traces(account)
    with assumed(account, "csv-reading", policy) as variables:
        session = accept(feature, "-k", "not manual", **variables)
    assert session.items("passed") >= STATIC - {"CTM-03"}, session
    assert traces(account) == before
    assert all(map(READS.match, asked(account, "csv-reading")))
    with assumed(account, "csv-recognising", POLICY) as variables:
        session = accept(feature, **variables)
    assert session.items("passed") >= STATIC, session
    assert {each for each in asked(account, "csv-recognising") if not READS.match(each)} == DELIVERY
    assert len(traces(account)["executions"]) == len(before["executions"]) + 1


@contextmanager
def restore_from_snapshot(account: Mapping[str, str]) -> Iterator[None]:
    """The cluster has no DatabaseName, as one that was restored from a snapshot."""
    rds = client(account, "rds")
    (cluster,) = rds.describe_db_clusters(DBClusterIdentifier=NAMES.cluster)["DBClusters"]
    (writer,) = [each["DBInstanceIdentifier"] for each in cluster["DBClusterMembers"]]
    kept = {
        "DBClusterIdentifier": NAMES.cluster,
        "Engine": cluster["Engine"],
        "MasterUsername": cluster["MasterUsername"],
        "MasterUserPassword": "any-password",
        "DBSubnetGroupName": cluster["DBSubnetGroup"],
        "VpcSecurityGroupIds": [group["VpcSecurityGroupId"] for group in cluster["VpcSecurityGroups"]],
    }

    def make_again(**more: str) -> None:
        rds.delete_db_instance(DBInstanceIdentifier=writer, SkipFinalSnapshot=True)
        rds.delete_db_cluster(DBClusterIdentifier=NAMES.cluster, SkipFinalSnapshot=True)
        for each in rds.describe_db_cluster_snapshots()["DBClusterSnapshots"]:  # automatic ones, named by the minute
            rds.delete_db_cluster_snapshot(DBClusterSnapshotIdentifier=each["DBClusterSnapshotIdentifier"])
        rds.create_db_cluster(**kept, **more)
        rds.create_db_instance(
            DBInstanceIdentifier=writer,
            DBClusterIdentifier=NAMES.cluster,
            Engine=cluster["Engine"],
            DBInstanceClass="db.serverless",
        )

    make_again()
    yield
    make_again(DatabaseName=cluster["DatabaseName"])


@pytest.mark.nightly
def test_a_tunnel_with_tls_to_a_cluster_that_names_no_database(account, accept, tmp_path: Path):
    server, authority = certificate("aurora.example"), tmp_path / "authority.pem"
    authority.write_bytes(server.certificate)
    with restore_from_snapshot(account), rds_proxy(account["DATABASE_URL"], server) as port:
        address = f"host=aurora.example hostaddr=127.0.0.1 port={port} sslmode=verify-full sslrootcert={authority}"
        session = accept("features/1_precondition", f"--database-url={address}", database=False)
        another = accept(
            "features/1_precondition/database.feature",
            f"--database-url={address.replace('aurora.example', 'another.example')}",
            database=False,
        )
    assert session.items("failed") | session.items("broken") == set(), session
    assert {"DAT-01", "KNO-01", "KNO-03", "INF-01"} <= session.items("passed"), session
    assert 'server certificate for "aurora.example" does not match' in another.output, another


@pytest.mark.nightly
def test_a_newer_version_of_a_layer_that_nobody_uses_is_a_note(account, accept):
    lambda_ = client(account, "lambda")
    (arn, *_) = [each["Arn"] for each in lambda_.get_function_configuration(FunctionName=NAMES.functions[0])["Layers"]]
    name = arn.split(":")[6]
    newer = lambda_.publish_layer_version(LayerName=name, Content={"ZipFile": zipped({"python/newer.py": ""})})
    try:
        session = accept("features/1_precondition/template.feature", "features/1_precondition/functions.feature")
    finally:
        lambda_.delete_layer_version(LayerName=name, VersionNumber=newer["Version"])
    assert (session.items("failed"), session.items("broken")) == (set(), set()), session
    assert f"{newer['LayerVersionArn']} is used by no function, which have {arn}" in session.verdict["notes"]


@pytest.mark.nightly
def test_what_a_run_leaves_whose_token_expires_is_said_and_cleared_by_the_next(account, accept, tmp_path: Path):
    """The token expires once the execution has ended; control requests need none."""
    refusal = {"code": "ExpiredTokenException", "message": "The security token included in the request is expired"}
    expire = (
        "import os; from tests.steps.reference import control; "
        "control(os.environ, '/_faults/expired', when='^- (dynamodb|s3) ', effect='error', times=None, "
        f"error={refusal})"
    )
    program = tmp_path / "expire.py"
    program.write_text(expire)
    before = traces(account)
    features = [*ROOT.glob("features/*_run"), *ROOT.glob("features/*_performance")]
    expired = accept(f"--after-run=PYTHONPATH='{ROOT}' '{sys.executable}' '{program}'", *features)
    control(account, "/_faults/expired", when="^nobody$", effect="hold")
    assert expired.items("broken"), expired
    told = "\n".join(expired.verdict["notes"])
    assert "left behind: incoming/" in told, expired
    assert f"left behind: the item {KEY} of {NAMES.job_locks}" in told
    left = traces(account)
    assert (len(left["versions"]) - len(before["versions"]), left["lock"] is None) == (1, False)

    again = accept(*features)
    assert again.items("failed") | again.items("broken") == set(), again
    assert "a run that has died has left incoming/" in "\n".join(again.verdict["notes"]), again
    after = traces(account)
    assert (after["versions"], after["lock"]) == (before["versions"], None)


@pytest.mark.nightly
def test_another_teams_upload_at_the_same_time_is_told_apart(account, accept):
    """Their file is processed by the same functions, and logs to the same groups."""
    sfn, s3 = client(account, "stepfunctions"), client(account, "s3")
    known = {each["executionArn"] for each in traces(account)["executions"]}
    key = "incoming/other-team.csv"
    theirs = "ユーザーID,ログイン回数,投稿回数\n" + "".join(f"U{n:05d},1,1\n" for n in range(101, 111))

    def upload_beside() -> str:
        def started() -> bool | None:
            listed = sfn.list_executions(stateMachineArn=NAMES.state_machine_arn)["executions"]
            return bool({each["executionArn"] for each in listed} - known) or None

        eventually(started, what="our execution", within=120)
        return str(s3.put_object(Bucket=NAMES.bucket, Key=key, Body=theirs.encode())["VersionId"])

    with ThreadPoolExecutor() as beside:
        uploading = beside.submit(upload_beside)
        session = accept()
    s3.delete_object(Bucket=NAMES.bucket, Key=key, VersionId=uploading.result())
    assert (session.exit, session.verdict["verdict"]) == (0, "GO"), session
