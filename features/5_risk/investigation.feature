@local @aws-dev
Feature: Whoever reads of a failure knows what to look at

  @checklist:CTM-02
  Scenario: Every failure comes with its cause, its evidence and its remedy
    When each failure that can be diagnosed is reported
    Then each report names cause, evidence and remedy, in Japanese and English
    And a failure of no known cause says how to investigate it
    And every line of the checklist says why it fails, what follows, and what to do
