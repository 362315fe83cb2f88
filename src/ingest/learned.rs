//! What the service learned about a feed, kept in the text of its mapping.

use super::mapping::{Learned, Mapping};
use crate::domain::place::PointKey;

/// More files than this are not remembered; older ones are forgotten first.
const MOST_FILES: usize = 500;

impl Learned {
    /// Of a stored mapping; nothing where the text can't be read any more.
    pub fn of(mapping_text: &str) -> Self {
        toml::from_str::<Mapping>(mapping_text).map(|m| m.learned).unwrap_or_default()
    }

    /// The fall-back points as keys, sorted.
    pub fn points(&self) -> Vec<PointKey> {
        let key = |[lat, lon]: &[f64; 2]| ((lat * 1e5).round() as i32, (lon * 1e5).round() as i32);
        let mut keys: Vec<PointKey> = self.fallback_points.iter().map(key).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// Add points; true when one was new.
    pub fn add_points(&mut self, more: &[PointKey]) -> bool {
        let mut keys = self.points();
        let before = keys.len();
        keys.extend_from_slice(more);
        keys.sort_unstable();
        keys.dedup();
        self.fallback_points = keys.iter().map(|(lat, lon)| [f64::from(*lat) / 1e5, f64::from(*lon) / 1e5]).collect();
        keys.len() > before
    }

    pub fn add_file(&mut self, digest: &str) {
        if !self.files.iter().any(|f| f == digest) {
            self.files.push(digest.to_owned());
        }
        let excess = self.files.len().saturating_sub(MOST_FILES);
        self.files.drain(..excess);
    }

    /// The mapping's text as a person wrote it.
    pub fn stripped(mapping_text: &str) -> String {
        Self::default().written_into(mapping_text)
    }

    /// The mapping's text with this in it, everything else as it was written.
    pub fn written_into(&self, mapping_text: &str) -> String {
        let Ok(mut document) = mapping_text.parse::<toml_edit::DocumentMut>() else { return mapping_text.to_owned() };
        document.remove("learned");
        if *self == Self::default() {
            return document.to_string();
        }
        let mut table = toml_edit::Table::new();
        table.insert("fallback_points", toml_edit::value(list(self.fallback_points.iter().map(|p| list(*p)))));
        table.insert("files", toml_edit::value(list(self.files.iter().map(String::as_str))));
        document.insert("learned", toml_edit::Item::Table(table));
        document.to_string()
    }
}

fn list<T: Into<toml_edit::Value>>(items: impl IntoIterator<Item = T>) -> toml_edit::Array {
    items.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::STANDARD;

    #[test]
    fn what_was_learned_survives_in_the_mapping_text() {
        let mut learned = Learned::default();
        assert!(learned.add_points(&[(4_022_901, -7_538_785), (1, -2)]));
        assert!(!learned.add_points(&[(1, -2)]));
        learned.add_file("abc");
        learned.add_file("abc");
        let text = learned.written_into(STANDARD);
        assert!(text.starts_with("# The standard event"));
        assert_eq!(Learned::of(&text), learned);
        assert_eq!(learned.written_into(&text), text);
        assert_eq!(Learned::stripped(&text), STANDARD);
        assert_eq!(Learned::of(&text).points(), [(1, -2), (4_022_901, -7_538_785)]);
        assert!(Mapping::parse(&text, "m").is_ok());
        assert_eq!(Learned::of(STANDARD), Learned::default());
    }
}
