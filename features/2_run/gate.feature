@local @aws-dev
Feature: Nothing is delivered before everything is ready

  @checklist:GAT-01
  Scenario: The run starts only after all checks are done
    When the file has been delivered
    Then every precondition had been checked and had passed before
