@local @aws-dev @own-command
Feature: The connection to each service can be tested by itself

  @checklist:CTM-01
  Scenario: Every service that the pipeline uses has a connection test
    When the connections are tested
    And DynamoDB's is tested where nobody listens
    Then each of these services answers:
      | service         |
      | STS             |
      | S3              |
      | EventBridge     |
      | Step Functions  |
      | Lambda          |
      | DynamoDB        |
      | CloudWatch Logs |
      | Secrets Manager |
      | RDS             |
      | EC2             |
      | IAM             |
      | PostgreSQL      |
    And the one that does not answer is named, with what to do
