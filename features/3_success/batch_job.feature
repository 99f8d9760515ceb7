@local
Feature: The batch job tells how the run ended

  @checklist:DDB-03
  Scenario: The batch job is completed
    When the execution has ended
    Then batch-jobs holds one job for it, "COMPLETED", with 100 records applied and 0 rejected
