"""The result files from which Allure builds its report: one per scenario, with its steps and their evidence."""
