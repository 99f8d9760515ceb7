@robustness @requirement:ROB-01
Feature: A function that does not come to its end costs no record

  Scenario: A function dies before its commit
    Given a file of 30 records
    And the function of chunk 2 dies before its commit
    When the file is delivered
    Then its status is "SUCCEEDED"
    And "Process one chunk" was tried again after "Runtime.ExitError"
    And every record counts exactly once, and nothing is left over

  Scenario: A function does not answer in its time
    Given a file of 10 records
    And an invocation may take 5 seconds
    And the function of chunk 1 is held at its reading
    When the file is delivered
    Then its status is "SUCCEEDED"
    And "Process one chunk" was tried again after "Sandbox.Timedout"
    And every record counts exactly once, and nothing is left over

  Scenario: Every step is tried again after a function that died, hung or had been idle
    When the state machine is looked up
    Then every step is tried again after:
      | error                            |
      | Lambda.Unknown                   |
      | Sandbox.Timedout                 |
      | Runtime.ExitError                |
      | Lambda.ResourceNotReadyException |
      | Lambda.ResourceConflictException |
      | Lambda.ENINotReadyException      |
      | Lambda.EC2ThrottledException     |
      | Lambda.EC2UnexpectedException    |
