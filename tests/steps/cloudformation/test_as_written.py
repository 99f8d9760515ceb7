"""Templates as people write them: conditions, mappings, lookups, SAM's shorthand, types that the acceptance lacks."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest

from steps.cloudformation.comparison import HIDDEN
from steps.cloudformation.declared import Clients
from steps.cloudformation.deploy import Stack, declare, deploy
from steps.cloudformation.drift import Comparison, compare
from steps.cloudformation.errors import DeployError
from steps.cloudformation.packages import Application, build
from steps.targets.embedded import GAPS
from tests.steps.cloudformation.conftest import WHERE

WRITTEN = """
Transform: AWS::Serverless-2016-10-31
Parameters:
  Stage: {Type: String, Default: dev}
  Size: {Type: "AWS::SSM::Parameter::Value<String>", Default: /written/size}
  Subnets: {Type: "AWS::SSM::Parameter::Value<List<String>>", Default: /written/subnets}
Mappings:
  Stages:
    dev: {Memory: 256, Level: DEBUG}
    prod: {Memory: 1024, Level: INFO}
  Accounts: {123456789012: {Name: ours}}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
  IsOurs: !Equals [!FindInMap [Accounts, !Ref "AWS::AccountId", Name], ours]
  IsTest: !And [!Condition IsOurs, !Not [!Condition IsProd]]
  IsAny: !Or [!Condition IsProd, !Condition IsTest]
Globals:
  Function:
    Runtime: python3.13
    Handler: app.handler
    Tracing: !If [IsProd, Active, !Ref "AWS::NoValue"]
Resources:
  Function:
    Type: AWS::Serverless::Function
    Condition: IsAny
    DependsOn: [Alarm, ProdTable]
    Properties:
      CodeUri: code
      MemorySize: !FindInMap [Stages, !Ref Stage, Memory]
      ReservedConcurrentExecutions: !If [IsProd, 9, !Ref "AWS::NoValue"]
      Policies:
        - S3ReadPolicy: {BucketName: written}
        - !If [IsProd, AWSXrayWriteOnlyAccess, !Ref "AWS::NoValue"]
      DeadLetterQueue: {Type: SQS, TargetArn: !GetAtt Queue.Arn}
      AutoPublishAlias: live
      Environment:
        Variables:
          LEVEL: !FindInMap [Stages, !Ref Stage, Level]
          SIZE: !Ref Size
          SECOND: !Select [1, !Ref Subnets]
          ZONE: "a-{{resolve:ssm:/written/size:1}}"
          KEY: !Sub "{{resolve:secretsmanager:${Secret}:SecretString:key}}"
          VPC: !Select [1, !Split [",", !ImportValue of-the-network]]
          PAGE: !Sub "https://${Dashboard}"
      Events:
        Uploaded:
          Type: EventBridgeRule
          Properties: {Pattern: {source: [written]}}
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties:
      Definition: {StartAt: Go, States: {Go: {Type: Task, Resource: !GetAtt Function.Arn, End: true}}}
      Policies: [{LambdaInvokePolicy: {FunctionName: !Ref Function}}]
      Events:
        Uploaded:
          Type: EventBridgeRule
          Properties: {Pattern: {source: [started]}}
  Managed:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      ManagedPolicyName: written
      Roles: [!Ref FunctionRole]
      PolicyDocument:
        {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "logs:*", Resource: "*"}]}
  Inline:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: written-inline
      Roles: [!Ref FunctionRole]
      PolicyDocument:
        {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "sqs:*", Resource: "*"}]}
  Secret:
    Type: AWS::SecretsManager::Secret
    Properties:
      Name: written
      GenerateSecretString: {SecretStringTemplate: '{"user": "u"}', GenerateStringKey: key}
  Queue: {Type: AWS::SQS::Queue, Properties: {VisibilityTimeout: 60}}
  QueuePolicy:
    Type: AWS::SQS::QueuePolicy
    Properties: {Queues: [!Ref Queue], PolicyDocument: {Version: "2012-10-17", Statement: []}}
  Topic: {Type: AWS::SNS::Topic, Properties: {Subscription: [{Protocol: sqs, Endpoint: !GetAtt Queue.Arn}]}}
  TopicPolicy:
    Type: AWS::SNS::TopicPolicy
    Properties: {Topics: [!Ref Topic], PolicyDocument: {Version: "2012-10-17", Statement: []}}
  Subscription:
    Type: AWS::SNS::Subscription
    Properties: {TopicArn: !Ref Topic, Protocol: email, Endpoint: someone@example.com, FilterPolicy: {kind: [a]}}
  Alarm:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: AWS/Lambda
      MetricName: Errors
      Statistic: Sum
      Period: 60
      EvaluationPeriods: 1
      Threshold: 0
      ComparisonOperator: GreaterThanThreshold
      AlarmActions: [!Ref Topic]
  Dashboard: {Type: AWS::CloudWatch::Dashboard, Properties: {DashboardBody: "{}"}}
  ProdTable: {Type: AWS::DynamoDB::Table, Condition: IsProd, Properties: {TableName: prod}}
