@local @aws-dev
Feature: What is deployed is what the templates say

  @checklist:KNO-02
  Scenario: Nothing has drifted from the templates
    When every declared property is read back
    Then each is deployed as it is declared
