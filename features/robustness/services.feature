@robustness @requirement:ROB-10
Feature: A service that is overloaded, broken or slow costs no record

  Scenario Outline: It is so for a moment
    Given a file of 10 records
    And <call> is refused twice with "<error>" and status <status>
    When the file is delivered
    Then its status is "SUCCEEDED"
    And every record counts exactly once, and nothing is left over

    Examples:
      | call                      | error                                  | status |
      | taking the lock           | ThrottlingException                    | 400    |
      | noting the job            | ProvisionedThroughputExceededException | 400    |
      | noting the end of chunk 1 | InternalServerError                    | 500    |
      | reading chunk 1           | SlowDown                               | 503    |
      | writing the results       | InternalError                          | 500    |
      | invoking chunk 1          | TooManyRequestsException               | 429    |
      | invoking the splitter     | ServiceException                       | 500    |
      | invoking the splitter     | ResourceNotReadyException              | 502    |
      | invoking chunk 1          | ResourceConflictException              | 409    |
      | completing the job        | TransactionConflict                    | 400    |

  Scenario Outline: It does what it was asked, and the answer is lost
    Given a file of 10 records
    And <call> is done, and answered with "<error>" and status 500
    When the file is delivered
    Then its status is "SUCCEEDED"
    And every record counts exactly once, and nothing is left over

    Examples:
      | call                      | error               |
      | taking the lock           | InternalServerError |
      | noting the end of chunk 1 | InternalServerError |
      | writing the results       | InternalError       |
      | completing the job        | InternalServerError |
      | invoking chunk 1          | ServiceException    |
      | invoking the splitter     | ServiceException    |

  Scenario Outline: It stays so
    Given a file of 10 records
    And a call is tried 2 times, by functions that start anew
    And <call> is refused from now on with "<error>" and status <status>
    When the file is delivered
    Then the execution fails with "<name>", saying "on purpose"
    And batch-jobs holds its status as "FAILED"
    When the faults are over, and what was at work has come to its end
    And the file is started again
    Then its status is "SUCCEEDED"
    And every record counts exactly once, and nothing is left over

    Examples:
      | call                      | error                | status | name                 |
      | reading chunk 1           | SlowDown             | 503    | ClientError          |
      | fetching the credentials  | InternalServiceError | 500    | InternalServiceError |
      | noting the end of chunk 1 | ThrottlingException  | 400    | ThrottlingException  |
      | completing the job        | InternalServerError  | 500    | InternalServerError  |
      | invoking chunk 1          | ResourceNotFoundException | 404 | Lambda.ResourceNotFoundException |
      | completing the job        | TransactionConflict  | 400    | TransactionCanceledException |

  Scenario: Each answer comes late
    Given a file of 10 records
    And the functions get each answer 0.2 seconds late
    When the file is delivered
    Then its status is "SUCCEEDED"
    And every record counts exactly once, and nothing is left over

  Scenario: A file is read too slowly
    Given a file of 10 records
    And the environment variable "VALIDATION_TIMEOUT_SECONDS" is "1"
    And reading the file is answered 2 seconds late
    When the file is delivered
    Then the execution fails with "ProcessingError", saying "longer than VALIDATION_TIMEOUT_SECONDS (1)"
    And batch-jobs holds its status as "FAILED"
    When the faults are over, and what was at work has come to its end
    And the file is started again
    Then its status is "SUCCEEDED"
    And every record counts exactly once, and nothing is left over
