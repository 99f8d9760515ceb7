-- Makes this session the last one to look for a deadlock that it is part of, so that another one is its victim.
SET deadlock_timeout = '10min';
