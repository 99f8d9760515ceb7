"""On an emulator that lacks a service or does not apply layers, what it lacks is left out, and functions still run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from steps.cloudformation.declared import Clients
from steps.cloudformation.deploy import Stack, deploy
from steps.cloudformation.packages import build
from tests.steps.cloudformation.conftest import WHERE

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {Runtime: python3.13, Layers: [!Ref Below]}
Resources:
  Below: {Type: AWS::Serverless::LayerVersion, Properties: {LayerName: below, ContentUri: below}}
  Above: {Type: AWS::Serverless::LayerVersion, Properties: {LayerName: above, ContentUri: above}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: of-the-emulated
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]
  Cluster: {Type: AWS::RDS::DBCluster, Properties: {DBClusterIdentifier: nowhere, Engine: aurora-postgresql}}
  Function:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: emulated
      CodeUri: function
      Handler: main.handler
      Role: !GetAtt Role.Arn
      Layers: [!Ref Above]
      Environment: {Variables: {DATABASE: !Sub "${Cluster.Endpoint.Address}:${Cluster.Endpoint.Port}"}}
"""
FILES = {
    "below/python/lower.py": "WHAT = 'lower'",
    "below/python/both.py": "WHAT = 'below'",
    "below/python/mine.py": "WHAT = 'below'",
    "above/python/both.py": "WHAT = 'above'",
    "above/words.txt": "beside python/",
    "function/mine.py": "WHAT = 'mine'",
    "function/main.py": """
import os, pathlib
import both, lower, mine

def handler(event, context):
    words = pathlib.Path(__file__).with_name("words.txt").read_text()
    return [lower.WHAT, both.WHAT, mine.WHAT, words, os.environ["DATABASE"]]
""",
}


@pytest.fixture(scope="module")
def stack(client: Clients, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    folder = tmp_path_factory.mktemp("emulated")
    for name, text in {"template.yaml": TEMPLATE, **FILES}.items():
        file = Path(folder, name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    application = build(folder / "template.yaml", "emulated-packages", fold_layers=True)
    told = {"AWS::RDS::DBCluster": {"Endpoint.Address": "database", "Endpoint.Port": "15432"}}
    return deploy(application, client, **WHERE, parameters={}, stand_ins=told)


def test_a_type_that_is_left_out_is_not_made_and_leads_to_what_stands_in(client: Clients, stack: Stack) -> None:
    with pytest.raises(ClientError, match="DBClusterNotFound"):
        client("rds").describe_db_clusters(DBClusterIdentifier="nowhere")
    variables = stack.declared["Function"].properties["Environment"]["Variables"]
    assert variables == {"DATABASE": "database:15432"}
    assert stack.declared["Cluster"].ref == "nowhere"


def test_a_function_with_its_layers_in_its_package_runs_without_them_and_finds_what_it_would(
    client: Clients, stack: Stack
) -> None:
    functions = client("lambda")
    attached = functions.get_function_configuration(FunctionName="emulated")["Layers"]
    assert len(attached) == 2
    functions.update_function_configuration(FunctionName="emulated", Layers=[])

    answer = functions.invoke(FunctionName="emulated", Payload=b"{}")

    found = json.load(answer["Payload"])
    assert found == ["lower", "above", "mine", "beside python/", "database:15432"]
