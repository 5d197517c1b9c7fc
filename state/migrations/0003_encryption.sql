-- How the contents of the state are encrypted, and no column for fingerprints any more: they stand in the attributes.

ALTER TABLE meta ADD COLUMN cipher TEXT; -- form, how the key is made, the sealed data key; null: in clear
ALTER TABLE resources DROP COLUMN fingerprints;
