"""What somebody may change in what holds data."""

from __future__ import annotations

from tests.steps.cloudformation.changes.making import makes
from tests.steps.cloudformation.conftest import Pipeline


@makes(("DataBucket", "NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled"))
def no_events_from_the_bucket(p: Pipeline) -> None:
    p.client("s3").put_bucket_notification_configuration(Bucket=p["DataBucket"], NotificationConfiguration={})


@makes(("DataBucket", "VersioningConfiguration.Status"))
def versions_no_longer_kept(p: Pipeline) -> None:
    p.client("s3").put_bucket_versioning(Bucket=p["DataBucket"], VersioningConfiguration={"Status": "Suspended"})


@makes(
    *(
        ("DataBucket", f"PublicAccessBlockConfiguration.{what}")
        for what in ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    )
)
def a_bucket_that_may_be_public(p: Pipeline) -> None:
    p.client("s3").delete_public_access_block(Bucket=p["DataBucket"])


@makes(("JobLocksTable", "TimeToLiveSpecification.Enabled"))
def locks_that_are_never_deleted(p: Pipeline) -> None:
    p.client("dynamodb").update_time_to_live(
        TableName=p["JobLocksTable"], TimeToLiveSpecification={"AttributeName": "expires_at", "Enabled": False}
    )


@makes(("AuditLogTable", "BillingMode"))
def a_table_of_fixed_capacity(p: Pipeline) -> None:
    capacity = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
    p.client("dynamodb").update_table(
        TableName=p["AuditLogTable"], BillingMode="PROVISIONED", ProvisionedThroughput=capacity
    )


@makes(("BatchJobsTable", ""))
def a_table_deleted(p: Pipeline) -> None:
    p.client("dynamodb").delete_table(TableName=p["BatchJobsTable"])


@makes(
    ("ProcessingMetadataTable", "KeySchema[processing_stage]"),
    ("ProcessingMetadataTable", "KeySchema[stage]"),
    ("ProcessingMetadataTable", "AttributeDefinitions[processing_stage]"),
    ("ProcessingMetadataTable", "AttributeDefinitions[stage]"),
)
def a_table_with_another_key(p: Pipeline) -> None:
    dynamodb, name = p.client("dynamodb"), p["ProcessingMetadataTable"]
    dynamodb.delete_table(TableName=name)
    keys = {"file_id": "HASH", "stage": "RANGE"}
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys.items()],
    )


@makes(("SplitterLogGroup", "RetentionInDays"))
def logs_kept_for_ever(p: Pipeline) -> None:
    p.client("logs").delete_retention_policy(logGroupName=p["SplitterLogGroup"])


@makes(("ProcessorLogGroup", ""))
def a_log_group_deleted(p: Pipeline) -> None:
    p.client("logs").delete_log_group(logGroupName=p["ProcessorLogGroup"])


@makes(("AuroraCluster", "BackupRetentionPeriod"), ("AuroraCluster", "ServerlessV2ScalingConfiguration.MaxCapacity"))
def a_smaller_cluster(p: Pipeline) -> None:
    p.client("rds").modify_db_cluster(
        DBClusterIdentifier=p["AuroraCluster"],
        BackupRetentionPeriod=1,
        ServerlessV2ScalingConfiguration={"MinCapacity": 0.5, "MaxCapacity": 1},
        ApplyImmediately=True,
    )


@makes(("AuroraInstance", "PubliclyAccessible"))
def a_database_on_the_internet(p: Pipeline) -> None:
    p.client("rds").modify_db_instance(DBInstanceIdentifier=p["AuroraInstance"], PubliclyAccessible=True)


@makes(("AuroraSubnetGroup", "SubnetIds"))
def a_database_in_one_zone(p: Pipeline) -> None:
    rds, name = p.client("rds"), {"DBSubnetGroupName": p["AuroraSubnetGroup"]}
    rds.delete_db_subnet_group(**name)
    description = p.declared["AuroraSubnetGroup"].properties["DBSubnetGroupDescription"]
    rds.create_db_subnet_group(**name, DBSubnetGroupDescription=description, SubnetIds=[p["PrivateSubnetA"]])
