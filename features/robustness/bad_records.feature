@robustness @requirement:ROB-06
Feature: Each record has one fate, and a bad one never costs a good one

  Scenario Outline: Up to 5 % of the records may be rejected
    Given a file of 100 records, <unknown> of them of users that are not registered
    When the file is delivered
    Then its status is "<status>"
    And <unknown> records are rejected as "UserNotFoundError"
    And each record of the file has one fate, on which all stores agree
    And the batch job counts what the records add up to
    And the rejected records are kept as a file that can be delivered again

    Examples:
      | unknown | status    |
      | 5       | SUCCEEDED |
      | 6       | FAILED    |

  Scenario: What was rejected is put right and delivered alone
    Given a file of 100 records, 6 of them of users that are not registered
    When the file is delivered
    Then the execution fails with "ProcessingError", saying "6 of 100 UserNotFoundError"
    When the missing users are registered
    And the rejected records are delivered
    Then its status is "SUCCEEDED"
    And each of the 6 records has a named fate, and it is applied

  Scenario: Each bad record is rejected for its own reason
    Given a file of 96 records
    And a record of a user that is not registered
    And a record of a user that is inactive
    And a record that is malformed
    And a record whose sum would overflow
    When the file is delivered
    Then its status is "SUCCEEDED"
    And every bad record is rejected for its own reason
    And each record of the file has one fate, on which all stores agree
    And each of them is explained by its line and its reason

  Scenario: Two records that only together are too much
    Given a file of 96 records
    And a chunk is to hold 100 records from now on
    And two records each of two users without statistics, whose logins or posts together would overflow
    When the file is delivered
    Then its status is "SUCCEEDED"
    And every bad record is rejected for its own reason
    And each record of the file has one fate, on which all stores agree

  Scenario: Two chunks that only together are too much
    Given 30 records between two of one user who has room for one of them and is locked
    When the file is uploaded
    And its functions wait for the lock, and it is released
    Then its status is "SUCCEEDED"
    And 1 records are rejected as "ValidationError"
    And each record of the file has one fate, on which all stores agree

  Scenario: Two stray quotes cost the two records that they stand in, and none between them
    Given a file of 50 records
    And these records beside them:
      | what                       | record      | fate            |
      | a quote that stays open    | "{user},1,2 | ValidationError |
    And 900 more good records
    And these records beside them:
      | what                       | record      | fate            |
      | another one, far behind it | {user},1,2" | ValidationError |
    When the file is delivered
    Then its status is "SUCCEEDED"
    And every bad record is rejected for its own reason
    And each record of the file has one fate, on which all stores agree
    And the batch job counts what the records add up to
    And the rejected records are kept as they stood in the file

  Scenario: The same users are in every chunk, in another order each time
    Given a file of 250 records of the same 50 users
    And a chunk is to hold 50 records from now on
    And the statistics of every tenth of them are locked
    When the file is uploaded
    And its functions wait for the lock, and it is released
    Then its status is "SUCCEEDED"
    And each record of the file has one fate, on which all stores agree
    And the database has seen no deadlock
