//! Simulated worlds whose truth is known: is it found, and is nothing found where there is nothing?

mod detect_scan;
