@local @aws-dev
Feature: Everything that the pipeline runs on is there

  @checklist:INF-01
  Scenario: The Aurora cluster is available
    When the Aurora cluster is looked up
    Then it is available, and so is an instance that takes writes

  @checklist:INF-02
  Scenario: The four DynamoDB tables are active
    When the DynamoDB tables are looked up
    Then these are active, with their keys:
      | table               | partition key | sort key         | expires by |
      | audit-logs          | execution_id  | timestamp        |            |
      | processing-metadata | file_id       | processing_stage |            |
      | batch-jobs          | job_id        | created_at       |            |
      | job-locks           | lock_key      |                  | expires_at |

  @checklist:INF-03
  Scenario: The S3 bucket is ready
    When the S3 bucket is looked up
    Then it is there, keeps versions, and is closed to the public

  @checklist:INF-04
  Scenario: The state machine is active
    When the state machine is looked up
    Then it is active
    And every step is tried again after what the platform fails at, and no error is lost
