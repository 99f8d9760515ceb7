-- DAT-01: tally keeps no version of its schema.
SELECT 'any' AS what WHERE false;
