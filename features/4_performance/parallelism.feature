@local @aws-dev
Feature: Chunks run in parallel, and never more than five at once

  @checklist:PRF-02
  Scenario: More than one chunk and at most five at once
    When every invocation of the execution has reported
    Then at most 5 chunks were under way at once
    And more than one chunk was
