@robustness
Feature: Every record counts exactly once, whatever breaks on the way
  Counts accumulate, so that a record applied twice is as wrong as one that is lost. Each fault is really made; after
  it, the file is started again where it has to be, and every record has been applied once.

  @requirement:ROB-01
  Scenario: A function dies after its commit and before its answer
    Given a file of 30 records
    And the function of chunk 2 dies after its commit and before its answer
    When the file is delivered
    Then its status is "SUCCEEDED"
    And "Process one chunk" was tried again after "Runtime.ExitError"
    And every record counts exactly once, and nothing is left over

  @requirement:ROB-01
  Scenario: A function that was given up works on beside its retry
    Given a file of 30 records
    And the answer of chunk 2 is lost while its function is at work
    When the file is uploaded
    And its retry waits for it, and then it goes on
    Then its status is "SUCCEEDED"
    And "Process one chunk" was tried again after "Lambda.ServiceException"
    And the statistics of its users equal the file
    And the audit trail holds a start and one completion of every step and chunk, and no error

  @requirement:ROB-02
  Scenario: A chunk fails while others are at work
    Given a file of 50 records
    And the function of chunk 1 is held at its start
    And chunk 1 cannot be read
    And the function of chunk 2 is held at its reading
    When the file is uploaded
    And chunk 2 is at work, and chunk 1 goes on
    Then the execution fails with "AccessDenied", saying "on purpose"
    And batch-jobs holds its status as "FAILED"
    When the faults are over, and what was at work has come to its end
    And the file is started again
    Then its status is "SUCCEEDED"
    And every record counts exactly once, and nothing is left over

  @requirement:ROB-02
  Scenario: The results cannot be written
    Given a file of 30 records
    And no results can be written
    When the file is delivered
    Then the execution fails with "AccessDenied", saying "on purpose"
    And batch-jobs holds its status as "FAILED"
    And its lock is given back
    When the faults are over, and what was at work has come to its end
    And the file is started again
    Then its status is "SUCCEEDED"
    And every record counts exactly once, and nothing is left over

  @requirement:ROB-02
  Scenario: The job cannot be completed
    Given a file of 30 records
    And no job can be completed
    When the file is delivered
    Then the execution fails with "ClientError", saying "AccessDeniedException"
    And batch-jobs holds its status as "FAILED"
    When the faults are over, and what was at work has come to its end
    And the file is started again
    Then its status is "SUCCEEDED"
    And every record counts exactly once, and nothing is left over

  @requirement:ROB-02
  Scenario: The error itself cannot be handled
    Given a file of 30 records
    And chunk 1 cannot be read
    And no job can be marked as failed
    When the file is delivered
    Then the execution fails with "AccessDenied", saying "chunk 1 cannot be read, on purpose"
    And batch-jobs holds its status as "RUNNING"
    And its lock is still held
    When the faults are over, and what was at work has come to its end
    And the file is started again
    Then its status is "SUCCEEDED"
    And every record counts exactly once, and nothing is left over

  @requirement:ROB-02
  Scenario: The size of a chunk changes before the file is started again
    Given a file of 30 records
    And chunk 3 cannot be read
    When the file is delivered
    Then the execution fails with "AccessDenied", saying "on purpose"
    When the faults are over, and what was at work has come to its end
    And a chunk is to hold 7 records from now on
    And the file is started again
    Then its status is "SUCCEEDED"
    And it has 3 chunks
    And every record counts exactly once, and nothing is left over

  @requirement:ROB-02
  Scenario: The execution is stopped by hand
    Given a file of 30 records
    And the splitting is held at its start
    When the file is uploaded
    And its execution is stopped by hand
    Then its status is "ABORTED"
    And its lock is still held
    When the faults are over, and what was at work has come to its end
    And the file is started again
    Then its status is "SUCCEEDED"
    And every record counts exactly once, and nothing is left over

  @requirement:ROB-07
  Scenario: The version of the file is deleted meanwhile
    Given a file of 30 records
    And the splitting is held at its start
    When the file is uploaded
    And its version is deleted
    Then the execution fails with "ObjectGoneError", saying "upload the file again"
    And batch-jobs holds its status as "FAILED"
    And no statistics change
