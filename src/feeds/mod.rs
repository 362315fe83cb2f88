//! Feeds that are pulled: a watched folder or address, whose bytes go to ingest.
//!
//! Nothing is pulled yet: data come by `emberwatch ingest` and `POST /api/v1/events`. The room is kept
//! because the layer table names it; the next line of code for watched sources belongs here.
