"""The results that Allure makes its report of: one for each scenario, with its steps and their evidence."""
