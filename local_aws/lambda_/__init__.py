"""Lambda: functions run in processes of their own by AWS's runtime client, isolated as on AWS."""
