//! `emberwatch detect`: temporal detectors on plain files.
