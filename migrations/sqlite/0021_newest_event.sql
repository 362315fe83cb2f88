-- The newest occurrence of each source is kept with the source: an index of all events by source, which answered that
-- before, took an eighth of what it costs to store an event.
ALTER TABLE sources ADD COLUMN newest_event_at INTEGER;
UPDATE sources SET newest_event_at = (
    SELECT e.occurred_at FROM events e
    WHERE e.jurisdiction_id = sources.jurisdiction_id AND e.source_id = sources.source_id
      AND e.superseded_at IS NULL AND e.withdrawn = 0
    ORDER BY e.occurred_at DESC LIMIT 1);
DROP INDEX events_by_source;
