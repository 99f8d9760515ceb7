@aws-dev @static
Feature: The likely faults would be recognised in the live configuration
  Nothing is broken in an account that others use: a copy of what was looked up there is.

  @checklist:RSK-01
  Scenario: Functions in no VPC
    When the live configuration is looked up
    Then it does not point to "function-without-vpc"
    And a copy of it with the functions in no VPC does

  @checklist:RSK-02
  Scenario: An environment variable missing
    When the live configuration is looked up
    Then it does not point to "environment-variable-missing"
    And a copy of it without the environment variable "AURORA_SECRET_ARN" does

  @checklist:RSK-03
  Scenario: A role that lacks a permission
    When the live configuration is looked up
    Then it does not point to "permission-missing"
    And a copy of it with "secretsmanager:GetSecretValue" denied does

  @checklist:DAT-09
  Scenario: No user registered
    When the test users are looked for
    Then each of them is registered
    And each one that was not would be named

  @checklist:CTM-03
  Scenario: The manual start gives the execution what the upload gave it
    When the execution has ended
    Then the event made by hand tells it the same as the event of the upload
