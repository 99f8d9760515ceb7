@local @own-execution
Feature: A chunk that fails is told as failed everywhere

  @checklist:LOG-07
  Scenario: The database refuses a chunk
    Given a file of 10 records
    And a record that the database refuses
    When the file is delivered
    Then its status is "FAILED"
    And batch-jobs holds its status as "FAILED"
    And the batch job counts what the records add up to
    And its lock is given back
    And the audit trail holds the error of the chunk, and not its completion
    And no step or chunk that failed has logged "EVENT_PROCESSED_SUCCESSFULLY"
