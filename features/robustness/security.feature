@robustness
Feature: The functions may do what they must and nothing else, and keep to themselves what they know

  @requirement:ROB-11
  Scenario Outline: Each permission is needed
    Given a file of 10 records
    And the functions' role is not allowed "<action>" on <what> any more
    When the file is delivered
    Then the execution fails for want of "<action>"

    Examples:
      | action              | what                |
      | s3:GetObjectVersion | incoming/           |
      | s3:PutObject        | results/            |
      | dynamodb:PutItem    | audit-logs          |
      | dynamodb:PutItem    | processing-metadata |
      | dynamodb:UpdateItem | batch-jobs          |
      | dynamodb:PutItem    | job-locks           |
      | dynamodb:UpdateItem | job-locks           |

  @requirement:ROB-11
  Scenario: Functions that have just started need the secret
    Given a file of 10 records
    And the functions' role is not allowed "secretsmanager:GetSecretValue" on secret: any more
    And a chunk is to hold 10 records from now on
    When the file is delivered
    Then the execution fails for want of "secretsmanager:GetSecretValue"

  @requirement:ROB-11
  Scenario: A file that is refused needs to give its lock back
    Given a file of 10 records
    And all in all it "is empty"
    And the functions' role is not allowed "dynamodb:DeleteItem" on job-locks any more
    When the file is delivered
    Then the execution fails with "ValidationError", saying "the header is ''"
    And its lock is still held
    And the logs name "dynamodb:DeleteItem"

  @requirement:ROB-11
  Scenario: A version that is gone is told from one that may not be read
    Given a file of 10 records
    And the functions' role is not allowed "s3:ListBucketVersions" on csv-processing any more
    And the splitting is held at its start
    When the file is uploaded
    And its version is deleted
    Then the execution fails for want of "s3:ListBucketVersions"

  @requirement:ROB-12
  Scenario: A run with bad records tells nobody a password or an e-mail address
    Given a file of 96 records
    And a record of a user that is not registered
    And a record of a user that is inactive
    And a record that is malformed
    And a record whose sum would overflow
    When the file is delivered
    Then its status is "SUCCEEDED"
    And no store tells a password, a user's name or an e-mail address

  @requirement:ROB-12
  Scenario: A run that fails tells nobody a password or an e-mail address
    Given a file of 10 records, 5 of them of users that are not registered
    When the file is delivered
    Then its status is "FAILED"
    And no store tells a password, a user's name or an e-mail address
