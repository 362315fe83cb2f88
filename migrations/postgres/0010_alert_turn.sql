-- What became of an alert when it was last signalled: new, grew, moved, cooled or steady.
ALTER TABLE alerts ADD COLUMN turn TEXT NOT NULL DEFAULT 'new';
