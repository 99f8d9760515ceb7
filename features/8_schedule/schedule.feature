@local @aws-dev
Feature: The release check takes minutes, in the order of the schedule
  By hand, the four phases took three to four hours.

  @checklist:PHS-01
  Scenario: Phase 1, preparation
    When the phases of this session are looked at
    Then phase 1 came in its turn, and took no longer than by hand

  @checklist:PHS-02
  Scenario: Phase 2, the data
    When the phases of this session are looked at
    Then phase 2 came in its turn, and took no longer than by hand

  @checklist:PHS-03
  Scenario: Phase 3, the run
    When the phases of this session are looked at
    Then phase 3 came in its turn, and took no longer than by hand

  @checklist:PHS-04
  Scenario: Phase 4, verification
    When the phases of this session are looked at
    Then phase 4 came in its turn, and took no longer than by hand
