@robustness
Feature: Every record counts exactly once, whatever the database does

  @requirement:ROB-08
  Scenario: The database fails over while chunks are at work
    Given a file of 30 records
    And the function of chunk 2 is held at its reading
    When the file is uploaded
    And the database restarts while chunk 2 is at work
    Then the execution fails with "DatabaseUnavailableError", saying "no session"
    And batch-jobs holds its status as "FAILED"
    When the file is started again
    Then its status is "SUCCEEDED"
    And every record counts exactly once, and nothing is left over

  @requirement:ROB-08
  Scenario: The database has to resume from 0 ACU
    Given a file of 10 records
    And the database is paused at 0 ACU, and resumes in 7 seconds
    When the file is delivered
    Then its status is "SUCCEEDED"
    And every record counts exactly once, and nothing is left over

  @requirement:ROB-08
  Scenario: The database accepts connections, and does not answer
    Given a file of 10 records
    And the database is paused at 0 ACU, and resumes in 60 seconds
    When the file is delivered
    Then the execution fails with "DatabaseUnavailableError", saying "no answer within 40 s"
    And batch-jobs holds its status as "FAILED"
    When the faults are over, and what was at work has come to its end
    And the file is started again
    Then its status is "SUCCEEDED"
    And every record counts exactly once, and nothing is left over

  @requirement:ROB-08
  Scenario: The database lets no function in
    Given a file of 10 records
    And the database lets none of the functions in
    When the file is delivered
    Then the execution fails with "DatabaseUnavailableError", saying "too many connections"
    And batch-jobs holds its status as "FAILED"
    When the database lets the functions in again
    And the file is started again
    Then its status is "SUCCEEDED"
    And every record counts exactly once, and nothing is left over

  @requirement:ROB-08
  Scenario Outline: A connection is lost
    Given a file of 30 records
    And the connection is lost <moment>
    When the file is delivered
    Then the execution fails with "DatabaseUnavailableError", saying "no session"
    And batch-jobs holds its status as "FAILED"
    When the faults are over, and what was at work has come to its end
    And the file is started again
    Then its status is "SUCCEEDED"
    And every record counts exactly once, and nothing is left over

    Examples:
      | moment                                           |
      | before connecting                                |
      | after committing the plan, and before its answer |
      | before copying chunk 2                           |
      | before committing a chunk                        |
      | after committing a chunk, and before its answer  |

  @requirement:ROB-09
  Scenario Outline: A chunk waits for longer than it may
    Given a file of 20 records
    And the statistics of every tenth of them are locked
    And the functions' <limit> is "300ms"
    When the file is delivered
    And the lock is released, and their <limit> is as it was
    Then the execution fails with "<error>", saying "canceling statement due to <reason>"
    And batch-jobs holds its status as "FAILED"
    When the file is started again
    Then its status is "SUCCEEDED"
    And every record counts exactly once, and nothing is left over

    Examples:
      | limit             | error            | reason            |
      | lock_timeout      | LockNotAvailable | lock timeout      |
      | statement_timeout | QueryCanceled    | statement timeout |

  @requirement:ROB-08
  Scenario: The name of the database cannot be resolved
    Given a file of 10 records
    And the environment variable "AURORA_ENDPOINT" is "aurora.invalid:5432"
    When the file is delivered
    Then the execution fails with "DatabaseUnavailableError", saying "no session on aurora.invalid"
    And batch-jobs holds its status as "FAILED"
    And no statistics change

  @requirement:ROB-09
  Scenario: A chunk conflicts with another transaction each time
    Given a file of 10 records
    And a record whose chunk conflicts with another transaction each time
    And an invocation may take 10 seconds
    When the file is delivered
    Then the execution fails with "SerializationFailure", saying "on purpose"
    And batch-jobs holds its status as "FAILED"

  @requirement:ROB-09
  Scenario: A deadlock with somebody else
    Given a file of 10 records
    And somebody has locked the statistics of its last user
    When the file is uploaded
    And a function waits for them, and somebody wants those of its first user too
    And somebody is done
    Then its status is "SUCCEEDED"
    And the database has seen a deadlock
    And a transaction was tried again after "40P01"
    And every record counts exactly once, and nothing is left over

  @requirement:ROB-09
  Scenario: A transaction that cannot be put in order with somebody else's
    Given a file of 10 records
    And the functions see the database as it was when their transaction began
    And somebody is changing the statistics of its users
    When the file is uploaded
    And a function waits for them, and they are changed
    Then its status is "SUCCEEDED"
    And a transaction was tried again after "40001"
    And every record counts exactly once, and nothing is left over

  @requirement:ROB-08
  Scenario: The login changes while a file is processed
    Given a file of 30 records
    And one chunk is processed at a time, by functions with a login of their own
    And the function of chunk 2 is held at its start
    When the file is uploaded
    And the login changes while chunk 2 is at its start
    Then its status is "SUCCEEDED"
    And every record counts exactly once, and nothing is left over
