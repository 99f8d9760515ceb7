-- Sets a setting of this session, for a statement that takes no values itself.
SELECT set_config('acceptance.' || %(name)s, %(value)s, false);
