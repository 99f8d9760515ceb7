@local @aws-dev
Feature: The pipeline's own records tell how the run went

  @checklist:DDB-01
  Scenario: The audit trail is complete
    When the execution has ended
    Then the audit trail holds a start and one completion of every step and chunk, and no error

  @checklist:DDB-02
  Scenario: The facts of the file are kept
    When the execution has ended
    Then processing-metadata holds the size, the records and the chunks of the file

  @checklist:DDB-03
  Scenario: The batch job is completed
    When the execution has ended
    Then batch-jobs holds one job for it, "COMPLETED", with every record applied and none rejected
