@local @own-execution
Feature: The likely faults are recognised and named
  Each is really made, on a file and users of the scenario's own, and undone after it.

  @checklist:RSK-01
  Scenario: Aurora cannot be reached because no VPC is configured
    Given a file of 10 records
    And the functions are in no VPC
    When the file is delivered
    Then the execution fails with what points to "aurora-unreachable"
    And "function-without-vpc" is named first

  @checklist:RSK-02
  Scenario: An environment variable is missing
    Given a file of 10 records
    And the functions lack the environment variable "AURORA_SECRET_ARN"
    When the file is delivered
    Then the execution fails with what points to "environment-variable-missing", saying "AURORA_SECRET_ARN"
    And "environment-variable-missing" is named first
    And without any of the declared variables, each function names all of them

  @checklist:RSK-03
  Scenario: A role lacks a permission
    Given a file of 10 records
    And the functions' role is not allowed "secretsmanager:GetSecretValue" any more
    When the file is delivered
    Then the execution fails with what points to "permission-missing", saying "secretsmanager:GetSecretValue"
    And "permission-missing" is named first
