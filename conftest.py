"""The plug-ins that make up the suite, each with its own options, hooks and fixtures; each needs those above it."""

pytest_plugins = [
    "steps.ahead",
    "steps.options",
    "steps.collection",
    "steps.finding",
    "steps.reporting.plugin",
    "steps.session",
    "steps.evidence",
    "steps.own_file",
    "steps.preparation_steps",
    "steps.own_file_steps",
    "steps.delivery_steps",
    "steps.manual_start_steps",
    "steps.fault_steps",
    "steps.again_steps",
    "steps.bad_record_steps",
    "steps.execution_steps",
    "steps.data_steps",
    "steps.log_steps",
    "steps.monitoring_steps",
]
