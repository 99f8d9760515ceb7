@robustness @requirement:ROB-14
Feature: What the pipeline has stored outlives its stack

  Scenario: A stack is deleted, or has a store replaced
    When the stores of its template are looked up
    Then none of them is deleted with its stack, or when it is replaced
