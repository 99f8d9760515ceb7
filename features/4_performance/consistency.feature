@local @aws-dev
Feature: The file, the database, the audit trail and the logs tell one story

  @checklist:PRF-03
  Scenario: No record is lost, doubled or altered
    When every invocation of the execution has reported
    Then each record of the file has one fate, on which all stores agree
    And the batch job counts what the records add up to
