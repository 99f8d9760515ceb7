@local
Feature: A job that is done leaves what it has to, and keeps nothing

  @checklist:DDB-03
  Scenario: The lock is done, and expires
    When the execution has ended
    Then its lock is done, and expires 900 seconds after the start of the execution

  @checklist:RUN-01
  Scenario: The upload is left as it was
    When the execution has ended
    Then the inbox holds it unchanged under "incoming/"

  @checklist:PST-02
  Scenario: The results are kept beside the data
    When the execution has ended
    Then its results are in the bucket, and hold no rejected record
    And what its summary tells of the file is true

  @checklist:PRF-03
  Scenario: A chunk's counts and its plan are one transaction
    When the execution has ended
    Then each chunk's counts were added together with its plan

  @checklist:PRF-01
  Scenario: The database is written to once a chunk, not once a record
    When the execution has ended
    Then no transaction has written its statistics in more than one statement
