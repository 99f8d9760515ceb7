@robustness @requirement:ROB-03
Feature: An upload is processed once, however often it is announced
  EventBridge delivers at least once, and people start by hand what has started already.

  Scenario: The event comes again while the file is processed
    Given a file of 30 records
    And the function of chunk 2 is held at its reading
    When the file is uploaded
    And its event is delivered again
    Then the second execution leaves it to the first
    And the file cannot be started again while it is processed
    When the faults are over
    And the execution has ended
    Then its status is "SUCCEEDED"
    And every record counts exactly once, and nothing is left over

  Scenario: The event comes again after everything
    Given a file of 30 records
    When the file is delivered
    Then each record of the file has one fate, on which all stores agree
    When its event is delivered again
    Then the second execution leaves it to the first
    And the file cannot be started again once it is done
    And the statistics of its users equal the file

  Scenario: The event comes again when the lock has expired
    Given a file of 30 records
    When the file is delivered
    Then each record of the file has one fate, on which all stores agree
    When its lock has expired
    And its event is delivered again
    Then the second execution finds every chunk done
    And the statistics of its users equal the file

  Scenario: Two versions of one key are two jobs
    Given a file of 30 records
    When the file is delivered
    Then each record of the file has one fate, on which all stores agree
    And it is told of no other file of the same content
    When the same file is delivered once more
    Then each record of the file has one fate, on which all stores agree
    And its users have each record twice
    And it is told that the file before it has the same content

  Scenario: The same content under another name is another job
    Given a file of 30 records
    When the file is delivered
    Then its status is "SUCCEEDED"
    When the same content is delivered under another name
    Then each record of the file has one fate, on which all stores agree
    And its users have each record twice
    And it is told that the file before it has the same content
    And none of "ERROR, WARN, FATAL" is in any line of the logs
    And the lines above INFO are grouped and counted, and there are none

  Scenario: A file is overwritten while it is processed
    Given a file of 30 records
    And the splitting is held at its start
    When the file is uploaded
    And another file of 20 records is delivered under its name
    Then its status is "SUCCEEDED"
    And the statistics of its users equal the file
    And the second execution has added the other file's records