Outputs:
  Alias: {Value: !Ref Function.Alias}
  Prod: {Condition: IsProd, Value: !GetAtt ProdTable.Arn}
  Role: {Value: !GetAtt FunctionRole.Arn, Export: {Name: !Sub "${Stage}-role"}}
"""
DATA = {
    "Size": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/written/size", "Type": "String", "Value": "7"}},
    "Subnets": {
        "Type": "AWS::SSM::Parameter",
        "Properties": {"Name": "/written/subnets", "Type": "StringList", "Value": "subnet-1,subnet-2"},
    },
}
Write = Callable[[str], Application]


@pytest.fixture(scope="module")
def write(tmp_path_factory: pytest.TempPathFactory) -> Write:
    def written(template: str) -> Application:
        folder = tmp_path_factory.mktemp("as_written")
        (folder / "code").mkdir()
        (folder / "code" / "app.py").write_text("def handler(event, context):\n    return event\n")
        (folder / "template.yaml").write_text(template)
        return build(folder / "template.yaml", "as-written")

    return written


@pytest.fixture(scope="module")
def application(write: Write) -> Application:
    return write(WRITTEN)


@pytest.fixture(scope="module")
def stack(client: Clients, write: Write, application: Application) -> Stack:
    deploy(write(json.dumps({"Resources": DATA})), client, **WHERE, parameters={})
    return deploy(application, client, **WHERE, parameters={}, exports={"of-the-network": "subnets,vpc-1"})


@pytest.fixture(scope="module")
def found(client: Clients, stack: Stack) -> list[Comparison]:
    return compare(client, stack.declared, GAPS)


def test_it_is_deployed_as_it_is_written(stack: Stack, found: list[Comparison]):
    assert [f"{each.name} {each.differences}" for each in found if each.differences] == []
    function = stack.declared["Function"].properties
    assert function["Environment"]["Variables"] == {
        "LEVEL": "DEBUG",
        "SIZE": "7",
        "SECOND": "subnet-2",
        "ZONE": "a-7",
        "KEY": "⟨secret⟩",
        "VPC": "vpc-1",
        "PAGE": "https://⟨Dashboard⟩",
    }
    assert function["MemorySize"] == 256
    assert "ReservedConcurrentExecutions" not in function
    assert "ProdTable" not in stack.declared
    assert stack.outputs.keys() == {"Alias", "Role"}
    assert stack.exports == {"dev-role": stack.outputs["Role"]}


def test_what_it_declares_beside_is_made_or_left_out_with_a_note(client: Clients, stack: Stack):
    (topic,) = client("sns").list_topics()["Topics"]
    assert len(client("sns").list_subscriptions_by_topic(**topic)["Subscriptions"]) == 2
    (alarm,) = client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert alarm["AlarmActions"] == [topic["TopicArn"]]
    function = stack.declared["Function"].ref
    assert client("lambda").get_alias(FunctionName=function, Name="live")["AliasArn"] == stack.outputs["Alias"]
    assert "left out: Dashboard of template.yaml: the suite does not deploy AWS::CloudWatch::Dashboard" in stack.notes
    assert "not compared: Queue of template.yaml: the acceptance needs no AWS::SQS::Queue" in stack.notes


def test_a_function_gets_the_value_of_the_secret_which_is_neither_kept_nor_shown(client: Clients, stack: Stack):
    lambdas, function = client("lambda"), {"FunctionName": stack.declared["Function"].ref}
    variables = lambdas.get_function_configuration(**function)["Environment"]["Variables"]
    secret = json.loads(client("secretsmanager").get_secret_value(SecretId="written")["SecretString"])["key"]
    assert variables["KEY"] == secret
    assert secret not in str([each.properties for each in stack.declared.values()])
    lambdas.update_function_configuration(Environment={"Variables": variables | {"KEY": ""}}, **function)
    ((different,),) = (each.differences for each in compare(client, stack.declared, GAPS) if each.differences)
    assert (different.path, different.declared) == ("Environment.Variables.KEY", HIDDEN)
    lambdas.update_function_configuration(Environment={"Variables": variables}, **function)


def test_deployed_resources_are_found_by_their_declared_names(client: Clients, stack: Stack, application: Application):
    found = declare(application, client, **WHERE, parameters={})
    assert found.declared.keys() == {"Managed", "Inline", "Secret"}
    assert [str(each) for each in compare(client, found.declared) if each.differences] == []
    assert "not compared: Function of template.yaml: its declaration leaves its name to CloudFormation" in found.notes
    assert any("of-the-network of the exports" in note and "NotImplemented" in note for note in found.notes)


def test_a_lookup_that_the_account_refuses_is_noted_and_fits_whatever_is_there(client: Clients, write: Write):
    function = {"FunctionName": "looked-up", "Environment": {"Variables": {"A": "{{resolve:ssm:/nowhere}}"}}}
    template = {"Resources": {"It": {"Type": "AWS::Lambda::Function", "Properties": {"Code": {}, **function}}}}
    found = declare(write(json.dumps(template)), client, **WHERE, parameters={})
    assert found.declared["It"].properties["Environment"] == {"Variables": {"A": "⟨/nowhere⟩"}}
    (note,) = found.notes
    assert note.startswith("not compared: /nowhere of Parameter Store: An error occurred (ParameterNotFound)")


ROLE = {"Type": "AWS::IAM::Role", "Properties": {"RoleName": {"Fn::ImportValue": "nobody-exports-it"}}}
UNSUPPORTED = {
    "Transform": "AWS::Include",
    "Resources": {
        "Api": {"Type": "AWS::ApiGatewayV2::Api"},
        "Rule": {"Type": "AWS::Events::Rule", "Properties": {"Targets": [{"Arn": {"Ref": "Api"}, "Id": "api"}]}},
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"Fn::Transform": {"Name": "AWS::Include"}}},
    },
}
CONDITIONED = {"Resources": {"It": {"Type": "AWS::S3::Bucket", "Condition": "A"}}}
STORED = {"Parameters": {"P": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/nowhere"}}, "Resources": {}}


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ({"Resources": {"It": ROLE}}, "takes nobody-exports-it from the exports of other stacks"),
        (STORED, "takes /nowhere from Parameter Store, which does not have it here"),
        (
            UNSUPPORTED,
            "the transform AWS::Include; Api of type AWS::ApiGatewayV2::Api, which Rule refers to; "
            "Fn::Transform in Role",
        ),
        (CONDITIONED | {"Conditions": {"A": {"Fn::Not": [{"Condition": "A"}]}}}, "in a circle"),
        (CONDITIONED, "A is no condition of the template"),
    ],
)
def test_what_cannot_be_deployed_is_refused_in_one_error(template: dict, says: str, client: Clients, write: Write):
    with pytest.raises(DeployError, match=re.escape(says)):
        deploy(write(json.dumps(template)), client, **WHERE, parameters={})
